// What somebody is typing, before it is saved: the page shows the film as it would be.
import { createContext, use } from "react";
import type { DraftView, GlobalState } from "@storycore/client";

import { createStore, type Store, type WritableStore } from "../store.ts";

export interface Drafts {
  /** The text that was typed last, and the film with it; `null` when nothing is unsaved. */
  readonly latest: Store<DraftView | null>;
  /** Whether the page shows that, or what is saved. */
  readonly shown: WritableStore<boolean>;
}

export function createDrafts(latest: Store<DraftView | null>): Drafts {
  const shown = createStore(true);
  // Whoever wanted to see what is saved wanted it of this draft.
  latest.subscribe(() => latest.get() === null && shown.set(true));
  return { latest, shown };
}

/** The film as the page shows it: with what is typed, unless a person wants to see what is saved. */
export function withDraft(saved: Store<GlobalState>, { latest, shown }: Drafts): Store<GlobalState> {
  const sources = [saved, latest, shown];
  return {
    get: () => (shown.get() && latest.get()?.state) || saved.get(),
    subscribe(listener) {
      const stops = sources.map((it) => it.subscribe(listener));
      return () => stops.forEach((stop) => stop());
    },
  };
}

export const DraftsContext = createContext<Drafts | null>(null);

export function useDrafts(): Drafts {
  const drafts = use(DraftsContext);
  if (drafts === null) throw new Error("no drafts around this component");
  return drafts;
}

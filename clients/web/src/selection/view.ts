// What this page looks at: the only state that is the page's own and shared by its parts.
import { createContext, use } from "react";
import type { ShotId } from "@storycore/client";

import { createStore, type Store } from "../store.ts";
import { useStore } from "../useStore.ts";

export interface View {
  readonly shot: ShotId | null;
  /** Whether the shot is shown large. */
  readonly large: boolean;
}

export interface ViewStore extends Store<View> {
  select(shot: ShotId): void;
  enlarge(shot: ShotId): void;
  close(): void;
}

export function createView(): ViewStore {
  const store = createStore<View>({ shot: null, large: false });
  return {
    get: store.get,
    subscribe: store.subscribe,
    select(shot) {
      const view = store.get();
      if (view.shot !== shot) store.set({ ...view, shot });
    },
    enlarge: (shot) => store.set({ shot, large: true }),
    close: () => store.set({ ...store.get(), large: false }),
  };
}

export const ViewContext = createContext<ViewStore | null>(null);

export function useView(): ViewStore {
  const view = use(ViewContext);
  if (view === null) throw new Error("no view around this component");
  return view;
}

export function useIsSelected(id: ShotId): boolean {
  return useStore(useView(), (view) => view.shot === id);
}

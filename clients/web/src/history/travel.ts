// Looking at earlier moments of the film. One request is under way at a time: a slider that is
// dragged asks for where it stands when the last answer has come.
import { createContext, use } from "react";
import type { Differences, Moment, ProjectId, Seq, Snapshot } from "@storycore/client";

import { problemOf, type Session } from "../connection/session.ts";
import { createStore, type Store } from "../store.ts";

export interface Travel {
  /** Whether the history is open. */
  readonly open: boolean;
  /** The newest first; `null` before they are known. */
  readonly moments: readonly Moment[] | null;
  /** Whether there are older ones that are not loaded. */
  readonly more: boolean;
  /** The moment that was asked for; `null` is now. */
  readonly at: Seq | null;
  /** The film at the moment that is shown; `null` is now. */
  readonly shown: Snapshot | null;
  /** How that moment differs from now. */
  readonly changes: Differences | null;
}

export interface TravelStore extends Store<Travel> {
  open(): void;
  /** Closes the history, and goes back to now. */
  close(): void;
  goTo(seq: Seq | null): void;
  loadMore(): void;
}

/** How long a slider rests before its moment is asked for. */
export const restMs = 90;

/** The daemon gives no more moments at once. */
const pageMax = 100;

const now = { at: null, shown: null, changes: null };

export function createTravel(session: Session, project: ProjectId): TravelStore {
  const store = createStore<Travel>({ open: false, moments: null, more: false, ...now });
  const change = (part: Partial<Travel>) => store.set({ ...store.get(), ...part });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;

  async function fetchWanted() {
    if (busy) return;
    busy = true;
    try {
      for (let at = store.get().at; at !== null && store.get().shown?.seq !== at; at = store.get().at) {
        const shown = await session.call("history/at", { project, seq: at });
        if (store.get().at !== at) continue;
        change({ shown, changes: null });
        const changes = await session.ask("history/diff", { project, from: at });
        if (store.get().at === at) change({ changes });
      }
    } catch (error) {
      session.complain(problemOf(error));
      change(now);
    } finally {
      busy = false;
    }
  }
  async function load() {
    const newest = await session.ask("history/list", { project });
    if (newest === null || !store.get().open) return;
    const { moments, more } = store.get();
    // The newest moment may have grown; what is older than this page stays as it was.
    const oldest = newest.at(-1)?.firstSeq ?? 0;
    const older = (moments ?? []).filter((it) => it.seq < oldest);
    change({ moments: [...newest, ...older], more: older.length > 0 ? more : newest.length === pageMax });
  }
  async function loadMore() {
    const { moments } = store.get();
    const last = moments?.at(-1);
    if (!moments || !last) return;
    const older = await session.ask("history/list", { project, before: last.firstSeq });
    if (older !== null) change({ moments: [...moments, ...older], more: older.length === pageMax });
  }
  watchFilm(session, () => store.get().open && void load());

  return {
    get: store.get,
    subscribe: store.subscribe,
    open() {
      change({ open: true });
      void load();
    },
    close() {
      clearTimeout(timer);
      change({ open: false, ...now });
    },
    goTo(seq) {
      clearTimeout(timer);
      if (seq === null) return change(now);
      change({ at: seq });
      timer = setTimeout(() => void fetchWanted(), restMs);
    },
    loadMore: () => void loadMore(),
  };
}

/** How long the film is quiet before its moments are listed anew. */
const quietMs = 400;

// What is only looked at, such as the others' selections, makes no moment.
function watchFilm({ film }: Session, onChange: () => void): void {
  let [project, generation] = [film.get()?.project, film.get()?.generation];
  let timer: ReturnType<typeof setTimeout> | undefined;
  film.subscribe(() => {
    const next = film.get();
    if (next?.project === project && next?.generation === generation) return;
    [project, generation] = [next?.project, next?.generation];
    clearTimeout(timer);
    timer = setTimeout(onChange, quietMs);
  });
}

export const TravelContext = createContext<TravelStore | null>(null);

export function useTravel(): TravelStore {
  const travel = use(TravelContext);
  if (travel === null) throw new Error("no history around this component");
  return travel;
}

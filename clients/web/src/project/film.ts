// The film the page shows, as its components read it.
import { createContext, use } from "react";
import type { GlobalState, ProjectId } from "@storycore/client";

import type { FilmOrder } from "../board/order.ts";
import type { Store } from "../store.ts";
import { useStore } from "../useStore.ts";

export interface Film {
  readonly id: ProjectId;
  /** What the page shows: the film now, with what is being typed, or an earlier moment. */
  readonly state: Store<GlobalState>;
  /** The film now, as it is saved. */
  readonly now: Store<GlobalState>;
  /** Whether it shows an earlier moment, of which nothing can be changed. */
  readonly past: boolean;
  readonly order: (project: GlobalState["project"]) => FilmOrder;
}

export const FilmContext = createContext<Film | null>(null);

export function useFilm(): Film {
  const film = use(FilmContext);
  if (film === null) throw new Error("no film around this component");
  return film;
}

/** Reads a part of the film's state; the component redraws only when that part is another. */
export function useFilmState<T>(select: (state: GlobalState) => T): T {
  return useStore(useFilm().state, select);
}

/** The language the script is written in, for hyphens, letter shapes and voices. */
export function useScriptLanguage(): string | undefined {
  return useFilmState((state) => state.project.settings.languages[0]);
}

export function useFilmOrder(): FilmOrder {
  const { order } = useFilm();
  return useFilmState((state) => order(state.project));
}

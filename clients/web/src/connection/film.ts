// The mirrored film, through restarts of the daemon: if it is no longer open there, it is opened.
import {
  createMirror,
  RpcError,
  type Client,
  type DraftView,
  type GlobalState,
  type Mirror,
  type ProjectId,
} from "@storycore/client";

import { createStore, type Store } from "../store.ts";
import { problemOf, type Problem } from "./session.ts";

interface MirroredFilm {
  readonly film: Store<GlobalState | null>;
  readonly draft: Store<DraftView | null>;
  readonly filmProblem: Store<Problem | null>;
}

export function mirrorFilm(client: Client, project: ProjectId | null): MirroredFilm {
  const film = createStore<GlobalState | null>(null);
  const draft = createStore<DraftView | null>(null);
  const filmProblem = createStore<Problem | null>(null);
  let path: string | null = null;
  /** Whether opening has been tried since the film was last live: it is tried once. */
  let reopened = false;

  function watch(id: ProjectId) {
    const mirror = createMirror(client, id);
    let handled: RpcError | null = null;
    mirror.subscribe(() => {
      const { state, live, error, draft: typed } = mirror.getSnapshot();
      // A new mirror starts empty; until it is filled, the last state stays on the page.
      if (state !== null) film.set(state);
      draft.set(typed);
      if (live) {
        reopened = false;
        filmProblem.set(null);
        if (path === null) void rememberPath(id);
      }
      if (error === null || error === handled) return;
      handled = error;
      if (isNotOpen(error) && !reopened) void reopen(id, mirror);
      else filmProblem.set(problemOf(error));
    });
  }

  async function rememberPath(id: ProjectId) {
    path = "";
    path = await client.call("project/get", { project: id }).then(
      (it) => it.path,
      () => null,
    );
  }

  async function reopen(id: ProjectId, mirror: Mirror) {
    reopened = true;
    mirror.close();
    try {
      const known = path || (await client.call("project/list", {})).find((it) => it.id === id)?.path;
      if (known === undefined) {
        filmProblem.set({
          message: "the daemon does not know this film",
          hint: "run storycore studio in the film’s folder",
        });
        return;
      }
      await client.call("project/open", { path: known });
    } catch (error) {
      if (client.connection() === "open") {
        filmProblem.set(problemOf(error));
        return;
      }
      // The connection was lost meanwhile: with the next one, the new mirror tries again.
      reopened = false;
    }
    watch(id);
  }

  if (project !== null) watch(project);
  return { film, draft, filmProblem };
}

function isNotOpen({ kind }: RpcError): boolean {
  return kind === "notFound" || kind === "failedPrecondition";
}

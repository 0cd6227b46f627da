// The page's session with the daemon: calls, the mirrored film, and how the connection does.
import { createContext, use } from "react";
import {
  createClient,
  RpcError,
  type CallOptions,
  type Client,
  type DraftView,
  type GlobalState,
  type KnownProject,
  type Methods,
  type ProjectId,
  type Role,
  type Transport,
} from "@storycore/client";

import { createStore, type Store, type WritableStore } from "../store.ts";
import { mirrorFilm } from "./film.ts";
import { fetchPictures, type Pictures } from "./pictures.ts";
import type { Line } from "./socket.ts";

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "open" }
  /** It was lost; the page tries again by itself. */
  | { readonly state: "reconnecting" }
  /** The daemon does not let this page in, and says why if it is not the cookie. */
  | { readonly state: "refused"; readonly reason: string | null };

export interface Problem {
  readonly message: string;
  readonly hint: string | null;
}

/** The films, or why they cannot be listed. */
export type FilmList =
  | { readonly films: readonly KnownProject[]; readonly problem: null }
  | { readonly films: null; readonly problem: Problem };

export interface Session {
  /** The name others know this page by. */
  readonly client: string;
  /** The film the page shows; `null` when it lists them. */
  readonly project: ProjectId | null;
  readonly connection: Store<Connection>;
  /** Where pictures come from; `null` where their paths lead to the daemon. */
  readonly pictures: Pictures | null;
  /** What this page may do; `null` before the daemon has said so. */
  readonly role: () => Role | null;
  /** The film's state; the last known one while the connection is lost. */
  readonly film: Store<GlobalState | null>;
  /** The film as somebody is typing it, before it is saved. */
  readonly draft: Store<DraftView | null>;
  /** Why the film cannot be shown. */
  readonly filmProblem: Store<Problem | null>;
  /** The films the daemon knows, as soon as it tells. */
  readonly projects: Promise<FilmList>;
  /** The last thing that was asked for and could not be done. */
  readonly problem: Store<Problem | null>;
  /** Calls a method; what goes wrong is shown to the person and answered with `null`. */
  attempt<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
  ): Promise<Methods[M]["result"] | null>;
  /** Calls a method whose failure the caller tells the person. */
  call<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    options?: CallOptions,
  ): Promise<Methods[M]["result"]>;
  /** Calls a method for something the page can do without; `null` when it fails. */
  ask<M extends keyof Methods>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"] | null>;
  /** Calls a method whose failure nobody needs to know about. */
  whisper<M extends keyof Methods>(method: M, params: Methods[M]["params"]): void;
  /** A way to the language server, for who writes in the page; `null` where nobody does. */
  readonly language: (() => Transport) | null;
  readonly dismiss: () => void;
  /** What was done, where the page shows it nowhere else. */
  readonly said: Store<string>;
  readonly say: (words: string) => void;
  /** Tells the person what could not be done. */
  readonly complain: (problem: Problem) => void;
}

interface SessionOptions {
  readonly client: string;
  readonly project: ProjectId | null;
}

export function createSession(line: Line, { client: name, project }: SessionOptions): Session {
  const client = createClient(line.transport, { name });
  const problem = createStore<Problem | null>(null);
  const said = createStore("");
  const { film, draft, filmProblem } = mirrorFilm(client, project);
  return {
    client: name,
    project,
    connection: watchConnection(client, line.refused),
    pictures: line.served ? null : fetchPictures(client),
    role: () => client.initialized()?.role ?? null,
    film,
    draft,
    filmProblem,
    projects: project === null ? listFilms(client) : Promise.resolve({ films: [], problem: null }),
    problem,
    attempt: async (method, params) => {
      try {
        const result = await client.call(method, params);
        problem.set(null);
        return result;
      } catch (error) {
        // A lost connection has its own banner.
        if (client.connection() === "open") problem.set(problemOf(error));
        return null;
      }
    },
    call: (method, params, options) => client.call(method, params, options),
    ask: (method, params) => client.call(method, params).catch(() => null),
    whisper: (method, params) => void client.call(method, params).catch(() => {}),
    language: line.language,
    dismiss: () => problem.set(null),
    said,
    say: said.set,
    complain: problem.set,
  };
}

export function problemOf(error: unknown): Problem {
  if (error instanceof RpcError) return { message: error.message, hint: error.hint ?? null };
  return { message: String(error), hint: null };
}

function watchConnection(client: Client, refused: Store<boolean>): Store<Connection> {
  let wasOpen = false;
  const connection: WritableStore<Connection> = createStore({ state: "connecting" });
  function look() {
    const state = client.connection();
    wasOpen ||= state === "open";
    if (state === "open") connection.set({ state });
    else if (state === "closed") void explain();
    else if (refused.get()) connection.set({ state: "refused", reason: null });
    else connection.set({ state: wasOpen ? "reconnecting" : "connecting" });
  }
  async function explain() {
    const reason = await client.opened().catch((error: unknown) => problemOf(error).message);
    connection.set({ state: "refused", reason: reason ?? null });
  }
  client.onConnection(look);
  refused.subscribe(look);
  look();
  return connection;
}

async function listFilms(client: Client): Promise<FilmList> {
  for (;;) {
    try {
      await client.opened();
      return { films: await client.call("project/list", {}), problem: null };
    } catch (error) {
      // Lost while asking: ask again when it is back.
      if (client.connection() !== "connecting") return { films: null, problem: problemOf(error) };
    }
  }
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error("no session around this component");
  return session;
}

// The whole page over a transport in memory, before a daemon that answers as a test tells it to.
import { act, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import {
  applyPatch,
  errorInfo,
  memoryTransport,
  type ErrorKind,
  type GlobalState,
  type MemoryPeer,
  type Methods,
  type PatchOperation,
  type ShotId,
} from "@storycore/client";

import { App } from "../src/App.tsx";
import { createSession } from "../src/connection/session.ts";
import { createStore } from "../src/store.ts";
import { projectId, projectOf, smallFilm, takeOf } from "./film.ts";

/** How the daemon answers a method; a thrown `Refusal` becomes its error. */
type Answers = { [M in keyof Methods]?: (params: Methods[M]["params"]) => Methods[M]["result"] | Promise<Methods[M]["result"]> };

interface StageOptions {
  readonly film?: GlobalState;
  /** `null` shows the list of films. */
  readonly project?: string | null;
  readonly answers?: Answers;
  /** Whether the daemon served the page; an editor did else. */
  readonly served?: boolean;
  /** How the language server answers a message; by default it never does. */
  readonly language?: (message: string, peer: MemoryPeer) => void;
}

export class Refusal extends Error {
  readonly kind: ErrorKind;
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, message: string, hint?: string) {
    super(message);
    this.kind = kind;
    this.hint = hint;
  }
}

interface Message {
  readonly id: number;
  readonly method: keyof Methods;
  readonly params: never;
}

export async function stage({
  film = smallFilm(),
  project = projectId,
  answers = {},
  served = true,
  language = () => {},
}: StageOptions = {}) {
  let shown = { seq: 1, revision: 1, state: film };
  let underWay = 0;
  const calls: { method: string; params: unknown }[] = [];
  const all: Answers = {
    initialize: () => ({ version: "0.1.0", protocol: 1, role: "producer" }),
    "project/get": () => projectOf(shown.state),
    "state/subscribe": () => shown,
    "state/unsubscribe": () => null,
    "selection/set": () => ({ seq: 1, value: null }),
    ...answers,
  };
  const [transport, peer] = memoryTransport(async (text) => {
    const { id, method, params }: Message = JSON.parse(text);
    calls.push({ method, params });
    underWay += 1;
    try {
      const answer = all[method];
      if (answer === undefined) throw new Refusal("unknownMethod", `this test has no ${method}`);
      const result = await answer(params);
      peer.send({ jsonrpc: "2.0", id, result });
    } catch (error) {
      const { kind, message, hint } = error instanceof Refusal ? error : new Refusal("internal", String(error));
      const refusal = { code: errorInfo[kind].code, message, data: { kind, hint } };
      peer.send({ jsonrpc: "2.0", id, error: refusal });
    } finally {
      underWay -= 1;
    }
  });
  const refused = createStore(false);
  const user = userEvent.setup();
  const line = { transport, refused, served, language: () => memoryTransport(language)[0] };
  const session = createSession(line, { client: "page-test", project });
  /** Does something, and waits until every call that follows is answered. */
  const settle = (run: () => void) =>
    act(async () => {
      run();
      do await new Promise((done) => setTimeout(done, 0));
      while (underWay > 0);
    });
  await settle(() => render(<App session={session} />));
  return {
    calls,
    user,
    refused,
    /** Changes the film and tells the page. */
    patch(...patch: PatchOperation[]) {
      shown = { seq: shown.seq + 1, revision: shown.revision + 1, state: applyPatch(shown.state, patch) as GlobalState };
      const params = { project: projectId, seq: shown.seq, revision: shown.revision, patch };
      act(() => peer.send({ jsonrpc: "2.0", method: "state/changed", params }));
    },
    /** Changes the film without telling the page. */
    patchUnseen(...patch: PatchOperation[]) {
      shown = { seq: shown.seq + 1, revision: shown.revision + 1, state: applyPatch(shown.state, patch) as GlobalState };
    },
    /** Tells the page something about its last call of a method while that is under way. */
    tellOf(asked: keyof Methods, method: string, params: object) {
      const last = peer.sent.map((it): Message => JSON.parse(it)).findLast((it) => it.method === asked);
      act(() => peer.send({ jsonrpc: "2.0", method, params: { token: last?.id, ...params } }));
    },
    notify: (method: string, params: unknown) => settle(() => peer.send({ jsonrpc: "2.0", method, params })),
    drop: () => settle(() => peer.drop()),
    open: () => settle(() => peer.open()),
  };
}

/** What the daemon sends when a shot has a new panel. */
export function redrawn(shot: ShotId, asset: string): PatchOperation[] {
  const take = `take-of-${asset}`;
  return [
    { op: "add", path: `/generation/takes/${take}`, value: takeOf(shot, asset, 1) },
    { op: "add", path: `/project/shots/${shot}/take`, value: take },
    { op: "replace", path: `/project/shots/${shot}/status`, value: "fresh" },
    { op: "replace", path: `/project/shots/${shot}/reasons`, value: [] },
  ];
}

/** A shot's card on the board. */
export function card(shot: ShotId): HTMLElement {
  return screen.getByRole("main").querySelector<HTMLElement>(`[data-shot="${shot}"]`) ?? missing(`card of ${shot}`);
}

/** A shot's picture. */
export function picture(shot: ShotId): HTMLImageElement {
  return card(shot).querySelector<HTMLImageElement>("img[data-asset]") ?? missing(`picture of ${shot}`);
}

/** The ids of the cards on the board, in order. */
export function cards(): (string | null)[] {
  return [...screen.getByRole("main").querySelectorAll(".board [data-shot]")].map((it) => it.getAttribute("data-shot"));
}

function missing(what: string): never {
  throw new Error(`no ${what} on the page`);
}

// The mirror against a small daemon in memory.

import { expect, test, vi } from "vitest";
import {
  createClient,
  createMirror,
  memoryTransport,
  type GlobalState,
  type MemoryPeer,
  type PatchOperation,
} from "../src/index.ts";

const project = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

function state(title: string): GlobalState {
  return {
    ui: { selections: {} },
    project: {
      id: project,
      title,
      settings: { fps: 24, aspect: "16:9", renderer: "sketch", languages: [], autoRender: false },
      autoRender: false,
      scripts: {},
      scenes: {},
      shots: {},
      unplacedScenes: {},
      unplacedShots: {},
      bible: {},
      workflows: {},
      history: { undo: {}, checkpoints: {}, branches: {} },
    },
    assets: { assets: {}, tags: {} },
    generation: { takes: {}, runs: {} },
    addons: { states: {} },
    system: { diagnostics: {}, work: {} },
  };
}

/** A daemon that answers subscriptions with what it is told to show. */
function daemon() {
  const shown = { seq: 5, revision: 10, state: state("Dawn") };
  const calls: string[] = [];
  const [transport, peer] = memoryTransport((text, peer) => {
    const { id, method }: { id: number; method: string } = JSON.parse(text);
    calls.push(method);
    if (method === "state/subscribe") peer.send({ jsonrpc: "2.0", id, result: shown });
  });
  const change = (revision: number, patch: PatchOperation[]) => {
    const params = { project, seq: 6, revision, patch };
    peer.send({ jsonrpc: "2.0", method: "state/changed", params });
  };
  return { transport, peer, shown, calls, change };
}

async function mirrored() {
  const it = daemon();
  const client = createClient(it.transport);
  const mirror = createMirror(client, project);
  await vi.waitFor(() => expect(mirror.getSnapshot().live).toBe(true));
  return { ...it, client, mirror };
}

function rename(title: string): PatchOperation[] {
  return [{ op: "replace", path: "/project/title", value: title }];
}

function notify(peer: MemoryPeer, method: string, params: unknown) {
  peer.send({ jsonrpc: "2.0", method, params });
}

test("patches follow the snapshot in order, and slices they do not touch stay the same", async () => {
  const { mirror, change } = await mirrored();
  const before = mirror.getSnapshot();
  const listen = vi.fn();
  mirror.subscribe(listen);
  change(11, rename("Noon"));
  change(12, rename("Dusk"));
  const after = mirror.getSnapshot();
  expect(after).toMatchObject({ seq: 6, revision: 12, live: true });
  expect(after.state?.project.title).toBe("Dusk");
  expect(after.state?.generation).toBe(before.state?.generation);
  expect(mirror.getSnapshot()).toBe(after);
  expect(listen).toHaveBeenCalledTimes(2);
});

test("a gap makes it subscribe again; what was shown stays until then", async () => {
  const { mirror, change, calls, shown } = await mirrored();
  shown.revision = 13;
  shown.state = state("After the gap");
  change(13, rename("Lost"));
  expect(mirror.getSnapshot()).toMatchObject({ live: false, revision: 10 });
  expect(mirror.getSnapshot().state?.project.title).toBe("Dawn");
  await vi.waitFor(() => expect(mirror.getSnapshot().live).toBe(true));
  expect(mirror.getSnapshot().state?.project.title).toBe("After the gap");
  expect(calls).toEqual(["state/subscribe", "state/subscribe"]);
});

test("a patch that does not fit makes it subscribe again", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const { mirror, change, calls } = await mirrored();
  change(11, [{ op: "remove", path: "/project/shots/none" }]);
  await vi.waitFor(() => expect(calls).toHaveLength(2));
  expect(mirror.getSnapshot().state?.project.title).toBe("Dawn");
  warn.mockRestore();
});

test("told to resync, or connected anew, it subscribes again", async () => {
  const { mirror, peer, calls } = await mirrored();
  notify(peer, "$/resync", { project, subscription: "event", seq: 5 });
  expect(calls).toHaveLength(1);
  notify(peer, "$/resync", { project, subscription: "state", seq: 5 });
  await vi.waitFor(() => expect(mirror.getSnapshot().live).toBe(true));
  expect(calls).toHaveLength(2);
  peer.drop();
  expect(mirror.getSnapshot()).toMatchObject({ live: false, revision: 10 });
  peer.open();
  await vi.waitFor(() => expect(mirror.getSnapshot().live).toBe(true));
  expect(calls).toHaveLength(3);
});

test("a change that overtakes its snapshot is not lost, and an old one is not applied", async () => {
  const [transport, peer] = memoryTransport();
  const mirror = createMirror(createClient(transport), project);
  await vi.waitFor(() => expect(peer.sent).toHaveLength(1));
  const send = (revision: number, title: string) =>
    notify(peer, "state/changed", { project, seq: 6, revision, patch: rename(title) });
  send(10, "Old");
  send(11, "New");
  peer.send({ jsonrpc: "2.0", id: 1, result: { seq: 5, revision: 10, state: state("Dawn") } });
  await vi.waitFor(() => expect(mirror.getSnapshot().live).toBe(true));
  expect(mirror.getSnapshot()).toMatchObject({ revision: 11 });
  expect(mirror.getSnapshot().state?.project.title).toBe("New");
});

test("what somebody types is seen beside what is saved, and follows it", async () => {
  const { mirror, peer, change } = await mirrored();
  const type = (revision: number, title: string) =>
    notify(peer, "draft/changed", {
      project,
      preview: { client: "Neovim-1a2b", path: "a.fountain", revision, patch: rename(title) },
    });
  const typed = () => mirror.getSnapshot().draft?.state.project.title;
  type(10, "Typed");
  expect(mirror.getSnapshot().draft).toMatchObject({ client: "Neovim-1a2b", path: "a.fountain" });
  expect(typed()).toBe("Typed");
  expect(mirror.getSnapshot().state?.project.title).not.toBe("Typed");
  // One that belongs to a state which is yet to come waits for it; the last one stays meanwhile.
  type(11, "Typed on");
  expect(typed()).toBe("Typed");
  change(11, rename("Saved"));
  expect(typed()).toBe("Typed on");
  // What the patch does not speak of is the same as in the saved state.
  const { state, draft } = mirror.getSnapshot();
  expect(draft?.state.generation).toBe(state?.generation);
  notify(peer, "draft/changed", { project });
  expect(mirror.getSnapshot().draft).toBeNull();
  type(11, "Typed again");
  peer.drop();
  expect(mirror.getSnapshot().draft).toBeNull();
});

test("other films' changes pass by, and a closed mirror hears nothing", async () => {
  const { mirror, peer, change, calls } = await mirrored();
  notify(peer, "state/changed", { project: "other", seq: 9, revision: 99, patch: [] });
  expect(calls).toHaveLength(1);
  mirror.close();
  expect(calls).toEqual(["state/subscribe", "state/unsubscribe"]);
  change(11, rename("Noon"));
  expect(mirror.getSnapshot().state?.project.title).toBe("Dawn");
});

test("a refused subscription says why", async () => {
  const [transport, peer] = memoryTransport();
  const mirror = createMirror(createClient(transport), project);
  await vi.waitFor(() => expect(peer.sent).toHaveLength(1));
  const data = { kind: "notFound", hint: "open it with project/open" };
  peer.send({ jsonrpc: "2.0", id: 1, error: { code: 1003, message: "no film", data } });
  await vi.waitFor(() => expect(mirror.getSnapshot().error?.kind).toBe("notFound"));
  expect(mirror.getSnapshot().live).toBe(false);
});

// Calls over a transport in memory: answers, errors, progress, cancel, loss.

import { expect, test, vi } from "vitest";
import { createClient, memoryTransport, RpcError, type MemoryPeer } from "../src/index.ts";

const project = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

function requests(peer: MemoryPeer): { id: number; method: string; params: unknown }[] {
  return peer.sent.map((it) => JSON.parse(it));
}

test("a call gets its own answer, in whatever order answers come", async () => {
  const [transport, peer] = memoryTransport();
  const client = createClient(transport);
  await client.opened();
  const first = client.call("shot/list", { project });
  const second = client.call("project/list", {});
  peer.send({ jsonrpc: "2.0", id: 2, result: [{ title: "Dawn" }] });
  peer.send({ jsonrpc: "2.0", id: 1, result: [] });
  expect(await second).toEqual([{ title: "Dawn" }]);
  expect(await first).toEqual([]);
  expect(requests(peer)[0]).toEqual({ jsonrpc: "2.0", id: 1, method: "shot/list", params: { project } });
});

test("an error says its kind, its hint and how to find it in the log", async () => {
  const [transport, peer] = memoryTransport();
  const client = createClient(transport);
  await client.opened();
  const call = client.call("shot/get", { project, id: project });
  const data = { kind: "notFound", hint: "list shots with shot/list", correlationId: "r-42" };
  peer.send({ jsonrpc: "2.0", id: 1, error: { code: 1003, message: "no shot 7", data } });
  const error = await call.catch((it: unknown) => it);
  expect(error).toBeInstanceOf(RpcError);
  expect(error).toMatchObject({ code: 1003, message: "no shot 7", retryable: false, ...data });
});

test("canceling tells the daemon, and the call ends with the daemon's answer", async () => {
  const [transport, peer] = memoryTransport();
  const client = createClient(transport);
  await client.opened();
  const onProgress = vi.fn();
  const abort = new AbortController();
  const call = client.call("shot/render", { project }, { signal: abort.signal, onProgress });
  const progress = { token: 1, done: 1, total: 9, message: "drawing 1A" };
  peer.send({ jsonrpc: "2.0", method: "$/progress", params: progress });
  peer.send({ jsonrpc: "2.0", method: "$/progress", params: { ...progress, token: 7 } });
  abort.abort();
  expect(requests(peer)[1]).toMatchObject({ method: "$/cancelRequest", params: { id: 1 } });
  const data = { kind: "cancelled" };
  peer.send({ jsonrpc: "2.0", id: 1, error: { code: -32800, message: "canceled", data } });
  await expect(call).rejects.toMatchObject({ kind: "cancelled" });
  expect(onProgress.mock.calls).toEqual([[progress]]);
});

test("what a model writes is told to the call that asked for it, and to no other", async () => {
  const [transport, peer] = memoryTransport();
  const client = createClient(transport);
  await client.opened();
  const [first, second] = [vi.fn(), vi.fn()];
  const call = client.call("project/logline", { project }, { onAnswering: first });
  void client.call("project/logline", { project }, { onAnswering: second });
  const piece = { token: 1, text: "A lamp", anew: false };
  peer.send({ jsonrpc: "2.0", method: "llm/answering", params: piece });
  peer.send({ jsonrpc: "2.0", id: 1, result: {} });
  await call;
  peer.send({ jsonrpc: "2.0", method: "llm/answering", params: { ...piece, text: "too late" } });
  expect(first.mock.calls).toEqual([[piece]]);
  expect(second).not.toHaveBeenCalled();
});

test("a call canceled before it is made is never sent", async () => {
  const [transport, peer] = memoryTransport();
  const client = createClient(transport);
  await client.opened();
  const call = client.call("shot/render", { project }, { signal: AbortSignal.abort() });
  await expect(call).rejects.toMatchObject({ kind: "cancelled" });
  expect(peer.sent).toEqual([]);
});

test("losing the connection fails what is under way, and calls work again after", async () => {
  const [transport, peer] = memoryTransport();
  const client = createClient(transport);
  const states: string[] = [];
  client.onConnection((state) => states.push(state));
  await client.opened();
  const underWay = client.call("system/status", {});
  peer.drop();
  await expect(underWay).rejects.toMatchObject({ kind: "unavailable", retryable: true });
  await expect(client.call("system/status", {})).rejects.toMatchObject({ kind: "unavailable" });
  peer.open();
  await client.opened();
  void client.call("project/list", {});
  expect(requests(peer).map((it) => it.method)).toEqual(["system/status", "project/list"]);
  expect(states.slice(-2)).toEqual(["connecting", "open"]);
});

test("a named client says its name at every connect, before anybody can call", async () => {
  const [transport, peer] = memoryTransport();
  const client = createClient(transport, { name: "page" });
  expect(client.connection()).toBe("connecting");
  expect(requests(peer)[0]).toMatchObject({
    method: "initialize",
    params: { client: "page", protocol: 1 },
  });
  expect(client.initialized()).toBeUndefined();
  peer.send({ jsonrpc: "2.0", id: 1, result: { version: "0.1.0", protocol: 1, role: "editor" } });
  await client.opened();
  expect(client.initialized()).toEqual({ version: "0.1.0", protocol: 1, role: "editor" });
  peer.drop();
  peer.open();
  expect(requests(peer).map((it) => it.method)).toEqual(["initialize", "initialize"]);
});

test("a refused session ends, and says why to whoever calls", async () => {
  const [transport, peer] = memoryTransport();
  const client = createClient(transport, { name: "page" });
  const opened = client.opened();
  const data = { kind: "failedPrecondition" };
  peer.send({ jsonrpc: "2.0", id: 1, error: { code: 1006, message: "protocol 1 is old", data } });
  await expect(opened).rejects.toMatchObject({ message: "protocol 1 is old" });
  await expect(client.call("project/list", {})).rejects.toMatchObject({ kind: "failedPrecondition" });
});

// @vitest-environment node
// Where the page finds the daemon, and how it learns that it is not let in: over real sockets.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@storycore/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

import { connectToDaemon } from "../src/connection/socket.ts";

/** What the daemon answers to a plain request at the path of the socket; 426 lets sockets in. */
let status = 426;
let server: Server;
let seen: { url: string | undefined; protocol: string | undefined }[] = [];

beforeEach(async () => {
  vi.stubGlobal("WebSocket", WebSocket);
  seen = [];
  server = createServer((request, response) => {
    response.writeHead(request.url === "/rpc" ? status : 200).end();
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "storycore.v1" });
  server.on("upgrade", (request, socket, head) => {
    seen.push({ url: request.url, protocol: request.headers["sec-websocket-protocol"] });
    if (status !== 426) return void socket.end(`HTTP/1.1 ${status} No\r\nconnection: close\r\n\r\n`);
    sockets.handleUpgrade(request, socket, head, () => {});
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});

afterEach(() => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  server.close();
});

function connect() {
  const { port } = server.address() as AddressInfo;
  const line = connectToDaemon({ protocol: "http:", host: `127.0.0.1:${port}` });
  return { line, client: createClient(line.transport) };
}

test("the socket is at /rpc of the page's own origin, and speaks storycore.v1", async () => {
  status = 426;
  const { line, client } = connect();
  await client.opened();
  expect(seen).toEqual([{ url: "/rpc", protocol: "storycore.v1" }]);
  expect(line.refused.get()).toBe(false);
  client.close();
});

test.each([401, 403])("a daemon that answers %i does not know this browser, until it does", async (refusal) => {
  status = refusal;
  const { line, client } = connect();
  await vi.waitFor(() => expect(line.refused.get()).toBe(true));
  status = 426;
  await client.opened();
  expect(line.refused.get()).toBe(false);
  client.close();
});

test("a daemon that is away has refused nobody", async () => {
  status = 503;
  const { line, client } = connect();
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(1));
  expect(line.refused.get()).toBe(false);
  client.close();
});

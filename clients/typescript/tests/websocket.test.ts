// A real socket, closed by the other side: the client comes back by itself.

import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { createClient, webSocketTransport } from "../src/index.ts";

const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(port = 0): Promise<WebSocketServer> {
  const server = new WebSocketServer({ port, host: "127.0.0.1" });
  servers.push(server);
  server.on("connection", (socket) => {
    socket.on("message", (data) => {
      const { id }: { id: number } = JSON.parse(String(data));
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, result: [] }));
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return server;
}

function drop(server: WebSocketServer): Promise<void> {
  for (const socket of server.clients) socket.terminate();
  return new Promise((resolve) => server.close(() => resolve()));
}

test("calls work, and work again after the daemon was restarted", async () => {
  const server = await serve();
  const { port } = server.address() as AddressInfo;
  const client = createClient(
    webSocketTransport({
      url: `ws://127.0.0.1:${port}/`,
      open: (url) => new WebSocket(url),
      delayMsMin: 5,
    }),
  );
  await client.opened();
  expect(await client.call("project/list", {})).toEqual([]);

  await drop(server);
  const lost = client.call("project/list", {}).catch((it: unknown) => it);
  expect(await lost).toMatchObject({ kind: "unavailable" });
  await serve(port);
  await client.opened();
  expect(await client.call("project/list", {})).toEqual([]);
  client.close();
  expect(client.connection()).toBe("closed");
});

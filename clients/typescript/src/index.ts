// The client of the StoryCore daemon. Read client.ts first, then mirror.ts.

export * from "./generated.ts";
export { createClient, RpcError } from "./client.ts";
export type { CallOptions, Client, ClientOptions, ConnectionState } from "./client.ts";
export { createMirror } from "./mirror.ts";
export type { DraftView, Mirror, MirrorView } from "./mirror.ts";
export { applyPatch, PatchError } from "./patch.ts";
export { memoryTransport } from "./transport.ts";
export type { MemoryPeer, Transport, TransportEvents } from "./transport.ts";
export { webSocketTransport } from "./websocket.ts";
export type { WebSocketLike, WebSocketOptions } from "./websocket.ts";

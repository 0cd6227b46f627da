// The daemon's WebSocket on the page's own origin, and whether the daemon still lets us in.
import { webSocketTransport, type Transport } from "@storycore/client";

import { createStore, type Store } from "../store.ts";

export interface Line {
  readonly transport: Transport;
  /** Whether the daemon answers, but no longer knows this browser. */
  readonly refused: Store<boolean>;
}

export function connectToDaemon(location: Location): Line {
  const refused = createStore(false);
  const url = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws`;
  function open(address: string) {
    const socket = new WebSocket(address, "storycore.v1");
    let opened = false;
    socket.addEventListener("open", () => {
      opened = true;
      refused.set(false);
    });
    socket.addEventListener("close", () => {
      if (!opened) void isRefused().then(refused.set);
    });
    return socket;
  }
  return { transport: webSocketTransport({ url, open }), refused };
}

// A browser does not tell a page why a WebSocket was refused; a plain request is told.
async function isRefused(): Promise<boolean> {
  try {
    const response = await fetch("/", { method: "HEAD", cache: "no-store" });
    return response.status === 401 || response.status === 403;
  } catch {
    return false; // Nobody answers: the daemon is gone, and we wait for it.
  }
}

// The daemon's WebSocket on the page's own origin, and whether the daemon still lets us in.
import { webSocketTransport, type Transport } from "@storycore/client";

import { createStore, type Store } from "../store.ts";

export interface Line {
  readonly transport: Transport;
  /** Whether the daemon answers, but no longer knows this browser. */
  readonly refused: Store<boolean>;
  /** Whether the daemon served this page, so that paths lead to it. */
  readonly served: boolean;
  /** A connection of its own to the language server; `null` inside an editor, which has one. */
  readonly language: (() => Transport) | null;
}

/** The part of `window.location` that says where the daemon is: it served this page. */
type Place = Pick<Location, "protocol" | "host">;

const path = "/rpc";
/** The same sessions, under the name that editors look for. */
const languagePath = "/lsp";
const subprotocol = "storycore.v1";

export function connectToDaemon(location: Place): Line {
  const refused = createStore(false);
  const address = `${location.protocol}//${location.host}${path}`;
  const url = address.replace(/^http/, "ws");
  function open(url: string) {
    // The cookie that /open gave this browser goes with the handshake; a page adds nothing to it.
    const socket = new WebSocket(url, subprotocol);
    let opened = false;
    socket.addEventListener("open", () => {
      opened = true;
      refused.set(false);
    });
    socket.addEventListener("close", () => {
      if (!opened) void isRefused(address).then(refused.set);
    });
    return socket;
  }
  const languageUrl = url.slice(0, -path.length) + languagePath;
  const language = () => webSocketTransport({ url: languageUrl, open: (it) => new WebSocket(it, subprotocol) });
  return { transport: webSocketTransport({ url, open }), refused, served: true, language };
}

// A browser does not tell a page why a WebSocket was refused; a plain request to the same path is
// told: 401 or 403 where the socket would be refused, 426 (it wants a WebSocket) where it would not.
// The page's own files would not do: the daemon gives them to everybody.
async function isRefused(address: string): Promise<boolean> {
  try {
    const { status } = await fetch(address, { cache: "no-store" });
    return status === 401 || status === 403;
  } catch {
    return false; // Nobody answers: the daemon is gone, and we wait for it.
  }
}

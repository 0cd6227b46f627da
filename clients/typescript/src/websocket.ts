// A WebSocket that connects again by itself, waiting longer after each failure, and never in step
// with other clients.

import type { Transport, TransportEvents } from "./transport.ts";

/** The part of a WebSocket we need: a browser's, or that of the `ws` package. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(): void;
}

/** How to connect. */
export interface WebSocketOptions {
  /** Where; a function is asked anew at each try. */
  url: string | (() => string);
  /** Opens a socket; by default with the platform's `WebSocket`. Node before 22 has none. */
  open?: (url: string) => WebSocketLike;
  /** Longest wait after the first failure, in milliseconds. */
  delayMsMin?: number;
  /** Longest wait after many failures, in milliseconds. */
  delayMsMax?: number;
}

/** A transport over WebSocket. */
export function webSocketTransport(options: WebSocketOptions): Transport {
  const { url, open = openSocket, delayMsMin = 250, delayMsMax = 10_000 } = options;
  let events: TransportEvents | undefined;
  let socket: WebSocketLike | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  function connect() {
    const opened = open(typeof url === "string" ? url : url());
    socket = opened;
    opened.onopen = () => {
      failures = 0;
      events?.opened();
    };
    opened.onmessage = (event: { data: unknown }) => events?.received(String(event.data));
    // Every error is followed by a close; but without a listener, Node would end the process.
    opened.onerror = () => {};
    opened.onclose = () => {
      if (socket !== opened) return;
      socket = undefined;
      events?.closed();
      timer = setTimeout(connect, delayMs(failures, delayMsMin, delayMsMax));
      failures += 1;
    };
  }

  return {
    start(started) {
      events = started;
      connect();
    },
    send: (message) => socket?.send(message),
    stop() {
      clearTimeout(timer);
      const last = socket;
      socket = undefined;
      last?.close();
    },
  };
}

/** Between half of the wait and the whole, which doubles with each failure. */
function delayMs(failures: number, min: number, max: number): number {
  const longest = Math.min(max, min * 2 ** failures);
  return longest * (0.5 + Math.random() / 2);
}

function openSocket(url: string): WebSocketLike {
  return new WebSocket(url);
}

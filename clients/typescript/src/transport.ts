// What carries messages: a WebSocket, or a pair of functions in memory for tests.

/** What a transport tells its client. */
export interface TransportEvents {
  /** Messages can be sent now. Called again after every reconnect. */
  opened(): void;
  /** A message arrived. */
  received(message: string): void;
  /** Nothing arrives any more, until the next `opened`. */
  closed(): void;
}

/** Carries messages in order, and connects again by itself where it can. */
export interface Transport {
  /** Connects, and from then on tells what happens. Called once. */
  start(events: TransportEvents): void;
  /** Sends a message. Only called between `opened` and `closed`. */
  send(message: string): void;
  /** Ends the connection for good. */
  stop(): void;
}

/** The daemon's side of a transport in memory. */
export interface MemoryPeer {
  /** Every message the client sent so far. */
  readonly sent: string[];
  /** Connects the client, again if need be. */
  open(): void;
  /** Sends the client a message. */
  send(message: unknown): void;
  /** Drops the connection. */
  drop(): void;
}

/** A transport in memory and its other side. `answer` sees every message the client sends. */
export function memoryTransport(
  answer: (message: string, peer: MemoryPeer) => void = () => {},
): [Transport, MemoryPeer] {
  let events: TransportEvents | undefined;
  const peer: MemoryPeer = {
    sent: [],
    open: () => events?.opened(),
    send: (message) => events?.received(JSON.stringify(message)),
    drop: () => events?.closed(),
  };
  const transport: Transport = {
    start(started) {
      events = started;
      peer.open();
    },
    send(message) {
      peer.sent.push(message);
      answer(message, peer);
    },
    stop() {
      peer.drop();
      events = undefined;
    },
  };
  return [transport, peer];
}

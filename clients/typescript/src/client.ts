// Typed calls over any transport. What can be called is in generated.ts; this only carries it.

import {
  errorInfo,
  protocolVersion,
  type CancelRequest,
  type ErrorKind,
  type ErrorObject,
  type Initialized,
  type LlmAnswering,
  type Methods,
  type Notifications,
  type Progress,
} from "./generated.ts";
import type { Transport } from "./transport.ts";

/** A failed call. Branch on `kind`; show people `message` and `hint`. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly correlationId: string | undefined;

  constructor(error: ErrorObject) {
    super(error.message);
    this.code = error.code;
    this.kind = error.data.kind;
    this.hint = error.data.hint ?? undefined;
    this.correlationId = error.data.correlationId ?? undefined;
  }

  /** Whether the same call may succeed later without anything being changed by hand. */
  get retryable(): boolean {
    return errorInfo[this.kind]?.retry ?? false;
  }
}

/** Whether calls can be made. `connecting` also means: lost, and trying again. */
export type ConnectionState = "connecting" | "open" | "closed";

/** How a client behaves. */
export interface ClientOptions {
  /** The name its events carry, such as `page`; sent to the daemon at every connect. */
  name?: string;
}

/** How one call behaves. */
export interface CallOptions {
  /** Asks the daemon to cancel. The call still ends with the daemon's answer. */
  signal?: AbortSignal;
  /** Told how far a job is. */
  onProgress?: (progress: Progress) => void;
  /** Told what a language model writes for the job, as it comes. */
  onAnswering?: (piece: LlmAnswering) => void;
}

/** Notifications a client sends. */
interface ClientNotifications {
  "$/cancelRequest": CancelRequest;
}

/** A session with the daemon. */
export interface Client {
  /** Calls a method. Fails with an `RpcError`, at once with `unavailable` when not connected. */
  call<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    options?: CallOptions,
  ): Promise<Methods[M]["result"]>;
  /** Tells the daemon something that has no answer. */
  notify<N extends keyof ClientNotifications>(name: N, params: ClientNotifications[N]): void;
  /** Listens to a notification. Returns what stops listening. */
  on<N extends keyof Notifications>(name: N, listen: (params: Notifications[N]) => void): () => void;
  /** Whether calls can be made now. */
  connection(): ConnectionState;
  /** Listens to `connection`. Returns what stops listening. */
  onConnection(listen: (state: ConnectionState) => void): () => void;
  /** Who answers, and what this session may do; absent before the first connection. */
  initialized(): Initialized | undefined;
  /** Resolves when calls can be made, and fails when the client is closed. */
  opened(): Promise<void>;
  /** Ends the session. Calls under way fail. */
  close(): void;
}

/** Starts a session over a transport. */
export function createClient(transport: Transport, options: ClientOptions = {}): Client {
  return new Session(transport, options);
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: RpcError): void;
  onProgress: CallOptions["onProgress"];
  onAnswering: CallOptions["onAnswering"];
}

interface Incoming {
  id?: number | string | null;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: ErrorObject;
}

class Session implements Client {
  #transport: Transport;
  #options: ClientOptions;
  #state: ConnectionState = "connecting";
  /** Whether messages can be sent: true a little before calls of others are let through. */
  #carries = false;
  #initialized: Initialized | undefined;
  /** Why the daemon did not begin the session. */
  #refusal: RpcError | undefined;
  #nextId = 1;
  #pending = new Map<number, Pending>();
  #listeners = new Map<string, Set<(params: unknown) => void>>();
  #connectionListeners = new Set<(state: ConnectionState) => void>();

  constructor(transport: Transport, options: ClientOptions) {
    this.#transport = transport;
    this.#options = options;
    transport.start({
      opened: () => void this.#opened(),
      received: (message) => this.#received(JSON.parse(message)),
      closed: () => this.#closed("connecting"),
    });
  }

  call<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    options: CallOptions = {},
  ): Promise<Methods[M]["result"]> {
    if (this.#state !== "open") {
      return Promise.reject(this.#refusal ?? lost("not connected to the daemon"));
    }
    return this.#request(method, params, options);
  }

  notify<N extends keyof ClientNotifications>(method: N, params: ClientNotifications[N]): void {
    if (this.#carries) this.#transport.send(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  on<N extends keyof Notifications>(name: N, listen: (params: Notifications[N]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // The daemon keeps to the contract that both sides are generated from.
    const entry = (params: unknown) => listen(params as Notifications[N]);
    listeners.add(entry);
    return () => listeners.delete(entry);
  }

  connection(): ConnectionState {
    return this.#state;
  }

  initialized(): Initialized | undefined {
    return this.#initialized;
  }

  onConnection(listen: (state: ConnectionState) => void): () => void {
    this.#connectionListeners.add(listen);
    return () => this.#connectionListeners.delete(listen);
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (state: ConnectionState) => {
        if (state === "connecting") return;
        stop();
        if (state === "open") resolve();
        else reject(this.#refusal ?? lost("the client is closed"));
      };
      const stop = this.onConnection(settle);
      settle(this.#state);
    });
  }

  close(): void {
    this.#transport.stop();
    this.#closed("closed");
  }

  #request<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    { signal, onProgress, onAnswering }: CallOptions = {},
  ): Promise<Methods[M]["result"]> {
    if (signal?.aborted) return Promise.reject(failure("cancelled", `${method} was canceled`));
    const id = this.#nextId++;
    const cancel = () => this.notify("$/cancelRequest", { id });
    const result = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onProgress, onAnswering });
    });
    signal?.addEventListener("abort", cancel, { once: true });
    this.#transport.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    const answered = result.finally(() => signal?.removeEventListener("abort", cancel));
    return answered as Promise<Methods[M]["result"]>;
  }

  async #opened(): Promise<void> {
    this.#carries = true;
    const { name } = this.#options;
    try {
      if (name !== undefined) {
        const params = { client: name, protocol: protocolVersion };
        this.#initialized = await this.#request("initialize", params);
      }
    } catch (error) {
      // When the connection was lost meanwhile, the transport's next `opened` tries once more.
      if (this.#carries && error instanceof RpcError) this.#refused(error);
      return;
    }
    if (this.#carries) this.#enter("open");
  }

  #refused(error: RpcError): void {
    this.#refusal = error;
    this.close();
  }

  #received(message: Incoming): void {
    if (message.method !== undefined) {
      if (message.method === "$/progress") this.#progress(message.params as Progress);
      if (message.method === "llm/answering") this.#answering(message.params as LlmAnswering);
      for (const listen of [...(this.#listeners.get(message.method) ?? [])]) listen(message.params);
      return;
    }
    const id = Number(message.id ?? Number.NaN);
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (message.error) pending?.reject(new RpcError(message.error));
    else pending?.resolve(message.result);
  }

  #progress(progress: Progress): void {
    this.#pending.get(Number(progress.token))?.onProgress?.(progress);
  }

  #answering(piece: LlmAnswering): void {
    this.#pending.get(Number(piece.token))?.onAnswering?.(piece);
  }

  #closed(next: "connecting" | "closed"): void {
    this.#carries = false;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const it of pending) it.reject(lost("the connection to the daemon was lost"));
    this.#enter(next);
  }

  #enter(state: ConnectionState): void {
    if (this.#state === state || this.#state === "closed") return;
    this.#state = state;
    for (const listen of [...this.#connectionListeners]) listen(state);
  }
}

function lost(message: string): RpcError {
  return failure("unavailable", message);
}

function failure(kind: ErrorKind, message: string): RpcError {
  return new RpcError({ code: errorInfo[kind].code, message, data: { kind } });
}

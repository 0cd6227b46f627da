// The state of one film, kept true: a snapshot, then patches in the order of their revisions.

import { RpcError, type Client } from "./client.ts";
import type { DraftPreview, GlobalState, ProjectId, Seq, Snapshot, StateChanged } from "./generated.ts";
import { applyPatch, share } from "./patch.ts";

/** What a mirror shows. A new object whenever anything in it changes. */
export interface MirrorView {
  /** The state; the last known one while not live, `null` before the first. */
  readonly state: GlobalState | null;
  /** The last event in it. */
  readonly seq: Seq;
  /** Counts the changes. */
  readonly revision: number;
  /** Whether it is the daemon's state now. */
  readonly live: boolean;
  /** Why the daemon does not show the film. */
  readonly error: RpcError | null;
  /** The film as somebody is writing it now; `null` when nothing is unsaved. */
  readonly draft: DraftView | null;
}

/** What the film would be if what somebody typed last were saved. */
export interface DraftView {
  /** Who writes. */
  readonly client: string;
  /** The file, relative to the film's folder. */
  readonly path: string;
  /** The film with it. What is only here has ids that no method knows. */
  readonly state: GlobalState;
}

/** A film's state; made for `useSyncExternalStore`. */
export interface Mirror {
  /** Calls back after every change. Returns what stops that. */
  readonly subscribe: (listen: () => void) => () => void;
  /** What it shows now. */
  readonly getSnapshot: () => MirrorView;
  /** Ends the subscription. */
  readonly close: () => void;
}

/** Pause before a refused subscription is tried again, in milliseconds. */
const RETRY_MS = 1_000;

/** Mirrors a film: subscribes whenever the client is connected, and anew after a gap. */
export function createMirror(client: Client, project: ProjectId): Mirror {
  const keeper = new Keeper(client, project);
  return {
    subscribe: (listen) => keeper.subscribe(listen),
    getSnapshot: () => keeper.view,
    close: () => keeper.close(),
  };
}

class Keeper {
  view: MirrorView = { state: null, seq: 0, revision: 0, live: false, error: null, draft: null };
  #client: Client;
  #project: ProjectId;
  #listeners = new Set<() => void>();
  #stops: (() => void)[];
  /** Counts subscriptions, so that a late answer to an older one is known as such. */
  #attempt = 0;
  /** Changes that arrived before the snapshot they belong to was taken in. */
  #early: StateChanged[] = [];
  /** What was typed last; shown as soon as the state is the one that it belongs to. */
  #preview: DraftPreview | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Client, project: ProjectId) {
    this.#client = client;
    this.#project = project;
    this.#stops = [
      client.on("state/changed", (change) => {
        if (change.project === project) this.#changed(change);
      }),
      client.on("draft/changed", (change) => {
        if (change.project !== project) return;
        this.#preview = change.preview ?? null;
        this.#drawDraft();
      }),
      client.on("$/resync", (resync) => {
        if (resync.project === project && resync.subscription === "state") void this.#resubscribe();
      }),
      client.onConnection((state) => {
        if (state === "open") void this.#resubscribe();
        else this.#lost();
      }),
    ];
    if (client.connection() === "open") void this.#resubscribe();
  }

  subscribe(listen: () => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  close(): void {
    this.#attempt += 1;
    clearTimeout(this.#retry);
    for (const stop of this.#stops) stop();
    if (this.#client.connection() !== "open") return;
    // A lost connection has ended the subscription, too.
    this.#client.call("state/unsubscribe", { project: this.#project }).catch(() => {});
  }

  async #resubscribe(): Promise<void> {
    clearTimeout(this.#retry);
    const attempt = ++this.#attempt;
    this.#early = [];
    this.#preview = null;
    this.#show({ live: false });
    try {
      const snapshot = await this.#client.call("state/subscribe", { project: this.#project });
      if (attempt === this.#attempt) this.#takeIn(snapshot);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (!(error instanceof RpcError)) throw error;
      if (this.#client.connection() === "open") this.#refused(error);
    }
  }

  #takeIn(snapshot: Snapshot): void {
    const state = share(this.view.state, snapshot.state) as GlobalState;
    this.#show({ ...snapshot, state, live: true, error: null });
    for (const change of this.#early.splice(0)) this.#changed(change);
    this.#drawDraft();
  }

  #refused(error: RpcError): void {
    this.#show({ error });
    if (error.retryable) this.#retry = setTimeout(() => void this.#resubscribe(), RETRY_MS);
  }

  #lost(): void {
    this.#attempt += 1;
    clearTimeout(this.#retry);
    this.#preview = null;
    this.#show({ live: false, draft: null });
  }

  /** Until the preview of the present state comes, the last one stays: it comes at once. */
  #drawDraft(): void {
    const preview = this.#preview;
    if (preview === null) return this.#show({ draft: null });
    const { live, revision } = this.view;
    if (!live || preview.revision !== revision) return;
    try {
      const { client, path, patch } = preview;
      const state = share(this.view.draft?.state ?? null, applyPatch(this.view.state, patch)) as GlobalState;
      this.#show({ draft: { client, path, state } });
    } catch (error) {
      console.warn("storycore: a preview does not fit the mirrored state:", error);
      this.#show({ draft: null });
    }
  }

  #changed({ patch, revision, seq }: StateChanged): void {
    if (!this.view.live) {
      this.#early.push({ project: this.#project, patch, revision, seq });
      return;
    }
    if (revision <= this.view.revision) return;
    if (revision !== this.view.revision + 1) return void this.#resubscribe();
    try {
      const state = applyPatch(this.view.state, patch) as GlobalState;
      this.#show({ state, revision, seq });
      this.#drawDraft();
    } catch (error) {
      console.warn("storycore: a change does not fit the mirrored state:", error);
      void this.#resubscribe();
    }
  }

  #show(change: Partial<MirrorView>): void {
    const view = { ...this.view, ...change };
    const keys = Object.keys(view) as (keyof MirrorView)[];
    if (keys.every((key) => view[key] === this.view[key])) return;
    this.view = view;
    for (const listen of [...this.#listeners]) listen();
  }
}

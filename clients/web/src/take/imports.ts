// Drawings and photos on their way to the daemon: one after another, each shown at its shot.
import { createContext, use } from "react";
import type { ProjectId, ShotId } from "@storycore/client";

import type { Problem } from "../connection/session.ts";
import { createStore, type Store } from "../store.ts";

export interface Import {
  readonly file: string;
  /** How much of it has gone, from 0 to 1. */
  readonly share: number;
  /** Files of this shot that wait. */
  readonly waiting: number;
}

export interface ImportsOfShot {
  readonly current: Import | null;
  /** Files that could not be brought in, and why. */
  readonly problems: readonly (Problem & { readonly file: string })[];
  /** What the daemon noticed about files it did bring in. */
  readonly notes: readonly string[];
}

export interface Imports extends Store<Readonly<Record<ShotId, ImportsOfShot>>> {
  add(shot: ShotId, files: readonly File[]): void;
  dismiss(shot: ShotId): void;
}

/** Sends one file, and tells how much has gone. Resolves to the daemon's notes; fails with a `Problem`. */
export type Upload = (project: ProjectId, shot: ShotId, file: File, onShare: (share: number) => void) => Promise<readonly string[]>;

const nothing: ImportsOfShot = { current: null, problems: [], notes: [] };

export function createImports(project: ProjectId, upload: Upload): Imports {
  const store = createStore<Readonly<Record<ShotId, ImportsOfShot>>>({});
  const queue: { shot: ShotId; file: File }[] = [];
  let running = false;

  function change(shot: ShotId, part: Partial<ImportsOfShot>) {
    store.set({ ...store.get(), [shot]: { ...(store.get()[shot] ?? nothing), ...part } });
  }
  function tell() {
    for (const { shot } of queue) {
      if (!store.get()[shot]?.current) show(shot, "", 0);
    }
  }
  function show(shot: ShotId, file: string, share: number) {
    change(shot, { current: { file, share, waiting: queue.filter((it) => it.shot === shot).length } });
  }
  async function run() {
    running = true;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { shot, file } = next;
      show(shot, file.name, 0);
      const before = store.get()[shot] ?? nothing;
      try {
        const notes = await upload(project, shot, file, (share) => show(shot, file.name, share));
        if (notes.length > 0) change(shot, { notes: [...before.notes, ...notes] });
      } catch (error) {
        change(shot, { problems: [...before.problems, { ...asProblem(error), file: file.name }] });
      }
      if (!queue.some((it) => it.shot === shot)) change(shot, { current: null });
    }
    running = false;
  }
  return {
    get: store.get,
    subscribe: store.subscribe,
    add(shot, files) {
      change(shot, { problems: [], notes: [] });
      queue.push(...files.map((file) => ({ shot, file })));
      tell();
      if (!running) void run();
    },
    dismiss: (shot) => change(shot, { problems: [], notes: [] }),
  };
}

function asProblem(error: unknown): Problem {
  const { message, hint } = error as Partial<Problem>;
  return { message: message ?? String(error), hint: hint ?? null };
}

export const ImportsContext = createContext<Imports | null>(null);

export function useImports(): Imports {
  const imports = use(ImportsContext);
  if (imports === null) throw new Error("no imports around this component");
  return imports;
}

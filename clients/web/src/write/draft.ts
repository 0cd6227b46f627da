// A script that is being written: what stands in the editor against what is on disk. Whatever
// happens to the file meanwhile, nothing that was typed is lost, and nothing is written over unseen.
import { RpcError } from "@storycore/client";

import { createStore, type Store } from "../store.ts";

/** A text that is, or was, on disk. */
export interface Version {
  readonly hash: string;
  readonly text: string;
}

/** The editor's text, with `\n` between its lines. */
export interface Sheet {
  text(): string;
  /** `undoable` where the writer may want the old text back. */
  replace(text: string, how: { readonly undoable: boolean }): void;
}

/** Where the script is kept. */
export interface Disk {
  /** The hash of the file as the film last read it; `undefined` when it is gone. */
  hash(): string | undefined;
  read(): Promise<Version>;
  /** Writes it if it still is the version with this hash; the hash of what is there then. */
  write(ifHash: string, text: string): Promise<string | Elsewhere>;
}

export interface DraftState {
  /** Whether the editor holds words that are not on disk. */
  readonly unsaved: boolean;
  readonly saving: boolean;
  /** Another version that came to be on disk while there were unsaved words. */
  readonly conflict: Version | null;
  /** Whether the file is no longer on disk. */
  readonly gone: boolean;
}

/** `conflict`: the file is another one, and the writer has to say which of both. */
export type Saved = "saved" | "conflict" | "nothing" | Elsewhere;

/** Somebody else has the script open with unsaved words: ours were put among them, not on disk. */
export interface Elsewhere {
  readonly inEditor: string;
}

export interface Draft {
  /** What ends the lines of the file. */
  readonly ending: string;
  readonly state: Store<DraftState>;
  /** The text was edited. */
  touched(): void;
  /** The file may be another one. */
  look(): Promise<void>;
  /** Fails only when the words could not be written for another reason than a conflict. */
  save(): Promise<Saved>;
  /** Writes over what came to be on disk. */
  keepMine(): Promise<Saved>;
  /** Takes what is on disk; the editor can undo that. */
  takeTheirs(): void;
  /** The editor's text was made of both by now. */
  joined(): void;
  /** Writes a text that was made of both. */
  settle(text: string): Promise<Saved>;
}

/** How often, and how far apart in milliseconds, a file is read again that the film has not seen yet. */
const triesMax = 10;
const tryMs = 150;

export function createDraft(first: Version, sheet: Sheet, disk: Disk): Draft {
  let base = lines(first);
  // A file keeps the line ends it has.
  const ending = first.text.includes("\r\n") ? "\r\n" : "\n";
  const state = createStore<DraftState>({ unsaved: false, saving: false, conflict: null, gone: false });

  function change(next: Partial<DraftState>) {
    const before = state.get();
    const after = { ...before, ...next };
    const same = (Object.keys(after) as (keyof DraftState)[]).every((it) => after[it] === before[it]);
    if (!same) state.set(after);
  }

  const touched = () => change({ unsaved: sheet.text() !== base.text });

  /** Follows a version that is on disk now, if no words would be lost. */
  function meet(found: Version) {
    const text = sheet.text();
    if (found.hash !== base.hash && text !== found.text && text !== base.text) {
      change({ conflict: found, unsaved: true });
      return;
    }
    const follows = text === base.text && text !== found.text;
    base = found;
    if (follows) sheet.replace(found.text, { undoable: false });
    change({ conflict: null, unsaved: sheet.text() !== base.text });
  }

  const isNews = (hash: string | undefined) => hash !== (state.get().conflict ?? base).hash;

  async function look() {
    const hash = disk.hash();
    change({ gone: hash === undefined });
    if (hash === undefined || state.get().saving || !isNews(hash)) return;
    const found = lines(await disk.read());
    // While a save is under way, its answer says more than what was on disk before.
    if (!state.get().saving && isNews(found.hash)) meet(found);
  }

  /** What is on disk instead of what we started from; the film may take a moment to see it. */
  async function readOther(): Promise<Version | null> {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const found = lines(await disk.read());
      if (found.hash !== base.hash) return found;
      await new Promise((done) => setTimeout(done, tryMs));
    }
    return null;
  }

  async function save(): Promise<Saved> {
    if (state.get().saving) return "nothing";
    touched();
    if (!state.get().unsaved) return "nothing";
    const text = sheet.text();
    change({ saving: true });
    try {
      const written = await disk.write(base.hash, text.replaceAll("\n", ending));
      if (typeof written !== "string") return written;
      base = { hash: written, text };
      change({ conflict: null });
      return "saved";
    } catch (error) {
      const other = isConflict(error) ? await readOther() : null;
      if (other === null) throw error;
      meet(other);
      return state.get().conflict === null ? "saved" : "conflict";
    } finally {
      change({ saving: false, unsaved: sheet.text() !== base.text });
      void look().catch(() => {});
    }
  }

  function joined() {
    const { conflict } = state.get();
    if (conflict !== null) base = conflict;
    change({ conflict: null, unsaved: sheet.text() !== base.text });
  }

  function settle(text: string | null): Promise<Saved> {
    joined();
    if (text !== null && text !== sheet.text()) sheet.replace(text, { undoable: true });
    return save();
  }

  return {
    ending,
    state,
    touched,
    look,
    save,
    keepMine: () => settle(null),
    joined,
    settle,
    takeTheirs() {
      const { conflict } = state.get();
      if (conflict === null) return;
      base = conflict;
      sheet.replace(conflict.text, { undoable: true });
      change({ conflict: null, unsaved: false });
    },
  };
}

function isConflict(error: unknown): boolean {
  return error instanceof RpcError && error.kind === "conflict";
}

function lines({ hash, text }: Version): Version {
  return { hash, text: text.replace(/\r\n?/g, "\n") };
}

// What the editor asks of the page around it.
import { Facet } from "@codemirror/state";

import type { FileEdits } from "./edit.ts";

export interface Host {
  /** Calls a method of the catalog for the writer; tells what goes wrong. */
  call(method: string, params: unknown): void;
  /** Changes scripts that are not the one in sight; the files it could not change. */
  editElsewhere(changes: Readonly<Record<string, FileEdits>>): Promise<readonly string[]>;
  say(words: string): void;
  complain(message: string): void;
  save(): void;
}

const silent: Host = {
  call: () => {},
  editElsewhere: async (changes) => Object.keys(changes),
  say: () => {},
  complain: () => {},
  save: () => {},
};

export const host = Facet.define<Host, Host>({ combine: ([first]) => first ?? silent });

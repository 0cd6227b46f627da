// Changes that the language server asks for, in the script in sight and beside it.
import type { LSPPlugin } from "@codemirror/lsp-client";
import type { ChangeSpec, Text } from "@codemirror/state";
import type * as lsp from "vscode-languageserver-protocol";

import { host } from "./host.ts";

/** `doc` is the text that the server was asked about. */
export async function applyEdit(plugin: LSPPlugin, doc: Text, edit: lsp.WorkspaceEdit): Promise<void> {
  const { view } = plugin;
  const around = view.state.facet(host);
  const { [plugin.uri]: own, ...others } = editsByFile(edit);
  if (view.state.doc !== doc) {
    around.say("The script was changed meanwhile. Try it once more.");
    return;
  }
  if (own) view.dispatch({ changes: changesOf(doc, own.edits), userEvent: "input.server" });
  if (Object.keys(others).length === 0) return;
  const left = await around.editElsewhere(others);
  if (left.length > 0) around.say(`It also stands in ${left.join(", ")}. Change it there, too.`);
}

export function changesOf(doc: Text, edits: readonly lsp.TextEdit[]): ChangeSpec[] {
  const place = ({ line, character }: lsp.Position) => {
    if (line >= doc.lines) return doc.length;
    const { from, to } = doc.line(line + 1);
    return Math.min(from + character, to);
  };
  return edits.map(({ range, newText }) => ({ from: place(range.start), to: place(range.end), insert: newText }));
}

/** What becomes of a file. */
export interface FileEdits {
  /** The version of the text that is meant; `null` when nobody said. */
  readonly version: number | null;
  readonly edits: readonly lsp.TextEdit[];
}

export function editsByFile({ changes = {}, documentChanges = [] }: lsp.WorkspaceEdit): Record<string, FileEdits> {
  const files: Record<string, FileEdits> = {};
  for (const [uri, edits] of Object.entries(changes)) files[uri] = { version: null, edits };
  for (const it of documentChanges) {
    // We do not say that we could make or move files, so nobody asks us to.
    if (!("edits" in it)) continue;
    const edits = it.edits.filter((edit) => "newText" in edit);
    files[it.textDocument.uri] = { version: it.textDocument.version, edits };
  }
  return files;
}

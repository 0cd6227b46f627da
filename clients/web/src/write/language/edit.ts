// Changes that the language server asks for, in the script in sight and beside it.
import type { LSPPlugin } from "@codemirror/lsp-client";
import type { ChangeSpec, Text } from "@codemirror/state";
import type * as lsp from "vscode-languageserver-protocol";

import { host } from "./host.ts";

/** `doc` is the text that the server was asked about. */
export async function applyEdit(plugin: LSPPlugin, doc: Text, edit: lsp.WorkspaceEdit): Promise<void> {
  const { view } = plugin;
  const around = view.state.facet(host);
  const { [plugin.uri]: own = [], ...others } = editsByFile(edit);
  if (view.state.doc !== doc) {
    around.say("The script was changed meanwhile. Try it once more.");
    return;
  }
  if (own.length > 0) view.dispatch({ changes: changesOf(doc, own), userEvent: "input.server" });
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

function editsByFile({ changes, documentChanges = [] }: lsp.WorkspaceEdit): Record<string, readonly lsp.TextEdit[]> {
  const files: Record<string, readonly lsp.TextEdit[]> = { ...changes };
  for (const it of documentChanges) {
    // We do not say that we could make or move files, so nobody asks us to.
    if ("edits" in it) files[it.textDocument.uri] = it.edits.filter((edit) => "newText" in edit);
  }
  return files;
}

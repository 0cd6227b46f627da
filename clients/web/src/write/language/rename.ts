// A character or a place gets another name, everywhere in the film.
import { LSPPlugin } from "@codemirror/lsp-client";
import { keymap, showDialog, type Command, type EditorView } from "@codemirror/view";
import type * as lsp from "vscode-languageserver-protocol";

import { applyEdit } from "./edit.ts";
import { host } from "./host.ts";

type Prepared = { readonly range: lsp.Range; readonly placeholder: string } | null;

const rename: Command = (view) => {
  const plugin = LSPPlugin.get(view);
  if (!plugin) return false;
  void ask(plugin, view).catch((error: unknown) => view.state.facet(host).complain(wordsOf(error)));
  return true;
};

async function ask(plugin: LSPPlugin, view: EditorView): Promise<void> {
  plugin.client.sync();
  const textDocument = { uri: plugin.uri };
  const position = plugin.toPosition(view.state.selection.main.head);
  const prepared = await plugin.client.request<object, Prepared>("textDocument/prepareRename", { textDocument, position });
  if (prepared === null) {
    view.state.facet(host).say("There is no character and no place here. Put the cursor on a name.");
    return;
  }
  const { result } = showDialog(view, {
    label: "New name",
    input: { name: "name", value: prepared.placeholder },
    focus: true,
    submitLabel: "Rename everywhere",
    class: "cm-rename",
  });
  const form = await result;
  view.focus();
  const field = form?.elements.namedItem("name");
  const newName = field instanceof HTMLInputElement ? field.value.trim() : "";
  if (newName === "" || newName === prepared.placeholder) return;
  plugin.client.sync();
  const { doc } = view.state;
  const params = { textDocument, position: prepared.range.start, newName };
  const edit = await plugin.client.request<object, lsp.WorkspaceEdit | null>("textDocument/rename", params);
  if (edit !== null) await applyEdit(plugin, doc, edit);
}

function wordsOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  return String(error);
}

export const renaming = keymap.of([{ key: "F2", run: rename, preventDefault: true }]);

// The scripts that are open in the language server: told anew, as they are typed, after every
// reconnect.
import { LSPPlugin, Workspace, type LSPClient, type WorkspaceFile } from "@codemirror/lsp-client";
import type { ChangeSet, Text } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";

import { askAgain } from "./refresh.ts";

class OpenScript implements WorkspaceFile {
  readonly uri: string;
  readonly languageId: string;
  readonly view: EditorView;
  version: number;
  doc: Text;

  constructor(uri: string, languageId: string, view: EditorView, version: number) {
    this.uri = uri;
    this.languageId = languageId;
    this.view = view;
    this.version = version;
    this.doc = view.state.doc;
  }

  getView() {
    return this.view;
  }
}

/** Shows a file that something leads to; the editor that shows it then. */
export type Display = (uri: string) => Promise<EditorView | null>;

export class ScriptWorkspace extends Workspace {
  files: OpenScript[] = [];
  readonly #display: Display;
  #version = 0;
  #online = false;

  constructor(client: LSPClient, display: Display) {
    super(client);
    this.#display = display;
  }

  override syncFiles() {
    const updates: { file: OpenScript; prevDoc: Text; changes: ChangeSet }[] = [];
    // What is typed while nobody listens is told whole with the next connection.
    if (!this.#online) return updates;
    for (const file of this.files) {
      const plugin = LSPPlugin.get(file.view);
      if (!plugin || plugin.unsyncedChanges.empty) continue;
      updates.push({ file, prevDoc: file.doc, changes: plugin.unsyncedChanges });
      this.#catchUp(file, plugin);
    }
    return updates;
  }

  override openFile(uri: string, languageId: string, view: EditorView) {
    const file = new OpenScript(uri, languageId, view, (this.#version += 1));
    this.files.push(file);
    if (this.#online) this.client.didOpen(file);
  }

  override closeFile(uri: string) {
    this.files = this.files.filter((it) => it.uri !== uri);
    if (this.#online) this.client.didClose(uri);
  }

  override connected() {
    this.#online = true;
    for (const file of this.files) {
      const plugin = LSPPlugin.get(file.view);
      if (plugin) this.#catchUp(file, plugin);
      this.client.didOpen(file);
    }
    const ready = this.client.initializing;
    void ready.then(() => this.files.forEach((it) => it.view.dispatch({ effects: askAgain.of(null) })), () => {});
  }

  override disconnected() {
    this.#online = false;
  }

  override displayFile(uri: string) {
    return this.#display(uri);
  }

  #catchUp(file: OpenScript, plugin: LSPPlugin) {
    file.doc = file.view.state.doc;
    file.version = this.#version += 1;
    plugin.clear();
  }
}

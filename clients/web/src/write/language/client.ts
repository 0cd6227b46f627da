// The language server on the page's own origin, through restarts of the daemon.
import { LSPClient, LSPPlugin } from "@codemirror/lsp-client";
import { ChangeSet } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import type { Transport } from "@storycore/client";
import type * as lsp from "vscode-languageserver-protocol";

import { diagnosticsFromServer } from "./diagnostics.ts";
import { changesOf, editsByFile } from "./edit.ts";
import { refreshing } from "./refresh.ts";
import { sanitize } from "./sanitize.ts";
import { ScriptWorkspace } from "./workspace.ts";

interface ClientOptions {
  /** Shows a file that something leads to. */
  readonly display: (uri: string) => Promise<EditorView | null>;
  readonly onMessage: (words: string) => void;
}

interface LineOptions {
  /** What the daemon calls this page. */
  readonly name: string;
  /** What ends the lines of a file. */
  readonly ending: (uri: string) => string;
}

const timeoutMs = 10_000;

export function createLanguageClient({ display, onMessage }: ClientOptions): LSPClient {
  return new LSPClient({
    workspace: (client) => new ScriptWorkspace(client, display),
    timeout: timeoutMs,
    sanitizeHTML: sanitize,
    notificationHandlers: {
      "window/showMessage": (_client, params: { message: string }) => {
        onMessage(params.message);
        return true;
      },
      "window/logMessage": () => true,
    },
    extensions: [diagnosticsFromServer, refreshing],
  });
}

/** Connects the client, and connects it again whenever the daemon was gone. */
export function speak(client: LSPClient, transport: Transport, options: LineOptions): void {
  let listen: ((message: string) => void) | null = null;
  const wire = {
    send: (message: string) => transport.send(outgoing(message, options)),
    subscribe: (handler: (message: string) => void) => void (listen = handler),
    unsubscribe: () => void (listen = null),
  };
  transport.start({
    opened: () => {
      client.connect(wire);
      // What fails here fails for everybody who waits for it, too.
      client.initializing.catch(() => {});
    },
    received: (message) => {
      const answer = answerOf(client, message);
      if (answer !== null) transport.send(answer);
      else listen?.(message);
    },
    closed: () => client.disconnect(),
  });
}

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params: {
    clientInfo?: unknown;
    readonly textDocument?: { readonly uri: string; text?: string };
    readonly contentChanges?: { text: string }[];
  };
}

// The library introduces itself by its own name, and knows one line end only.
function outgoing(message: string, { name, ending }: LineOptions): string {
  const isText = message.includes('"method":"textDocument/did');
  if (!isText && !message.includes('"method":"initialize"')) return message;
  const whole = JSON.parse(message) as Message;
  const { method, params } = whole;
  if (method === "initialize") params.clientInfo = { name };
  const { textDocument, contentChanges = [] } = params;
  const end = textDocument === undefined ? "\n" : ending(textDocument.uri);
  if (end !== "\n") {
    if (textDocument?.text !== undefined) textDocument.text = textDocument.text.replaceAll("\n", end);
    for (const change of contentChanges) change.text = change.text.replaceAll("\n", end);
  }
  return JSON.stringify(whole);
}

// Others write into what is open here: the library knows no such request.
function answerOf(client: LSPClient, message: string): string | null {
  if (!message.includes('"workspace/applyEdit"')) return null;
  const { id, method, params } = JSON.parse(message) as { id?: unknown; method?: string; params: { edit: lsp.WorkspaceEdit } };
  if (id === undefined || method !== "workspace/applyEdit") return null;
  return JSON.stringify({ jsonrpc: "2.0", id, result: take(client, params.edit) });
}

function take(client: LSPClient, edit: lsp.WorkspaceEdit): lsp.ApplyWorkspaceEditResult {
  const changes: [EditorView, ChangeSet][] = [];
  for (const [uri, { version, edits }] of Object.entries(editsByFile(edit))) {
    const file = client.workspace.getFile(uri);
    const view = file?.getView();
    const plugin = view && LSPPlugin.get(view);
    if (!file || !view || !plugin) return { applied: false, failureReason: "it is not open in this page" };
    if (version !== null && version !== file.version) return { applied: false, failureReason: "it was being typed in; try once more" };
    const change = ChangeSet.of(changesOf(file.doc, edits), file.doc.length);
    changes.push([view, change.map(plugin.unsyncedChanges)]);
  }
  for (const [view, change] of changes) view.dispatch({ changes: change, userEvent: "input.server" });
  return { applied: true };
}

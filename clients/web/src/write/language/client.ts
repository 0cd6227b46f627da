// The language server on the page's own origin, through restarts of the daemon.
import { LSPClient, type LSPClientConfig } from "@codemirror/lsp-client";
import type { Transport } from "@storycore/client";
import type { EditorView } from "@codemirror/view";

import { diagnosticsFromServer } from "./diagnostics.ts";
import { refreshing } from "./refresh.ts";
import { sanitize } from "./sanitize.ts";
import { ScriptWorkspace } from "./workspace.ts";

interface Options {
  readonly display: (uri: string) => Promise<EditorView | null>;
  readonly onMessage: (words: string) => void;
}

const timeoutMs = 10_000;

export function createLanguageClient({ display, onMessage }: Options): LSPClient {
  const config: LSPClientConfig = {
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
  };
  return new LSPClient(config);
}

/** Keeps the client connected until the answer is called. */
export function speak(client: LSPClient, transport: Transport, name: string): () => void {
  let listen: ((message: string) => void) | null = null;
  const wire = {
    send: (message: string) => transport.send(named(message, name)),
    subscribe: (handler: (message: string) => void) => void (listen = handler),
    unsubscribe: () => void (listen = null),
  };
  transport.start({
    opened: () => {
      client.connect(wire);
      // What a lost connection leaves open is asked again with the next one.
      client.initializing.catch(() => {});
    },
    received: (message) => listen?.(message),
    closed: () => client.disconnect(),
  });
  return () => {
    client.disconnect();
    transport.stop();
  };
}

// The library introduces itself by its own name; the daemon should know which page it is.
function named(message: string, name: string): string {
  if (!message.includes('"method":"initialize"')) return message;
  const request = JSON.parse(message) as { method: string; params: { clientInfo?: unknown } };
  if (request.method === "initialize") request.params.clientInfo = { name };
  return JSON.stringify(request);
}

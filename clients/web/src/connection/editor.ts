// The page inside an editor: the extension that shows it carries every message to the daemon, so
// that the page needs no address, no cookie and no network.
import type { Transport, TransportEvents } from "@storycore/client";

import { createStore, type Store } from "../store.ts";
import type { Line } from "./socket.ts";

/** What an editor's webview gives its page. */
export interface EditorHost {
  postMessage(message: FromPage): void;
}

/** What the page tells the extension. */
export type FromPage = { readonly type: "ready" } | { readonly type: "send"; readonly text: string };

/** What the extension tells the page. */
export type FromEditor =
  | { readonly type: "opened" | "closed" }
  | { readonly type: "received"; readonly text: string }
  /** The writer's cursor stands in the words of this shot. */
  | { readonly type: "look"; readonly shot: string };

declare global {
  // Only there in a webview of VS Code, and given out once.
  var acquireVsCodeApi: (() => EditorHost) | undefined;
}

export interface EditorLine extends Line {
  /** The shot that is being written. */
  readonly written: Store<string | null>;
}

export function connectThroughEditor(host: EditorHost, page: Pick<Window, "addEventListener" | "removeEventListener"> = window): EditorLine {
  const written = createStore<string | null>(null);
  let events: TransportEvents | undefined;
  function hear({ data }: MessageEvent<FromEditor>) {
    switch (data.type) {
      case "opened":
        return events?.opened();
      case "closed":
        return events?.closed();
      case "received":
        return events?.received(data.text);
      case "look":
        return written.set(data.shot);
    }
  }
  const transport: Transport = {
    start(started) {
      events = started;
      page.addEventListener("message", hear);
      host.postMessage({ type: "ready" });
    },
    send: (text) => host.postMessage({ type: "send", text }),
    stop() {
      page.removeEventListener("message", hear);
      events = undefined;
    },
  };
  // Whom the editor lets in, the daemon lets in.
  return { transport, refused: createStore(false), served: false, language: null, written };
}

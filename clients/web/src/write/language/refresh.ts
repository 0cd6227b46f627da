// Shortly after every change, the language server is told of it and asked what the text means now:
// what each line is, what can be folded, where scenes and shots are.
import { LSPPlugin } from "@codemirror/lsp-client";
import { StateEffect, type StateEffectType, type Text } from "@codemirror/state";
import { ViewPlugin, type EditorView, type ViewUpdate } from "@codemirror/view";
import type * as lsp from "vscode-languageserver-protocol";

import { foldable, setFolds } from "./folding.ts";
import { hints, setHints } from "./hints.ts";
import { outline, setOutline } from "./outline.ts";
import { createTokenReader, setTokens, tokens } from "./tokens.ts";

/** How long nobody types before the server is told, in milliseconds. */
const restMs = 80;

/** The server is another one, or knows more than before. */
export const askAgain = StateEffect.define<null>();

class Refresher {
  readonly #view: EditorView;
  readonly #tokens = createTokenReader();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(view: EditorView) {
    this.#view = view;
    this.#later();
  }

  update(update: ViewUpdate) {
    const again = update.transactions.some((it) => it.effects.some((effect) => effect.is(askAgain)));
    if (again) this.#tokens.forget();
    if (again || update.docChanged) this.#later();
  }

  destroy() {
    clearTimeout(this.#timer);
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#refresh().catch(() => {}), restMs);
  }

  async #refresh() {
    const plugin = LSPPlugin.get(this.#view);
    if (!plugin || plugin.client.serverCapabilities === null) return;
    plugin.client.sync();
    const { doc } = this.#view.state;
    const textDocument = { uri: plugin.uri };
    const all = { start: { line: 0, character: 0 }, end: plugin.toPosition(doc.length, doc) };
    const ask = <T>(method: string, params: object = {}) =>
      plugin.client.request<object, T | null>(method, { textDocument, ...params });
    await Promise.allSettled([
      this.#tokens.read(plugin, doc).then((it) => this.#show(doc, setTokens, it)),
      ask<lsp.FoldingRange[]>("textDocument/foldingRange").then((it) => this.#show(doc, setFolds, it)),
      ask<lsp.DocumentSymbol[]>("textDocument/documentSymbol").then((it) => this.#show(doc, setOutline, it)),
      ask<lsp.InlayHint[]>("textDocument/inlayHint", { range: all }).then((it) => this.#show(doc, setHints, it)),
    ]);
  }

  // An answer about a text that was changed meanwhile is not shown: the next one is on its way.
  #show<T>(doc: Text, effect: StateEffectType<T>, answer: T | null) {
    if (answer !== null && this.#view.state.doc === doc) this.#view.dispatch({ effects: effect.of(answer) });
  }
}

export const refreshing = [ViewPlugin.fromClass(Refresher), tokens, foldable, hints, outline];

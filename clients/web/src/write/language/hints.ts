// What stands behind a heading without being written there: how long its scene is.
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType, type DecorationSet } from "@codemirror/view";
import type * as lsp from "vscode-languageserver-protocol";

export const setHints = StateEffect.define<readonly lsp.InlayHint[]>();

class Hint extends WidgetType {
  readonly #words: string;

  constructor(words: string) {
    super();
    this.#words = words;
  }

  override eq(other: Hint) {
    return other.#words === this.#words;
  }

  toDOM() {
    const element = document.createElement("span");
    element.className = "cm-hint";
    element.textContent = this.#words;
    element.title = "eighths of a page, running time, shots";
    return element;
  }
}

export const hints = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, { effects, changes, state: { doc } }) {
    const next = effects.find((it) => it.is(setHints));
    if (!next?.is(setHints)) return before.map(changes);
    const there = next.value.filter((it) => it.position.line < doc.lines);
    const widgets = there.map(({ position, label }) => {
      const words = typeof label === "string" ? label : label.map((it) => it.value).join("");
      return Decoration.widget({ widget: new Hint(words), side: 1 }).range(doc.line(position.line + 1).to);
    });
    return Decoration.set(widgets, true);
  },
  provide: (field) => EditorView.decorations.from(field),
});

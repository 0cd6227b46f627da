// Scenes fold below their heading.
import { foldService } from "@codemirror/language";
import { StateEffect, StateField } from "@codemirror/state";
import type * as lsp from "vscode-languageserver-protocol";

export const setFolds = StateEffect.define<readonly lsp.FoldingRange[]>();

interface Fold {
  readonly from: number;
  readonly to: number;
}

const folds = StateField.define<readonly Fold[]>({
  create: () => [],
  update(before, { effects, changes, state: { doc } }) {
    const next = effects.find((it) => it.is(setFolds));
    if (next?.is(setFolds)) {
      const there = next.value.filter((it) => it.endLine < doc.lines);
      return there.map((it) => ({ from: doc.line(it.startLine + 1).to, to: doc.line(it.endLine + 1).to }));
    }
    if (changes.empty) return before;
    return before.map(({ from, to }) => ({ from: changes.mapPos(from), to: changes.mapPos(to) }));
  },
});

const service = foldService.of((state, from, to) => {
  const fold = state.field(folds).find((it) => it.from >= from && it.from <= to);
  return fold !== undefined && fold.to > to ? { from: to, to: fold.to } : null;
});

export const foldable = [folds, service];

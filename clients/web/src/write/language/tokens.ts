// What each line of the screenplay is, in the words of the language server, as the look of the line.
import type { LSPPlugin } from "@codemirror/lsp-client";
import { StateEffect, StateField, type Range, type Text } from "@codemirror/state";
import { Decoration, EditorView, type DecorationSet } from "@codemirror/view";
import type * as lsp from "vscode-languageserver-protocol";

/** Where something stands, in the order of the text. */
export interface Token {
  readonly from: number;
  readonly to: number;
  readonly kind: string;
}

export const setTokens = StateEffect.define<readonly Token[]>();

/** What the server calls a part of a script, and what it is in one. */
const looks: Readonly<Record<string, string>> = {
  namespace: "heading",
  class: "cue",
  parameter: "parenthetical",
  string: "dialogue",
  keyword: "transition",
  comment: "note",
  decorator: "section",
  macro: "shot",
  property: "key",
};
/** These are parts of a line; all others make it what it is. */
const inLine = new Set(["note", "shot", "key"]);

export const tokens = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(decorations, transaction) {
    const next = transaction.effects.find((it) => it.is(setTokens));
    if (next?.is(setTokens)) return decorate(transaction.state.doc, next.value);
    return decorations.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function decorate(doc: Text, all: readonly Token[]): DecorationSet {
  const ranges: Range<Decoration>[] = [];
  let last = 0;
  for (const { from, to, kind } of all) {
    const look = looks[kind];
    if (look === undefined) continue;
    const line = doc.lineAt(from);
    if (inLine.has(look)) ranges.push(Decoration.mark({ class: `cm-${look}` }).range(from, to));
    else if (line.number !== last) {
      last = line.number;
      ranges.push(Decoration.line({ class: `cm-${lookOfLine(look, line.text)}` }).range(line.from));
    }
  }
  return Decoration.set(ranges, true);
}

// The server has one word for what stands in the middle and what stands at the right.
function lookOfLine(look: string, text: string): string {
  return look === "transition" && /^\s*>.*<\s*$/.test(text) ? "centered" : look;
}

/** Asks for what has changed since it was asked last. */
export function createTokenReader() {
  let last: { id: string; data: readonly number[] } | null = null;
  async function data(plugin: LSPPlugin): Promise<readonly number[]> {
    const textDocument = { uri: plugin.uri };
    type Answer = lsp.SemanticTokens | lsp.SemanticTokensDelta | null;
    const answer: Answer = await (last === null
      ? plugin.client.request("textDocument/semanticTokens/full", { textDocument })
      : plugin.client.request("textDocument/semanticTokens/full/delta", { textDocument, previousResultId: last.id }));
    if (answer === null) return [];
    const data = "data" in answer ? answer.data : applyEdits(last?.data ?? [], answer.edits);
    last = answer.resultId === undefined ? null : { id: answer.resultId, data };
    return data;
  }
  let turn: Promise<unknown> = Promise.resolve();
  return {
    /** In turn: a difference is one to the answer before. */
    read(plugin: LSPPlugin, doc: Text): Promise<readonly Token[] | null> {
      const legend = plugin.client.serverCapabilities?.semanticTokensProvider?.legend.tokenTypes ?? [];
      const answer = turn.then(() => data(plugin)).then((it) => decode(it, legend, doc));
      turn = answer.catch(() => (last = null));
      return answer;
    },
    forget: () => void (last = null),
  };
}

/** LSP 3.17, `SemanticTokensDelta`: edits from the back, so that places hold. */
export function applyEdits(data: readonly number[], edits: readonly lsp.SemanticTokensEdit[]): number[] {
  const next = [...data];
  const last = [...edits].sort((a, b) => b.start - a.start);
  for (const { start, deleteCount, data = [] } of last) next.splice(start, deleteCount, ...data);
  return next;
}

/** LSP 3.17, `SemanticTokens`: five numbers each, relative to the one before. */
export function decode(data: readonly number[], legend: readonly string[], doc: Text): Token[] | null {
  const all: Token[] = [];
  let [line, column] = [0, 0];
  for (let i = 0; i + 4 < data.length; i += 5) {
    const [lines = 0, columns = 0, length = 0, kind = 0] = data.slice(i, i + 4);
    line += lines;
    column = lines === 0 ? column + columns : columns;
    // The answer is about another text.
    if (line >= doc.lines) return null;
    const { from: start, to: end } = doc.line(line + 1);
    const from = start + column;
    const to = Math.min(from + length, end);
    if (from < to) all.push({ from, to, kind: legend[kind] ?? "" });
  }
  return all;
}

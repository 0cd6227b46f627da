// Where the scenes and their shots stand in the text, and which of them is selected.
import { StateEffect, StateField, type EditorState } from "@codemirror/state";
import { Decoration, EditorView, type DecorationSet } from "@codemirror/view";
import type * as lsp from "vscode-languageserver-protocol";

/** The `shot`-th shot of the `scene`-th scene of the script. */
export interface ShotPlace {
  readonly scene: number;
  readonly shot: number;
}

interface Part {
  readonly from: number;
  readonly to: number;
}

interface ScenePart extends Part {
  readonly shots: readonly Part[];
}

export const setOutline = StateEffect.define<readonly lsp.DocumentSymbol[]>();
export const setSelected = StateEffect.define<ShotPlace | null>();

// LSP's `SymbolKind`, as the server uses it.
const [scene, shot] = [3, 19];

const parts = StateField.define<readonly ScenePart[]>({
  create: () => [],
  update(before, { effects, changes, state: { doc } }) {
    const place = ({ line, character }: lsp.Position) => {
      if (line >= doc.lines) return doc.length;
      const { from, to } = doc.line(line + 1);
      return Math.min(from + character, to);
    };
    const part = ({ range }: lsp.DocumentSymbol) => ({ from: place(range.start), to: place(range.end) });
    const next = effects.find((it) => it.is(setOutline));
    if (next?.is(setOutline)) {
      const shots = (it: lsp.DocumentSymbol) => (it.children ?? []).filter((it) => it.kind === shot).map(part);
      return flat(next.value).filter((it) => it.kind === scene).map((it) => ({ ...part(it), shots: shots(it) }));
    }
    if (changes.empty) return before;
    const moved = ({ from, to }: Part) => ({ from: changes.mapPos(from, 1), to: changes.mapPos(to) });
    return before.map((it) => ({ ...moved(it), shots: it.shots.map(moved) }));
  },
});

const selected = StateField.define<ShotPlace | null>({
  create: () => null,
  update(before, { effects }) {
    const next = effects.find((it) => it.is(setSelected));
    return next?.is(setSelected) ? next.value : before;
  },
});

const marked = EditorView.decorations.compute([parts, selected], (state): DecorationSet => {
  const place = state.field(selected);
  const part = place && partOf(state, place);
  if (!part) return Decoration.none;
  const lines = [];
  for (let at = part.from; at <= part.to; ) {
    const line = state.doc.lineAt(at);
    // The blank lines below belong to nobody.
    if (line.text.trim() !== "" || line.to < part.from + state.sliceDoc(part.from, part.to).trimEnd().length) {
      lines.push(Decoration.line({ class: "cm-selected-shot" }).range(line.from));
    }
    at = line.to + 1;
  }
  return Decoration.set(lines);
});

/** Sections hold scenes. */
function flat(symbols: readonly lsp.DocumentSymbol[]): lsp.DocumentSymbol[] {
  return symbols.flatMap((it) => (it.kind === scene ? [it] : [it, ...flat(it.children ?? [])]));
}

/** Where a shot's words are. */
export function partOf(state: EditorState, { scene, shot }: ShotPlace): Part | null {
  const found = state.field(parts)[scene];
  if (found === undefined) return null;
  return found.shots[shot] ?? found;
}

/** The shot whose words are at a place. */
export function placeAt(state: EditorState, at: number): ShotPlace | null {
  const scene = state.field(parts).findLastIndex((it) => it.from <= at);
  const shot = state.field(parts)[scene]?.shots.findLastIndex((it) => it.from <= at) ?? -1;
  return shot < 0 ? null : { scene, shot };
}

/** How many scenes the text has. */
export function scenesIn(state: EditorState): number {
  return state.field(parts).length;
}

export const outline = [parts, selected, marked];

// The editor of one script: CodeMirror, with the daemon's language server behind it.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { codeFolding, foldGutter, foldKeymap } from "@codemirror/language";
import { nextDiagnostic } from "@codemirror/lint";
import { formatKeymap, hoverTooltips, jumpToDefinitionKeymap, type LSPClient } from "@codemirror/lsp-client";
import { diff } from "@codemirror/merge";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, Transaction } from "@codemirror/state";
import { drawSelection, dropCursor, EditorView, highlightActiveLine, keymap, type ViewUpdate } from "@codemirror/view";

import type { Sheet } from "../draft.ts";
import { actions } from "../language/actions.ts";
import { completion } from "../language/completion.ts";
import { host, type Host } from "../language/host.ts";
import { renaming } from "../language/rename.ts";
import { look } from "./theme.ts";

interface Options {
  readonly text: string;
  readonly uri: string;
  readonly language: string | undefined;
  readonly root: ShadowRoot;
  readonly client: LSPClient;
  readonly host: Host;
  readonly onUpdate: (update: ViewUpdate) => void;
}

/** How precise and how long two texts are compared, before it is done coarsely. */
const diffing = { scanLimit: 2000, timeout: 200 };

export function createEditor({ text, uri, language, root, client, host: around, onUpdate }: Options): EditorView {
  const save = { key: "Mod-s", run: () => (around.save(), true), preventDefault: true };
  const state = EditorState.create({
    doc: text,
    extensions: [
      host.of(around),
      history(),
      drawSelection(),
      dropCursor(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      search({ top: true }),
      EditorView.lineWrapping,
      EditorView.perLineTextDirection.of(true),
      EditorView.contentAttributes.of({ "aria-label": "Script", spellcheck: "true", ...(language && { lang: language }) }),
      codeFolding({ placeholderText: "…" }),
      foldGutter({ markerDOM: foldMark }),
      completion,
      hoverTooltips(),
      actions,
      renaming,
      client.plugin(uri, "fountain"),
      keymap.of([save, { key: "F8", run: nextDiagnostic }]),
      keymap.of([...formatKeymap, ...jumpToDefinitionKeymap, ...searchKeymap, ...foldKeymap, ...historyKeymap, ...defaultKeymap, { key: "Escape", run: leave }]),
      look,
      EditorView.updateListener.of(onUpdate),
    ],
  });
  return new EditorView({ state, root });
}

// Nothing is left to close: the keys are the board's again.
function leave(view: EditorView): boolean {
  view.contentDOM.blur();
  return true;
}

function foldMark(open: boolean): HTMLElement {
  const mark = document.createElement("span");
  mark.className = "cm-fold";
  if (!open) mark.dataset.folded = "";
  mark.textContent = open ? "⌄" : "›";
  mark.title = open ? "Fold the scene" : "Unfold the scene";
  return mark;
}

/** The editor's text, to be changed from outside as little as possible: the cursor stays in its words. */
export function sheetOf(view: EditorView): Sheet {
  return {
    text: () => view.state.doc.toString(),
    replace(text, { undoable }) {
      const changes = diff(view.state.doc.toString(), text, diffing).map(({ fromA, toA, fromB, toB }) => ({
        from: fromA,
        to: toA,
        insert: text.slice(fromB, toB),
      }));
      view.dispatch({ changes, annotations: Transaction.addToHistory.of(undoable), userEvent: "input.disk" });
    },
  };
}

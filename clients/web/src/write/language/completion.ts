// Who may speak, where a scene may be, what a note may ask for: proposed while it is typed.
import {
  acceptCompletion,
  autocompletion,
  closeCompletion,
  completionStatus,
  selectedCompletion,
  type CompletionSource,
} from "@codemirror/autocomplete";
import { serverCompletionSource } from "@codemirror/lsp-client";
import { Prec } from "@codemirror/state";
import { keymap, type Command } from "@codemirror/view";

// Who has typed a whole name and presses Enter wants the next line, not the same name again.
const endLine: Command = (view) => {
  if (completionStatus(view.state) !== "active") return false;
  const chosen = selectedCompletion(view.state);
  const { head } = view.state.selection.main;
  const before = view.state.sliceDoc(view.state.doc.lineAt(head).from, head);
  if (chosen && before.toUpperCase().endsWith((chosen.displayLabel ?? chosen.label).toUpperCase())) closeCompletion(view);
  // Enter goes on to whoever is next: the proposals if they are still there, else the text.
  return false;
};

// A daemon that ended before it answered proposes nothing; the next one is asked at the next letter.
const proposals: CompletionSource = async (context) => {
  try {
    return await serverCompletionSource(context);
  } catch {
    return null;
  }
};

export const completion = [
  autocompletion({ override: [proposals], icons: false }),
  Prec.highest(keymap.of([{ key: "Enter", run: endLine }, { key: "Tab", run: acceptCompletion }])),
];

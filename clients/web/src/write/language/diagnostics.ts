// What is wrong, underlined as it is typed, with what can be done about it.
import { LSPPlugin, type LSPClient, type LSPClientExtension } from "@codemirror/lsp-client";
import { setDiagnostics, type Diagnostic } from "@codemirror/lint";
import type { EditorView } from "@codemirror/view";
import type * as lsp from "vscode-languageserver-protocol";

import { changedOnDisk, deedButton, deedsAt, setProblems } from "./actions.ts";

const severities = ["error", "error", "warning", "info", "hint"] as const;

function show(client: LSPClient, { uri, version, diagnostics }: lsp.PublishDiagnosticsParams): boolean {
  const file = client.workspace.getFile(uri);
  const view = file?.getView();
  const plugin = view && LSPPlugin.get(view);
  // It is about a text that was changed meanwhile.
  if (!file || !view || !plugin || (version !== undefined && version !== file.version)) return true;
  const { doc } = file;
  const place = ({ line, character }: lsp.Position) => {
    if (line >= doc.lines) return plugin.unsyncedChanges.mapPos(doc.length);
    const { from, to } = doc.line(line + 1);
    return plugin.unsyncedChanges.mapPos(Math.min(from + character, to));
  };
  // That the file was changed is said above the editor.
  const here = diagnostics.filter((it) => it.code !== changedOnDisk);
  const shown = here.map((it): Diagnostic => ({
    from: place(it.range.start),
    to: place(it.range.end),
    severity: severities[it.severity ?? 1] ?? "error",
    message: wordsOf(it),
    renderMessage: (view) => messageOf(view, it),
  }));
  const { effects = [] } = setDiagnostics(view.state, shown);
  view.dispatch({ effects: [...[effects].flat(), setProblems.of(diagnostics)] });
  return true;
}

function messageOf(view: EditorView, problem: lsp.Diagnostic): Node {
  const element = document.createElement("div");
  const [first = "", ...hint] = wordsOf(problem).split("\n");
  for (const [words, name] of [[first, "cm-problem"], [hint.join("\n"), "cm-problem-hint"]] as const) {
    if (words === "") continue;
    const line = element.appendChild(document.createElement("p"));
    line.className = name;
    line.textContent = words;
  }
  // What can be done is asked only when somebody looks.
  void deedsAt(view, problem.range, [problem]).then(
    (deeds) => {
      // What can be done about the whole script is no answer to a problem.
      const about = deeds.filter((it) => it.isFix);
      element.append(...about.map((it) => deedButton(it.title, () => void it.run())));
    },
    () => {},
  );
  return element;
}

function wordsOf({ message }: lsp.Diagnostic): string {
  return typeof message === "string" ? message : message.value;
}

export const diagnosticsFromServer: LSPClientExtension = {
  clientCapabilities: {
    workspace: { applyEdit: true, workspaceEdit: { documentChanges: true } },
    textDocument: {
      publishDiagnostics: { versionSupport: true, dataSupport: true },
      codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix", "source"] } }, dataSupport: true },
      semanticTokens: { requests: { full: { delta: true } }, tokenTypes: [], tokenModifiers: [], formats: ["relative"] },
      foldingRange: { lineFoldingOnly: true },
      documentSymbol: { hierarchicalDocumentSymbolSupport: true },
      inlayHint: {},
      rename: { prepareSupport: true },
    },
  },
  notificationHandlers: { "textDocument/publishDiagnostics": show },
};

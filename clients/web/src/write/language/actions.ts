// What can be done about a place with one click: a menu at the cursor, and buttons below a problem.
import { LSPPlugin } from "@codemirror/lsp-client";
import { StateEffect, StateField } from "@codemirror/state";
import { EditorView, keymap, showTooltip, type Command, type Tooltip } from "@codemirror/view";
import type * as lsp from "vscode-languageserver-protocol";

import { applyEdit } from "./edit.ts";
import { host } from "./host.ts";

/** Something that can be done. */
export interface Deed {
  readonly title: string;
  /** Whether it is about a problem, not about the whole script. */
  readonly isFix: boolean;
  readonly run: () => Promise<void>;
}

/** The code of the problem that others wrote the file while it was written here. */
export const changedOnDisk = "changedOnDisk";

/** It opens another file in the editor's window; the page has no such thing. */
const showsFile = "storycore.show";
const callsCatalog = "storycore.call";

/** Of which problems the server should think. */
type Problems = readonly lsp.Diagnostic[];

export async function deedsAt(view: EditorView, range: lsp.Range, diagnostics: Problems): Promise<readonly Deed[]> {
  const plugin = LSPPlugin.get(view);
  if (!plugin) return [];
  plugin.client.sync();
  const { doc } = view.state;
  const params = { textDocument: { uri: plugin.uri }, range, context: { diagnostics } };
  type Answer = readonly (lsp.CodeAction | lsp.Command)[] | null;
  const answer = await plugin.client.request<object, Answer>("textDocument/codeAction", params);
  const possible = (answer ?? []).filter((it) => commandOf(it)?.command !== showsFile);
  return possible.map((action) => ({
    title: action.title,
    isFix: "kind" in action && action.kind === "quickfix",
    run: () => perform(plugin, doc, action).catch(() => view.state.facet(host).complain("That could not be done. Try it once more.")),
  }));
}

async function perform(plugin: LSPPlugin, doc: EditorView["state"]["doc"], action: lsp.CodeAction | lsp.Command) {
  const { view } = plugin;
  if ("edit" in action && action.edit) await applyEdit(plugin, doc, action.edit);
  const command = commandOf(action);
  if (command === undefined) return;
  const [wanted] = (command.arguments ?? []) as { method?: string; params?: unknown }[];
  // The page makes the call itself, so that it is the page that can undo it.
  if (command.command === callsCatalog && wanted?.method !== undefined) {
    view.state.facet(host).call(wanted.method, wanted.params ?? {});
  } else {
    await plugin.client.request("workspace/executeCommand", { command: command.command, arguments: command.arguments });
  }
}

function commandOf(action: lsp.CodeAction | lsp.Command): lsp.Command | undefined {
  return typeof action.command === "string" ? (action as lsp.Command) : action.command;
}

/** Joins both texts of a file that was changed in two places; `null` where that cannot be. */
export async function joining(view: EditorView): Promise<Deed | null> {
  const problems = (view.state.field(problemsIn, false) ?? []).filter((it) => it.code === changedOnDisk);
  const [first] = problems;
  const deeds = first === undefined ? [] : await deedsAt(view, first.range, problems);
  return deeds.find((it) => it.title.startsWith("Join both")) ?? null;
}

const setMenu = StateEffect.define<{ readonly at: number; readonly deeds: readonly Deed[] } | null>();

const menu = StateField.define<Tooltip | null>({
  create: () => null,
  update(before, { effects, docChanged, selection }) {
    const next = effects.find((it) => it.is(setMenu));
    if (next?.is(setMenu)) return next.value && { pos: next.value.at, create: menuOf(next.value.deeds) };
    return docChanged || selection ? null : before;
  },
  provide: (field) => showTooltip.from(field),
});

function menuOf(deeds: readonly Deed[]) {
  return (view: EditorView) => {
    const dom = document.createElement("div");
    dom.className = "cm-deeds";
    dom.setAttribute("role", "menu");
    const close = () => {
      view.dispatch({ effects: setMenu.of(null) });
      view.focus();
    };
    const buttons = deeds.map(({ title, run }) => deedButton(title, () => (close(), void run()), "menuitem"));
    dom.append(...buttons);
    dom.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") close();
      else if (step !== undefined) {
        const at = buttons.findIndex((it) => it.matches(":focus"));
        buttons.at((at + step) % buttons.length)?.focus();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
    return { dom, mount: () => buttons[0]?.focus() };
  };
}

export function deedButton(title: string, run: () => void, role?: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "cm-deed";
  if (role !== undefined) button.setAttribute("role", role);
  button.textContent = title;
  button.addEventListener("click", run);
  return button;
}

const open: Command = (view) => {
  const plugin = LSPPlugin.get(view);
  if (!plugin) return false;
  const at = view.state.selection.main.head;
  const line = view.state.doc.lineAt(at);
  const here = plugin.toPosition(at);
  const problems = view.state.field(problemsIn, false) ?? [];
  const ofLine = problems.filter((it) => it.range.start.line <= line.number - 1 && line.number - 1 <= it.range.end.line);
  deedsAt(view, { start: here, end: here }, ofLine).then(
    (deeds) => {
      if (deeds.length === 0) view.state.facet(host).say("There is nothing to do about this place.");
      else view.dispatch({ effects: setMenu.of({ at, deeds }) });
    },
    () => view.state.facet(host).complain("The daemon did not say what can be done here. Try it once more."),
  );
  return true;
};

export const setProblems = StateEffect.define<Problems>();

/** As the server told them last, for it to know them again. */
export const problemsIn = StateField.define<Problems>({
  create: () => [],
  update(before, { effects }) {
    const next = effects.find((it) => it.is(setProblems));
    return next?.is(setProblems) ? next.value : before;
  },
});

export const actions = [problemsIn, menu, keymap.of([{ key: "Mod-.", run: open }])];

// A morning's work as Visual Studio Code would do it: the library types what is asked and answered.
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ErrorCodes, ResponseError } from "vscode-jsonrpc/node";
import {
  CodeActionKind,
  CodeActionRequest,
  CompletionRequest,
  DefinitionRequest,
  DidSaveTextDocumentNotification,
  DocumentFormattingRequest,
  ExecuteCommandRequest,
  FoldingRangeRequest,
  HoverRequest,
  InitializeRequest,
  ReferencesRequest,
  RenameRequest,
  SemanticTokensRequest,
  ShowDocumentRequest,
  ShowMessageNotification,
  TextDocumentEdit,
  type CodeAction,
  type CompletionItem,
  type Hover,
  type Location,
  type MarkupContent,
  type TextEdit,
  type WorkspaceEdit,
} from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { StateChanged } from "../../../clients/typescript/src/generated.ts";
import { Editor, Sandbox, told, until } from "./desk.ts";

let sandbox: Sandbox;
const editors: Editor[] = [];

beforeAll(async () => {
  sandbox = await Sandbox.open();
});

afterEach(() => {
  for (const editor of editors.splice(0)) editor.close();
});

afterAll(() => sandbox.close());

async function open(script?: string): Promise<Editor> {
  const editor = new Editor(sandbox.start(), await sandbox.film(script));
  editors.push(editor);
  await editor.begin();
  await editor.open();
  return editor;
}

/** The edits of each file that is open or to be read. */
function editsOf(change: WorkspaceEdit): Map<string, TextEdit[]> {
  const files = (change.documentChanges ?? []).filter((it) => TextDocumentEdit.is(it));
  return new Map(files.map((it) => [it.textDocument.uri, it.edits as TextEdit[]]));
}

test("a slip is told, put right with a click, and saved", async () => {
  const editor = await open();
  expect(editor.offered.positionEncoding).toBe("utf-16");
  const before = editor.text.getText();
  const { start } = editor.span("JIŘÍ\nNever.");
  const last = { start: { ...start, character: 3 }, end: { ...start, character: 4 } };
  await editor.type(last, "I");
  const problem = (await editor.problems()).find((it) => told(it).includes("did you mean JIŘÍ?"));
  if (!problem) throw new Error("nothing is told");
  expect(editor.text.getText(problem.range)).toBe("JIŘI");
  const context = { diagnostics: [problem], only: [CodeActionKind.QuickFix] };
  const asked = { textDocument: editor.document, range: problem.range, context };
  const actions = (await editor.connection.sendRequest(CodeActionRequest.type, asked)) as CodeAction[];
  const write = actions.find((it) => it.title === "Write JIŘÍ");
  const edits = editsOf(write?.edit ?? {}).get(editor.uri) ?? [];
  // The library refuses edits that overlap.
  expect(TextDocument.applyEdits(editor.text, edits)).toBe(before);
  for (const edit of edits) await editor.type(edit.range, edit.newText);
  expect((await editor.problems()).filter((it) => told(it).includes("JIŘ"))).toEqual([]);
});

test("names are explained, completed, found and renamed", async () => {
  const editor = await open();
  const { connection, document: textDocument } = editor;
  const position = editor.place("ÉLOÏSE\n", 2);
  const hover = (await connection.sendRequest(HoverRequest.type, { textDocument, position })) as Hover;
  expect((hover.contents as MarkupContent).value).toContain("yellow oilskin");
  const definition = await connection.sendRequest(DefinitionRequest.type, { textDocument, position });
  const entry = join(editor.film, "bible/eloise.toml");
  const bible = TextDocument.create(pathToFileURL(entry).href, "toml", 1, await readFile(entry, "utf8"));
  const location = definition as Location;
  expect(location.uri).toBe(bible.uri);
  expect(bible.getText(location.range)).toBe("ÉLOÏSE");
  const context = { includeDeclaration: false };
  const references = await connection.sendRequest(ReferencesRequest.type, { textDocument, position, context });
  const words = new Set(references?.map((it) => editor.text.getText(it.range).toUpperCase()));
  // By her whole name, too, and as her granddaughter calls her.
  expect(words).toEqual(new Set(["ÉLOÏSE", "ÉLOÏSE KERVADEC", "MAMIE"]));
  await editor.type({ start: editor.place("INT. GAUGE"), end: editor.place("INT. GAUGE") }, "ZO\n\n");
  const typed = { textDocument, position: editor.place("ZO\n\n", 2) };
  const items = (await connection.sendRequest(CompletionRequest.type, typed)) as CompletionItem[];
  expect(items.map((it) => it.label)).toContain("ZOÉ");
  const renamed = { textDocument, position: editor.place("ZOÉ\n", 1), newName: "Nina" };
  const change = await connection.sendRequest(RenameRequest.type, renamed);
  const files = editsOf(change ?? {});
  expect([...files.keys()].map((it) => it.split("/").at(-1)).sort()).toEqual(["high-water.fountain", "zoe.toml"]);
  const after = TextDocument.applyEdits(editor.text, files.get(editor.uri) ?? []);
  expect(after).toContain("NINA\nDoes it sleep?");
  // The whole word only: a few letters that somebody types are nobody.
  expect(after).toContain("\nZO\n\nINT. GAUGE");
});

test("what is saved is the film's, and whoever follows the film is told", async () => {
  const editor = await open();
  const project = await editor.project();
  const changes: StateChanged[] = [];
  editor.connection.onNotification("state/changed", (it: StateChanged) => void changes.push(it));
  const snapshot = await editor.call("state/subscribe", { project });
  const end = editor.text.positionAt(editor.text.getText().length);
  await editor.type({ start: end, end }, "\nEXT. LIGHTHOUSE - DAY\n\nÉloïse waves.\n");
  expect(await editor.call("scene/list", { project })).toHaveLength(14);
  await writeFile(editor.script, editor.text.getText());
  await editor.connection.sendNotification(DidSaveTextDocumentNotification.type, { textDocument: editor.document });
  const scenes = await editor.call("scene/list", { project });
  expect(scenes.map((it) => it.heading).at(-1)).toBe("EXT. LIGHTHOUSE - DAY");
  const shots = await editor.call("shot/list", { project });
  expect(shots.at(-1)).toMatchObject({ sceneId: scenes.at(-1)?.id, status: "missing" });
  // It was published before it was answered.
  expect(JSON.stringify(changes)).toContain("LIGHTHOUSE");
  for (const [count, it] of changes.entries()) expect(it.revision).toBe(snapshot.revision + count + 1);
  const lines = editor.text.lineCount;
  const folds = await editor.connection.sendRequest(FoldingRangeRequest.type, { textDocument: editor.document });
  expect(folds).toHaveLength(15);
  expect(folds?.every((it) => it.startLine < it.endLine && it.endLine < lines)).toBe(true);
});

test("a refusal says what to do, in the form of the catalog", async () => {
  const editor = await open();
  const refused = await editor.call("shot/list", { project: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }).catch((it: unknown) => it);
  expect(refused).toBeInstanceOf(ResponseError);
  expect(refused).toMatchObject({ code: 1003, data: { kind: "notFound", hint: expect.stringContaining("project/") } });
  const asked = { textDocument: editor.document, position: { line: 0, character: 0 } };
  const unknown = await editor.connection.sendRequest("textDocument/moniker", asked).catch((it: unknown) => it);
  expect(unknown).toMatchObject({ code: ErrorCodes.MethodNotFound });
});

test("the server may ask the editor, which answers, or cannot", async () => {
  const editor = await open();
  const board = { command: "storycore.openBoard", arguments: [{ project: await editor.project() }] };
  const said: string[] = [];
  editor.connection.onNotification(ShowMessageNotification.type, (it) => void said.push(it.message));
  // Nobody handles it: the library says so, and the address is said to a person instead.
  await editor.connection.sendRequest(ExecuteCommandRequest.type, board);
  await until(() => said.length > 0);
  expect(said.join()).toMatch(/^the board: http:\/\/127\.0\.0\.1:/u);
  const shown: string[] = [];
  editor.connection.onRequest(ShowDocumentRequest.type, ({ uri }) => {
    shown.push(uri);
    return { success: true };
  });
  await editor.connection.sendRequest(ExecuteCommandRequest.type, board);
  expect(shown).toHaveLength(1);
  expect(said).toHaveLength(1);
});

// It says that there is no such method: until `initialize` a session speaks the catalog only.
test("nothing is answered before a session begins", async () => {
  const editor = new Editor(sandbox.start(), await sandbox.film());
  editors.push(editor);
  const early = { textDocument: editor.document, position: { line: 0, character: 0 } };
  const refused = await editor.connection.sendRequest(HoverRequest.type, early).catch((it: unknown) => it);
  expect(refused).toBeInstanceOf(ResponseError);
  expect((refused as ResponseError<unknown>).code).toBe(ErrorCodes.ServerNotInitialized);
});

test("a session begins once, and ends when it is told to", async () => {
  const editor = new Editor(sandbox.start(), await sandbox.film());
  editors.push(editor);
  await editor.begin();
  await editor.open();
  const again = { processId: null, rootUri: null, capabilities: {} };
  const twice = await editor.connection.sendRequest(InitializeRequest.type, again).catch((it: unknown) => it);
  expect(twice).toMatchObject({ code: ErrorCodes.InvalidRequest });
  // What it does not know is not worth a word.
  await editor.connection.sendNotification("$/setTrace", { value: "verbose" });
  await editor.connection.sendNotification("workspace/didChangeConfiguration", { settings: {} });
  await editor.connection.sendNotification("workspace/didChangeWatchedFiles", { changes: [] });
  expect(await editor.scenes()).toHaveLength(14);
  expect(await editor.leave()).toBe(0);
});

// Lines end in all three ways, and letters outside the first plane are two units each.
const TIDE = [
  "INT. GAUGE HOUSE 🌊 - DAY\r\n\r\n",
  "🌊🌊 ÉLOÏSE listens. 🦭 JIRI does not.\r\n\r\n",
  "ÉLOÏSE\n(🌊)\r\nOne 🌊 [[shot: CU ÉLOÏSE 🦭]] meter.\n\n",
  "JIŘI\rNever 🌊.\r\n   \r\n",
  "int. slipway - 🌊 night  \r\n\r\nWind.",
].join("");

test("positions are units of UTF-16, whatever the letters and the ends of lines", async () => {
  const editor = await open(TIDE);
  const { connection, document: textDocument, text } = editor;
  const problems = await editor.problems();
  const slip = problems.find((it) => told(it).includes("did you mean JIŘÍ?"));
  expect(slip && text.getText(slip.range)).toBe("JIŘI");
  const position = editor.place("ÉLOÏSE listens", 3);
  const hover = await connection.sendRequest(HoverRequest.type, { textDocument, position });
  expect(hover?.range && text.getText(hover.range)).toBe("ÉLOÏSE");
  const context = { includeDeclaration: false };
  const found = await connection.sendRequest(ReferencesRequest.type, { textDocument, position, context });
  expect(found?.map((it) => text.getText(it.range))).toEqual(["ÉLOÏSE", "ÉLOÏSE", "ÉLOÏSE"]);
  const tokens = await connection.sendRequest(SemanticTokensRequest.type, { textDocument });
  expect(words(text, tokens?.data ?? [])).toEqual([
    "INT. GAUGE HOUSE 🌊 - DAY",
    "ÉLOÏSE",
    "(🌊)",
    "One 🌊 ",
    "[[shot: CU ÉLOÏSE 🦭]]",
    " meter.",
    "JIŘI",
    "Never 🌊.",
    expect.stringMatching(/^int\. slipway - 🌊 night/u),
  ]);
  const options = { tabSize: 4, insertSpaces: true };
  const edits = await connection.sendRequest(DocumentFormattingRequest.type, { textDocument, options });
  const tidied = TextDocument.applyEdits(text, edits ?? []);
  expect(tidied).toBe(`${TIDE.replace("int. slipway - 🌊 night  ", "INT. SLIPWAY - 🌊 NIGHT")}\n`);
});

/** The words of each token. */
function words(text: TextDocument, data: number[]): string[] {
  const found: string[] = [];
  let [line, character] = [0, 0];
  for (let at = 0; at < data.length; at += 5) {
    const [deltaLine = 0, deltaStart = 0, length = 0] = data.slice(at, at + 3);
    character = deltaLine > 0 ? deltaStart : character + deltaStart;
    line += deltaLine;
    found.push(text.getText({ start: { line, character }, end: { line, character: character + length } }));
  }
  return found;
}

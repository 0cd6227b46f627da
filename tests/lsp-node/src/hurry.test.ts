// Editors in a hurry: changes without a pause, hundreds of requests at once, and requests that nobody
// wants any more.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { CancellationTokenSource, ResponseError } from "vscode-jsonrpc/node";
import {
  CodeLensRequest,
  DocumentSymbolRequest,
  FoldingRangeRequest,
  HoverRequest,
  LSPErrorCodes,
  SelectionRangeRequest,
  SemanticTokensRequest,
  type Position,
  type Range,
} from "vscode-languageserver-protocol/node";
import { Editor, Sandbox } from "./desk.ts";

// Small, so that what is waited for is the messages and not the reading.
const SHORT = "INT. GAUGE HOUSE 🌊 - DAY\r\n\r\nThe wire hums.\n\nÉLOÏSE\nFive meters.\n\nEXT. SLIPWAY - DAY\n\nWind.\n".repeat(2);

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

/** Everything that tells what the server takes the text for. */
async function seen(editor: Editor): Promise<unknown[]> {
  const asked = { textDocument: editor.document };
  const start = { line: 0, character: 0 };
  const colors = await editor.connection.sendRequest(SemanticTokensRequest.type, asked);
  return [
    colors?.data,
    await editor.scenes(),
    await editor.connection.sendRequest(FoldingRangeRequest.type, asked),
    // The largest selection ends where the text does.
    await editor.connection.sendRequest(SelectionRangeRequest.type, { ...asked, positions: [start] }),
  ];
}

/** Numbers that look like chance and are the same each time (mulberry32). */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

const TYPED = ["\n", "\r\n", "\n\nINT. ATTIC 🌊 - DAY\n\n", "🦭", "ÉLOÏSE\nOne.\n", "[[shot: CU]]", "", "/*", "*/", "\r", " ", "# Act\n"];

for (const seed of [1, 2]) {
  test(`two hundred changes in a row leave the text exact, seed ${seed}`, async () => {
    const editor = await open(SHORT);
    const roll = dice(seed);
    for (let count = 0; count < 200; count += 1) {
      const length = editor.text.getText().length;
      const from = roll(length);
      const start = editor.text.positionAt(from);
      const end = editor.text.positionAt(Math.min(length, from + roll(12)));
      if (isInside(editor, start) || isInside(editor, end)) continue;
      await editor.type({ start, end }, TYPED[roll(TYPED.length)] ?? "");
    }
    const after = await seen(editor);
    const version = editor.text.version;
    expect(version).toBeGreaterThan(150);
    await editor.problems();
    // Told as a whole it is the same text.
    const whole: Range = { start: { line: 0, character: 0 }, end: { line: editor.text.lineCount, character: 0 } };
    const text = editor.text.getText();
    await editor.type(whole, "");
    expect(await editor.scenes()).toEqual([]);
    await editor.type({ start: whole.start, end: whole.start }, text);
    expect(editor.text.getText()).toBe(text);
    expect(editor.text.version).toBe(version + 2);
    expect(await seen(editor)).toEqual(after);
  });
}

/** Whether a position is between the two units of a letter, or the two of a line's end. */
function isInside(editor: Editor, position: Position): boolean {
  const at = editor.text.offsetAt(position);
  const around = at > 0 ? editor.text.getText().slice(at - 1, at + 1) : "";
  return around === "\r\n" || (around.length === 2 && [...around].length === 1);
}

test("a position behind the end of its line is the end of its line", async () => {
  const editor = await open();
  const { line } = editor.place("Fog. One lamp comes along it");
  const behind = { line, character: 9_999 };
  await editor.type({ start: behind, end: behind }, " Rain.");
  await editor.type({ start: { line: 99_999, character: 7 }, end: { line: 99_999, character: 9 } }, "\nEXT. QUAY - DAY\n\nGulls.\n");
  expect(editor.text.getText()).toContain("unhurried. Rain.\n");
  expect(editor.text.getText().endsWith("\nEXT. QUAY - DAY\n\nGulls.\n")).toBe(true);
  expect((await editor.scenes()).at(-1)).toContain("EXT. QUAY - DAY");
  const hover = await editor.connection.sendRequest(HoverRequest.type, { textDocument: editor.document, position: behind });
  expect(JSON.stringify(hover)).toContain("shot");
});

test("five hundred requests at once are all answered", async () => {
  const editor = await open(SHORT);
  const project = await editor.project();
  const textDocument = editor.document;
  const position = editor.place("ÉLOÏSE\n", 1);
  const ask = [
    () => editor.connection.sendRequest(HoverRequest.type, { textDocument, position }),
    () => editor.connection.sendRequest(DocumentSymbolRequest.type, { textDocument }),
    () => editor.connection.sendRequest(FoldingRangeRequest.type, { textDocument }),
    () => editor.connection.sendRequest(CodeLensRequest.type, { textDocument }),
    () => editor.call("shot/list", { project }),
  ];
  const waiting = Array.from({ length: 500 }, (_, count) => ask[count % ask.length]?.());
  const answers = await Promise.allSettled(waiting);
  const failed = answers.filter((it) => it.status === "rejected").map((it) => String(it.reason));
  expect(failed).toEqual([]);
  // The same question has the same answer.
  const told = answers.map((it) => JSON.stringify(it.status === "fulfilled" && it.value));
  for (const [count, answer] of told.entries()) expect(answer).toBe(told[count % ask.length]);
});

test("what is canceled ends at once, answered or not", async () => {
  const editor = await open();
  const textDocument = editor.document;
  const waiting = Array.from({ length: 100 }, (_, count) => {
    const source = new CancellationTokenSource();
    const type = count % 2 ? DocumentSymbolRequest.type : SemanticTokensRequest.type;
    const answer = editor.connection.sendRequest(type as typeof DocumentSymbolRequest.type, { textDocument }, source.token);
    source.cancel();
    return answer.catch((error: unknown) => error);
  });
  for (const answer of await Promise.all(waiting)) {
    if (answer instanceof ResponseError) expect(answer.code).toBe(LSPErrorCodes.RequestCancelled);
    else expect(answer).toBeTruthy();
  }
  expect(await editor.scenes()).toHaveLength(14);
});

test("a job that is canceled is given up, and can be done again", async () => {
  const editor = await open();
  const project = await editor.project();
  const source = new CancellationTokenSource();
  const render = editor.connection.sendRequest("shot/render", { project }, source.token).catch((error: unknown) => error);
  setTimeout(() => source.cancel(), 20);
  const answer = await render;
  // All of the film in a fiftieth of a second is more than a machine can do.
  expect(answer).toMatchObject({ code: LSPErrorCodes.RequestCancelled });
  const missing = await editor.call("shot/list", { project, status: "missing" });
  expect(missing.length).toBeGreaterThan(0);
  const one = missing.slice(-1).map((it) => it.id);
  expect(await editor.call("shot/render", { project, shots: one })).toMatchObject({ done: 1, failed: 0 });
});

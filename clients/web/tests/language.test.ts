// What the language server says, as the editor takes it.
import { Text } from "@codemirror/state";
import { expect, test } from "vitest";

import { changesOf, editsByFile } from "../src/write/language/edit.ts";
import { sanitize } from "../src/write/language/sanitize.ts";
import { applyEdits, decode } from "../src/write/language/tokens.ts";
import { pathIn, uriOf } from "../src/write/uri.ts";

const doc = Text.of(["INT. ROOM - DAY", "", "  MAYA", "Late."]);

test("tokens stand where five numbers say", () => {
  const data = [0, 0, 15, 0, 0, 2, 2, 4, 1, 0, 1, 0, 99, 2, 0];
  expect(decode(data, ["namespace", "class", "string"], doc)).toEqual([
    { from: 0, to: 15, kind: "namespace" },
    { from: 19, to: 23, kind: "class" },
    { from: 24, to: 29, kind: "string" },
  ]);
  // It is about a longer text.
  expect(decode([9, 0, 1, 0, 0], ["namespace"], doc)).toBeNull();
});

test("differences of tokens are applied from the back", () => {
  const edits = [
    { start: 1, deleteCount: 1, data: [7, 8] },
    { start: 4, deleteCount: 2 },
  ];
  expect(applyEdits([0, 1, 2, 3, 4, 5], edits)).toEqual([0, 7, 8, 2, 3]);
});

test("edits are of the version that was meant, and stay in the text", () => {
  const range = { start: { line: 3, character: 0 }, end: { line: 9, character: 0 } };
  const edits = [{ range, newText: "Early." }];
  const edit = { documentChanges: [{ textDocument: { uri: "file:///a", version: 4 }, edits }] };
  expect(editsByFile(edit)).toEqual({ "file:///a": { version: 4, edits } });
  expect(changesOf(doc, edits)).toEqual([{ from: 24, to: 29, insert: "Early." }]);
});

test("explanations show text and pictures, and run nothing", () => {
  const html = '<p onclick="x()">a <b>b</b><script>x()</script><img src="data:image/png;base64,AA" onerror="x()"><img src="https://else.where/"></p><form>c</form>';
  expect(sanitize(html)).toBe('<p>a <b>b</b><img src="data:image/png;base64,AA"><img></p>c');
  expect(sanitize('<a href="javascript:x()">a</a><a href="https://a.b/">b</a>')).toBe('<a>a</a><a href="https://a.b/">b</a>');
});

test("a film’s folder may be called anything, on any system", () => {
  const uri = uriOf("/films/50% à Zoé", "script/low tide.fountain");
  expect(uri).toBe("file:///films/50%25%20%C3%A0%20Zo%C3%A9/script/low%20tide.fountain");
  expect(pathIn("/films/50% à Zoé", uri)).toBe("script/low tide.fountain");
  expect(pathIn("/films/other", uri)).toBeNull();
  expect(uriOf("C:\\Films\\one", "script/a.fountain")).toBe("file:///C%3A/Films/one/script/a.fountain");
});

// JSON Patch: the operations a daemon sends, and what stays shared.

import { expect, test } from "vitest";
import { applyPatch, PatchError } from "../src/index.ts";
import type { PatchOperation } from "../src/index.ts";
import { share } from "../src/patch.ts";

const film = {
  shots: { a: { text: "Dawn.", subjects: ["MAYA"] }, b: { text: "Dusk.", subjects: [] } },
  scenes: { s: { shots: ["a", "b"] } },
};

test("only what a patch touches is new", () => {
  const after = applyPatch(film, [
    { op: "replace", path: "/shots/a/text", value: "Noon." },
  ]) as typeof film;
  expect(after.shots.a).toEqual({ text: "Noon.", subjects: ["MAYA"] });
  expect(after.shots).not.toBe(film.shots);
  expect(after.shots.b).toBe(film.shots.b);
  expect(after.shots.a.subjects).toBe(film.shots.a.subjects);
  expect(after.scenes).toBe(film.scenes);
  expect(film.shots.a.text).toBe("Dawn.");
});

test("lists: insert, append, take out, replace", () => {
  const patch: PatchOperation[] = [
    { op: "add", path: "/l/0", value: "x" },
    { op: "add", path: "/l/-", value: "z" },
    { op: "remove", path: "/l/1" },
    { op: "replace", path: "/l/1", value: null },
  ];
  expect(applyPatch({ l: ["a", "b"] }, patch)).toEqual({ l: ["x", null, "z"] });
});

test("pointers: escaped names, empty names, names that are no ordinary ones", () => {
  const patch: PatchOperation[] = [
    { op: "add", path: "/files/bible~1maya.toml", value: 1 },
    { op: "add", path: "/files/a~0~1b", value: 2 },
    { op: "add", path: "/files/", value: 3 },
    { op: "add", path: "/files/__proto__", value: { polluted: true } },
  ];
  const after = applyPatch({ files: {} }, patch) as { files: Record<string, unknown> };
  expect(Object.entries(after.files)).toEqual([
    ["bible/maya.toml", 1],
    ["a~/b", 2],
    ["", 3],
    ["__proto__", { polluted: true }],
  ]);
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});

test("the whole document can be replaced", () => {
  expect(applyPatch(film, [{ op: "replace", path: "", value: 7 }])).toBe(7);
});

test.each<PatchOperation>([
  { op: "remove", path: "/shots/c" },
  { op: "replace", path: "/shots/c/text", value: "" },
  { op: "add", path: "/scenes/s/shots/3", value: "c" },
  { op: "add", path: "/scenes/s/shots/01", value: "c" },
  { op: "replace", path: "/scenes/s/shots/-", value: "c" },
  { op: "add", path: "/shots/a/text/x", value: 1 },
  { op: "add", path: "/shots/c" },
  { op: "add", path: "shots", value: 1 },
  { op: "remove", path: "" },
])("what does not fit is refused: %o", (operation) => {
  expect(() => applyPatch(film, [operation])).toThrow(PatchError);
});

test("operations of one patch do not change the values they carry", () => {
  const value = { text: "New." };
  const after = applyPatch(film, [
    { op: "add", path: "/shots/c", value },
    { op: "replace", path: "/shots/c/text", value: "Newer." },
  ]) as { shots: Record<string, unknown> };
  expect(after.shots["c"]).toEqual({ text: "Newer." });
  expect(value).toEqual({ text: "New." });
});

test("a new snapshot shares what did not change", () => {
  const again = structuredClone(film);
  expect(share(film, again)).toBe(film);
  again.shots.a.text = "Noon.";
  const shared = share(film, again) as typeof film;
  expect(shared).toEqual(again);
  expect(shared.shots.b).toBe(film.shots.b);
  expect(shared.scenes).toBe(film.scenes);
});

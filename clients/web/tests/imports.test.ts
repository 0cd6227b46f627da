// Drawings on their way in: one after another, each told at its shot.
import { expect, test } from "vitest";

import { createImports, type Upload } from "../src/take/imports.ts";

interface Sent {
  readonly shot: string;
  readonly file: string;
  readonly onShare: (share: number) => void;
  readonly done: (notes: readonly string[]) => void;
  readonly fail: (problem: { message: string; hint: string | null }) => void;
}

function stage() {
  const sent: Sent[] = [];
  const upload: Upload = (_, shot, file, onShare) =>
    new Promise((done, fail) => sent.push({ shot, file: file.name, onShare, done, fail }));
  const imports = createImports("film", upload);
  const settle = () => new Promise((done) => setTimeout(done, 0));
  return { sent, imports, settle, of: (shot: string) => imports.get()[shot] };
}

const picture = (name: string) => new File(["x"], name);

test("several files go one after another, and the shot says how far they are", async () => {
  const { sent, imports, settle, of } = stage();
  imports.add("shot-1", [picture("a.png"), picture("b.png")]);
  expect(sent.map((it) => it.file)).toEqual(["a.png"]);
  expect(of("shot-1")?.current).toEqual({ file: "a.png", share: 0, waiting: 1 });
  sent[0]?.onShare(0.5);
  expect(of("shot-1")?.current).toEqual({ file: "a.png", share: 0.5, waiting: 1 });
  sent[0]?.done([]);
  await settle();
  expect(sent.map((it) => it.file)).toEqual(["a.png", "b.png"]);
  sent[1]?.done(["only the first picture of the animation is shown"]);
  await settle();
  expect(of("shot-1")).toEqual({ current: null, problems: [], notes: ["only the first picture of the animation is shown"] });
});

test("a file that is refused holds up no other, and says why", async () => {
  const { sent, imports, settle, of } = stage();
  imports.add("shot-1", [picture("notes.txt"), picture("b.png")]);
  sent[0]?.fail({ message: "notes.txt is no picture", hint: "bring in PNG, JPEG, GIF, WebP, BMP or TIFF" });
  await settle();
  expect(sent.map((it) => it.file)).toEqual(["notes.txt", "b.png"]);
  sent[1]?.done([]);
  await settle();
  expect(of("shot-1")?.current).toBeNull();
  expect(of("shot-1")?.problems).toEqual([
    { file: "notes.txt", message: "notes.txt is no picture", hint: "bring in PNG, JPEG, GIF, WebP, BMP or TIFF" },
  ]);
  imports.dismiss("shot-1");
  expect(of("shot-1")?.problems).toEqual([]);
});

test("a shot whose files wait for those of another says so", async () => {
  const { sent, imports, settle, of } = stage();
  imports.add("shot-1", [picture("a.png")]);
  imports.add("shot-2", [picture("b.png")]);
  expect(of("shot-2")?.current).toEqual({ file: "", share: 0, waiting: 1 });
  sent[0]?.done([]);
  await settle();
  expect(of("shot-2")?.current).toEqual({ file: "b.png", share: 0, waiting: 0 });
});

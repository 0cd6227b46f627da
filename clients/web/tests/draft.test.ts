// What is typed against what is on disk.
import { RpcError } from "@storycore/client";
import { expect, test } from "vitest";

import { createDraft, type Elsewhere } from "../src/write/draft.ts";

/** A disk with one file, and an editor with one text. */
function desk(first = "one\n") {
  let text = first.replaceAll("\r\n", "\n");
  let file: { hash: string; text: string } | null = { hash: "h0", text: first };
  let versions = 0;
  let known: string | undefined = "h0";
  let elsewhere: Elsewhere | null = null;
  const replaced: boolean[] = [];
  const draft = createDraft({ ...file }, {
    text: () => text,
    replace(next, { undoable }) {
      text = next;
      replaced.push(undoable);
    },
  }, {
    hash: () => known,
    read: async () => {
      if (file === null) throw new Error("gone");
      return { ...file };
    },
    async write(ifHash, next) {
      if (elsewhere) return elsewhere;
      if (file?.hash !== ifHash) throw refusal("conflict");
      file = { hash: `h${(versions += 1)}`, text: next };
      return file.hash;
    },
  });
  return {
    draft,
    replaced,
    type(next: string) {
      text = next;
      draft.touched();
    },
    text: () => text,
    file: () => file,
    /** Another program writes the file; the film sees it unless `unseen`. */
    async others(next: string, { unseen = false } = {}) {
      file = { hash: `h${(versions += 1)}`, text: next };
      if (unseen) return;
      known = file.hash;
      await draft.look();
    },
    async remove() {
      file = null;
      known = undefined;
      await draft.look();
    },
    open: (inEditor: string) => void (elsewhere = { inEditor }),
  };
}

function refusal(kind: "conflict" | "unavailable") {
  return new RpcError({ code: 1, message: kind, data: { kind, correlationId: "c" } });
}

test("what is typed is unsaved until it is saved", async () => {
  const { draft, type, file } = desk();
  type("one two\n");
  expect(draft.state.get().unsaved).toBe(true);
  expect(await draft.save()).toBe("saved");
  expect(file()?.text).toBe("one two\n");
  expect(draft.state.get()).toEqual({ unsaved: false, saving: false, conflict: null, gone: false });
  expect(await draft.save()).toBe("nothing");
});

test("words that are typed while others are saved stay unsaved", async () => {
  const { draft, type, file } = desk();
  type("a\n");
  const saving = draft.save();
  type("ab\n");
  expect(await saving).toBe("saved");
  expect(draft.state.get().unsaved).toBe(true);
  expect(await draft.save()).toBe("saved");
  expect(file()?.text).toBe("ab\n");
});

test("with nothing unsaved, the editor follows the file, which undo leaves alone", async () => {
  const { draft, others, text, replaced } = desk();
  await others("other\n");
  expect(text()).toBe("other\n");
  expect(replaced).toEqual([false]);
  expect(draft.state.get().unsaved).toBe(false);
});

test("with something unsaved, neither is lost: keep mine", async () => {
  const { draft, others, type, text, file } = desk();
  type("mine\n");
  await others("theirs\n");
  expect(text()).toBe("mine\n");
  expect(draft.state.get().conflict?.text).toBe("theirs\n");
  expect(await draft.keepMine()).toBe("saved");
  expect(file()?.text).toBe("mine\n");
  expect(draft.state.get()).toMatchObject({ unsaved: false, conflict: null });
});

test("take theirs, which undo takes back", async () => {
  const { draft, others, type, text, file, replaced } = desk();
  type("mine\n");
  await others("theirs\n");
  draft.takeTheirs();
  expect([text(), file()?.text, replaced]).toEqual(["theirs\n", "theirs\n", [true]]);
  expect(draft.state.get()).toMatchObject({ unsaved: false, conflict: null });
});

test("or a third text, made of both", async () => {
  const { draft, others, type, text, file } = desk();
  type("mine\n");
  await others("theirs\n");
  expect(await draft.settle("both\n")).toBe("saved");
  expect([text(), file()?.text]).toEqual(["both\n", "both\n"]);
});

test("a change that nobody has seen yet is found when saving, and not written over", async () => {
  const { draft, others, type, file } = desk();
  type("mine\n");
  await others("theirs\n", { unseen: true });
  expect(await draft.save()).toBe("conflict");
  expect(file()?.text).toBe("theirs\n");
  expect(draft.state.get()).toMatchObject({ unsaved: true, saving: false });
  // It changes once more while the writer thinks.
  await others("theirs, later\n");
  expect(draft.state.get().conflict?.text).toBe("theirs, later\n");
  expect(await draft.keepMine()).toBe("saved");
});

test("the same words from somebody else are no conflict", async () => {
  const { draft, others, type } = desk();
  type("same\n");
  await others("same\n");
  expect(draft.state.get()).toMatchObject({ unsaved: false, conflict: null });
});

test("a file that goes away and comes back takes no words with it", async () => {
  const { draft, others, type, remove, text } = desk();
  type("mine\n");
  await remove();
  expect([draft.state.get().gone, text()]).toEqual([true, "mine\n"]);
  await others("one\n");
  expect(draft.state.get()).toMatchObject({ gone: false, unsaved: true });
});

test("what was put among somebody else’s unsaved words is not called saved", async () => {
  const { draft, type, open } = desk();
  type("mine\n");
  open("code");
  expect(await draft.save()).toEqual({ inEditor: "code" });
  expect(draft.state.get()).toMatchObject({ unsaved: true, saving: false });
});

test("a file keeps its line ends", async () => {
  const { draft, type, file } = desk("one\r\ntwo\r\n");
  expect(draft.ending).toBe("\r\n");
  draft.touched();
  expect(draft.state.get().unsaved).toBe(false);
  type("one\ntwo\nthree\n");
  await draft.save();
  expect(file()?.text).toBe("one\r\ntwo\r\nthree\r\n");
});

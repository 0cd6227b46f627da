// A person decides about takes, brings in a drawing, takes it back, and looks at what the film was.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allFresh, cards } from "./board.mjs";
import { call, takesOf } from "./rpc.mjs";
import { startBrowser, startStudio, stopStudio } from "./studio.mjs";

const drawing = fileURLToPath(new URL("../../../clients/web/pictures/board.png", import.meta.url));

let studio;
let browser;
let page;
const complaints = [];

beforeAll(async () => {
  [studio, browser] = await Promise.all([startStudio(), startBrowser()]);
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(studio.url);
  await allFresh(page);
});

afterAll(async () => {
  await browser?.close();
  if (studio) await stopStudio(studio);
});

const card = (shot) => page.locator(`[data-scene] [data-shot="${shot}"]`);
const takes = () => page.getByRole("list", { name: "Takes" }).getByRole("button");
const labels = () => takes().evaluateAll((all) => all.map((it) => it.getAttribute("aria-label")));

async function edit(from, to) {
  const text = await readFile(studio.script, "utf8");
  expect(text).toContain(from);
  await writeFile(studio.script, text.replace(from, to));
}

async function enlarge(shot) {
  await card(shot).locator(".shot-open").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
}

/** The shot that says this, once it has been drawn again `count` times. */
async function shotSaying(words, count) {
  const it = page.locator("[data-scene] [data-shot]", { hasText: words });
  if (count > 1) await it.getByText(`${count} takes`).waitFor();
  return it.getAttribute("data-shot");
}

test("a stale take is still there, says why, and can be starred, selected and locked", async () => {
  await edit("nobody else is up", "nobody else is awake");
  const shot = await shotSaying("nobody else is awake", 2);
  await allFresh(page);
  await enlarge(shot);
  await expect.poll(labels).toEqual(["Take 2, shown", "Take 1, stale: line 1 rewritten"]);
  await page.keyboard.press("1");
  await page.keyboard.press("s");
  await expect.poll(labels).toEqual(["Take 2, shown", "Take 1, starred, stale: line 1 rewritten"]);
  await page.keyboard.press("p");
  // What is selected gives way to what the script asks for; what is locked does not.
  await expect.poll(labels).toEqual(["Take 2, shown", "Take 1, selected, starred, stale: line 1 rewritten"]);
  await page.getByText("lock it to show it all the same").waitFor();
  await page.keyboard.press("l");
  await expect.poll(labels).toEqual(["Take 2", "Take 1, shown, locked, starred, stale: line 1 rewritten"]);
  const [first] = await call(page, "take/list", { shot });
  expect([first.selected, first.locked, first.starred, first.shown]).toEqual([true, true, true, true]);
});

test("what was decided is undone step by step, and done again", async () => {
  await page.keyboard.press("Control+z");
  await expect.poll(labels).toEqual(["Take 2, shown", "Take 1, selected, starred, stale: line 1 rewritten"]);
  await page.keyboard.press("Control+z");
  await expect.poll(labels).toEqual(["Take 2, shown", "Take 1, starred, stale: line 1 rewritten"]);
  await page.keyboard.press("Control+z");
  await expect.poll(labels).toEqual(["Take 2, shown", "Take 1, stale: line 1 rewritten"]);
  await page.keyboard.press("Control+Shift+z");
  await expect.poll(labels).toEqual(["Take 2, shown", "Take 1, starred, stale: line 1 rewritten"]);
  await page.keyboard.press("Escape");
});

test("a comment is kept with its take", async () => {
  const shot = await shotSaying("nobody else is awake", 1);
  await enlarge(shot);
  await page.getByRole("textbox", { name: "Comment on take 2" }).fill("Her eyes are better in the first.");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Comments on take 2" }).getByText("Her eyes are better in the first.").waitFor();
  const [, second] = await call(page, "take/list", { shot });
  expect(second.comments.map((it) => it.text)).toEqual(["Her eyes are better in the first."]);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
});

test("two takes are compared, with what differs in words", async () => {
  await enlarge(await shotSaying("nobody else is awake", 1));
  await page.keyboard.press("c");
  const compare = page.getByRole("region", { name: "Compare takes" });
  await compare.getByRole("list", { name: "What differs" }).getByText("line 1 rewritten").waitFor();
  await page.keyboard.press("Escape");
});

test("a drawing is brought in with the file button, shown and locked", async () => {
  const [{ shot }] = await cards(page);
  await enlarge(shot);
  const choosing = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Add a picture" }).click();
  await (await choosing).setFiles(drawing);
  await expect.poll(labels).toEqual(["Take 2, shown, locked", "Take 1"]);
  await page.getByText("board.png, added").waitFor();
  await page.keyboard.press("Escape");
});

/** Drops files on an element, as from a folder. */
function drop(shot, files) {
  return card(shot).evaluate((element, files) => {
    const dataTransfer = new DataTransfer();
    for (const { name, bytes } of files) dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
    for (const type of ["dragenter", "dragover", "drop"]) {
      element.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
    }
  }, files);
}

test("files are dropped on a card: pictures come in, what is none is refused at the card", async () => {
  const [, { shot }] = await cards(page);
  const bytes = [...(await readFile(drawing))];
  await drop(shot, [
    { name: "notes.txt", bytes: [110, 111] },
    { name: "harbor.png", bytes },
  ]);
  await card(shot).getByRole("alert").getByText("notes.txt").first().waitFor();
  await card(shot).getByText("2 takes").waitFor();
  await card(shot).getByText("Locked").waitFor({ state: "attached" });
  const [, brought] = await call(page, "take/list", { shot });
  expect(brought.source).toMatchObject({ type: "imported", name: "harbor.png" });
  await card(shot).getByRole("button", { name: "Dismiss" }).click();
  await page.keyboard.press("Control+z");
  await expect.poll(() => takesOf(page, shot).then((it) => it.length)).toBe(1);
});

test("the slider shows the board as it was, and leads back to now", async () => {
  const scenes = () => page.locator("[data-scene]").count();
  const before = await scenes();
  await edit("EXT. SLIPWAY - DAY", "INT. NEW ROOM - DAY\n\nNobody is here yet.\n\nEXT. SLIPWAY - DAY");
  await expect.poll(scenes).toBe(before + 1);
  await allFresh(page);
  await page.getByRole("button", { name: "History" }).click();
  const slider = page.getByRole("slider", { name: "Moment of the film" });
  const moments = await call(page, "history/list");
  const edited = moments.findIndex((it) => it.words.some((words) => words.includes("high-water.fountain")));
  await expect.poll(() => slider.getAttribute("max")).toBe(String(moments.length - 1));
  await slider.focus();
  for (let step = 0; step <= edited; step += 1) await page.keyboard.press("ArrowLeft");
  await page.getByText("You are looking at").waitFor();
  await expect.poll(scenes).toBe(before);
  expect(await page.getByText("Nobody is here yet.").count()).toBe(0);
  await page.getByRole("list", { name: "What has changed since" }).waitFor();
  const undo = page.getByRole("button", { name: /^Undo/ });
  expect(await undo.getAttribute("title")).toBe("This is an earlier moment. Go back to now first.");
  await page.getByRole("button", { name: "Back to now" }).click();
  await expect.poll(scenes).toBe(before + 1);
});

test("now gets a name; a film that was ruined is put back to it, with its file", async () => {
  await page.getByRole("textbox", { name: "Name of this moment" }).fill("before the cut");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "before the cut", exact: true }).waitFor();
  const text = await readFile(studio.script, "utf8");
  const scenes = () => page.locator("[data-scene]").count();
  const before = await scenes();
  await writeFile(studio.script, text.slice(0, text.indexOf("INT. GAUGE HOUSE - DUSK")));
  await expect.poll(scenes).toBeLessThan(before);
  await page.getByRole("button", { name: "before the cut", exact: true }).click();
  await expect.poll(scenes).toBe(before);
  await page.getByRole("button", { name: "Restore…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restore", exact: true }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await expect.poll(scenes).toBe(before);
  expect(await readFile(studio.script, "utf8")).toBe(text);
});

test("the page had nothing to complain of", () => {
  // A refused file is an answer of the daemon, which the browser's console tells too.
  expect(complaints.filter((it) => !/Failed to load resource/.test(it))).toEqual([]);
});

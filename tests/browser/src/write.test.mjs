// A writer writes in the page itself: the language server helps, the board follows, and nothing that
// was typed is lost when somebody else writes the same file.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allFresh } from "./board.mjs";
import { daemonPid, startBrowser, startStudio, stopStudio } from "./studio.mjs";

let studio;
let browser;
let page;
const complaints = [];

beforeAll(async () => {
  [studio, browser] = await Promise.all([startStudio(), startBrowser()]);
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(10_000);
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(studio.url);
  await allFresh(page);
});

afterAll(async () => {
  await browser?.close();
  if (studio) await stopStudio(studio);
});

const editor = () => page.getByRole("textbox", { name: "Script" });
const line = (words) => page.locator(".cm-line", { hasText: words });
const onDisk = () => readFile(studio.script, "utf8");
const save = () => page.keyboard.press("Control+s");
const unsaved = () => page.getByText("Unsaved", { exact: true });
const main = () => page.getByRole("main");

/** Puts the cursor behind the last letter of a line. */
async function endOf(words) {
  await line(words).click();
  // First to the end of what is one line on the screen.
  await page.keyboard.press("End");
  await page.keyboard.press("End");
}

test("Write opens the script as a screenplay, at the words of the selected shot", async () => {
  await page.locator("[data-scene] [data-shot]", { hasText: "But nobody else is up" }).locator(".shot-open").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("w");
  await editor().waitFor();
  await page.locator(".cm-line.cm-cue", { hasText: "ÉLOÏSE (CONT'D)" }).first().waitFor();
  await page.locator(".cm-line.cm-dialogue.cm-selected-shot", { hasText: "But nobody else is up" }).waitFor();
  await page.locator(".cm-heading .cm-hint", { hasText: /\d shots?$/ }).first().waitFor({ state: "attached" });
});

test("what is typed is on the board at once, and on disk when it is saved", async () => {
  await endOf("But nobody else is up");
  await page.keyboard.type(" Not even the gulls.");
  await unsaved().waitFor();
  await main().getByText("Not even the gulls.").waitFor();
  expect(await onDisk()).not.toContain("Not even the gulls.");
  await save();
  await page.getByText("Saved.", { exact: true }).waitFor();
  await unsaved().waitFor({ state: "detached" });
  expect(await onDisk()).toContain("I know. But nobody else is up. Not even the gulls.\n");
  await allFresh(page);
});

test("names are completed, and a mistake is underlined with what can be done", async () => {
  await endOf("Not even the gulls.");
  await page.keyboard.type("\n\nJIŘ");
  await page.keyboard.press("Control+Space");
  await page.locator(".cm-tooltip-autocomplete li", { hasText: "JIŘÍ" }).first().waitFor();
  // A list that has only just opened takes no key yet.
  await page.waitForTimeout(200);
  await page.keyboard.press("Enter");
  await page.keyboard.type("\nWho is up? [[a note without an end");
  const mistake = page.locator(".cm-lintRange-warning, .cm-lintRange-error").first();
  await mistake.waitFor();
  await mistake.hover();
  await page.locator(".cm-tooltip-lint .cm-problem").waitFor();
  await page.keyboard.type("]]");
  await mistake.waitFor({ state: "detached" });
  await save();
  await expect.poll(onDisk).toMatch(/JIŘÍ.*\nWho is up\? \[\[a note without an end\]\]\n/);
  await main().getByText("Who is up?").waitFor();
  await allFresh(page);
});

test("a character is renamed everywhere", async () => {
  const before = (await onDisk()).match(/^ÉLOÏSE(?: \(.*\))?$/gm).length;
  await page.locator(".cm-line.cm-cue", { hasText: "ÉLOÏSE (CONT'D)" }).first().click();
  await page.keyboard.press("Home");
  await page.keyboard.press("F2");
  await page.locator(".cm-rename input").fill("NORA");
  await page.keyboard.press("Enter");
  await unsaved().waitFor();
  await save();
  await expect.poll(onDisk).not.toMatch(/^ÉLOÏSE \(/m);
  expect((await onDisk()).match(/^NORA(?: \(.*\))?$/gm).length).toBe(before);
});

test("another program changes the file: with nothing unsaved, the editor follows without a word", async () => {
  await page.getByText("Saved.", { exact: true }).waitFor({ state: "detached" });
  await writeFile(studio.script, (await onDisk()).replace("Fog. One lamp", "Mist. One lamp"));
  await line("Mist. One lamp").waitFor({ state: "attached" });
  expect(await unsaved().count()).toBe(0);
});

test("with unsaved words, both are kept, and the writer says which stays", async () => {
  await endOf("Not even the gulls.");
  await page.keyboard.type(" Mine.");
  await unsaved().waitFor();
  await writeFile(studio.script, (await onDisk()).replace("Not even the gulls.", "Not even the cats."));
  const bar = page.getByRole("alert").filter({ hasText: "changed on disk" });
  await bar.waitFor();
  await save();
  expect(await onDisk()).toContain("Not even the cats.");
  await page.getByRole("button", { name: "See both" }).click();
  const both = page.getByRole("dialog", { name: "Both versions of the script" });
  await both.getByRole("textbox", { name: "On disk" }).getByText("Not even the cats.").waitFor();
  await both.getByRole("textbox", { name: "Yours" }).getByText("Not even the gulls. Mine.").waitFor();
  await both.getByRole("button", { name: "Save the right side" }).click();
  await bar.waitFor({ state: "detached" });
  await expect.poll(onDisk).toContain("Not even the gulls. Mine.\n");
  await unsaved().waitFor({ state: "detached" });
});

test("what is on disk can be taken, and undo brings the words back", async () => {
  await endOf("Not even the gulls. Mine.");
  await page.keyboard.type(" Again.");
  await unsaved().waitFor();
  await writeFile(studio.script, (await onDisk()).replace("gulls. Mine.", "gulls. Theirs."));
  await page.getByRole("button", { name: "Take what is on disk" }).click();
  await line("gulls. Theirs.").waitFor();
  expect(await unsaved().count()).toBe(0);
  await page.keyboard.press("Control+z");
  await line("gulls. Mine. Again.").waitFor();
  await save();
  await expect.poll(onDisk).toContain("gulls. Mine. Again.\n");
});

test("changes of different lines are joined, and look like one text", async () => {
  await endOf("gulls. Mine. Again.");
  await page.keyboard.type(" Here.");
  await unsaved().waitFor();
  await writeFile(studio.script, (await onDisk()).replace("Mist. One lamp", "Rain. One lamp"));
  await page.getByRole("button", { name: "Join both" }).click();
  await page.getByText("Both are in the script now.").waitFor();
  await line("Rain. One lamp").waitFor({ state: "attached" });
  await line("Mine. Again. Here.").waitFor({ state: "attached" });
  await save();
  await expect.poll(onDisk).toMatch(/Rain\. One lamp[^]*Mine\. Again\. Here\.\n/);
});

test("the daemon is killed: what was typed stays, and the next one knows it", async () => {
  await endOf("Mine. Again. Here.");
  await page.keyboard.type(" Typed before.");
  process.kill(await daemonPid(studio), "SIGKILL");
  await page.waitForSelector(".connection[data-state='reconnecting']");
  await page.keyboard.type(" Typed alone.");
  await page.waitForSelector(".connection[data-state='open']", { state: "attached", timeout: 30_000 });
  await main().getByText("Typed before. Typed alone.").waitFor({ timeout: 20_000 });
  await save();
  await expect.poll(onDisk, { timeout: 10_000 }).toContain("Typed before. Typed alone.\n");
});

test("closed and opened again, the unsaved words are there", async () => {
  await endOf("Typed alone.");
  await page.keyboard.type(" Kept.");
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await editor().waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Write" }).click();
  await line("Typed alone. Kept.").waitFor();
  await unsaved().waitFor();
  await save();
  await expect.poll(onDisk).toContain("Typed alone. Kept.\n");
});

test("who types is told when that cannot be kept, and goes on typing", async () => {
  const drafts = join(studio.film, ".storycore/drafts");
  await rm(drafts, { recursive: true, force: true });
  await writeFile(drafts, "in the way");
  await endOf("Typed alone. Kept.");
  await page.keyboard.type(" Unsafe.");
  await page.getByText("what you type is not kept safe yet").waitFor();
  await page.keyboard.type(" Still.");
  await main().getByText("Unsafe. Still.").waitFor();
  await rm(drafts);
  const kept = async () => (await readdir(drafts, { recursive: true }).catch(() => [])).filter((it) => it.endsWith(".fountain"));
  await expect.poll(kept, { timeout: 10_000 }).toHaveLength(1);
  await save();
  await expect.poll(onDisk).toContain("Unsafe. Still.\n");
});

const coda = () => join(studio.film, "script/zz-coda.fountain");
const codaText = [
  "INT. ROPE LOFT - NIGHT",
  "Rope creaks. 🌊",
  "PILOT\nIt holds.",
  "A gull.",
  "PILOT\nFor now.",
  "EXT. ROPE LOFT - DAWN",
  "Nothing creaks.",
].join("\n\n");

test("a script that ends its lines as Windows does is written so, and places in it are right", async () => {
  await writeFile(coda(), `${codaText}\n`.replaceAll("\n", "\r\n"));
  await page.locator("[data-scene] [data-shot]", { hasText: "Rope creaks." }).locator(".shot-open").focus();
  await line("Rope creaks. 🌊").waitFor();
  await endOf("Rope creaks. 🌊");
  await page.keyboard.type(" [[a note without an end");
  const mistake = page.locator(".cm-lintRange-warning, .cm-lintRange-error").first();
  await mistake.waitFor();
  await expect.poll(() => mistake.textContent()).toBe("[[a note without an end");
  await page.keyboard.type("]]\n\nIt swings.");
  await mistake.waitFor({ state: "detached" });
  await main().getByText("It swings.").waitFor();
  await save();
  const written = codaText.replace("🌊", "🌊 [[a note without an end]]\n\nIt swings.");
  await expect.poll(() => readFile(coda(), "utf8")).toBe(`${written}\n`.replaceAll("\n", "\r\n"));
  await unsaved().waitFor({ state: "detached" });
});

test("F12 goes to where somebody is met first, and says when that is no script", async () => {
  await page.locator(".cm-line.cm-cue", { hasText: "PILOT" }).nth(1).click();
  await page.keyboard.press("Home");
  await page.keyboard.press("F12");
  await page.locator(".cm-line.cm-cue.cm-activeLine", { hasText: "PILOT" }).waitFor();
  await expect.poll(() => page.locator(".cm-line.cm-cue", { hasText: "PILOT" }).first().getAttribute("class")).toContain("cm-activeLine");
  await page.keyboard.press("End");
  await page.keyboard.type(" (O.S.)");
  await save();
  await expect.poll(() => readFile(coda(), "utf8")).toMatch(/PILOT \(O\.S\.\)\r\nIt holds\.[^]*PILOT\r\nFor now\./);
  await endOf("Nothing creaks.");
  await page.keyboard.type("\n\nZoé waits.");
  await line("Zoé waits.").click();
  await page.keyboard.press("Home");
  // The name is known as soon as the line is.
  await main().getByText("Zoé waits.").waitFor();
  await page.keyboard.press("F12");
  await page.getByText("That stands in bible/zoe.toml, which is no script.").waitFor();
  await save();
});

test("a scene folds below its heading, and unfolds", async () => {
  const heading = page.locator(".cm-line.cm-heading", { hasText: "INT. ROPE LOFT" });
  await page.locator(".cm-gutters").hover();
  await page.getByTitle("Fold the scene", { exact: true }).first().click();
  await heading.locator(".cm-foldPlaceholder").waitFor();
  expect(await line("It holds.").count()).toBe(0);
  await line("Nothing creaks.").waitFor();
  await page.getByTitle("Unfold the scene").filter({ visible: true }).click();
  await line("It holds.").waitFor();
  expect(await page.locator(".cm-foldPlaceholder").count()).toBe(0);
});

test("the page had nothing to complain of", () => {
  const unexpected = complaints.filter((it) => !/WebSocket|ERR_CONNECTION|Failed to load resource/.test(it));
  expect(unexpected).toEqual([]);
});

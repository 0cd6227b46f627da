// A person opens the page, edits the script in an editor, and sees exactly what changed.
import { readFile, rename, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allFresh, byShot, cards, mark } from "./board.mjs";
import { daemonPid, startBrowser, startStudio, stopStudio } from "./studio.mjs";

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

async function edit(change) {
  await writeFile(studio.script, change(await readFile(studio.script, "utf8")));
}

test("every shot has a panel, and every panel in sight is a picture", async () => {
  const all = await cards(page);
  expect(all.length).toBeGreaterThan(100);
  expect(all.filter((card) => !card.asset)).toEqual([]);
  const first = page.locator("[data-shot] img").first();
  await first.scrollIntoViewIfNeeded();
  await expect.poll(() => first.evaluate((image) => image.complete && image.naturalWidth)).toBeGreaterThan(600);
});

test("a line of dialogue is edited: its panel changes, and no other element is even made anew", async () => {
  const before = byShot(await cards(page));
  await mark(page);
  await edit((text) => text.replace("nobody else is up", "nobody else is awake"));
  await page.waitForFunction(() => document.body.innerText.includes("nobody else is awake"));
  const changed = async () => {
    const now = await cards(page);
    return now.filter((card) => card.asset !== before.get(card.shot)?.asset);
  };
  await expect.poll(async () => (await changed()).length, { timeout: 10_000 }).toBe(1);
  await allFresh(page, before.size);
  expect(await changed()).toHaveLength(1);
  const anew = (await cards(page)).filter((card) => !card.marked);
  expect(anew).toEqual([]);
});

test("a scene is inserted at the top: its panels come, and no other changes", async () => {
  const before = byShot(await cards(page));
  await mark(page);
  const scene = "INT. PROLOGUE - NIGHT\n\nNothing but the sea.\n\n";
  const words = await readFile(studio.script, "utf8");
  const beside = `${studio.script}.new`;
  await writeFile(beside, words.replace("\n\n", `\n\n${scene}`));
  await rename(beside, studio.script);
  await page.waitForFunction((count) => document.querySelectorAll("[data-scene] [data-shot]").length > count, before.size);
  await allFresh(page);
  const after = await cards(page);
  for (const card of after.filter((it) => before.has(it.shot))) {
    expect(card.asset).toBe(before.get(card.shot).asset);
    expect(card.marked).toBe(true);
  }
  expect(after.filter((card) => !before.has(card.shot)).length).toBe(after.length - before.size);
});

test("the daemon is killed: the page says so, finds the new one and goes on", async () => {
  const before = await daemonPid(studio);
  process.kill(before, "SIGKILL");
  await page.waitForSelector(".connection[data-state='reconnecting']");
  await page.waitForSelector(".connection[data-state='open']", { state: "attached", timeout: 30_000 });
  expect(await daemonPid(studio)).not.toBe(before);
  await edit((text) => text.replace("nobody else is awake", "nobody else is here"));
  await page.waitForFunction(() => document.body.innerText.includes("nobody else is here"), undefined, { timeout: 20_000 });
  await allFresh(page);
});

test("the keyboard reaches the shots", async () => {
  await page.keyboard.press("Escape");
  await page.focus("body");
  const focused = () => page.evaluate(() => document.activeElement?.closest("[data-scene] [data-shot]")?.dataset.shot);
  for (let n = 0; n < 60 && (await focused()) === undefined; n += 1) await page.keyboard.press("Tab");
  expect(await focused()).toBeDefined();
});

test("nothing is wider than a phone", async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wider).toBeLessThanOrEqual(0);
  await page.setViewportSize({ width: 1280, height: 900 });
});

test("the page had nothing to complain of", () => {
  const unexpected = complaints.filter((it) => !/WebSocket|ERR_CONNECTION|Failed to load resource/.test(it));
  expect(unexpected).toEqual([]);
});

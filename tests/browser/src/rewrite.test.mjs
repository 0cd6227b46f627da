// A writer rewrites, moves, splits, merges and cuts scenes while the page is open, and finds every
// take where it belongs.
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allFresh } from "./board.mjs";
import { call } from "./rpc.mjs";
import { startBrowser, startStudio, stopStudio } from "./studio.mjs";

let studio;
let browser;
let page;

beforeAll(async () => {
  [studio, browser] = await Promise.all([startStudio(), startBrowser()]);
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(studio.url);
  await allFresh(page);
});

afterAll(async () => {
  await browser?.close();
  if (studio) await stopStudio(studio);
});

/** Every card of the board: its shot, its words, and its takes as the daemon knows them. */
async function board() {
  const takes = new Map();
  for (const { id, shot } of await call(page, "take/list")) takes.set(shot, [...(takes.get(shot) ?? []), id]);
  const shown = await page.$$eval("[data-scene] [data-shot]", (all) =>
    all.map((it) => ({
      shot: it.dataset.shot,
      scene: it.closest("[data-scene]").dataset.scene,
      heading: it.closest("[data-scene]").querySelector(".scene-heading").textContent,
      words: it.querySelector(".caption")?.textContent ?? "",
    })),
  );
  return { shown: shown.map((it) => ({ ...it, takes: takes.get(it.shot) ?? [] })), all: [...takes.values()].flat() };
}

/** By words, those that stand once in the film. */
function byWords({ shown }) {
  const found = new Map();
  for (const card of shown) found.set(card.words, found.has(card.words) ? null : card);
  return new Map([...found].filter(([words, card]) => words !== "" && card !== null));
}

/** Changes the script, waits until the page shows it, and holds every take against what it was. */
async function rewrite(change, shows) {
  const before = await board();
  const text = await readFile(studio.script, "utf8");
  const changed = change(text);
  expect(changed).not.toBe(text);
  await writeFile(studio.script, changed);
  await page.waitForFunction(shows.page, shows.arg);
  await allFresh(page);
  const after = await board();
  expect(before.all.filter((take) => !after.all.includes(take))).toEqual([]);
  const now = byWords(after);
  for (const [words, card] of byWords(before)) {
    const same = now.get(words);
    if (same === undefined) continue;
    expect(same.shot, words).toBe(card.shot);
    expect(same.takes, words).toEqual(expect.arrayContaining(card.takes));
  }
  return { before, after };
}

const says = (words) => ({
  page: (words) => document.querySelector("main").textContent.includes(words),
  arg: words,
});
const hasScenes = (count) => ({
  page: (count) => document.querySelectorAll("[data-scene]").length === count,
  arg: count,
});
const count = () => page.locator("[data-scene]").count();
const sceneOf = ({ shown }, heading) => shown.find((it) => it.heading.startsWith(heading))?.scene;

/** The text of one scene, from its heading to the next. */
function cut(text, heading, next) {
  const [from, to] = [text.indexOf(heading), text.indexOf(next)];
  return { scene: text.slice(from, to), rest: text.slice(0, from) + text.slice(to) };
}

test("half of a scene is rewritten under another heading: it is the same scene", async () => {
  const { before, after } = await rewrite(
    (text) =>
      text
        .replace("EXT. SLIPWAY - DAY", "EXT. BOAT RAMP - DAY")
        .replace("Sun, gulls, diesel.", "Rain, no gulls, the smell of tar.")
        .replace("It sings to the water, very high", "It whistles at the water, very loud"),
    says("Rain, no gulls"),
  );
  expect(sceneOf(after, "EXT. BOAT RAMP")).toBe(sceneOf(before, "EXT. SLIPWAY"));
});

test("a scene moves to the end, and its takes with it", async () => {
  const { before, after } = await rewrite(
    (text) => {
      const { scene, rest } = cut(text, "INT./EXT. JIŘÍ'S VAN - DAY", "INT. GAUGE HOUSE - DUSK #5#");
      return `${rest.trimEnd()}\n\n${scene}`;
    },
    {
      page: (heading) => [...document.querySelectorAll("[data-scene]")].at(-1).textContent.includes(heading),
      arg: "JIŘÍ'S VAN",
    },
  );
  const van = (it) => it.shown.filter((card) => card.heading.includes("VAN")).map((card) => card.shot);
  expect(van(after)).toEqual(van(before));
});

test("a scene is split: the larger part keeps it, every take stays with its words", async () => {
  const scenes = await count();
  const { before, after } = await rewrite(
    (text) => text.replace("\nZOÉ\nIs four centimeters a lot?", "\nINT. CORRIDOR - NIGHT\n\nZOÉ\nIs four centimeters a lot?"),
    hasScenes(scenes + 1),
  );
  const parts = [sceneOf(after, "INT. ÉLOÏSE'S KITCHEN - NIGHT"), sceneOf(after, "INT. CORRIDOR")];
  expect(parts).toContain(sceneOf(before, "INT. ÉLOÏSE'S KITCHEN - NIGHT"));
});

test("the parts are merged again, and nothing is lost", async () => {
  const scenes = await count();
  await rewrite((text) => text.replace("\nINT. CORRIDOR - NIGHT\n", ""), hasScenes(scenes - 1));
});

let cutScene;

test("a scene that is cut lies in the tray with all its takes", async () => {
  const scenes = await count();
  const { before, after } = await rewrite((text) => {
    const { scene, rest } = cut(text, "EXT. HARBOR MOLE - MORNING", "INT. GAUGE HOUSE - DUSK #12#");
    cutScene = scene;
    return rest;
  }, hasScenes(scenes - 1));
  const morning = before.shown.filter((it) => it.heading.startsWith("EXT. HARBOR MOLE - MORNING"));
  const tray = page.locator(`[data-tray-scene="${morning[0].scene}"]`);
  await tray.waitFor({ state: "attached" });
  const kept = await tray.locator("[data-shot]").evaluateAll((all) => all.map((it) => it.dataset.shot));
  expect(kept).toEqual(morning.map((it) => it.shot));
  expect(morning.flatMap((it) => it.takes).every((take) => after.all.includes(take))).toBe(true);
});

test("the tray is searched, and the scene attached to another by hand", async () => {
  const id = await page.locator("[data-tray-scene]", { hasText: "EXT. HARBOR MOLE - MORNING" }).getAttribute("data-tray-scene");
  await page.locator("[data-unplaced] > summary").click();
  await page.getByRole("searchbox", { name: "Search the tray" }).fill("no such words");
  await page.getByText("Nothing in the tray has").waitFor();
  await page.getByRole("searchbox", { name: "Search the tray" }).fill("mole morning");
  await page.getByRole("button", { name: /^Attach EXT\. HARBOR MOLE - MORNING/ }).click();
  await page.getByRole("dialog").getByRole("searchbox", { name: "Search" }).fill("boat ramp");
  await page.keyboard.press("Enter");
  await page.locator(`.board [data-scene="${id}"]`, { hasText: "EXT. BOAT RAMP" }).waitFor();
  await page.keyboard.press("Control+z");
  await page.locator(`[data-tray-scene="${id}"]`).waitFor();
});

test("the words come back, and the scene with them", async () => {
  const scenes = await count();
  const id = await page.locator("[data-tray-scene]", { hasText: "EXT. HARBOR MOLE - MORNING" }).getAttribute("data-tray-scene");
  await rewrite(
    (text) => text.replace("INT. GAUGE HOUSE - DUSK #12#", `${cutScene}INT. GAUGE HOUSE - DUSK #12#`),
    hasScenes(scenes + 1),
  );
  await page.locator(`.board [data-scene="${id}"]`, { hasText: "EXT. HARBOR MOLE - MORNING" }).waitFor();
});

test("every step is a moment of the history that can be looked at", async () => {
  const moments = await call(page, "history/list");
  const saved = moments.filter((it) => it.words.some((words) => words.includes("high-water.fountain")));
  expect(saved.length).toBeGreaterThanOrEqual(6);
  const first = saved.at(-1);
  const { state } = await call(page, "history/at", { seq: first.seq });
  expect(Object.values(state.project.scenes).some((it) => it.heading === "EXT. SLIPWAY - DAY")).toBe(true);
});

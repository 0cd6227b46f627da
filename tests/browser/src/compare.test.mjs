// A person holds two takes against each other in one place, and reads what the checks found.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allFresh } from "./board.mjs";
import { call } from "./rpc.mjs";
import { startBrowser, startStudio, stopStudio } from "./studio.mjs";

const photo = fileURLToPath(new URL("../../../clients/web/pictures/board.png", import.meta.url));

let studio;
let browser;
let page;
let shot;
const complaints = [];

beforeAll(async () => {
  [studio, browser] = await Promise.all([startStudio(), startBrowser()]);
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(studio.url);
  await allFresh(page);
  const text = await readFile(studio.script, "utf8");
  await writeFile(studio.script, text.replace("nobody else is up", "nobody else is awake"));
  const card = page.locator("[data-scene] [data-shot]", { hasText: "nobody else is awake" });
  await card.getByText("2 takes").waitFor();
  shot = await card.getAttribute("data-shot");
  await card.locator(".shot-open").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("list", { name: "Takes" }).waitFor();
});

afterAll(async () => {
  await browser?.close();
  if (studio) await stopStudio(studio);
});

const frame = () => page.locator(".compare .zoom-frame");
const seen = () => frame().getAttribute("data-seen");
const transform = () => page.locator(".compare .zoom-inner").first().evaluate((it) => it.style.transform);
const bySelf = () => page.getByRole("button", { name: /By itself/ });
const checksOf = (n) => page.getByRole("region", { name: `Checks of take ${n}` });

/** Counts how often the picture changes sides from now on, without looking again and again. */
async function flips(count) {
  await frame().evaluate(
    (element, count) =>
      new Promise((done) => {
        let left = count;
        const watch = new MutationObserver(() => {
          left -= 1;
          if (left > 0) return;
          watch.disconnect();
          done();
        });
        watch.observe(element, { attributeFilter: ["data-seen"] });
      }),
    count,
  );
}

test("takes flicker by themselves, and by hand show exactly one at a time", async () => {
  await page.keyboard.press("c");
  await page.getByRole("radio", { name: "Flicker" }).check();
  expect(await bySelf().getAttribute("aria-pressed")).toBe("true");
  await flips(3);
  await page.keyboard.press("a");
  expect(await bySelf().getAttribute("aria-pressed")).toBe("false");
  const before = await seen();
  await page.keyboard.press("f");
  await expect.poll(seen).not.toBe(before);
  const names = await frame().locator(".flicker-side").evaluateAll((sides) =>
    sides.map((it) => getComputedStyle(it).visibility === "visible" && it.getAttribute("aria-hidden") !== "true"),
  );
  // The lower one lies under the upper one, which is there or is not.
  expect(names.filter(Boolean)).toHaveLength(1);
});

test("closer, they are moved together, and both show the same place", async () => {
  const bounds = await frame().boundingBox();
  await page.mouse.move(bounds.x + bounds.width / 2, bounds.y + bounds.height / 2);
  await page.keyboard.press("+");
  await page.keyboard.press("+");
  const centered = await transform();
  expect(centered).toContain("scale(2.25)");
  await page.mouse.down();
  await page.mouse.move(bounds.x + bounds.width / 2 + 80, bounds.y + bounds.height / 2 + 20, { steps: 4 });
  await page.mouse.up();
  const moved = await transform();
  expect(moved).not.toBe(centered);
  const places = () => frame().locator("img").evaluateAll((all) => all.map((it) => JSON.stringify(it.getBoundingClientRect())));
  const [a, b] = await places();
  expect(a).toBe(b);
  await page.keyboard.press("f");
  expect(await transform()).toBe(moved);
  // The page itself was neither zoomed nor scrolled by the wheel.
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -300);
  await page.keyboard.up("Control");
  await expect.poll(transform).not.toBe(moved);
  expect(await page.evaluate(() => window.visualViewport?.scale)).toBe(1);
  await page.keyboard.press("0");
  expect(await transform()).toContain("scale(1)");
});

test("who wants no motion sees none that was not asked for", async () => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.getByRole("radio", { name: "Side by side" }).check();
  await page.getByRole("radio", { name: "Flicker" }).check();
  expect(await bySelf().getAttribute("aria-pressed")).toBe("false");
  await bySelf().click();
  await flips(1);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await page.getByRole("button", { name: "End comparison" }).click();
});

test("a sketch is checked when somebody asks, in the daemon's words", async () => {
  await checksOf(2).getByText("This picture was not checked yet.").waitFor();
  await checksOf(2).getByRole("button", { name: "Check it" }).click();
  await checksOf(2).getByRole("button", { name: "Check again" }).waitFor();
  const [, second] = await call(page, "take/list", { shot });
  const sentence = second.checks.words.charAt(0).toUpperCase() + second.checks.words.slice(1);
  await checksOf(2).getByText(sentence).first().waitFor();
  await page.locator(`.takes .checks-sign[data-grade="${second.checks.grade}"]`).first().waitFor();
});

test("a picture that is brought in is checked by itself, and its badge says what was found", async () => {
  const choosing = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Add a picture" }).click();
  await (await choosing).setFiles(photo);
  const found = async () => (await call(page, "take/list", { shot }))[2]?.checks ?? null;
  await expect.poll(found, { timeout: 30_000 }).not.toBeNull();
  const { grade, score, verdicts } = await found();
  const take = page.getByRole("list", { name: "Takes" }).getByRole("button").first();
  // Never rounded up, neither on the badge nor in its name.
  await expect.poll(() => take.locator(".checks-sign").getAttribute("data-grade")).toBe(grade);
  if (score != null) expect(await take.getAttribute("aria-label")).toContain(`${Math.floor(score)} of 100`);
  const wrong = verdicts.filter((it) => it.grade === "fail" || it.grade === "warn");
  for (const { words } of wrong) {
    await checksOf(3).getByText(words.slice(1)).first().waitFor();
  }
  await checksOf(3).locator("summary").click();
  expect(await checksOf(3).locator(".verdicts li").count()).toBe(verdicts.length);
});

test("the page had nothing to complain of", () => {
  expect(complaints).toEqual([]);
});

// A person has a real language model plan the shots of a scene, and a real ComfyUI draw the film, and
// sees all of it on the page.
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allFresh, byShot, cards } from "./board.mjs";
import { call } from "./rpc.mjs";
import { startComfyui, startLlama } from "./servers.mjs";
import { startBrowser, startStudio, stopStudio } from "./studio.mjs";

const script = `Title: Low Tide

INT. BOATHOUSE - NIGHT #1#

Maya planes a long plank by lamplight.

MAYA
Wood forgets nothing.

EXT. SLIPWAY - DAWN #2#

The boat slides into the water by itself.
`;

/** The workflow of the tests, in more steps, so that there is something to see. */
const file = new URL("../../comfyui/survival/workflows/tiny.toml", import.meta.url);
const workflow = (await readFile(file, "utf8")).replace("steps = 4,", "steps = 150,");

/** How long a model may write, and a server draw, on a busy machine, in milliseconds. */
const workMax = 90_000;

let comfyui;
let llama;
let studio;
let browser;
let page;
const complaints = [];

beforeAll(async () => {
  [comfyui, llama, browser] = await Promise.all([startComfyui(), startLlama(), startBrowser()]);
  studio = await startStudio({
    daemon: comfyui.settings + llama.settings,
    files: { "script/high-water.fountain": script, "workflows/tiny.toml": workflow },
  });
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("response", (it) => it.status() >= 400 && complaints.push(`${it.status()} ${it.url()}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(studio.url);
  await allFresh(page);
}, 150_000);

afterAll(async () => {
  await browser?.close();
  if (studio) await stopStudio(studio);
  await comfyui?.stop();
  llama?.stop();
});

test("a model looks through a scene for what does not agree", { timeout: 2 * workMax }, async () => {
  await page.getByRole("button", { name: "Check the continuity of scene 1" }).click();
  const dialog = page.getByRole("dialog", { name: "Continuity of scene 1" });
  await dialog.getByRole("button", { name: "Look", exact: true }).click();
  await dialog.getByText(/on clerk in .* tokens/).waitFor({ timeout: workMax });
  if (process.env.SHOT) await page.screenshot({ path: `${process.env.SHOT}-continuity.png` });
  await dialog.getByRole("button", { name: "Close" }).click();
  expect(await readFile(studio.script, "utf8")).toBe(script);
});

test("a model plans the shots of a scene; looked at, they are written into the script", { timeout: 2 * workMax }, async () => {
  await page.getByRole("button", { name: "Break down scene 1" }).click();
  const dialog = page.getByRole("dialog", { name: "Break down scene 1" });
  await dialog.getByRole("button", { name: "Plan shots" }).click();
  const planned = dialog.getByRole("list", { name: "Planned shots" });
  await planned.waitFor({ timeout: workMax });
  await dialog.getByText(/on clerk in .* tokens/).waitFor();
  expect(await planned.getByRole("listitem").count()).toBeGreaterThan(0);
  expect(await readFile(studio.script, "utf8")).toBe(script);
  await dialog.getByRole("button", { name: /^Write \d+ notes?$/ }).click();
  await dialog.waitFor({ state: "detached", timeout: workMax });
  const written = await readFile(studio.script, "utf8");
  expect(written).toMatch(/\[\[shot: /);
  expect(written.replaceAll(/\[\[shot: .*\]\]\n\n/g, "")).toBe(script);
  await allFresh(page);
});

test("drawn by ComfyUI, the film shows who works on what, and then the pictures", { timeout: 2 * workMax }, async () => {
  const sketched = byShot(await cards(page));
  const settings = await readFile(studio.settings, "utf8");
  const drawn = settings.replace('renderer = "sketch"', 'renderer = "comfyui"\nworkflow = "tiny.toml"');
  await writeFile(studio.settings, drawn);
  await page.locator('.shot-work[data-work="running"]').first().waitFor({ state: "attached", timeout: workMax });
  await page.locator('.shot-doing[title$=", on desk"]').first().waitFor({ state: "attached", timeout: workMax });
  if (process.env.SHOT) await page.screenshot({ path: `${process.env.SHOT}-work.png` });
  await page.waitForFunction(
    (old) => [...document.querySelectorAll("[data-scene] [data-shot]")].every((it) => {
      const asset = it.querySelector("img[data-asset]")?.dataset.asset;
      return it.dataset.status === "fresh" && asset !== undefined && !old.includes(asset);
    }),
    [...sketched.values()].map((it) => it.asset),
    { timeout: workMax },
  );
  const shots = await cards(page);
  expect(shots.map((it) => it.shot)).toEqual([...sketched.keys()]);
  for (const { shot } of shots) {
    const takes = await call(page, "take/list", { shot });
    expect(takes.at(-1).source.rendererVersion).toMatch(/^comfyui /);
  }
});

test("what its checks found of a picture stands on its card", async () => {
  const wrong = page.locator(".picture-badge").first();
  // A model of random weights paints noise.
  await wrong.waitFor({ timeout: workMax });
  await wrong.hover();
  await expect.poll(() => wrong.getAttribute("title")).not.toBe("Press to see what its checks found");
  await wrong.click();
  await page.getByRole("region", { name: /^Checks of take/ }).waitFor();
  await page.keyboard.press("Escape");
});

test("the queue says which server drew, and what the model cost", async () => {
  await page.keyboard.press("q");
  const queue = page.getByRole("complementary", { name: "Queue" });
  await queue.getByText("1 server up").waitFor();
  await queue.getByText("1 language model ready").waitFor();
  if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT });
  expect(complaints).toEqual([]);
});

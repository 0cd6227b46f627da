// A person looks at the queue of a film that ComfyUI draws, while no server answers: what waits says
// why, and is paused, put into another order, stopped and tried again.
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allFresh } from "./board.mjs";
import { call } from "./rpc.mjs";
import { closedPort, startBrowser, startStudio, stopStudio } from "./studio.mjs";

let studio;
let browser;
let page;
const complaints = [];

beforeAll(async () => {
  const [comfyui, llm] = await Promise.all([closedPort(), closedPort()]);
  const daemon = [
    `[[comfyui]]\nname = "attic"\nurl = "http://127.0.0.1:${comfyui}"\n`,
    `[[llm]]\nname = "clerk"\nkind = "ollama"\nurl = "http://127.0.0.1:${llm}"\nmodel = "qwen3:8b"\n`,
  ].join("\n");
  [studio, browser] = await Promise.all([startStudio({ daemon }), startBrowser()]);
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(studio.url);
  await allFresh(page);
  const settings = await readFile(studio.settings, "utf8");
  await writeFile(studio.settings, settings.replace('renderer = "sketch"', 'renderer = "comfyui"'));
});

afterAll(async () => {
  await browser?.close();
  if (studio) await stopStudio(studio);
});

const card = (n) => page.locator("[data-scene] [data-shot]").nth(n);
const rows = () => page.getByRole("list", { name: "Runs in order" }).locator(":scope > li");
const row = (id) => page.locator(`[data-run="${id}"]`);
const order = () => rows().evaluateAll((all) => all.map((it) => it.dataset.run));
const runs = () => call(page, "run/list");
const statusOf = async (id) => (await runs()).find((it) => it.id === id)?.status;

/** The open runs in the order in which the daemon takes them. */
async function orderOfDaemon() {
  const open = (await runs()).filter((it) => it.status === "running" || it.status === "paused");
  open.sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0) || (a.id < b.id ? -1 : 1));
  return open.map((it) => it.id);
}

test("the queue lists what waits, in order, and the server that is down says what to do", async () => {
  // The studio draws by itself what has gone stale: that waits for the server, too.
  await expect.poll(orderOfDaemon, { timeout: 20_000 }).toHaveLength(1);
  for (const n of [0, 1]) {
    const shots = [await card(n).getAttribute("data-shot")];
    await call(page, "workflow/start", { shots, force: true });
  }
  await page.keyboard.press("q");
  const queue = page.getByRole("complementary", { name: "Queue" });
  await expect.poll(order).toHaveLength(3);
  expect(await order()).toEqual(await orderOfDaemon());
  await queue.getByText("0 of 1 server up; attic is down").waitFor();
  await queue.getByText("Start it, or correct its url").waitFor();
  await queue.getByText("0 of 1 language model ready; clerk is not").waitFor();
});

test("unfolded, a run tells why its steps wait", async () => {
  const [first] = await order();
  await row(first).locator(".run-title").click();
  const steps = row(first).getByRole("region", { name: "Steps" });
  await steps.getByRole("button", { name: "All" }).click();
  await expect.poll(() => steps.getByRole("listitem").count()).toBeGreaterThan(0);
  await steps.locator('[data-status="waiting"]').first().waitFor();
  await row(first).locator(".run-title").click();
});

test("a run is paused and goes on", async () => {
  const [first] = await order();
  await row(first).getByRole("button", { name: "Pause" }).click();
  await row(first).getByText(/^Paused/).waitFor();
  expect(await statusOf(first)).toBe("paused");
  await row(first).getByRole("button", { name: "Go on" }).click();
  await row(first).getByRole("button", { name: "Pause" }).waitFor();
  expect(await statusOf(first)).toBe("running");
});

test("a run is dragged to the front, and the daemon takes it first", async () => {
  const [first, second, third] = await order();
  await row(third).locator(".run-top").dragTo(row(first), { sourcePosition: { x: 4, y: 14 }, targetPosition: { x: 60, y: 4 } });
  await expect.poll(order).toEqual([third, first, second]);
  expect(await orderOfDaemon()).toEqual([third, first, second]);
});

test("a run is moved with the keyboard, and with its buttons", async () => {
  const [first, second, third] = await order();
  await row(first).locator(".run-title").focus();
  await page.keyboard.press("Alt+ArrowDown");
  await expect.poll(order).toEqual([second, first, third]);
  await row(third).getByRole("button", { name: "Earlier" }).click();
  await expect.poll(order).toEqual([second, third, first]);
  expect(await orderOfDaemon()).toEqual([second, third, first]);
});

test("a run is stopped, stands below, and is tried again", async () => {
  const [first] = await order();
  await row(first).getByRole("button", { name: "Stop" }).click();
  await expect.poll(() => statusOf(first)).toBe("canceled");
  await expect.poll(order).not.toContain(first);
  await page.locator(".queue-ended > summary").click();
  await row(first).getByText("Stopped").waitFor();
  await row(first).getByRole("button", { name: "Try again" }).click();
  await expect.poll(() => statusOf(first)).toBe("running");
  await expect.poll(order).toContain(first);
});

test("the plan says what would be drawn and why, with its prompt, and that no server answers", async () => {
  // What is in the queue already would not be drawn a second time.
  for (const id of await order()) await row(id).getByRole("button", { name: "Stop" }).click();
  await page.getByText("Nothing is being made.").waitFor();
  await card(3).locator(".shot-redraw").click();
  const dialog = page.getByRole("dialog", { name: "Before it is drawn" });
  await dialog.getByText(/^1 of \d+ shots, because renderer: sketch → comfyui/).waitFor();
  await dialog.getByText("No server answers now").waitFor();
  await dialog.getByRole("button", { name: /^Prompt of/ }).click();
  const prompt = dialog.getByRole("region", { name: /^Prompt of/ });
  await prompt.getByText("HARBOR MOLE").waitFor();
  await prompt.getByText("By the rules, without a language model").waitFor();
  const before = (await runs()).length;
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  expect((await runs()).length).toBe(before);
});

test("the page had nothing to complain of", () => {
  expect(complaints).toEqual([]);
});

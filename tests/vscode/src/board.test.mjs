// The board and the shot under the cursor inside VS Code, with the sample film: seen, and live.
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closeDesk, hands, killDaemons, openDesk, sampleFilm } from "./desk.mjs";

const PATIENCE = { timeout: 30_000 };

let desk;
let page;
let line, words, command, webview, shoot;

beforeAll(async () => {
  desk = await openDesk(sampleFilm, { width: 1280, height: 800 });
  page = desk.page;
  ({ line, words, command, webview, shoot } = hands(page));
  await line(words("A stone arm")).waitFor(PATIENCE);
  const status = page.locator(".statusbar-item").filter({ hasText: /all drawn/ });
  await line(words("A stone arm")).click();
  await status.waitFor({ timeout: 90_000 });
}, 180_000);

afterAll(async () => {
  if (!desk) return;
  await closeDesk(desk);
});

const loaded = (image) => image.evaluate((it) => it.complete && it.naturalWidth);

test("a hover shows the panel, and the words below it", async () => {
  await line(words("oilskin that was cut")).hover({ position: { x: 420, y: 9 } });
  const hover = page.locator(".monaco-hover", { hasText: "the panel is up to date" });
  await hover.waitFor(PATIENCE);
  const image = hover.locator("img").first();
  await expect.poll(() => loaded(image), PATIENCE).toBeGreaterThan(200);
  // The words are below the picture, and seen without scrolling.
  const [picture, told, all] = await Promise.all([
    image.boundingBox(),
    hover.getByText("the panel is up to date").boundingBox(),
    hover.boundingBox(),
  ]);
  expect(told.y).toBeGreaterThan(picture.y + picture.height);
  expect(told.y + told.height).toBeLessThanOrEqual(all.y + all.height);
  await shoot("vscode-hover-sample");
  await page.keyboard.press("Escape");
});

test("the shot under the cursor is shown with its panel, and follows what is typed before it is saved", async () => {
  await page.locator(".activitybar .action-label[aria-label='StoryCore']").click();
  const shot = await webview("#shot");
  await line(words("A stone arm")).click();
  await expect.poll(() => shot.locator("#text").innerText(), PATIENCE).toContain("A stone arm");
  await expect.poll(() => loaded(shot.locator("#picture")), PATIENCE).toBeGreaterThan(1000);
  expect(await shot.locator("#why").innerText()).toBe("The panel is up to date.");
  // The end of the line as it is shown, then of the line.
  await page.keyboard.press("End");
  await page.keyboard.press("End");
  await page.keyboard.type(" A gull laughs.");
  await expect.poll(() => shot.locator("#text").innerText(), PATIENCE).toContain("A gull laughs.");
  expect(await shot.locator("#why").innerText()).toMatch(/^Out of date: .*rewritten/);
  expect(await readFile(desk.file, "utf8")).not.toContain("A gull laughs.");
  await shoot("vscode-shot");
  // Without it the film is as it was.
  for (let key = 0; key < " A gull laughs.".length; key += 1) await page.keyboard.press("Backspace");
  await expect.poll(() => shot.locator("#why").innerText(), PATIENCE).toBe("The panel is up to date.");
});

test("the board is shown beside the script, with its panels, and marks the shot that is written", async () => {
  await command("Open the Board Beside");
  const board = await webview(".board [data-shot]");
  const first = board.locator(".board img[data-asset]").first();
  await expect.poll(() => loaded(first), PATIENCE).toBeGreaterThan(1000);
  // Nothing of it comes over the network.
  expect(await first.getAttribute("src")).toMatch(/^blob:/);
  await line(words("ÉLOÏSE KERVADEC, 71")).click();
  const written = board.locator("[data-written]");
  await expect.poll(() => written.innerText(), PATIENCE).toContain("ÉLOÏSE KERVADEC, 71");
  expect(await written.count()).toBe(1);
  await shoot("vscode-board");
});

test("what is typed is on the board before it is saved, and drawn again when it is", async () => {
  const board = await webview(".board [data-shot]");
  const card = board.locator(".board [data-shot]", { hasText: "ÉLOÏSE KERVADEC, 71" });
  const before = await card.locator("img[data-asset]").getAttribute("data-asset");
  await line(words("ÉLOÏSE KERVADEC, 71")).click();
  // The end of the line as it is shown, then of the line.
  await page.keyboard.press("End");
  await page.keyboard.press("End");
  await page.keyboard.type(" She kneels and laughs.");
  await expect.poll(() => card.innerText(), PATIENCE).toContain("She kneels and laughs.");
  expect(await card.getAttribute("data-status")).toBe("stale");
  expect(await readFile(desk.file, "utf8")).not.toContain("kneels and laughs");
  await shoot("vscode-board-typed");
  await command("File: Save");
  const panel = card.locator("img[data-asset]").last();
  await expect.poll(() => panel.getAttribute("data-asset"), PATIENCE).not.toBe(before);
  await expect.poll(() => loaded(panel), PATIENCE).toBeGreaterThan(1000);
  await shoot("vscode-board-saved");
});

test("a shot is shown large there, as on the page in a browser", async () => {
  const board = await webview(".board [data-shot]");
  await board.locator(".board .shot-open").first().press("Enter");
  await board.getByRole("dialog").waitFor(PATIENCE);
  await shoot("vscode-board-large");
  await board.getByRole("button", { name: "Close", exact: true }).click();
  await expect.poll(() => board.getByRole("dialog").count(), PATIENCE).toBe(0);
});

test("when the daemon dies, the next one has the board again", async () => {
  const board = await webview(".board [data-shot]");
  await killDaemons(desk);
  const state = () => board.locator(".connection").getAttribute("data-state");
  await expect.poll(state, { ...PATIENCE, interval: 10 }).toBe("reconnecting");
  await expect.poll(state, PATIENCE).toBe("open");
  await line(words("A stone arm")).click();
  // The end of the line as it is shown, then of the line.
  await page.keyboard.press("End");
  await page.keyboard.press("End");
  await page.keyboard.type(" It is cold.");
  await command("File: Save");
  const card = board.locator(".board [data-shot]", { hasText: "A stone arm" });
  await expect.poll(() => card.innerText(), PATIENCE).toContain("It is cold.");
  // The editor's own session follows the film again, too.
  const shot = await webview("#shot");
  await expect.poll(() => shot.locator("#text").innerText(), PATIENCE).toContain("It is cold.");
  await expect.poll(() => shot.locator("#why").innerText(), PATIENCE).toBe("The panel is up to date.");
});

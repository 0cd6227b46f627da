// A person writes in VS Code: colors, what is wrong, the panel in a hover, a rename, the tree.
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closeDesk, hands, openDesk, smallFilm } from "./desk.mjs";

const SCRIPT = `INT. KITCHEN - DAY #1#

Maya cuts bread at the window.

MAYA
You are late, Jonas.

JONAS
I know, Maya.

EXT. HARBOR - NIGHT #2#

Boats knock.
`;
const BIBLE = 'kind = "character"\nname = "MAYA"\ndescription = "A baker."\n';
const PATIENCE = { timeout: 30_000 };

let desk;
let page;
let line, read, words, command, shoot;

beforeAll(async () => {
  desk = await openDesk(smallFilm(SCRIPT, BIBLE));
  page = desk.page;
  ({ line, read, words, command, shoot } = hands(page));
  await page.locator(".monaco-editor .view-line", { hasText: /Boats\sknock/ }).waitFor(PATIENCE);
}, 120_000);

afterAll(async () => {
  if (!desk) return;
  await shoot("vscode");
  await closeDesk(desk);
});

test("the server finds what is wrong, and the status bar tells how long the film is", async () => {
  await line(words("You are late")).click();
  const status = page.locator(".statusbar-item").filter({ hasText: /\d\ss\s·/ });
  await expect.poll(() => read(status), PATIENCE).toMatch(/\d+\.\d s ·\s+all drawn/);
  await page.keyboard.press("End");
  await page.keyboard.type(" [[note");
  // VS Code closes what it opens; without that the note is never closed.
  await page.keyboard.press("Delete");
  await page.keyboard.press("Delete");
  await page.locator(".squiggly-warning").first().waitFor(PATIENCE);
  for (let key = 0; key < " [[note".length; key += 1) await page.keyboard.press("Backspace");
  await expect.poll(() => page.locator(".squiggly-warning").count(), PATIENCE).toBe(0);
});

test("a hover shows who somebody is, and the panel of the shot", async () => {
  await line(words("Maya cuts")).hover({ position: { x: 12, y: 9 } });
  const hover = page.locator(".monaco-hover", { hasText: "A baker." });
  await hover.waitFor(PATIENCE);
  const image = hover.locator("img").first();
  await image.waitFor(PATIENCE);
  await expect.poll(() => image.evaluate((it) => it.complete && it.naturalWidth), PATIENCE).toBeGreaterThan(200);
  expect(await hover.innerText()).toContain("the panel is up to date");
  await shoot("vscode-hover");
  await page.keyboard.press("Escape");
});

test("headings tell of their scenes, and lenses of what there is to draw", async () => {
  const lens = page.locator(".codelens-decoration", { hasText: "open board" }).first();
  await lens.waitFor(PATIENCE);
  await expect.poll(() => read(line("INT\\.")), PATIENCE).toMatch(/1\/8 · .* · \d shots/);
});

test("somebody is renamed in the script and the bible, and the tree of the film follows", async () => {
  await line("^MAYA$").click();
  await page.keyboard.press("Home");
  await page.keyboard.press("F2");
  const input = page.locator(".rename-box input:visible");
  await input.waitFor(PATIENCE);
  await input.fill("Anna");
  await page.keyboard.press("Enter");
  await line("^ANNA$").waitFor(PATIENCE);
  await command("File: Save All Files").catch(() => command("Save All"));
  const script = () => readFile(desk.file, "utf8");
  await expect.poll(script, PATIENCE).toBe(SCRIPT.replaceAll("MAYA", "ANNA").replaceAll("Maya", "Anna"));
  const bible = () => readFile(`${desk.film}/bible/maya.toml`, "utf8");
  await expect.poll(bible, PATIENCE).toBe(BIBLE.replace("MAYA", "ANNA"));
  await page.locator(".activitybar .action-label[aria-label='StoryCore']").click();
  const row = page.locator(".tree-explorer-viewlet-tree-view .monaco-list-row", { hasText: "1 INT. KITCHEN - DAY" });
  await row.waitFor(PATIENCE);
  await row.locator(".monaco-tl-twistie").click();
  const shot = page.locator(".tree-explorer-viewlet-tree-view .monaco-list-row", { hasText: "Anna cuts bread" });
  await shot.waitFor(PATIENCE);
});

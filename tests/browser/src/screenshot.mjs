// Takes the pictures of README: `npm run screenshot -- FOLDER`, with the variables of the tests.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { allFresh } from "./board.mjs";
import { startBrowser, startStudio, stopStudio } from "./studio.mjs";

const [folder = "screenshots"] = process.argv.slice(2);
const pictures = [
  { name: "board", width: 1280, height: 860, colorScheme: "light" },
  { name: "board-dark", width: 1280, height: 860, colorScheme: "dark" },
  { name: "board-phone", width: 390, height: 844, colorScheme: "light" },
];

await mkdir(folder, { recursive: true });
const [studio, browser] = await Promise.all([startStudio(), startBrowser()]);
try {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(studio.url);
  await allFresh(page);
  for (const { name, width, height, colorScheme } of pictures) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.waitForLoadState("networkidle");
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }
} finally {
  await browser.close();
  await stopStudio(studio);
}

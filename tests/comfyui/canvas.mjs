/**
 * What ComfyUI's own page makes of saved canvases: the graphs that it would hand in.
 *
 *     node canvas.mjs URL FILE...      one line of JSON a file: {"file": …, "graph": …}
 *
 * URL is a server that serves its page; STORYCORE_TEST_CHROMIUM says which browser opens it.
 */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

// The tests of our own page have it installed.
const { chromium } = createRequire(new URL("../browser/package.json", import.meta.url))(
  "playwright-core",
);

const READY_MS_MAX = 90_000;

const [url, ...files] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.STORYCORE_TEST_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
});
try {
  const page = await browser.newPage();
  // It asks other machines for news and fonts; nothing here waits for them.
  await page.route(
    (it) => !["127.0.0.1", "localhost"].includes(it.hostname),
    (it) => it.abort(),
  );
  await page.goto(url);
  await page.waitForFunction(
    () => window.app?.graph && window.LiteGraph?.registered_node_types?.KSampler,
    null,
    { timeout: READY_MS_MAX },
  );
  for (const file of files) {
    const canvas = JSON.parse(await readFile(file, "utf8"));
    const graph = await page.evaluate(async (canvas) => {
      await window.app.loadGraphData(canvas, true, false);
      return (await window.app.graphToPrompt()).output;
    }, canvas);
    console.log(JSON.stringify({ file, graph }));
  }
} finally {
  await browser.close();
}

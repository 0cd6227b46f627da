// A person renames a character in a real Neovim, and the page that is open follows.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { allFresh, mark } from "./board.mjs";
import { startBrowser, startStudio, stopStudio } from "./studio.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));

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

/** Opens the script in Neovim, with the settings we ship; renames who stands where the name does, saves, leaves. */
async function rename(name, to) {
  const work = `
    local function wait(what, ready) assert(vim.wait(20000, ready, 20), what .. " did not come") end
    local done, problem = pcall(function()
      wait("the server", function()
        local _, client = next(vim.lsp.buf_get_clients(0))
        return client and client.initialized
      end)
      vim.fn.search("^${name}$")
      vim.lsp.buf.rename("${to}")
      wait("the new name", function() return vim.fn.search("^${to.toUpperCase()}$", "n") > 0 end)
      vim.cmd("wall")
    end)
    if not done then io.stderr:write(problem) end
    vim.cmd(done and "qall!" or "cquit!")`;
  const neovim = spawn(process.env.STORYCORE_TEST_NVIM, ["--headless", "-n", "-i", "NONE", "-u", join(root, "tests/it/editors/init.lua"), studio.script, "-c", `lua ${work.replaceAll("\n", " ")}`], {
    env: {
      ...process.env,
      HOME: studio.folder,
      STORYCORE_EDITORS: join(root, "clients/editors"),
      STORYCORE_BINARY: process.env.STORYCORE_TEST_BINARY,
      STORYCORE_RUNTIME_DIR: join(studio.folder, "run"),
      STORYCORE_STATE_DIR: join(studio.folder, "state"),
      STORYCORE_CONFIG_DIR: join(studio.folder, "config"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [neovim.stdout, neovim.stderr]) stream.on("data", (data) => (said += data));
  const [code] = await once(neovim, "exit");
  expect(code, said).toBe(0);
}

test("a character renamed in Neovim is renamed on the page, and no card is made anew", async () => {
  const words = () => page.$$eval(".caption", (all) => all.map((it) => it.textContent).join("\n"));
  expect(await words()).toContain("ZOÉ");
  await mark(page);
  await rename("ZOÉ", "Maelle");
  await page.waitForFunction(() => {
    const words = [...document.querySelectorAll(".caption")].map((it) => it.textContent).join("\n");
    return words.includes("MAELLE") && !words.includes("ZOÉ");
  });
  expect(await page.$$eval("[data-scene] [data-shot]", (all) => all.every((it) => it.marked))).toBe(true);
  expect(await readFile(studio.script, "utf8")).not.toContain("ZOÉ");
  expect(await readFile(join(studio.film, "bible/zoe.toml"), "utf8")).toMatch(/name = "Maelle"/i);
  await allFresh(page);
});

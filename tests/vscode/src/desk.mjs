// A real VS Code with our extension, nothing of the user's, and a browser that looks at it.
import { execFile, spawn } from "node:child_process";
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const run = promisify(execFile);

/** What `cargo xtask test` gives the tests. */
function variable(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`cargo xtask test\``);
  return value;
}

/** A film of one script and one entry in the bible. */
export function smallFilm(script, bible) {
  return async (film) => {
    await mkdir(join(film, "script"), { recursive: true });
    await mkdir(join(film, "bible"));
    await writeFile(join(film, "storycore.toml"), "autoRender = true\n");
    await writeFile(join(film, "script/film.fountain"), script);
    await writeFile(join(film, "bible/maya.toml"), bible);
    return "script/film.fountain";
  };
}

/** The film that comes with the project. */
export async function sampleFilm(film) {
  const sample = new URL("../../films/high-water", import.meta.url);
  await cp(sample, film, { recursive: true, filter: (it) => !/\/(\.storycore|exports)$/.test(it) });
  await appendFile(join(film, "storycore.toml"), "autoRender = true\n");
  return "script/high-water.fountain";
}

/** A film, VS Code with its folder open, and the page of that. */
export async function openDesk(lay, viewport = { width: 1400, height: 900 }) {
  // Sockets have short paths.
  const folder = await mkdtemp(join(tmpdir(), "sc"));
  const film = join(folder, "film");
  const file = join(film, await lay(film));
  const settings = {
    "storycore.path": variable("STORYCORE_TEST_BINARY"),
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Dark Modern",
    "files.autoSave": "off",
    // Room for the script in the pictures.
    "editor.minimap.enabled": false,
    "chat.commandCenter.enabled": false,
    "telemetry.telemetryLevel": "off",
    "extensions.autoCheckUpdates": false,
    "update.mode": "none",
  };
  // Where a program is, is a matter of the machine that the server runs on.
  for (const scope of ["User", "Machine"]) {
    await mkdir(join(folder, "data", scope), { recursive: true });
    await writeFile(join(folder, "data", scope, "settings.json"), JSON.stringify(settings));
  }
  const env = {
    ...process.env,
    HOME: folder,
    TMPDIR: folder,
    XDG_RUNTIME_DIR: folder,
    // Otherwise it asks a gallery for extensions.
    EXTENSIONS_GALLERY: "{}",
    STORYCORE_RUNTIME_DIR: join(folder, "run"),
    STORYCORE_STATE_DIR: join(folder, "state"),
    STORYCORE_CONFIG_DIR: join(folder, "config"),
  };
  const entry = variable("STORYCORE_TEST_CODE_SERVER");
  const own = ["--user-data-dir", join(folder, "data"), "--extensions-dir", join(folder, "ext")];
  await run("node", [entry, ...own, "--install-extension", variable("STORYCORE_TEST_VSIX")], { env });
  const port = await freePort();
  const quiet = ["--disable-telemetry", "--disable-update-check", "--disable-workspace-trust", "--disable-getting-started-override"];
  const words = [entry, ...own, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, ...quiet];
  // A group of its own: the extension host and the server outlive a plain kill.
  const server = spawn("node", words, { env, stdio: "ignore", detached: true });
  await healthy(port);
  const browser = await chromium.launch({
    executablePath: variable("STORYCORE_TEST_CHROMIUM"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"],
  });
  const page = await browser.newPage({ viewport });
  const payload = JSON.stringify([["openFile", `vscode-remote://127.0.0.1:${port}${file}`]]);
  await page.goto(`http://127.0.0.1:${port}/?folder=${film}&payload=${encodeURIComponent(payload)}`);
  return { folder, film, file, server, browser, page };
}

/** Ends the daemons of a desk, as a power cut would. */
export async function killDaemons({ folder }) {
  const names = await readdir(join(folder, "run")).catch(() => []);
  for (const name of names.filter((it) => it.endsWith(".json"))) {
    const { pid } = JSON.parse(await readFile(join(folder, "run", name), "utf8"));
    process.kill(pid, "SIGKILL");
  }
}

/** What can be done and seen at a desk. */
export function hands(page) {
  /** The line that has a text, in just these letters. */
  const line = (text) => page.locator(".view-lines .view-line").filter({ hasText: new RegExp(text) }).first();
  return {
    line,
    /** What somebody reads: VS Code draws blanks as no-break spaces. */
    read: async (locator) => (await locator.innerText()).replaceAll("\u00a0", " "),
    words: (text) => text.replaceAll(" ", "\\s"),
    async command(name) {
      await page.keyboard.press("F1");
      const input = page.locator(".quick-input-widget .quick-input-box input");
      await input.waitFor();
      await input.fill(`>${name}`);
      await page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().click();
    },
    /** The webview that has this inside: webviews are frames in frames. */
    async webview(selector, patienceMs = 30_000) {
      for (const end = Date.now() + patienceMs; Date.now() < end; ) {
        for (const frame of page.frames()) {
          if ((await frame.locator(selector).count().catch(() => 0)) > 0) return frame;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`no webview has ${selector}`);
    },
    /** A picture for people, where `cargo xtask test` or somebody asks for them. */
    async shoot(name) {
      const folder = process.env.STORYCORE_TEST_SCREENSHOTS;
      if (!folder) return;
      await mkdir(folder, { recursive: true });
      await page.screenshot({ path: join(folder, `${name}.png`) });
    },
  };
}

export async function closeDesk(desk) {
  const { folder, server, browser } = desk;
  await browser.close();
  process.kill(-server.pid, "SIGKILL");
  await killDaemons(desk);
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function healthy(port) {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("VS Code did not start");
}

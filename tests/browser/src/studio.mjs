// The real binary in folders of its own, following a copy of the sample film; and a browser.
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const sampleFilm = fileURLToPath(new URL("../../films/high-water", import.meta.url));

/** What `cargo xtask test` gives the tests. */
export function variable(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`cargo xtask test\``);
  return value;
}

/**
 * Starts `storycore studio` on a copy of the sample film; `daemon` is its `daemon.toml`, `files` are
 * texts that the film has instead or as well.
 */
export async function startStudio({ daemon = "", files = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "sc"));
  const film = join(folder, "high-water");
  const ours = (path) => /\/(\.storycore|exports)(\/|$)/.test(path);
  await cp(sampleFilm, film, { recursive: true, filter: (path) => !ours(path.slice(sampleFilm.length)) });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(film, path)), { recursive: true });
    await writeFile(join(film, path), text);
  }
  await mkdir(join(folder, "config"));
  await writeFile(join(folder, "config/daemon.toml"), daemon);
  const env = {
    ...process.env,
    STORYCORE_RUNTIME_DIR: join(folder, "run"),
    STORYCORE_STATE_DIR: join(folder, "state"),
    STORYCORE_CONFIG_DIR: join(folder, "config"),
  };
  const studio = spawn(variable("STORYCORE_TEST_BINARY"), ["studio", film, "--no-open"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: studio.stdout });
  const url = await new Promise((resolve, reject) => {
    // The address comes at once; how the film is, when it is drawn.
    let address;
    lines.on("line", (line) => {
      if (line.startsWith("http://")) address = line.trim();
      if (address !== undefined && / scenes?, /.test(line)) resolve(address);
    });
    studio.on("exit", (code) => reject(new Error(`studio ended with ${code}`)));
  });
  return { folder, film, script: join(film, "script/high-water.fountain"), settings: join(film, "storycore.toml"), url, studio };
}

/** The process that serves the page. */
export async function daemonPid({ folder }) {
  const names = await readdir(join(folder, "run"));
  const record = names.find((name) => name.endsWith(".json"));
  return record === undefined ? undefined : JSON.parse(await readFile(join(folder, "run", record), "utf8")).pid;
}

export async function stopStudio(studio) {
  studio.studio.removeAllListeners("exit");
  studio.studio.kill("SIGKILL");
  const pid = await daemonPid(studio).catch(() => undefined);
  if (pid !== undefined) process.kill(pid, "SIGKILL");
  await rm(studio.folder, { recursive: true, force: true, maxRetries: 5 });
}

/** A browser without a window, and without a word to any network but this machine. */
export function startBrowser() {
  return chromium.launch({
    executablePath: variable("STORYCORE_TEST_CHROMIUM"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"],
  });
}

/** A port of this machine where nobody answers. */
export async function closedPort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

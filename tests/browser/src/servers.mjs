// A real ComfyUI and a real llama.cpp server, each in a process of its own on a free port.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { closedPort, variable } from "./studio.mjs";

const serve = fileURLToPath(new URL("../../llm/serve.py", import.meta.url));
/** How long ComfyUI may take to start on a busy machine, in milliseconds. */
const startMax = 100_000;

/** Starts ComfyUI with the tiny model of the tests; `settings` is what `daemon.toml` says of it. */
export async function startComfyui() {
  const folder = await mkdtemp(join(tmpdir(), "comfy"));
  const port = await closedPort();
  const server = spawn(variable("STORYCORE_TEST_COMFYUI"), [`${port}`, folder], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + startMax;
  while (!(await fetch(`${url}/system_stats`).then((it) => it.ok, () => false))) {
    if (Date.now() > until || server.exitCode !== null) throw new Error("ComfyUI does not start");
    await new Promise((done) => setTimeout(done, 200));
  }
  return {
    settings: `[[comfyui]]\nname = "desk"\nurl = "${url}"\n`,
    async stop() {
      server.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Starts llama.cpp with a small model that speaks English. */
export async function startLlama() {
  const model = join(variable("STORYCORE_TEST_LLAMA_MODELS"), "small.gguf");
  const server = spawn(variable("STORYCORE_TEST_LLAMA"), [serve, model, "4096", "1"], {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines = createInterface({ input: server.stdout });
  const url = await new Promise((resolve, reject) => {
    lines.on("line", (line) => line.startsWith("listening on ") && resolve(line.slice(13).trim()));
    server.on("exit", (code) => reject(new Error(`the model's server ended with ${code}`)));
  });
  server.removeAllListeners("exit");
  return {
    settings: `[[llm]]\nname = "clerk"\nkind = "openai"\nurl = "${url}"\ncontext_tokens = 4096\nprice_in = 1.0\nprice_out = 2.0\n`,
    stop: () => void server.kill("SIGKILL"),
  };
}

// Runs for looking at the queue: one under way on two servers, others behind it, some that ended.
import type { GlobalState, PatchOperation, PlannedShot, RenderServer, Run, Step, StepProgress } from "@storycore/client";

import { projectId, takeOf } from "../film.ts";
import type { Params } from "./daemon.ts";

const tickMs = 300;
const ticksPerStep = 14;
const main = "01RUN0004";

const refused =
  "http://10.0.0.12:8188 does not answer: connection refused";

const servers: RenderServer[] = [
  { name: "here", url: "http://127.0.0.1:8188", health: "up", sinceMs: 1, draining: false, version: "0.3.75", device: "cuda:0 NVIDIA RTX 4090", memoryBytes: 24 * 2 ** 30, memoryFreeBytes: 7.4 * 2 ** 30, placed: 2, queued: 3, others: 1, node: "KSampler", doneMilli: 400, meanMs: 4200, finished: 131, model: "sd_xl_base_1.0" },
  { name: "attic", url: "http://10.0.0.11:8188", health: "up", sinceMs: 1, draining: true, version: "0.3.75", device: "cuda:0 NVIDIA RTX 3060", memoryBytes: 12 * 2 ** 30, memoryFreeBytes: 2.9 * 2 ** 30, placed: 1, queued: 1, others: 0, node: "VAEDecode", meanMs: 11_800, finished: 40 },
  { name: "big", url: "http://10.0.0.12:8188", health: "down", sinceMs: Date.now() - 500_000, error: refused, draining: false, placed: 0, queued: 0, others: 0, finished: 12 },
];

export function createWork(state: () => GlobalState, change: (patch: PatchOperation[]) => void) {
  const shots = () => Object.keys(state().project.shots).slice(0, 24);
  let tick = 0;

  function begin() {
    const { generation, project } = state();
    project.settings.renderer = "comfyui";
    const now = Date.now();
    const run = (id: string, part: Partial<Run>): Run => ({ id, cause: "request", status: "running", total: 48, done: 0, reused: 0, failed: 0, requestedMs: now - 240_000, ...part });
    generation.runs = Object.fromEntries(
      [
        run("01RUN0001", { status: "finished", total: 96, done: 96, reused: 31, workflow: "text to image", requestedMs: now - 9_000_000 }),
        run("01RUN0002", { status: "failed", total: 24, done: 20, failed: 4, workflow: "upscale", error: `4x-UltraSharp.pth is not installed on here or attic: put it into models/upscale_models`, requestedMs: now - 5_000_000 }),
        run("01RUN0003", { status: "canceled", total: 318, done: 102, cause: "automatic", requestedMs: now - 3_000_000 }),
        run(main, { workflow: "text to image", done: 30, reused: 2, failed: 1, error: "here: out of memory while it loaded sd_xl_base_1.0; it was freed and tried again twice" }),
        run("01RUN0005", { workflow: "upscale", total: 24, requestedMs: now - 120_000 }),
        run("01RUN0006", { workflow: "image to video (Wan)", total: 12, status: "paused", done: 3, requestedMs: now - 60_000 }),
      ].map((it) => [it.id, it]),
    );
    setInterval(() => step(), tickMs);
  }

  // Two shots at a time; the first of them is ahead.
  function step() {
    tick += 1;
    const patch: PatchOperation[] = [];
    for (const lane of [0, 1]) {
      const at = tick + lane * 5;
      const shot = shots()[(Math.floor(at / ticksPerStep) * 2 + lane + 4) % 24] ?? "";
      const inStep = at % ticksPerStep;
      const key = `/system/work/${main}:panel:${shot}`;
      if (inStep === ticksPerStep - 1) {
        const take = `made-${tick}-${lane}`;
        if (key.split("/").at(-1)! in state().system.work) patch.push({ op: "remove", path: key });
        patch.push({ op: "add", path: `/generation/takes/${take}`, value: takeOf(shot, `${shot}-v${tick}`, Date.now()) });
        patch.push({ op: "add", path: `/project/shots/${shot}/take`, value: take });
        patch.push({ op: "replace", path: `/project/shots/${shot}/status`, value: "fresh" });
        const { done = 0 } = state().generation.runs[main] ?? {};
        patch.push({ op: "replace", path: `/generation/runs/${main}/done`, value: done >= 44 ? 30 : done + 1 });
      } else {
        const work: StepProgress = { run: main, step: "panel", shot, server: lane === 0 ? "here" : "attic", message: inStep < 2 ? "waits behind 2 others" : "sampling", startedMs: Date.now() };
        if (inStep >= 2) Object.assign(work, { doneMilli: Math.round((1000 * (inStep - 1)) / (ticksPerStep - 2)), preview: tick });
        patch.push({ op: "add", path: key, value: work });
      }
    }
    change(patch);
  }

  function steps({ id, status, offset = 0 }: Params): Step[] {
    const run = state().generation.runs[id ?? ""];
    const all = shots().flatMap((shot, i): Step[] => [
      { step: "words", shot, status: "done", attempts: 0, output: { positive: "close-up, eye level, 50 mm lens, exterior HARBOR MOLE, dawn. ÉLOÏSE: red oilskin coat.", negative: "text, caption, watermark" } },
      i === 3
        ? { step: "panel", shot, status: "failed", attempts: 3, kind: "outOfMemory", error: "here: out of memory while it loaded sd_xl_base_1.0; use a smaller model or fewer pixels, then try again" }
        : i < (run?.done ?? 0) - 24
          ? { step: "panel", shot, status: "done", attempts: 1, tookMs: 4200 + i * 10, reused: i < 2 }
          : { step: "panel", shot, status: "waiting", attempts: i === 12 ? 1 : 0, ...(i === 12 && { kind: "unreachable", nextMs: Date.now() + 12_000, error: refused }) },
    ]);
    return all.filter((it) => status === undefined || it.status === status).slice(offset, offset + 200);
  }

  function plan(named: readonly string[] | undefined) {
    const { project } = state();
    const wanted = named ?? Object.keys(project.shots).filter((id) => project.shots[id]?.status !== "fresh");
    const items = wanted.map((shot, i): PlannedShot => {
      const { status = "missing", reasons = [], sceneId = "" } = project.shots[shot] ?? {};
      return { shot, scene: sceneId, label: `${i + 1}A`, status, reasons, reused: i === 1 };
    });
    const of = Object.keys(project.shots).length;
    return { name: "text to image", workflow: "shipped/text-to-image.toml", summary: `${items.length} of ${of} shots, because ÉLOÏSE: coat changed (${items.length - 3}), no picture yet (3); 2 more are locked`, shots: items.length, of, locked: 2, steps: items.length * 2, reused: 1, tookMs: items.length * 4200, items };
  }

  function put(id: string, part: Partial<Run>): unknown {
    const value = { ...state().generation.runs[id], ...part };
    change([{ op: "add", path: `/generation/runs/${id}`, value }]);
    return { seq: 1, value };
  }

  function answer(method: string, params: Params): unknown {
    const { id = "" } = params;
    switch (method) {
      case "server/list":
        return state().project.settings.renderer === "sketch" ? [] : servers;
      case "server/drain":
        return Object.assign(servers.find((it) => it.name === params.name) ?? {}, { draining: params.on });
      case "run/steps":
        return steps(params);
      case "run/pause":
        return put(id, { status: "paused" });
      case "run/resume":
      case "run/retry":
        return put(id, { status: "running" });
      case "run/cancel":
        return put(id, { status: "canceled" });
      case "run/prioritize":
        return put(id, { priority: params.priority ?? 0 });
      case "workflow/plan":
        return plan(params.shots);
      case "workflow/start":
        return put("01RUN0007", { id: "01RUN0007", workflow: "text to image", cause: "request", status: "running", total: 2, done: 0, reused: 0, failed: 0, requestedMs: Date.now() });
    }
    return undefined;
  }

  return {
    begin,
    answer,
    /** What the unfinished picture of `{run}/{step}/{shot}` shows. */
    preview(path: string) {
      const shot = path.split("/").at(-1) ?? "";
      const work = state().system.work[path.replaceAll("/", ":")];
      return { shot, share: (work?.doneMilli ?? 1000) / 1000, project: projectId };
    },
  };
}

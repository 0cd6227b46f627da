// What ComfyUI is at: its servers, previews on the board, and the plan before anything is drawn.
import { act, fireEvent, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { GlobalState, Plan, RenderServer, StepProgress } from "@storycore/client";

import { projectId, smallFilm } from "./film.ts";
import { card, redrawn, stage } from "./stage.tsx";

const shot = "shot-1-1";

function film(): GlobalState {
  const state = smallFilm();
  state.project.settings.renderer = "comfyui";
  return state;
}

const server = (part: Partial<RenderServer> = {}): RenderServer => ({
  name: "here",
  url: "http://127.0.0.1:8188",
  health: "up",
  draining: false,
  version: "0.3.75",
  device: "cuda:0",
  memoryBytes: 24 * 2 ** 30,
  memoryFreeBytes: 7.4 * 2 ** 30,
  model: "sd_xl_base_1.0",
  placed: 2,
  queued: 3,
  others: 1,
  finished: 131,
  meanMs: 4200,
  ...part,
});

type Answers = NonNullable<NonNullable<Parameters<typeof stage>[0]>["answers"]>;

async function page(answers: Answers = {}) {
  return stage({ film: film(), answers: { "llm/list": () => [], "llm/usage": () => [], "server/list": () => [server()], ...answers } });
}

async function queue(answers: Answers) {
  const all = await page(answers);
  await all.user.click(screen.getByRole("button", { name: /^Queue/ }));
  await act(async () => {});
  return all;
}

test("a server tells what it is, what it has loaded and what it does", async () => {
  await queue({});
  const row = within(screen.getByRole("list", { name: "Servers" })).getByRole("listitem");
  expect(row.textContent).toContain("ComfyUI 0.3.75 · cuda:0 · 7.4 of 24\u00a0GB free · sd_xl_base_1.0");
  expect(row.textContent).toContain("2 of ours, 1 of others · 4.2\u00a0s each · 131 made");
});

test("a server that is down says why and what to do; with all down, the list is open by itself", async () => {
  await queue({ "server/list": () => [server({ health: "down", error: "it does not answer: connection refused" })] });
  expect(screen.getByText("0 of 1 server up; here is down")).toBeTruthy();
  const row = within(screen.getByRole("list", { name: "Servers" })).getByRole("listitem");
  expect(row.textContent).toContain("It does not answer: connection refused. Start it, or correct its url");
  expect(row.closest("details")?.open).toBe(true);
});

test("a film that ComfyUI draws says how to set a server up, when there is none", async () => {
  await queue({ "server/list": () => [] });
  expect(screen.getByRole("note").textContent).toContain("[[comfyui]]");
});

test("a server is drained, and what it answers is asked for at once", async () => {
  let draining = false;
  const { calls, user } = await queue({
    "server/list": () => [server({ draining })],
    "server/drain": ({ on }) => server({ draining: (draining = on) }),
  });
  await user.click(screen.getByRole("button", { name: "Drain here" }));
  expect(calls.find((it) => it.method === "server/drain")?.params).toEqual({ name: "here", on: true });
  expect(screen.getByRole("button", { name: "Drain here" }).getAttribute("aria-pressed")).toBe("true");
});

const key = `run-1:panel:${shot}`;
const step = (part: Partial<StepProgress> = {}): StepProgress => ({
  run: "run-1",
  step: "panel",
  shot,
  server: "here",
  message: "waits behind 2 others",
  startedMs: 1,
  ...part,
});
const put = (value: StepProgress) => ({ op: "add", path: `/system/work/${key}`, value }) as const;
const previews = () => [...card(shot).querySelectorAll<HTMLImageElement>("img.preview")];
const shown = () => card(shot).querySelector("img[data-preview]")?.getAttribute("src");

test("a shot that is drawn says where it is at, and shows each unfinished picture once it is loaded", async () => {
  const { patch } = await page();
  patch(put(step()));
  expect(card(shot).querySelector(".shot-doing")?.textContent).toBe("Waits behind 2 others");
  expect(previews()).toEqual([]);
  patch(put(step({ message: "sampling", doneMilli: 250, preview: 1 })));
  const bar = within(card(shot)).getByRole("progressbar", { name: "12A: sampling" }) as HTMLProgressElement;
  expect(bar.value).toBe(250);
  expect(shown()).toBeUndefined();
  const address = (n: number) => `/previews/${projectId}/run-1/panel/${shot}?${n}`;
  fireEvent.load(previews()[0] ?? new Image());
  expect(shown()).toBe(address(1));
  // While one loads, those between are left out; the last one shown stays.
  patch(put(step({ doneMilli: 500, preview: 2 })));
  patch(put(step({ doneMilli: 600, preview: 3 })));
  expect(shown()).toBe(address(1));
  expect(previews().map((it) => it.getAttribute("src"))).toEqual([address(1), address(2)]);
  fireEvent.load(previews()[1] ?? new Image());
  expect(previews().map((it) => it.getAttribute("src"))).toEqual([address(2), address(3)]);
});

test("the last preview fades over the finished picture, and then it is gone", async () => {
  const { patch } = await page();
  patch(put(step({ preview: 1 })));
  fireEvent.load(previews()[0] ?? new Image());
  patch({ op: "remove", path: `/system/work/${key}` }, ...redrawn(shot, "finished"));
  const over = card(shot).querySelector(".shot-work");
  expect(over?.getAttribute("data-work")).toBe("ended");
  expect(card(shot).querySelector("img[data-asset='finished']")).toBeTruthy();
  fireEvent.animationEnd(over ?? document.body);
  expect(card(shot).querySelector(".shot-work")).toBeNull();
});

function plan(part: Partial<Plan> = {}): Plan {
  return {
    name: "text to image",
    workflow: "shipped/text-to-image.toml",
    summary: "2 of 5 shots, because ÉLOÏSE: coat changed (1), no picture yet (1)",
    shots: 2,
    of: 5,
    locked: 0,
    steps: 4,
    reused: 1,
    tookMs: 8400,
    items: [
      { shot: "shot-1-2", scene: "scene-1", label: "12B", status: "stale", reasons: [{ kind: "character", message: "ÉLOÏSE: coat changed" }], reused: true },
      { shot: "shot-2-2", scene: "scene-2", label: "13B", status: "missing", reasons: [], reused: false },
    ],
    ...part,
  };
}

const run = { id: "run-9", cause: "request", status: "running", total: 4, done: 0, reused: 0, failed: 0, requestedMs: 1, workflow: "text to image" } as const;

async function planning(answers: Answers) {
  const all = await page(answers);
  await all.user.click(screen.getByRole("button", { name: /^Draw 2 panels/ }));
  return { ...all, dialog: within(await screen.findByRole("dialog", { name: "Before it is drawn" })) };
}

test("before anything is drawn, it says what and why, how long it may take and what is there already", async () => {
  const { calls, user, dialog } = await planning({ "workflow/plan": () => plan(), "workflow/start": () => ({ seq: 2, value: run }) });
  expect(await dialog.findByText("2 of 5 shots, because ÉLOÏSE: coat changed (1), no picture yet (1).")).toBeTruthy();
  expect(dialog.getByText(/4 steps · 1 found, not made again · about 8.4 s/)).toBeTruthy();
  const items = within(dialog.getByRole("list", { name: "Shots to draw" })).getAllByRole("listitem");
  expect(items[0]?.textContent).toContain("12BÉLOÏSE: coat changed · its picture is there already");
  expect(items[1]?.textContent).toContain("13Bno picture yet");
  expect(calls.some((it) => it.method === "workflow/start")).toBe(false);
  await user.click(dialog.getByRole("button", { name: "Draw 2 panels" }));
  expect(calls.find((it) => it.method === "workflow/start")?.params).toEqual({ project: projectId, shots: ["shot-1-2", "shot-2-2"] });
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("the prompt of a shot of the plan is shown before it is drawn", async () => {
  const { user, dialog } = await planning({
    "workflow/plan": () => plan(),
    "shot/prompt": ({ id }) => ({ positive: `prompt of ${id}`, negative: "", by: { type: "rules", why: "no language model is set up" } }),
  });
  await user.click(await dialog.findByRole("button", { name: "Prompt of 13B" }));
  expect(await dialog.findByText("prompt of shot-2-2")).toBeTruthy();
});

test("a plan with nothing to do cannot be started; a server that is down is warned of", async () => {
  const { dialog } = await planning({
    "workflow/plan": () => plan({ shots: 0, steps: 0, items: [], summary: "nothing to do" }),
    "server/list": () => [server({ health: "down" })],
  });
  expect((await dialog.findByRole("button", { name: "Draw" })).title).toBe("There is nothing to do.");
  expect(dialog.getByRole("note").textContent).toContain("No server answers now");
});

// The queue: what is made and what waits, in order; what a person does about it.
import { act, createEvent, fireEvent, screen, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { GlobalState, Run, Step, StepProgress } from "@storycore/client";

import { queueOf, reorder } from "../src/run/queue.ts";
import { projectId, smallFilm } from "./film.ts";
import { Refusal, stage } from "./stage.tsx";

const run = (id: string, part: Partial<Run> = {}): Run => ({
  id,
  cause: "request",
  status: "running",
  total: 10,
  done: 0,
  reused: 0,
  failed: 0,
  requestedMs: 1000,
  workflow: id,
  ...part,
});

function film(...runs: readonly Run[]): GlobalState {
  const state = smallFilm();
  state.generation.runs = Object.fromEntries(runs.map((it) => [it.id, it]));
  return state;
}

type Options = NonNullable<Parameters<typeof stage>[0]>;

const changed = (params: { id: string }) => ({ seq: 2, value: run(params.id) });

async function queue(state: GlobalState, options: Options = {}) {
  const answers = {
    "run/prioritize": changed,
    "run/pause": changed,
    "run/resume": changed,
    "run/cancel": changed,
    "run/retry": changed,
    "server/list": () => [],
    "llm/usage": () => [],
    "llm/list": () => [],
    ...options.answers,
  };
  const all = await stage({ film: state, ...options, answers });
  await all.user.click(screen.getByRole("button", { name: /^Queue/ }));
  await act(async () => {});
  return all;
}

const rows = () => within(screen.getByRole("list", { name: "Runs in order" })).getAllByRole("listitem");
const order = () => rows().map((it) => it.dataset["run"]);
const row = (id: string) => rows().find((it) => it.dataset["run"] === id) ?? fail(`no run ${id}`);
const button = (id: string, name: string) => within(row(id)).getByRole("button", { name });
const asked = (calls: { method: string; params: unknown }[]) =>
  calls.filter((it) => it.method.startsWith("run/")).map((it) => [it.method, it.params]);
const fail = (words: string): never => {
  throw new Error(words);
};

afterEach(() => {
  vi.useRealTimers();
});

test("runs stand in the order in which they go: by priority, then by age", async () => {
  await queue(film(run("r3"), run("r1"), run("r2", { priority: 5 }), run("r0", { status: "finished" })));
  expect(order()).toEqual(["r2", "r1", "r3"]);
  expect(screen.getByRole("button", { name: /^Queue/ }).textContent).toContain("3");
});

test("q opens and closes it, Escape closes it and leads back to its button", async () => {
  const { user } = await queue(film(run("r1")));
  await user.keyboard("q");
  expect(screen.queryByRole("complementary", { name: "Queue" })).toBeNull();
  await user.keyboard("q");
  await user.click(button("r1", "r1"));
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("complementary", { name: "Queue" })).toBeNull();
  expect(document.activeElement?.id).toBe("queue-toggle");
});

test("each says what it waits for, and how far it is", async () => {
  const state = film(run("r1", { done: 3, failed: 1, reused: 2, error: "here: out of memory" }), run("r2"), run("r3", { status: "paused" }));
  const work: StepProgress = { run: "r1", step: "panel", shot: "shot-1-1", server: "here", message: "sampling", startedMs: 1 };
  state.system.work = { "r1:panel:shot-1-1": work };
  await queue(state);
  expect(row("r1").textContent).toContain("4 of 10, 2 found, 1 failed");
  expect(row("r1").textContent).toContain("1 under way on here");
  expect(row("r1").textContent).toContain("out of memory");
  expect(row("r2").textContent).toContain("Waits behind 1 run");
  expect(row("r3").textContent).toContain("Paused");
});

test("a run is paused, gone on with and stopped", async () => {
  const { calls, user } = await queue(film(run("r1"), run("r2", { status: "paused" })));
  await user.click(button("r1", "Pause"));
  await user.click(button("r2", "Go on"));
  await user.click(button("r1", "Stop"));
  expect(asked(calls)).toEqual([
    ["run/pause", { project: projectId, id: "r1" }],
    ["run/resume", { project: projectId, id: "r2" }],
    ["run/cancel", { project: projectId, id: "r1" }],
  ]);
});

test("what failed is tried again; what is done has nothing to try", async () => {
  const { calls, user } = await queue(film(run("r1", { status: "failed", done: 8, failed: 2 }), run("r2", { status: "finished", done: 10 })));
  const ended = within(screen.getByRole("list", { name: "Ended runs" }));
  const again = ended.getAllByRole("button", { name: "Try again" });
  expect(again.map((it) => it.title)).toEqual(["Nothing in it failed.", "Try again what failed or was left; what is done stays done"]);
  for (const it of again) await user.click(it);
  expect(asked(calls).filter(([method]) => method === "run/retry")).toEqual([["run/retry", { project: projectId, id: "r1" }]]);
});

test("a run is moved with its buttons; the first cannot go earlier, and says so", async () => {
  const { calls, user } = await queue(film(run("r1"), run("r2"), run("r3")));
  expect(button("r1", "Earlier").title).toBe("It goes first already.");
  expect(button("r3", "Later").title).toBe("It goes last already.");
  await user.click(button("r3", "Earlier"));
  expect(asked(calls)).toEqual([["run/prioritize", { project: projectId, id: "r2", priority: -1 }]]);
  expect(screen.getByRole("status", { name: "Done" }).textContent).toBe("r3 goes in place 2 now.");
});

test("a run is moved with the keyboard", async () => {
  const { calls, user } = await queue(film(run("r1"), run("r2")));
  button("r2", "r2").focus();
  await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
  expect(asked(calls)).toEqual([["run/prioritize", { project: projectId, id: "r2", priority: 1 }]]);
});

function carrier() {
  const kept = new Map<string, string>();
  return {
    setData: (type: string, value: string) => void kept.set(type, value),
    getData: (type: string) => kept.get(type) ?? "",
    get types() {
      return [...kept.keys()];
    },
    effectAllowed: "move",
    dropEffect: "none",
  };
}

test("a run is dragged over another, and goes where the line was", async () => {
  const { calls } = await queue(film(run("r1"), run("r2"), run("r3")));
  const dataTransfer = carrier();
  const first = row("r1");
  first.getBoundingClientRect = () => new DOMRect(0, 100, 300, 80);
  fireEvent.dragStart(row("r3").querySelector(".run-top") ?? fail("no handle"), { dataTransfer });
  const over = (type: "dragOver" | "drop", clientY: number) => {
    const event = createEvent[type](first, { dataTransfer });
    // The test's document gives such an event no place.
    Object.defineProperty(event, "clientY", { value: clientY });
    fireEvent(first, event);
  };
  over("dragOver", 110);
  expect(first.dataset["drop"]).toBe("before");
  over("dragOver", 175);
  expect(first.dataset["drop"]).toBe("after");
  await act(async () => over("drop", 110));
  expect(first.dataset["drop"]).toBeUndefined();
  expect(asked(calls)).toEqual([["run/prioritize", { project: projectId, id: "r3", priority: 1 }]]);
});

test("what a refused change meant is said, and nothing else is set", async () => {
  const refuse = () => {
    throw new Refusal("conflict", "run r3 has ended", "look at what it gave");
  };
  const { user } = await queue(film(run("r1"), run("r2"), run("r3")), { answers: { "run/prioritize": refuse } });
  await user.click(button("r3", "Earlier"));
  expect(screen.getByText(/run r3 has ended/)).toBeTruthy();
  expect(order()).toEqual(["r1", "r2", "r3"]);
});

test("who may only look cannot change the queue, and is told why", async () => {
  const { calls, user } = await queue(film(run("r1"), run("r2")), {
    answers: { initialize: () => ({ version: "0.1.0", protocol: 1, role: "viewer" }) },
  });
  for (const name of ["Pause", "Stop", "Later"]) {
    expect(button("r1", name).title).toContain("needs the role editor");
    await user.click(button("r1", name));
  }
  expect(asked(calls)).toEqual([]);
});

test("the time that is left is told once two steps were measured, by the middle one", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
  const { patch } = await queue(film(run("r1")));
  expect(row("r1").textContent).not.toContain("left");
  for (const [done, ms] of [[1, 4000], [2, 4000], [3, 90_000], [4, 4000]] as const) {
    vi.setSystemTime(Date.now() + ms);
    patch({ op: "replace", path: "/generation/runs/r1/done", value: done });
  }
  // Six steps at four seconds: one that loaded a model does not count.
  expect(row("r1").textContent).toContain("about 24\u00a0s left");
});

test("a run that has come to a stop promises no time, and says what it waits for", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
  const { patch } = await queue(film(run("r1", { done: 1 })));
  for (const done of [2, 3]) {
    vi.setSystemTime(Date.now() + 1000);
    patch({ op: "replace", path: "/generation/runs/r1/done", value: done });
  }
  expect(row("r1").textContent).toContain("about 7\u00a0s left");
  vi.setSystemTime(Date.now() + 10_000);
  patch({ op: "replace", path: "/generation/runs/r1/reused", value: 1 });
  await expect.poll(() => row("r1").textContent, { timeout: 5000 }).not.toContain("left");
  expect(row("r1").textContent).toContain("Waits for a server, or for its next attempt");
});

test("unfolded, a run tells of each step: why it waits, what failed and why", async () => {
  const steps: Step[] = [
    { step: "panel", shot: "shot-1-1", status: "waiting", attempts: 0, waitsFor: ["words"] },
    { step: "panel", shot: "shot-1-2", status: "failed", attempts: 3, kind: "outOfMemory", error: "here: out of memory" },
    { step: "words", shot: "shot-1-3", status: "done", attempts: 1, tookMs: 400, output: { positive: "close-up" } },
  ];
  const list = vi.fn(({ status }: { status?: string | null }) => steps.filter((it) => status == null || it.status === status));
  const { user } = await queue(film(run("r1", { done: 1 })), { answers: { "run/steps": list } });
  await user.click(button("r1", "r1"));
  const region = within(screen.getByRole("region", { name: "Steps" }));
  const told = () => region.getAllByRole("listitem").map((it) => it.querySelector(".step-item")?.textContent + ": " + it.querySelector(".step-words")?.textContent);
  expect(told()).toEqual(["12A: Waits for words", "12B: Failed out of memory", "12C: Done in 0.4\u00a0s"]);
  await user.click(region.getByRole("button", { name: "Failed" }));
  expect(told()).toEqual(["12B: Failed out of memory"]);
});

test("an empty queue says what will be in it", async () => {
  await queue(smallFilm());
  expect(screen.getByText("Nothing is being made.")).toBeTruthy();
});

// What the daemon does with priorities, so that a promise of the page is held against it.
function gone(runs: readonly Run[], id: string, to: number): string[] | null {
  const changes = reorder(queueOf(Object.fromEntries(runs.map((it) => [it.id, it]))).open, id, to);
  if (changes === null) return null;
  const priorities = new Map(changes.map((it) => [it.id, it.priority]));
  const next = runs.map((it) => ({ ...it, priority: priorities.get(it.id) ?? it.priority ?? 0 }));
  return queueOf(Object.fromEntries(next.map((it) => [it.id, it]))).open.map((it) => it.id);
}

test("a moved run is where it was put, and no other two change places", () => {
  let seed = 7;
  const random = (n: number) => (seed = (seed * 48_271) % 2_147_483_647) % n;
  for (let round = 0; round < 400; round += 1) {
    const runs = Array.from({ length: 2 + random(7) }, (_, i) => run(`r${i}`, { priority: random(5) - 2 }));
    const before = queueOf(Object.fromEntries(runs.map((it) => [it.id, it]))).open.map((it) => it.id);
    const id = before[random(before.length)] ?? "";
    const to = random(before.length);
    const expected = before.filter((it) => it !== id).toSpliced(to, 0, id);
    expect(gone(runs, id, to)).toEqual(expected);
  }
});

test("no priority leaves its limits: the others make room, and where there is none, nothing is promised", () => {
  expect(gone([run("r1", { priority: 100 }), run("r2", { priority: 100 })], "r2", 0)).toEqual(["r2", "r1"]);
  expect(gone([run("r1", { priority: -100 }), run("r2", { priority: -100 })], "r1", 1)).toEqual(["r2", "r1"]);
  // Of one priority, the older goes first: one of each priority, and each younger than the one below it.
  const full = Array.from({ length: 201 }, (_, i) => run(`r${500 - i}`, { priority: 100 - i }));
  expect(gone([...full, run("r999", { priority: -100 })], "r999", 0)).toBeNull();
});

// Two takes against each other in one place, and what the checks of their pictures say.
import { act, fireEvent, screen, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Checks, GlobalState, TakeDetails, TakeSource } from "@storycore/client";

import { moveBy, whole, zoomTo } from "../src/take/zoom.ts";
import { projectId, smallFilm, takeOf } from "./film.ts";
import { card, stage } from "./stage.tsx";

const shot = "shot-1-3";

function film(renderer = "comfyui"): GlobalState {
  const state = smallFilm();
  state.project.settings.renderer = renderer;
  const { takes } = state.generation;
  delete takes[`take-${shot}`];
  takes["take-a"] = takeOf(shot, "first", 1000);
  takes["take-b"] = takeOf(shot, "second", 2000);
  const third = state.project.shots[shot];
  if (third) third.take = "take-b";
  return state;
}

const source: TakeSource = { type: "rendered", run: "run-1", renderKey: "k", rendererVersion: "comfyui 0.3.75", seed: 7 };

const poor: Checks = {
  grade: "fail",
  score: 69.96,
  words: "69.9 of 100, and 70 passes",
  verdicts: [
    { check: "blackFrame", grade: "pass", unit: "share", words: "not black: 10.0% of it is darker than 32 of 255" },
    { check: "palette", grade: "warn", unit: "ΔE", words: "the colors are not those of the style: ΔE 14.5 from the style, and up to 12.0 is good" },
    { check: "sharpness", grade: "fail", measured: 49.996, threshold: 50, unit: "", words: "soft: 49.996, and 50 is the least" },
  ],
};

const good: Checks = { grade: "pass", score: 91, words: "91 of 100", verdicts: [] };

function told(checks: Record<string, Checks | null>): TakeDetails[] {
  return Object.entries(checks).map(([id, it]) => ({ id, status: "fresh", reasons: [], source, checks: it })) as unknown as TakeDetails[];
}

const compared = {
  a: { id: "take-b" },
  b: { id: "take-a" },
  asked: [],
  askedBack: [],
  made: [],
  pictures: { type: "same" },
} as never;

type Answers = NonNullable<NonNullable<Parameters<typeof stage>[0]>["answers"]>;

async function large(answers: Answers = {}, state = film()) {
  const list = () => told({ "take-a": good, "take-b": poor });
  const all = await stage({ film: state, answers: { "take/list": list, "take/compare": () => compared, ...answers } });
  await all.user.click(within(card(shot)).getByRole("button", { name: /Panel 12C/ }));
  if (!screen.queryByRole("dialog")) await all.user.keyboard("{Enter}");
  await act(async () => {});
  return all;
}

async function flicker(answers: Answers = {}) {
  const all = await large(answers);
  await all.user.keyboard("c");
  await all.user.click(screen.getByRole("radio", { name: "Flicker" }));
  return all;
}

const seen = () => document.querySelector(".zoom-frame")?.getAttribute("data-seen");
const transforms = () => [...document.querySelectorAll<HTMLElement>(".zoom-inner")].map((it) => it.style.transform);

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("f shows one take, then the other, and what is named is what is seen", async () => {
  const { user } = await flicker();
  expect(seen()).toBe("a");
  expect(screen.getByRole("img", { name: "Take 2" })).toBeTruthy();
  expect(screen.queryByRole("img", { name: "Take 1" })).toBeNull();
  await user.keyboard("f");
  expect(seen()).toBe("b");
  expect(screen.getByRole("img", { name: "Take 1" })).toBeTruthy();
  expect(document.querySelector(".flicker-name")?.textContent).toBe("Take 1");
  // Whoever flips by hand wants to look at what is there.
  expect(screen.getByRole("button", { name: /By itself/ }).getAttribute("aria-pressed")).toBe("false");
  await user.keyboard("f");
  expect(seen()).toBe("a");
});

test("by itself it flips at the pace that is picked, until somebody stops it", async () => {
  const { user } = await flicker();
  expect(screen.getByRole("button", { name: /By itself/ }).getAttribute("aria-pressed")).toBe("true");
  await user.keyboard("a");
  vi.useFakeTimers();
  const press = (key: string) => act(() => void fireEvent.keyDown(document.body, { key }));
  const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));
  press("a");
  pass(799);
  expect(seen()).toBe("a");
  pass(1);
  expect(seen()).toBe("b");
  act(() => void fireEvent.click(screen.getByRole("radio", { name: "Slow" })));
  pass(1499);
  expect(seen()).toBe("b");
  pass(1);
  expect(seen()).toBe("a");
  press("a");
  pass(10_000);
  expect(seen()).toBe("a");
});

test("who wants no motion sees none until it is asked for", async () => {
  const match = window.matchMedia.bind(window);
  vi.spyOn(window, "matchMedia").mockImplementation((query) =>
    query.includes("reduced-motion") ? ({ matches: true } as MediaQueryList) : match(query),
  );
  await flicker();
  expect(screen.getByRole("button", { name: /By itself/ }).getAttribute("aria-pressed")).toBe("false");
});

test("both takes are zoomed alike, side by side and in turn, and 0 shows all again", async () => {
  const { user } = await large();
  await user.keyboard("c");
  await user.keyboard("+");
  const [left, right] = transforms();
  expect(left).toContain("scale(1.5)");
  expect(right).toBe(left);
  await user.click(screen.getByRole("radio", { name: "Flicker" }));
  expect(transforms()).toEqual([left]);
  await user.keyboard("f");
  expect(transforms()).toEqual([left]);
  await user.keyboard("0");
  expect(transforms()[0]).toContain("scale(1)");
  expect(screen.getByRole("button", { name: "Farther" }).title).toBe("The whole picture is in sight.");
});

test("the point under the pointer stays where it is, and no edge comes into the frame", () => {
  const at = { x: 0.25, y: 0.75 };
  const zoom = zoomTo(whole, 4, at);
  expect([zoom.x + at.x * 4, zoom.y + at.y * 4]).toEqual([at.x, at.y]);
  expect(moveBy(zoom, 9, -9)).toEqual({ scale: 4, x: 0, y: -3 });
  expect(zoomTo(zoom, 0.1)).toEqual({ scale: 1, x: 0, y: 0 });
  expect(zoomTo(whole, 1000).scale).toBe(16);
});

test("a take tells what is wrong with its picture, the worst first, and never rounds up", async () => {
  await large();
  const checks = within(await screen.findByRole("region", { name: "Checks of take 2" }));
  expect(checks.getByText("Picture poor")).toBeTruthy();
  expect(checks.getByText("69.9 of 100, and 70 passes")).toBeTruthy();
  const wrong = within(checks.getByRole("list", { name: "What is wrong" })).getAllByRole("listitem");
  expect(wrong.map((it) => it.textContent)).toEqual([
    "✕poor: Soft: 49.996, and 50 is the least",
    "!doubtful: The colors are not those of the style: ΔE 14.5 from the style, and up to 12.0 is good",
  ]);
  const strip = within(screen.getByRole("list", { name: "Takes" })).getAllByRole("button");
  expect(strip.map((it) => it.getAttribute("aria-label"))).toEqual([
    "Take 2, shown, picture poor, 69 of 100",
    "Take 1, picture good, 91 of 100",
  ]);
  expect(strip.map((it) => it.querySelector(".checks-sign")?.textContent)).toEqual(["✕ 69", "✓ 91"]);
});

test("a picture that was not checked is checked when somebody asks, and the answer is shown", async () => {
  let checked = false;
  const sketched = { ...source, rendererVersion: "sketch-1" };
  const list = () => told({ "take-a": null, "take-b": checked ? poor : null }).map((it) => ({ ...it, source: sketched }));
  const { calls, user } = await large({
    "take/list": list,
    "take/check": () => {
      checked = true;
      return list();
    },
  });
  const region = within(screen.getByRole("region", { name: "Checks of take 2" }));
  expect(region.getByText("This picture was not checked yet.")).toBeTruthy();
  await user.click(region.getByRole("button", { name: "Check it" }));
  expect(await region.findByText("Picture poor")).toBeTruthy();
  expect(calls.find((it) => it.method === "take/check")?.params).toEqual({ project: projectId, id: "take-b" });
});

test("a take that failed says that its shot was drawn again, and why", async () => {
  const repeated = { run: "run-2", attempt: 2, attempts: 3, reason: "soft: 49.996, and 50 is the least" };
  await large({ "take/list": () => told({ "take-a": good, "take-b": poor }).map((it) => (it.id === "take-b" ? { ...it, repeated } : it)) });
  expect(
    await screen.findByText("Drawn again with another seed (attempt 2 of 3), because: soft: 49.996, and 50 is the least."),
  ).toBeTruthy();
});

test("another seed draws the shot anew; the built-in renderer, which has none, is not asked", async () => {
  const value = { id: "run-9", cause: "request", status: "running", total: 2, done: 0, reused: 0, failed: 0, requestedMs: 1 } as const;
  const { calls, user } = await large({ "workflow/start": () => ({ seq: 3, value }) });
  await user.click(screen.getByRole("button", { name: "Another seed" }));
  expect(calls.find((it) => it.method === "workflow/start")?.params).toEqual({ project: projectId, shots: [shot], force: true });
  expect(screen.getByText(/in the queue, with another seed/)).toBeTruthy();
});

test("with the built-in renderer there is no other seed to try", async () => {
  await large({}, film("sketch"));
  expect(screen.queryByRole("button", { name: "Another seed" })).toBeNull();
});

test("a card says that its picture has not passed, and why when somebody points at it", async () => {
  const film = smallFilm();
  const shot = film.project.shots["shot-1-1"];
  if (shot === undefined) throw new Error("no shot");
  shot.grade = "fail";
  const { calls, user } = await stage({ film, answers: { "take/get": () => ({ checks: poor }) as unknown as TakeDetails } });
  const asked = () => calls.filter((it) => it.method.startsWith("take/")).length;
  const badge = within(card("shot-1-1")).getByRole("button", { name: "Picture of 12A is poor" });
  expect(within(card("shot-1-3")).queryByRole("button", { name: /^Picture of/ })).toBeNull();
  expect(asked()).toBe(0);
  await user.hover(badge);
  expect(await screen.findByTitle(/^Soft: 49\.996, and 50 is the least/)).toBe(badge);
  await user.unhover(badge);
  await user.hover(badge);
  expect(asked()).toBe(1);
});

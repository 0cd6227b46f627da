// All takes of a shot, and what a person decides about them.
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { methodInfo, type GlobalState, type Methods, type PatchOperation, type TakeDetails } from "@storycore/client";

import { projectId, smallFilm, takeOf } from "./film.ts";
import { card, stage } from "./stage.tsx";

const shot = "shot-1-3";

/** The small film, with three takes of shot 12C; the second is shown. */
function film(): GlobalState {
  const state = smallFilm();
  const { takes } = state.generation;
  delete takes[`take-${shot}`];
  takes["take-a"] = takeOf(shot, "first", 1000);
  takes["take-b"] = { ...takeOf(shot, "second", 2000), imported: "harbor.png", starred: true };
  takes["take-c"] = { ...takeOf(shot, "third", 3000), rejected: true };
  const third = state.project.shots[shot];
  if (third) Object.assign(third, { take: "take-b", choice: { take: "take-b", locked: true } });
  return state;
}

const details = { "take-a": "stale", "take-b": "fresh", "take-c": "fresh" } as const;

function told(): TakeDetails[] {
  return Object.entries(details).map(([id, status]) => ({
    id,
    status,
    reasons: status === "stale" ? [{ kind: "text", message: "line 1 rewritten" }] : [],
    source: { type: "rendered", rendererVersion: "sketch-1" },
  })) as unknown as TakeDetails[];
}

const done = () => ({ seq: 2, value: told()[0] as TakeDetails });
const answers = {
  "take/list": told,
  "take/select": done,
  "take/lock": done,
  "take/star": done,
  "take/reject": done,
  "take/comment": () => ({ seq: 2, value: { id: "comment-1", by: "page-test", atMs: 1, text: "Keep." } }),
  "take/uncomment": () => ({ seq: 2, value: null }),
  "take/compare": () =>
    ({
      a: { id: "take-a" },
      b: { id: "take-b" },
      asked: [{ kind: "text", message: "line 1 rewritten" }],
      askedBack: [],
      made: ["made by: sketch → page-test"],
      pictures: { type: "measured", pixels: 100, differingPixels: 12, differingPpm: 120_000, meanDifferencePpm: 10 },
    }) as never,
};

async function large() {
  const all = await stage({ film: film(), answers });
  await all.user.click(within(card(shot)).getByRole("button", { name: /Panel 12C/ }));
  if (!screen.queryByRole("dialog")) await all.user.keyboard("{Enter}");
  await act(async () => {});
  return all;
}

const takes = () => within(screen.getByRole("list", { name: "Takes" })).getAllByRole("button");
const names = () => takes().map((it) => it.getAttribute("aria-label"));
const looked = () => takes().find((it) => it.getAttribute("aria-current"))?.getAttribute("aria-label");
// What the page looks at is told when it has rested there for a moment: that is no answer to a key.
const last = (calls: { method: string; params: unknown }[]) => calls.findLast((it) => it.method !== "selection/set");

test("all takes stand side by side, the newest first, with what was decided and what is stale", async () => {
  await large();
  expect(names()).toEqual([
    "Take 3, rejected",
    "Take 2, shown, locked, starred",
    "Take 1, stale: line 1 rewritten",
  ]);
  expect(looked()).toBe("Take 2, shown, locked, starred");
  const bar = screen.getByRole("region", { name: "Take 2" });
  expect(bar.textContent).toContain("harbor.png, added");
});

test("a card tells how many takes there are, and whether one is locked or starred", async () => {
  await stage({ film: film(), answers });
  expect(within(card(shot)).getByText("3 takes")).toBeTruthy();
  expect(within(card(shot)).getByText("Locked")).toBeTruthy();
  expect(within(card(shot)).getByText("Starred")).toBeTruthy();
  expect(within(card("shot-1-1")).queryByText(/takes/)).toBeNull();
});

test("looking at a stale take tells why it is stale, and changes nothing", async () => {
  const { calls, user } = await large();
  await user.keyboard("[[");
  expect(looked()).toBe("Take 1, stale: line 1 rewritten");
  expect(within(screen.getByRole("region", { name: "Take 1" })).getByText("line 1 rewritten")).toBeTruthy();
  const picture = screen.getByRole("dialog").querySelector(".desk > .panel img[data-asset]");
  expect(picture?.getAttribute("src")).toBe(`/assets/${projectId}/first`);
  expect(calls.filter((it) => methodInfo[it.method as keyof Methods].role === "editor")).toEqual([]);
});

test.each([
  ["p", "take/select", true],
  ["l", "take/lock", true],
  ["s", "take/star", true],
  ["x", "take/reject", true],
])("%s decides about the take that is looked at", async (key, method, on) => {
  const { calls, user } = await large();
  await user.keyboard("1");
  await user.keyboard(key);
  expect(last(calls)).toEqual({ method, params: { project: projectId, id: "take-a", on } });
});

test("what was decided can be taken back with the same button", async () => {
  const { calls, user } = await large();
  const bar = within(screen.getByRole("region", { name: "Take 2" }));
  const star = bar.getByRole("button", { name: /Starred/ });
  expect(star.getAttribute("aria-pressed")).toBe("true");
  await user.click(star);
  expect(last(calls)).toEqual({ method: "take/star", params: { project: projectId, id: "take-b", on: false } });
  await user.click(bar.getByRole("button", { name: /Locked/ }));
  expect(last(calls)).toEqual({ method: "take/lock", params: { project: projectId, id: "take-b", on: false } });
});

test("a comment is said, shown and taken back; letters typed are no keys", async () => {
  const { calls, patch, user } = await large();
  const field = screen.getByRole("textbox", { name: "Comment on take 2" });
  await user.type(field, "sell x{Enter}");
  expect(last(calls)).toEqual({ method: "take/comment", params: { project: projectId, id: "take-b", text: "sell x" } });
  expect(calls.filter((it) => /star|lock|reject/.test(it.method))).toEqual([]);
  const comment = { id: "comment-1", by: "page-test", atMs: 1, text: "sell x" };
  patch({ op: "replace", path: "/generation/takes/take-b/comments", value: [comment] });
  await user.click(screen.getByRole("button", { name: "Take back “sell x”" }));
  expect(last(calls)).toEqual({ method: "take/uncomment", params: { project: projectId, id: "take-b", comment: "comment-1" } });
});

test("two takes are compared, with what differs in words", async () => {
  const { user } = await large();
  await user.keyboard("1c");
  const compare = within(await screen.findByRole("region", { name: "Compare takes" }));
  expect(compare.getAllByRole("img").map((it) => it.getAttribute("alt"))).toEqual(["Take 1", "Take 2"]);
  const words = within(await compare.findByRole("list", { name: "What differs" })).getAllByRole("listitem");
  expect(words.map((it) => it.textContent)).toEqual([
    "line 1 rewritten",
    "made by: sketch → page-test",
    "12% of the pixels differ",
  ]);
  await user.click(compare.getByRole("radio", { name: "Wipe" }));
  expect(compare.getByRole("slider", { name: "How much of take 1 lies over take 2" })).toBeTruthy();
  await user.click(compare.getByRole("button", { name: "End comparison" }));
  expect(screen.queryByRole("region", { name: "Compare takes" })).toBeNull();
});

test("a shot with one take has nothing to compare it with, and says so", async () => {
  const { user } = await stage({ answers });
  await user.click(within(card("shot-1-1")).getByRole("button", { name: /Panel 12A/ }));
  if (!screen.queryByRole("dialog")) await user.keyboard("{Enter}");
  expect(screen.getByRole("button", { name: /Compare/ }).title).toBe("The shot has one take only.");
});

test("a new take is shown at once, unless an older one is looked at", async () => {
  const { patch, user } = await large();
  const drawn = (id: string, madeMs: number): PatchOperation[] => [
    { op: "add", path: `/generation/takes/${id}`, value: takeOf(shot, id, madeMs) },
    { op: "replace", path: `/project/shots/${shot}/take`, value: id },
  ];
  patch(...drawn("take-d", 4000));
  expect(looked()).toBe("Take 4, shown");
  await user.keyboard("1");
  patch(...drawn("take-e", 5000));
  expect(looked()).toContain("Take 1");
});

test("a page that may only look says so on every decision", async () => {
  const { user } = await stage({
    film: film(),
    answers: { ...answers, initialize: () => ({ version: "0.1.0", protocol: 1, role: "viewer" }) },
  });
  await user.click(within(card(shot)).getByRole("button", { name: /Panel 12C/ }));
  if (!screen.queryByRole("dialog")) await user.keyboard("{Enter}");
  const bar = within(await screen.findByRole("region", { name: "Take 2" }));
  for (const name of [/Selected/, /Locked/, /Starred/, /Reject/]) {
    expect(bar.getByRole("button", { name }).getAttribute("aria-disabled")).toBe("true");
  }
});

test("a take that moves shows its first frame, and plays while it is pointed at", async () => {
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(private readonly tell: (entries: { isIntersecting: boolean }[]) => void) {}
      observe = () => this.tell([{ isIntersecting: true }]);
      disconnect = () => {};
    },
  );
  const state = film();
  state.assets.assets["second"] = { id: "second", mediaType: "video/mp4", bytes: 9 };
  await stage({ film: state, answers });
  const video = card(shot).querySelector("video");
  if (!video) throw new Error("no video is shown");
  await waitFor(() => expect(video.getAttribute("src")).toBe(`/assets/${projectId}/second#t=0.001`));
  expect(video.getAttribute("aria-label")).toMatch(/Panel 12C/);
  expect(video.muted && video.loop && !video.controls).toBe(true);
  const played = vi.spyOn(video, "play").mockResolvedValue();
  const paused = vi.spyOn(video, "pause").mockReturnValue();
  fireEvent.pointerEnter(video);
  expect([played.mock.calls.length, paused.mock.calls.length]).toEqual([1, 0]);
  fireEvent.pointerLeave(video);
  expect(paused.mock.calls.length).toBe(1);
});

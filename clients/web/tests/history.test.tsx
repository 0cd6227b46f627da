// Undo, and looking at earlier moments of the film.
import { act, fireEvent, screen, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { GlobalState, Moment } from "@storycore/client";

import { restMs } from "../src/history/travel.ts";
import { projectId, smallFilm } from "./film.ts";
import { cards, Refusal, stage } from "./stage.tsx";

afterEach(() => void vi.useRealTimers());

function withUndo(undo: string[], redo: string[]): GlobalState {
  const film = smallFilm();
  film.project.history.undo = { "page-test": { undo, redo }, vscode: { undo: ["lock a take"], redo: [] } };
  return film;
}

const button = (name: RegExp) => within(screen.getByRole("group", { name: "Undo and redo" })).getByRole("button", { name });

test("undo says what it takes back, and takes it back", async () => {
  const { calls, user } = await stage({
    film: withUndo(["star a take of 12A"], []),
    answers: { "history/undo": () => ({ seq: 9, label: "star a take of 12A" }) },
  });
  expect(button(/^Redo/).getAttribute("aria-disabled")).toBe("true");
  expect(button(/^Redo/).title).toBe("There is nothing to redo.");
  await user.click(button(/^Undo: star a take of 12A$/));
  expect(calls.at(-1)).toEqual({ method: "history/undo", params: { project: projectId } });
  expect(screen.getByRole("status", { name: "Done" }).textContent).toBe("Undone: star a take of 12A");
});

test("keys undo and redo, but not where somebody types", async () => {
  const { calls, user } = await stage({
    film: withUndo(["star a take of 12A"], ["reject a take of 12B"]),
    answers: {
      "history/undo": () => ({ seq: 9, label: "star a take of 12A" }),
      "history/redo": () => ({ seq: 9, label: "reject a take of 12B" }),
    },
  });
  const asked = () => calls.filter((it) => it.method.startsWith("history/")).map((it) => it.method);
  await user.keyboard("{Control>}z{/Control}");
  await user.keyboard("{Meta>}{Shift>}z{/Shift}{/Meta}");
  expect(asked()).toEqual(["history/undo", "history/redo"]);
  await user.click(screen.getByRole("searchbox", { name: /Search words/ }));
  await user.keyboard("{Control>}z{/Control}");
  expect(asked()).toHaveLength(2);
});

test("what cannot be undone is said kindly", async () => {
  const { user } = await stage({
    film: withUndo(["star a take of 12A"], []),
    answers: {
      "history/undo": () => {
        throw new Refusal("conflict", "somebody has changed 12A since", "look at its takes first");
      },
    },
  });
  await user.click(button(/^Undo/));
  const alert = screen.getAllByRole("alert").find((it) => it.textContent !== "");
  expect(alert?.textContent).toContain("somebody has changed 12A since look at its takes first");
});

const moments: Moment[] = [
  { seq: 30, firstSeq: 21, atMs: 3000, actor: "render", correlationId: "c", words: ["5 panels drawn"] },
  { seq: 20, firstSeq: 11, atMs: 2000, actor: "files", correlationId: "b", words: ["2 scenes rewritten", "1 scene new"] },
  { seq: 10, firstSeq: 1, atMs: 1000, actor: "files", correlationId: "a", words: ["1 scene new"] },
];

/** The film before its second scene was written. */
function before(): GlobalState {
  const film = smallFilm();
  film.project.scripts = { "script/film.fountain": { hash: "00", titlePage: [], scenes: ["scene-1"] } };
  return film;
}

function travelAnswers(at: (seq: number) => GlobalState = before) {
  return {
    "history/list": () => moments,
    "history/at": ({ seq }: { seq: number }) => ({ seq, revision: 0, state: at(seq) }),
    "history/diff": ({ from }: { from: number }) => ({
      from,
      to: 30,
      leftOut: 0,
      differences: [{ kind: "sceneNew" as const, message: "scene 2 is new" }],
    }),
  };
}

const slider = () => screen.getByRole<HTMLInputElement>("slider", { name: "Moment of the film" });
const moment = () => screen.getByRole("status", { name: "Moment" }).textContent;

/** Lets the slider rest, and waits for the answers. */
const rest = () => act(async () => void (await new Promise((done) => setTimeout(done, restMs + 40))));

async function openHistory(options: Parameters<typeof stage>[0] = {}) {
  const all = await stage({ ...options, answers: { ...travelAnswers(), ...options.answers } });
  await all.user.keyboard("h");
  await act(async () => {});
  return all;
}

test("the slider shows the board of an earlier moment, and leads back to now", async () => {
  const { user } = await openHistory();
  expect([slider().min, slider().max, slider().value]).toEqual(["0", "2", "2"]);
  expect(moment()).toBe("Now. render: 5 panels drawn");
  fireEvent.change(slider(), { target: { value: "1" } });
  await rest();
  expect(cards()).toEqual(["shot-1-1", "shot-1-2", "shot-1-3"]);
  expect(moment()).toMatch(/^You are looking at .*files: 2 scenes rewritten and 1 more$/);
  const changes = screen.getByRole("list", { name: "What has changed since" });
  expect(changes.textContent).toBe("scene 2 is new");
  await user.click(screen.getByRole("button", { name: "Back to now" }));
  expect(cards()).toHaveLength(5);
  expect(moment()).toContain("Now.");
});

test("nothing of an earlier moment can be changed, and every button says so", async () => {
  const { calls, user } = await openHistory({ film: withUndo(["star a take of 12A"], []) });
  fireEvent.change(slider(), { target: { value: "0" } });
  await rest();
  for (const name of ["Redraw 12B", /^Undo/]) {
    const it = screen.getByRole("button", { name });
    expect(it.title).toBe("This is an earlier moment. Go back to now first.");
  }
  const asked = calls.length;
  await user.keyboard("{Control>}z{/Control}");
  expect(calls.length).toBe(asked);
});

test("a slider that is dragged asks for where it rests, one moment at a time", async () => {
  const waiting: (() => void)[] = [];
  const { calls } = await openHistory({
    answers: {
      "history/at": async ({ seq }) => {
        await new Promise<void>((go) => waiting.push(go));
        return { seq, revision: 0, state: before() };
      },
    },
  });
  const asked = () => calls.filter((it) => it.method === "history/at").map((it) => (it.params as { seq: number }).seq);
  fireEvent.change(slider(), { target: { value: "1" } });
  fireEvent.change(slider(), { target: { value: "0" } });
  await rest();
  expect(asked()).toEqual([10]);
  fireEvent.change(slider(), { target: { value: "1" } });
  await rest();
  expect(asked()).toEqual([10]);
  expect(moment()).toContain("Loading…");
  await act(async () => waiting.shift()?.());
  await rest();
  expect(asked()).toEqual([10, 20]);
  await act(async () => waiting.shift()?.());
  expect(moment()).not.toContain("Loading…");
});

test("a moment that cannot be shown is said, and the page stays at now", async () => {
  await openHistory({
    answers: {
      "history/at": () => {
        throw new Refusal("unavailable", "the log cannot be read", "run storycore doctor");
      },
    },
  });
  fireEvent.change(slider(), { target: { value: "0" } });
  await rest();
  expect(screen.getByText(/the log cannot be read/)).toBeTruthy();
  expect(moment()).toContain("Now.");
  expect(cards()).toHaveLength(5);
});

test("now gets a name, and a named moment is one click away", async () => {
  const checkpoint = { id: "check-1", name: "before the rewrite", seq: 20, atMs: 2000, by: "page-test" };
  const { calls, patch, user } = await openHistory({
    answers: { "checkpoint/create": () => ({ seq: 31, value: checkpoint }), "checkpoint/delete": () => ({ seq: 32, value: null }) },
  });
  await user.type(screen.getByRole("textbox", { name: "Name of this moment" }), "before the rewrite{Enter}");
  expect(calls).toContainEqual({ method: "checkpoint/create", params: { project: projectId, name: "before the rewrite" } });
  patch({ op: "add", path: "/project/history/checkpoints/check-1", value: checkpoint });
  await user.click(screen.getByRole("button", { name: "before the rewrite" }));
  await rest();
  expect(slider().value).toBe("1");
  expect(cards()).toHaveLength(3);
  await user.click(screen.getByRole("button", { name: "Give up the name “before the rewrite”" }));
  expect(calls).toContainEqual({ method: "checkpoint/delete", params: { project: projectId, id: "check-1" } });
});

test("restoring says what it does before it does it", async () => {
  const { calls, user } = await openHistory({
    answers: { "history/restore": () => ({ seq: 40, files: ["script/film.fountain"] }) },
  });
  fireEvent.change(slider(), { target: { value: "1" } });
  await rest();
  await user.click(screen.getByRole("button", { name: "Restore…" }));
  const dialog = within(screen.getByRole("dialog", { name: /^Restore the film of/ }));
  expect(dialog.getByText(/are written to disk as they were then/)).toBeTruthy();
  expect(calls.some((it) => it.method === "history/restore")).toBe(false);
  await user.click(dialog.getByRole("button", { name: "Restore" }));
  expect(calls).toContainEqual({ method: "history/restore", params: { project: projectId, seq: 20 } });
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(cards()).toHaveLength(5);
  expect(screen.getByRole("status", { name: "Done" }).textContent).toMatch(/^The film is as it was at .*: 1 file written\.$/);
});

test("closing the history leads back to now", async () => {
  const { user } = await openHistory();
  fireEvent.change(slider(), { target: { value: "0" } });
  await rest();
  await user.click(screen.getByRole("button", { name: "History" }));
  expect(screen.queryByRole("region", { name: "History" })).toBeNull();
  expect(cards()).toHaveLength(5);
});

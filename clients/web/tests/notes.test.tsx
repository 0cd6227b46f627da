// What stands around the board: problems in files, unplaced shots, running work.
import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { GlobalState, Run } from "@storycore/client";

import { projectId, smallFilm } from "./film.ts";
import { cards, stage } from "./stage.tsx";

function filmWith(change: (film: GlobalState) => void): GlobalState {
  const film = smallFilm();
  change(film);
  return film;
}

test("a problem names its file, line and column, and what to do", async () => {
  const film = filmWith(({ system }) => {
    system.diagnostics = {
      "script/a.fountain": [
        { path: "script/a.fountain", line: 214, column: 5, severity: "warning", code: "unclosedNote", message: "this note is never closed", hint: "write ]] after its last word" },
      ],
      "bible/zoe.toml": [{ path: "bible/zoe.toml", severity: "error", code: "toml", message: "the file is no UTF-8" }],
    };
  });
  const { patch } = await stage({ film });
  expect(screen.getByText("2 problems in the film’s files")).toBeTruthy();
  const problems = within(screen.getByRole("list", { name: "Problems" })).getAllByRole("listitem");
  expect(problems.map((it) => it.textContent)).toEqual([
    "Errorbible/zoe.tomlthe file is no UTF-8",
    "Warningscript/a.fountain:214:5this note is never closedwrite ]] after its last word",
  ]);
  patch({ op: "remove", path: "/system/diagnostics/bible~1zoe.toml" });
  expect(screen.getByText("1 problem in the film’s files")).toBeTruthy();
  const only = { path: "script/a.fountain", line: 3, severity: "information", code: "unknownLocation", message: "the bible knows no MOON" };
  patch({ op: "add", path: "/system/diagnostics/script~1b.fountain", value: [only] });
  expect(screen.getByText("1 problem in the film’s files, and 1 note")).toBeTruthy();
  patch({ op: "remove", path: "/system/diagnostics/script~1a.fountain" });
  expect(screen.getByText("1 note on the film’s files")).toBeTruthy();
  patch({ op: "remove", path: "/system/diagnostics/script~1b.fountain" });
  expect(screen.queryByRole("list", { name: "Problems" })).toBeNull();
});

test("a shot the script no longer has lies in the tray with its picture", async () => {
  const { patch } = await stage();
  expect(screen.queryByText(/unplaced shot/)).toBeNull();
  const shot = smallFilm().project.shots["shot-1-3"];
  patch(
    { op: "replace", path: "/project/scenes/scene-1/shots", value: ["shot-1-1", "shot-1-2"] },
    { op: "remove", path: "/project/shots/shot-1-3" },
    { op: "add", path: "/project/unplacedShots/shot-1-3", value: shot },
  );
  expect(screen.getByText("1 unplaced shot")).toBeTruthy();
  const tray = screen.getByRole("list", { name: "Unplaced shots" });
  expect(tray.closest("[data-unplaced]")).toBeTruthy();
  const kept = within(tray).getByRole("listitem");
  expect(kept.dataset.shot).toBe("shot-1-3");
  expect(kept.querySelector("img")?.getAttribute("src")).toBe(`/assets/${projectId}/shot-1-3-v1`);
  expect(cards()).not.toContain("shot-1-3");
});

const run: Run = { id: "run-1", cause: "request", status: "running", total: 14, done: 3, reused: 0, failed: 1, requestedMs: 1 };

test("running work says how far it is, and can be stopped", async () => {
  const film = filmWith(({ generation }) => void (generation.runs = { "run-1": run }));
  const { calls, patch, user } = await stage({
    film,
    answers: { "run/cancel": () => ({ seq: 2, value: { ...run, status: "canceled" } }) },
  });
  const progress = screen.getByRole("progressbar", { name: "Drawing 5 of 14" }) as HTMLProgressElement;
  expect([progress.value, progress.max]).toEqual([4, 14]);
  expect(screen.getByText("· 1 failed")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Stop drawing" }));
  expect(calls).toContainEqual({ method: "run/cancel", params: { project: projectId, id: "run-1" } });
  patch({ op: "replace", path: "/generation/runs/run-1/status", value: "canceled" });
  expect(screen.queryByRole("progressbar")).toBeNull();
});

test("drawing asks for the shots that are meant", async () => {
  const { calls, user } = await stage({
    answers: { "shot/render": () => ({ run: null, done: 0, reused: 0, failed: 0 }) },
  });
  await user.click(screen.getByRole("button", { name: "Redraw 12B" }));
  await user.click(screen.getByRole("button", { name: "Draw 2 panels" }));
  expect(calls.filter((it) => it.method === "shot/render").map((it) => it.params)).toEqual([
    { project: projectId, shots: ["shot-1-2"] },
    { project: projectId },
  ]);
});

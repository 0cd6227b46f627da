// What the script no longer has: found by words, and given its place again. And scenes in doubt.
import { createEvent, fireEvent, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { GlobalState, SceneState, ShotState } from "@storycore/client";

import { projectId, smallFilm, takeOf } from "./film.ts";
import { card, stage } from "./stage.tsx";

/** The small film with a scene and two of its shots in the tray. */
function film(): GlobalState {
  const state = smallFilm();
  const { project, generation } = state;
  const shot = (words: string) => ({ ...project.shots["shot-1-3"], sceneId: "old", lines: [{ text: words }] }) as ShotState;
  project.unplacedScenes["old"] = { ...project.scenes["scene-1"], heading: "INT. CELLAR - NIGHT", shots: ["lost-1", "lost-2"] } as SceneState;
  project.unplacedShots = { "lost-1": shot("A candle gutters."), "lost-2": shot("Water on the stairs.") };
  generation.takes["lost-take-1"] = takeOf("lost-1", "candle");
  generation.takes["lost-take-2"] = { ...takeOf("lost-1", "candle-2", 5), comments: [{ id: "c", by: "ann", atMs: 1, text: "too bright" }] };
  generation.takes["lost-take-3"] = takeOf("lost-2", "stairs");
  return state;
}

const answers = {
  "scene/attach": () => ({ seq: 2, value: "old" }),
  "shot/attach": () => ({ seq: 2, value: "lost-1" }),
};

const group = () => within(screen.getByRole("region", { name: "INT. CELLAR - NIGHT" }));
const kept = () => group().queryAllByRole("listitem").map((it) => it.dataset.shot);

test("the tray shows scenes with their shots and takes", async () => {
  await stage({ film: film() });
  expect(screen.getByText("1 unplaced scene, 2 shots")).toBeTruthy();
  expect(group().getByText("2 shots, 3 takes")).toBeTruthy();
  expect(kept()).toEqual(["lost-1", "lost-2"]);
});

test.each([
  ["words of a shot", "stairs", ["lost-2"]],
  ["the heading", "cellar", ["lost-1", "lost-2"]],
  ["a comment", "too bright", ["lost-1"]],
])("the tray is searched by %s", async (_, words, found) => {
  const { user } = await stage({ film: film() });
  await user.type(screen.getByRole("searchbox", { name: "Search the tray" }), words);
  expect(kept()).toEqual(found);
});

test("a search that finds nothing says so", async () => {
  const { user } = await stage({ film: film() });
  await user.type(screen.getByRole("searchbox", { name: "Search the tray" }), "whale");
  expect(screen.getByText("Nothing in the tray has “whale”.")).toBeTruthy();
});

test("a scene is attached with the keyboard alone", async () => {
  const { calls, user } = await stage({ film: film(), answers });
  await user.click(screen.getByRole("button", { name: "Attach INT. CELLAR - NIGHT" }));
  const dialog = within(screen.getByRole("dialog", { name: "Which scene of the script is “INT. CELLAR - NIGHT”?" }));
  expect(dialog.getAllByRole("button", { name: /^(12|2) / })).toHaveLength(2);
  await user.type(dialog.getByRole("searchbox", { name: "Search" }), "gauge");
  await user.keyboard("{Enter}");
  expect(calls.at(-1)).toEqual({ method: "scene/attach", params: { project: projectId, id: "old", to: "scene-2" } });
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(screen.getByRole("status", { name: "Done" }).textContent).toContain("INT. GAUGE HOUSE - DAY");
});

test("arrows lead through what fits, Escape leaves all as it is", async () => {
  const { calls, user } = await stage({ film: film(), answers });
  await user.click(screen.getByRole("button", { name: "Attach the shot “A candle gutters.”" }));
  await user.keyboard("{ArrowDown}{ArrowDown}");
  expect(document.activeElement?.getAttribute("data-pick")).toBe("shot-1-2");
  await user.keyboard("{ArrowUp}{Enter}");
  expect(calls.at(-1)).toEqual({ method: "shot/attach", params: { project: projectId, id: "lost-1", to: "shot-1-1" } });
  const asked = calls.length;
  await user.click(screen.getByRole("button", { name: "Attach INT. CELLAR - NIGHT" }));
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(calls.length).toBe(asked);
});

/** A drag that carries what the dragged element put into it. */
function drag(from: HTMLElement, to: HTMLElement) {
  const data = new Map<string, string>();
  const dataTransfer = {
    setData: (type: string, value: string) => void data.set(type, value),
    getData: (type: string) => data.get(type) ?? "",
    get types() {
      return [...data.keys()];
    },
    files: [],
  };
  fireEvent(from, Object.assign(createEvent.dragStart(from), { dataTransfer }));
  fireEvent(to, Object.assign(createEvent.dragOver(to), { dataTransfer }));
  fireEvent(to, Object.assign(createEvent.drop(to), { dataTransfer }));
}

test("a shot is dragged onto a card, a scene onto a heading, and neither onto the other", async () => {
  const { calls } = await stage({ film: film(), answers });
  const asked = calls.length;
  const shot = screen.getByRole("main").querySelector<HTMLElement>('[data-unplaced] [data-shot="lost-2"]') as HTMLElement;
  const scene = screen.getByRole("heading", { name: "INT. CELLAR - NIGHT" }).parentElement as HTMLElement;
  const heading = within(screen.getByRole("region", { name: /GAUGE HOUSE/ })).getByRole("heading").parentElement as HTMLElement;
  drag(shot, heading);
  drag(scene, card("shot-2-1"));
  expect(calls.length).toBe(asked);
  drag(shot, card("shot-2-1"));
  expect(calls.at(-1)).toEqual({ method: "shot/attach", params: { project: projectId, id: "lost-2", to: "shot-2-1" } });
  drag(scene, heading);
  expect(calls.at(-1)).toEqual({ method: "scene/attach", params: { project: projectId, id: "old", to: "scene-2" } });
});

function doubtful(): GlobalState {
  const state = smallFilm();
  const scene = state.project.scenes["scene-2"] as SceneState;
  scene.doubt = { scene: "scene-2", kind: "similarity", similarityMilli: 410, restored: false, doubtful: true } as never;
  state.system.diagnostics = {
    "script/film.fountain": [
      {
        path: "script/film.fountain",
        line: 9,
        severity: "information",
        code: "doubtfulScene",
        message: "this scene was taken for “INT. OFFICE - DAY”, which is not certain",
        hint: "say which it is; its takes follow",
        actions: [
          { title: "Same scene", method: "scene/confirm", params: { project: projectId, id: "scene-2" } },
          { title: "New scene", method: "scene/detach", params: { project: projectId, id: "scene-2" } },
        ],
      },
    ],
  };
  return state;
}

test("a scene in doubt asks quietly, and the answer makes the call that the daemon prepared", async () => {
  const { calls, patch, user } = await stage({
    film: doubtful(),
    answers: {
      "scene/confirm": () => ({ seq: 2, value: null }),
      "scene/detach": () => ({ seq: 2, value: "scene-3" }),
    },
  });
  expect(screen.getAllByText("Is this the same scene?")).toHaveLength(1);
  const scene = within(screen.getByRole("region", { name: /GAUGE HOUSE/ }));
  expect(scene.getByText(/This scene was taken for “INT. OFFICE - DAY”/)).toBeTruthy();
  await user.click(scene.getByRole("button", { name: "New scene", hidden: true }));
  expect(calls.at(-1)).toEqual({ method: "scene/detach", params: { project: projectId, id: "scene-2" } });
  const problems = within(screen.getByRole("list", { name: "Problems", hidden: true }));
  await user.click(problems.getByRole("button", { name: "Same scene", hidden: true }));
  expect(calls.at(-1)).toEqual({ method: "scene/confirm", params: { project: projectId, id: "scene-2" } });
  patch({ op: "remove", path: "/project/scenes/scene-2/doubt" }, { op: "replace", path: "/system/diagnostics/script~1film.fountain", value: [] });
  expect(screen.queryByText("Is this the same scene?")).toBeNull();
});

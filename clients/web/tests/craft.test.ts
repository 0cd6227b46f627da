// Order, labels and numbers: the small rules of the craft.
import { describe, expect, test } from "vitest";

import { aspectRatio } from "../src/board/aspect.ts";
import { createFilmOrder, shotLetter } from "../src/board/order.ts";
import { count, runningTime, shotLength } from "../src/format.ts";
import { filmOf } from "./film.ts";

test.each([
  [0, "A"],
  [25, "Z"],
  [26, "AA"],
  [51, "AZ"],
  [52, "BA"],
  [702, "AAA"],
])("shot %i of a scene is %s", (index, letter) => expect(shotLetter(index)).toBe(letter));

test.each([
  ["2.39:1", 2.39],
  ["16:9", 16 / 9],
  ["1.85", 1.85],
  ["nonsense", 16 / 9],
  ["0:0", 16 / 9],
])("a picture of %s is so wide", (text, ratio) => expect(aspectRatio(text)).toBeCloseTo(ratio));

test("numbers read as people of the craft write them", () => {
  expect([59_400, 722_000, 3_725_000].map(runningTime)).toEqual(["0:59", "12:02", "1:02:05"]);
  expect([3000, 2450].map(shotLength)).toEqual(["3\u00a0s", "2.5\u00a0s"]);
  expect([count(1, "shot"), count(2000, "shot")]).toEqual(["1 shot", "2,000 shots"]);
});

describe("the order of the film", () => {
  const film = () => {
    const { project } = filmOf("Film", [
      { heading: "A", shots: [{}] },
      { heading: "B", number: "7A", shots: [{}, {}] },
      { heading: "C", shots: [{}] },
    ]);
    project.scripts = {
      "z.fountain": { hash: "", titlePage: [], scenes: ["scene-1"] },
      "B.fountain": { hash: "", titlePage: [], scenes: ["scene-2", "scene-3"] },
    };
    return project;
  };

  test("goes by the names of the scripts, in which capitals come first", () => {
    const order = createFilmOrder()(film());
    expect(order.scenes.map((it) => `${it.id} ${it.number}`)).toEqual(["scene-2 7A", "scene-3 2", "scene-1 3"]);
    expect(order.shots.map((id) => order.places.get(id)?.label)).toEqual(["7AA", "7AB", "2A", "3A"]);
  });

  test("keeps the scenes that did not change, so that they are not drawn again", () => {
    const orderOf = createFilmOrder();
    const project = film();
    const before = orderOf(project);
    expect(orderOf({ ...project, title: "Other" })).toBe(before);
    const scene = { ...film().scenes["scene-3"]!, shots: [] };
    const after = orderOf({ ...project, scenes: { ...project.scenes, "scene-3": scene } });
    expect(after.scenes.map((it, i) => it === before.scenes[i])).toEqual([true, false, true]);
  });
});

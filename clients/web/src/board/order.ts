// The order of the film, computed on read: scripts by path, then their scenes, then their shots.
// A scene's number and a shot's label come from their place; no id, number or label is kept.
import type { ProjectState, SceneId, SceneState, ShotId } from "@storycore/client";

import { memoLast, sameList } from "../memo.ts";

export interface PlacedScene {
  readonly id: SceneId;
  readonly number: string;
  readonly shots: readonly ShotId[];
}

export interface PlacedShot {
  readonly scene: SceneId;
  readonly label: string;
  readonly index: number;
}

export interface FilmOrder {
  readonly scenes: readonly PlacedScene[];
  readonly shots: readonly ShotId[];
  readonly places: ReadonlyMap<ShotId, PlacedShot>;
}

/** Keeps the objects of scenes whose place and shots are the same, so that only others redraw. */
export function createFilmOrder(): (project: ProjectState) => FilmOrder {
  let known: ReadonlyMap<SceneId, PlacedScene> = new Map();
  const order = memoLast(
    (scripts: ProjectState["scripts"], scenes: ProjectState["scenes"]): FilmOrder => {
      const placed = placeScenes(scripts, scenes).map((scene) => {
        const before = known.get(scene.id);
        return before?.number === scene.number && sameList(before.shots, scene.shots) ? before : scene;
      });
      known = new Map(placed.map((scene) => [scene.id, scene]));
      return { scenes: placed, shots: placed.flatMap((scene) => scene.shots), places: placeShots(placed) };
    },
  );
  return (project) => order(project.scripts, project.scenes);
}

function placeScenes(
  scripts: ProjectState["scripts"],
  scenes: Readonly<Record<SceneId, SceneState>>,
): PlacedScene[] {
  const paths = Object.keys(scripts).sort(byCodePoint);
  const ids = paths.flatMap((path) => scripts[path]?.scenes ?? []);
  return ids.flatMap((id, index) => {
    const scene = scenes[id];
    return scene ? [{ id, number: scene.writtenNumber ?? String(index + 1), shots: scene.shots }] : [];
  });
}

function placeShots(scenes: readonly PlacedScene[]): Map<ShotId, PlacedShot> {
  const places = new Map<ShotId, PlacedShot>();
  let index = 0;
  for (const scene of scenes) {
    scene.shots.forEach((id, i) => {
      places.set(id, { scene: scene.id, label: scene.number + shotLetter(i), index: index++ });
    });
  }
  return places;
}

/** A … Z, AA, AB …, as on a slate. */
export function shotLetter(index: number): string {
  const rest = Math.floor(index / 26);
  return (rest > 0 ? shotLetter(rest - 1) : "") + String.fromCharCode(65 + (index % 26));
}

// The daemon sorts paths by their bytes; comparing code points gives the same order.
function byCodePoint(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

// What lies in the unplaced tray, by scene, and what of it fits a search.
import type { GenerationState, ProjectState, SceneId, SceneState, ShotId } from "@storycore/client";

import { fold, shotWords } from "../board/filter.ts";
import { takesOf } from "../take/takes.ts";

export interface TrayGroup {
  readonly scene: SceneId;
  readonly heading: string;
  /** Whether the scene itself lies in the tray; else only shots of it do. */
  readonly unplaced: boolean;
  readonly shots: readonly ShotId[];
  readonly takes: number;
}

export function trayOf(project: ProjectState, takes: GenerationState["takes"]): readonly TrayGroup[] {
  const shots = new Map<SceneId, ShotId[]>(Object.keys(project.unplacedScenes).map((id) => [id, []]));
  for (const id of Object.keys(project.unplacedShots).sort()) {
    const scene = project.unplacedShots[id]?.sceneId ?? "";
    const others = shots.get(scene);
    if (others) others.push(id);
    else shots.set(scene, [id]);
  }
  // An id begins with the time it was made: the first made come first.
  const scenes = [...shots.keys()].sort();
  return scenes.map((scene) => {
    const unplaced = project.unplacedScenes[scene];
    const own = ordered(shots.get(scene) ?? [], unplaced);
    return {
      scene,
      heading: (unplaced ?? project.scenes[scene])?.heading ?? "",
      unplaced: unplaced !== undefined,
      shots: own,
      takes: own.reduce((n, shot) => n + takesOf(takes, shot).length, 0),
    };
  });
}

function ordered(shots: readonly ShotId[], scene: SceneState | undefined): readonly ShotId[] {
  const rank = new Map(scene?.shots.map((id, i) => [id, i]));
  return [...shots].sort((a, b) => (rank.get(a) ?? Infinity) - (rank.get(b) ?? Infinity) || (a < b ? -1 : 1));
}

/** What of the tray has all these words: in a heading, in the script's words, in comments and file names. */
export function fittingTray(
  groups: readonly TrayGroup[],
  project: ProjectState,
  takes: GenerationState["takes"],
  query: string,
): readonly TrayGroup[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return groups;
  return groups.flatMap((group) => {
    const heading = fold(group.heading);
    const shots = group.shots.filter((id) => {
      const shot = project.unplacedShots[id];
      const said = takesOf(takes, id).flatMap((it) => [it.imported ?? "", ...it.comments.map(({ text }) => text)]);
      const text = `${heading} ${shot ? shotWords(shot) : ""} ${fold(said.join(" "))}`;
      return words.every((word) => text.includes(word));
    });
    const whole = words.every((word) => heading.includes(word));
    return shots.length > 0 || whole ? [{ ...group, shots }] : [];
  });
}

// Which shots the board shows: by status, and by words.
import type { ProjectState, SceneState, ShotId, ShotState } from "@storycore/client";

import type { FilmOrder } from "./order.ts";

export type Filter = "all" | "stale" | "missing";

export const filters = ["all", "stale", "missing"] as const satisfies readonly Filter[];

/** The shots that fit, in order; `null` when nothing is filtered. */
export function fittingShots(
  project: ProjectState,
  order: FilmOrder,
  filter: Filter,
  query: string,
): ReadonlySet<ShotId> | null {
  const words = fold(query).split(/\s+/).filter(Boolean);
  if (filter === "all" && words.length === 0) return null;
  const fitting = new Set<ShotId>();
  for (const { id: sceneId, shots } of order.scenes) {
    const scene = project.scenes[sceneId];
    for (const id of shots) {
      const shot = project.shots[id];
      if (!shot || (filter !== "all" && shot.status !== filter)) continue;
      const label = fold(order.places.get(id)?.label ?? "");
      const text = () => `${label} ${headingWords(scene)} ${shotWords(shot)}`;
      if (words.every((word) => text().includes(word))) fitting.add(id);
    }
  }
  return fitting;
}

const headingWords = perObject((scene: SceneState | undefined) => fold(scene?.heading ?? ""));

/** What a shot is found by, folded. */
export const shotWords = perObject((shot: ShotState) =>
  fold([...shot.subjects, ...shot.lines.map((it) => `${it.speaker ?? ""} ${it.text}`)].join(" ")),
);

/** For searching: "jiri" finds "JIŘÍ". */
export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase();
}

// A shot that did not change is the same object: its words are folded once.
function perObject<T extends object | undefined>(compute: (it: T) => string): (it: T) => string {
  const known = new WeakMap<object, string>();
  return (it) => {
    if (it === undefined) return compute(it);
    const answer = known.get(it) ?? compute(it);
    known.set(it, answer);
    return answer;
  };
}

// One shot as the page shows it.
import type { BlobId, SceneState, ShotId, ShotState } from "@storycore/client";

import { useFilmState } from "../project/film.ts";

export function useShot(id: ShotId): ShotState | undefined {
  return useFilmState((state) => state.project.shots[id] ?? state.project.unplacedShots[id]);
}

export function useSceneOf(shot: ShotState | undefined): SceneState | undefined {
  return useFilmState(({ project }) =>
    shot ? (project.scenes[shot.sceneId] ?? project.unplacedScenes[shot.sceneId]) : undefined,
  );
}

/** The picture of the take that is shown. */
export function useAsset(shot: ShotState | undefined): BlobId | null {
  return useFilmState((state) =>
    shot?.take == null ? null : (state.generation.takes[shot.take]?.asset ?? null),
  );
}

// Gives what lies in the tray its place in the script again.
import type { SceneId, ShotId } from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { useFilm } from "../project/film.ts";

/** What a drag from the tray carries. */
export const carried = {
  scene: "application/x-storycore-scene",
  shot: "application/x-storycore-shot",
} as const;

interface Attach {
  shot(id: ShotId, to: ShotId): void;
  scene(id: SceneId, to: SceneId): void;
}

export function useAttach(): Attach {
  const session = useSession();
  const film = useFilm();
  const done = (words: string) => (answer: unknown) => {
    if (answer !== null) session.say(words);
  };
  return {
    shot(id, to) {
      const label = film.order(film.state.get().project).places.get(to)?.label ?? "";
      void session.attempt("shot/attach", { project: film.id, id, to }).then(done(`The takes are with shot ${label} now.`));
    },
    scene(id, to) {
      const heading = film.state.get().project.scenes[to]?.heading ?? "";
      void session
        .attempt("scene/attach", { project: film.id, id, to })
        .then(done(`“${heading}” has its shots and takes again.`));
    },
  };
}

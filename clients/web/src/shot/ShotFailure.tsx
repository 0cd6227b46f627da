// Why a shot could not be drawn, in the daemon's words.
import type { ShotId } from "@storycore/client";

import { useFilm, useFilmState } from "../project/film.ts";
import { useRunDesk } from "../run/desk.ts";
import { sentence } from "../run/describe.ts";
import { useWorkOfShot } from "../run/underWay.ts";
import { useStore } from "../useStore.ts";

export function ShotFailure({ id }: { readonly id: ShotId }) {
  const { past } = useFilm();
  const failure = useStore(useRunDesk().failures, ({ value }) => value?.get(id) ?? null);
  const work = useWorkOfShot(id);
  const madeMs = useFilmState(({ project, generation }) => {
    const shot = project.shots[id];
    if (shot === undefined || shot.status === "fresh") return Infinity;
    return shot.take == null ? 0 : (generation.takes[shot.take]?.madeMs ?? 0);
  });
  if (past || failure === null || work !== null || madeMs > failure.requestedMs) return null;
  const words = sentence(failure.step.error ?? "it failed");
  return (
    <p className="shot-failure" title={words}>
      <b>Not drawn.</b> {words}
    </p>
  );
}

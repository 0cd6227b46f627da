// Starts the workflow that draws the film.
import type { Run, ShotId } from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { count } from "../format.ts";
import { useFilm } from "../project/film.ts";
import { runTitle } from "../run/describe.ts";

/** Resolves to the run, or to `null` when it could not be started. */
export function useStart(): (shots: readonly ShotId[] | null) => Promise<Run | null> {
  const session = useSession();
  const project = useFilm().id;
  return async (shots) => {
    const started = await session.attempt("workflow/start", { project, ...(shots && { shots: [...shots] }) });
    if (started === null) return null;
    session.say(`${runTitle(started.value)} is in the queue: ${count(started.value.total, "step")}.`);
    return started.value;
  };
}

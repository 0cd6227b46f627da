// Says aloud how many panels were redrawn: a picture that changes is silent.
import { useEffect, useState } from "react";
import type { ProjectState } from "@storycore/client";

import { count } from "../format.ts";
import { useFilm } from "../project/film.ts";

/** Panels redrawn within this time are said at once, so that a long run does not talk all along. */
export const gatherMs = 4000;

export function Redrawn() {
  const { now: state } = useFilm();
  const [words, setWords] = useState("");
  // The film's store is outside React, and what matters here is what changed in it.
  useEffect(() => {
    let shots = state.get().project.shots;
    let panels = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    function say() {
      timer = undefined;
      setWords(`${count(panels, "panel")} redrawn`);
      panels = 0;
    }
    const stop = state.subscribe(() => {
      const next = state.get().project.shots;
      panels += redrawn(shots, next);
      shots = next;
      if (panels === 0 || timer !== undefined) return;
      // The same words twice are said once, unless there is a silence between them.
      setWords("");
      timer = setTimeout(say, gatherMs);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [state]);
  return (
    <p className="unseen" role="status" aria-label="Redrawn">
      {words}
    </p>
  );
}

function redrawn(before: ProjectState["shots"], after: ProjectState["shots"]): number {
  if (before === after) return 0;
  let panels = 0;
  for (const [id, shot] of Object.entries(after)) {
    const old = before[id];
    if (old !== shot && old !== undefined && shot.take != null && shot.take !== old.take) panels += 1;
  }
  return panels;
}

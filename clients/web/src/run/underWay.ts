// What servers are at this moment, by shot and by run.
import type { RunId, ShotId, StepProgress, SystemState } from "@storycore/client";

import { memoLast } from "../memo.ts";
import { useFilm } from "../project/film.ts";
import { useStore } from "../useStore.ts";

type Work = SystemState["work"];

const byShot = memoLast((work: Work): ReadonlyMap<ShotId, StepProgress> => {
  const steps = new Map<ShotId, StepProgress>();
  for (const step of Object.values(work)) {
    if (step.shot == null) continue;
    const other = steps.get(step.shot);
    if (other === undefined || tells(step) > tells(other)) steps.set(step.shot, step);
  }
  return steps;
});

const byRun = memoLast((work: Work): ReadonlyMap<RunId, readonly StepProgress[]> => {
  const steps = new Map<RunId, StepProgress[]>();
  for (const step of Object.values(work)) {
    const others = steps.get(step.run);
    if (others) others.push(step);
    else steps.set(step.run, [step]);
  }
  return steps;
});

const none: readonly StepProgress[] = [];

/** The step of a shot that is under way; of several, the one of which there is most to see. */
export function useWorkOfShot(shot: ShotId): StepProgress | null {
  const { now, past } = useFilm();
  return useStore(now, ({ system }) => (past ? null : (byShot(system.work).get(shot) ?? null)));
}

/** The steps of all runs that are under way, by run. */
export function useWorkByRun(): (run: RunId) => readonly StepProgress[] {
  const steps = useStore(useFilm().now, ({ system }) => byRun(system.work));
  return (run) => steps.get(run) ?? none;
}

/** The key of a step in `/system/work`. */
export function workKey(run: RunId, { step, shot, scene }: Pick<StepProgress, "step" | "shot" | "scene">): string {
  const item = shot ?? scene;
  return item == null ? `${run}:${step}` : `${run}:${step}:${item}`;
}

function tells({ preview, doneMilli }: StepProgress): number {
  return (preview == null ? 0 : 2) + (doneMilli == null ? 0 : 1);
}

// Why shots could not be drawn: the failed steps of the runs that are listed, by shot.
import type { GenerationState, Run, ShotId, Step } from "@storycore/client";

import type { Session } from "../connection/session.ts";
import { createLook, type Answer } from "../look.ts";
import type { Store } from "../store.ts";

export interface ShotFailure {
  readonly step: Step;
  /** When its run was asked for: a take that is newer has made it good. */
  readonly requestedMs: number;
}

export type Failures = Store<Answer<ReadonlyMap<ShotId, ShotFailure>>>;

/** The daemon gives no more steps at once. */
const stepsMax = 2000;
/** How long failures are gathered before they are asked for. */
const gatherMs = 300;

export function lookAtFailures(session: Session): Failures {
  const known = new Map<string, readonly Step[]>();
  async function ask() {
    const failed = failedRuns(session.film.get()?.generation.runs ?? {});
    const keys = new Set(failed.map(keyOf));
    for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    for (const run of failed) {
      if (known.has(keyOf(run))) continue;
      const params = { project: session.project ?? "", id: run.id, status: "failed", limit: stepsMax } as const;
      const steps = await session.ask("run/steps", params);
      if (steps !== null) known.set(keyOf(run), steps);
    }
    return byShot(failed, (run) => known.get(keyOf(run)) ?? []);
  }
  return createLook(ask, (again) => watchFailures(session.film, again));
}

function watchFailures(film: Session["film"], onNews: () => void): () => void {
  const read = () => failedRuns(film.get()?.generation.runs ?? {}).map(keyOf).join();
  let runs = film.get()?.generation.runs;
  let failed = read();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const leave = film.subscribe(() => {
    if (film.get()?.generation.runs === runs) return;
    runs = film.get()?.generation.runs;
    const next = read();
    if (next === failed) return;
    failed = next;
    timer ??= setTimeout(() => {
      timer = undefined;
      onNews();
    }, gatherMs);
  });
  return () => {
    leave();
    clearTimeout(timer);
  };
}

function failedRuns(runs: GenerationState["runs"]): Run[] {
  return Object.values(runs).filter((it) => it.failed > 0);
}

// A run that is tried again may fail as often as before, at other steps.
function keyOf({ id, failed, done, status }: Run): string {
  return status === "running" || status === "paused" ? `${id} ${failed}` : `${id} ${failed} ${done}`;
}

// The newest run says it; of its steps, the one that failed by itself and not for another.
function byShot(runs: readonly Run[], stepsOf: (run: Run) => readonly Step[]): ReadonlyMap<ShotId, ShotFailure> {
  const failures = new Map<ShotId, ShotFailure>();
  for (const run of [...runs].sort((a, b) => a.requestedMs - b.requestedMs)) {
    const own = new Map<ShotId, ShotFailure>();
    for (const step of stepsOf(run)) {
      if (step.shot == null || (own.has(step.shot) && step.kind === "blocked")) continue;
      own.set(step.shot, { step, requestedMs: run.requestedMs });
    }
    for (const [shot, failure] of own) failures.set(shot, failure);
  }
  return failures;
}

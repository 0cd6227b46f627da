// How fast runs go, measured by the page while it watches them: the time between steps that end.
import type { GenerationState, Run, RunId } from "@storycore/client";

import type { Store } from "../store.ts";

export interface Pace {
  /** How long the rest of a run may take, in milliseconds; `null` before that can be told. */
  left(run: Run, nowMs: number): number | null;
}

interface Measured {
  /** Steps that had ended when something last did. */
  ended: number;
  atMs: number;
  /** Time per step, each time that steps ended; the newest last. */
  readonly perStepMs: number[];
}

/** What is older says little about now: models are loaded, other servers help. */
const keptMax = 9;
/** One step alone may have loaded a model. */
const knownMin = 2;

/** A run that took so many times longer than a step takes, and so much longer, waits for something. */
const stalledSteps = 3;
const stalledMs = 2000;

export function watchPace(film: Store<{ generation: GenerationState } | null>): Pace {
  const byRun = new Map<RunId, Measured>();
  let seen: GenerationState["runs"] = {};
  function look() {
    const runs = film.get()?.generation.runs ?? {};
    if (runs === seen) return;
    seen = runs;
    for (const id of byRun.keys()) {
      if (runs[id]?.status !== "running") byRun.delete(id);
    }
    for (const run of Object.values(runs)) {
      if (run.status === "running") measure(run, Date.now());
    }
  }
  function measure(run: Run, atMs: number) {
    const ended = run.done + run.failed;
    const known = byRun.get(run.id);
    if (known === undefined) {
      byRun.set(run.id, { ended, atMs, perStepMs: [] });
    } else if (ended > known.ended) {
      known.perStepMs.push((atMs - known.atMs) / (ended - known.ended));
      if (known.perStepMs.length > keptMax) known.perStepMs.shift();
      [known.ended, known.atMs] = [ended, atMs];
    }
  }
  film.subscribe(look);
  look();
  return {
    left(run, nowMs) {
      const known = byRun.get(run.id);
      if (known === undefined || known.perStepMs.length < knownMin) return null;
      // The middle one: steps that take no time, as writing a prompt, come in one go and count once.
      const sorted = known.perStepMs.toSorted((a, b) => a - b);
      const perStep = sorted[Math.floor(sorted.length / 2)] ?? 0;
      // What was measured says nothing of a run that waits: for a server, or for steps of another kind.
      if (nowMs - known.atMs > perStep * stalledSteps + stalledMs) return null;
      const left = run.total - run.done - run.failed;
      return Math.max(left * perStep - Math.max(nowMs - known.atMs, 0), 0);
    },
  };
}

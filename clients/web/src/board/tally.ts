// What film people count: shots by status, and running time.
import type { ProjectState, ShotId, ShotState } from "@storycore/client";

import { memoLast } from "../memo.ts";

export interface Tally {
  readonly shots: number;
  readonly fresh: number;
  readonly stale: number;
  readonly missing: number;
  readonly durationMs: number;
}

export function tally(ids: readonly ShotId[], shots: Readonly<Record<ShotId, ShotState>>): Tally {
  const sum = { shots: 0, fresh: 0, stale: 0, missing: 0, durationMs: 0 };
  for (const id of ids) {
    const shot = shots[id];
    if (!shot) continue;
    sum.shots += 1;
    sum[shot.status] += 1;
    sum.durationMs += shot.durationMs;
  }
  return sum;
}

/** A tally that stays the same object for as long as it says the same. */
export function createTally(): (ids: readonly ShotId[], shots: ProjectState["shots"]) => Tally {
  let last: Tally | null = null;
  return memoLast((ids: readonly ShotId[], shots: ProjectState["shots"]) => {
    const next = tally(ids, shots);
    if (last === null || !sameTally(last, next)) last = next;
    return last;
  });
}

function sameTally(a: Tally, b: Tally): boolean {
  return (
    a.shots === b.shots &&
    a.fresh === b.fresh &&
    a.stale === b.stale &&
    a.missing === b.missing &&
    a.durationMs === b.durationMs
  );
}

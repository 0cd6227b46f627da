// The runs of a film in the order in which they go, and what a run's priority must be for another
// order.
import type { GenerationState, Run, RunId } from "@storycore/client";

import { memoLast } from "../memo.ts";

export interface Queue {
  /** Those with work left, the first to go first. */
  readonly open: readonly Run[];
  /** Those that have ended, the newest first. */
  readonly ended: readonly Run[];
}

export const queueOf = memoLast((runs: GenerationState["runs"]): Queue => {
  const all = Object.values(runs);
  return {
    open: all.filter(isOpen).sort((a, b) => priorityOf(b) - priorityOf(a) || (isOlder(a, b) ? -1 : 1)),
    ended: all.filter((run) => !isOpen(run)).sort((a, b) => (isOlder(a, b) ? 1 : -1)),
  };
});

export function isOpen({ status }: Run): boolean {
  return status === "running" || status === "paused";
}

export interface Priority {
  readonly id: RunId;
  readonly priority: number;
}

/** The daemon takes nothing beyond; see `run/prioritize`. */
const priorityMax = 100;

/**
 * The fewest priorities that put a run at another place, each to be set after the one before it;
 * `null` when there are not enough of them.
 */
export function reorder(open: readonly Run[], id: RunId, to: number): readonly Priority[] | null {
  const run = open.find((it) => it.id === id);
  if (run === undefined) return null;
  const others = open.filter((it) => it.id !== id);
  const at = Math.min(Math.max(to, 0), others.length);
  if (open[at] === run) return [];
  const order = others.toSpliced(at, 0, run);
  const ways = [lift(order, at), lower(order, at)].filter((it) => it !== null);
  return ways.sort((a, b) => a.length - b.length)[0] ?? null;
}

/** Puts the run over the one below it, and those above it over it. */
function lift(order: readonly Run[], at: number): Priority[] | null {
  // With none below it, it stays as it is, and those above it go up.
  const from = order[at + 1] === undefined ? at : at + 1;
  let below = order[from];
  if (below === undefined) return null;
  let floor = priorityOf(below);
  const changes: Priority[] = [];
  for (const run of order.slice(0, from).reverse()) {
    const least: number = floor + (isOlder(run, below) ? 0 : 1);
    const next = run === order[at] ? least : Math.max(least, priorityOf(run));
    if (next > priorityMax) return null;
    if (next !== priorityOf(run)) changes.unshift({ id: run.id, priority: next });
    [below, floor] = [run, next];
  }
  return changes;
}

/** Puts the run under the one above it, and those below it under it. */
function lower(order: readonly Run[], at: number): Priority[] | null {
  // With none above it, it stays as it is, and those below it go down.
  const from = Math.max(at - 1, 0);
  let above = order[from];
  if (above === undefined) return null;
  let ceiling = priorityOf(above);
  const changes: Priority[] = [];
  for (const run of order.slice(from + 1)) {
    const most: number = ceiling - (isOlder(above, run) ? 0 : 1);
    const next = run === order[at] ? most : Math.min(most, priorityOf(run));
    if (next < -priorityMax) return null;
    if (next !== priorityOf(run)) changes.unshift({ id: run.id, priority: next });
    [above, ceiling] = [run, next];
  }
  return changes;
}

function priorityOf({ priority = 0 }: Run): number {
  return priority;
}

// An id begins with the time it was made: of one priority, the daemon takes the first made first.
function isOlder(a: Run, b: Run): boolean {
  return a.id < b.id;
}

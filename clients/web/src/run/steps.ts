// The steps of a run, a page at a time, asked for again when the run has come further.
import type { RunId, Step, StepStatus } from "@storycore/client";

import type { Session } from "../connection/session.ts";
import { createLook, type Answer } from "../look.ts";
import type { Film } from "../project/film.ts";
import type { Store } from "../store.ts";

/** Steps shown at once. */
export const stepsMax = 200;

/** How long news of a run are gathered before its steps are asked for again. */
const gatherMs = 300;

export interface StepPage {
  /** Only those of this status; `null` for all. */
  readonly status: StepStatus | null;
  /** Steps to leave out at the start. */
  readonly offset: number;
}

export function lookAtSteps(session: Session, film: Film, id: RunId, { status, offset }: StepPage): Store<Answer<Step[]>> {
  const params = { project: film.id, id, limit: stepsMax, offset, ...(status !== null && { status }) };
  return createLook(
    () => session.call("run/steps", params),
    (again) => watchRun(film, id, again),
  );
}

// A step that a server has begun changes nothing of the run but what is under way.
function watchRun({ now }: Film, id: RunId, onNews: () => void): () => void {
  const read = () => {
    const { generation, system } = now.get();
    return [generation.runs[id], Object.keys(system.work).filter((it) => it.startsWith(`${id}:`)).join()] as const;
  };
  let [run, work] = read();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const leave = now.subscribe(() => {
    const next = read();
    if (next[0] === run && next[1] === work) return;
    [run, work] = next;
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

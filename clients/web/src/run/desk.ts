// What the page keeps about runs beside the film's state: what is open, what is measured, what is
// asked for.
import { createContext, use } from "react";
import type { ShotId } from "@storycore/client";

import type { Session } from "../connection/session.ts";
import { createStore, type WritableStore } from "../store.ts";
import { lookAtFailures, type Failures } from "./failures.ts";
import { watchPace, type Pace } from "./pace.ts";

/** What somebody wants to have drawn, and may look at before. */
export interface Wish {
  /** The shots; `null` for every one that is stale or missing. */
  readonly shots: readonly ShotId[] | null;
}

export interface RunDesk {
  /** Whether the queue is open. */
  readonly queueOpen: WritableStore<boolean>;
  /** What is to be looked at before it is drawn. */
  readonly wish: WritableStore<Wish | null>;
  readonly pace: Pace;
  readonly failures: Failures;
}

export function createRunDesk(session: Session): RunDesk {
  return {
    queueOpen: createStore(false),
    wish: createStore<Wish | null>(null),
    pace: watchPace(session.film),
    failures: lookAtFailures(session),
  };
}

export const RunDeskContext = createContext<RunDesk | null>(null);

export function useRunDesk(): RunDesk {
  const desk = use(RunDeskContext);
  if (desk === null) throw new Error("no run desk around this component");
  return desk;
}

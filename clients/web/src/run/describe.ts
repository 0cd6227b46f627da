// Runs and steps in words.
import type { FailureKind, Run, RunCause, RunStatus, Step, StepProgress, StepStatus } from "@storycore/client";

import { timeOf } from "../format.ts";

/** What it does. */
export function runTitle({ workflow }: Run): string {
  return workflow ?? "Sketches";
}

/** Who asked, and when. */
export function runOrigin({ cause, requestedMs }: Run, now?: Date): string {
  const who = {
    request: "asked for",
    automatic: "by itself, as panels were out of date",
    check: "by itself, as a picture failed its checks",
  } as const satisfies Record<RunCause, string>;
  return `${who[cause]}, ${timeOf(requestedMs, now)}`;
}

/** `8 of 24, 2 found`. */
export function runCount({ done, failed, total, reused }: Run): string {
  const words = [`${n(done + failed)} of ${n(total)}`, reused > 0 && `${n(reused)} found`, failed > 0 && `${n(failed)} failed`];
  return words.filter(Boolean).join(", ");
}

export const runStatuses = {
  running: "Running",
  paused: "Paused",
  finished: "Finished",
  failed: "Ended with failures",
  canceled: "Stopped",
} as const satisfies Record<RunStatus, string>;

/** What it is at this moment, or why it does not go on. `ahead` runs go before it. */
export function runState(run: Run, work: readonly StepProgress[], ahead: number): string {
  if (run.status === "paused") {
    return work.length > 0 ? "Paused; what is under way is finished" : "Paused";
  }
  if (run.status !== "running") return runStatuses[run.status];
  const servers = [...new Set(work.flatMap((it) => it.server ?? []))].sort();
  if (work.length === 1 && servers.length === 0) return sentence(work[0]?.message ?? "");
  if (work.length > 0) return `${n(work.length)} under way${servers.length > 0 ? ` on ${servers.join(", ")}` : ""}`;
  if (ahead > 0) return ahead === 1 ? "Waits behind 1 run" : `Waits behind ${n(ahead)} runs`;
  if (run.done + run.failed === 0) return "Begins";
  // Between two steps of the built-in renderer there is nothing to wait for.
  return run.workflow == null ? "Running" : "Waits for a server, or for its next attempt";
}

/** Why it cannot be tried again; `null` when it can. */
export function retryHindrance({ status, done, total }: Run): string | null {
  switch (status) {
    case "running":
    case "paused":
      return "It has not ended yet.";
    case "finished":
      return "Nothing in it failed.";
    case "canceled":
      return done >= total ? "Nothing of it was left." : null;
    case "failed":
      return null;
  }
}

export const stepStatuses = {
  waiting: "Waits",
  started: "Under way",
  done: "Done",
  failed: "Failed",
  skipped: "Left out",
} as const satisfies Record<StepStatus, string>;

export const failures = {
  invalid: "wrong input",
  missing: "not installed",
  unreachable: "no answer",
  lost: "lost by the server",
  outOfMemory: "out of memory",
  timedOut: "took too long",
  backend: "failed on the server",
  storage: "cannot be kept",
  blocked: "a step before it failed",
  internal: "our own mistake",
} as const satisfies Record<FailureKind, string>;

/** What is to be said about a step beside its status. */
export function stepWords(step: Step, run: Run, work: StepProgress | null, nowMs: number): string {
  switch (step.status) {
    case "waiting":
      return waitingWords(step, run, nowMs);
    case "started":
      return [step.server && `on ${step.server}`, work?.message].filter(Boolean).join(": ");
    case "done":
      return step.reused ? "found, not made again" : step.tookMs != null ? `in ${duration(step.tookMs)}` : "";
    case "failed":
      return step.kind == null ? "" : failures[step.kind];
    case "skipped":
      return "its shot or condition is gone";
  }
}

function waitingWords({ waitsFor = [], nextMs, kind, attempts }: Step, run: Run, nowMs: number): string {
  if (run.status === "canceled") return "left when the run was stopped";
  if (waitsFor.length > 0) return `for ${waitsFor.join(", ")}`;
  if (run.status === "paused") return "as the run is paused";
  if (nextMs != null && attempts > 0) {
    const why = kind == null ? "" : `${failures[kind]}; `;
    return nextMs > nowMs ? `${why}attempt ${attempts + 1} in ${duration(nextMs - nowMs)}` : `${why}attempt ${attempts + 1} is next`;
  }
  return "for its turn";
}

/** `0.4 s`, `12 s`, `3 min`, `1 h 20 min`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${Math.round(seconds * 10) / 10}\u00a0s`;
  if (seconds < 100) return `${Math.round(seconds)}\u00a0s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}\u00a0min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)}\u00a0h${rest === 0 ? "" : ` ${rest}\u00a0min`}`;
}

/** As a sentence begins; an address stays as it is. */
export function sentence(words: string): string {
  return /^https?:/.test(words) ? words : words.charAt(0).toUpperCase() + words.slice(1);
}

function n(count: number): string {
  return count.toLocaleString("en");
}

// A run with work left: what it does, how far it is, why it waits, and what can be done with it.
import { useState, type DragEvent } from "react";
import type { Methods, Run, StepProgress } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { clock } from "../clock.ts";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { Icon } from "../Icon.tsx";
import { useFilm } from "../project/film.ts";
import { useStore } from "../useStore.ts";
import { useRunDesk } from "./desk.ts";
import { duration, runCount, runOrigin, runState, runTitle } from "./describe.ts";
import { RunSteps } from "./RunSteps.tsx";

interface Props {
  readonly run: Run;
  /** Its steps that servers are at. */
  readonly work: readonly StepProgress[];
  /** Runs that go before it, and after it. */
  readonly ahead: number;
  readonly behind: number;
  /** Puts it so many places later; earlier when negative. */
  readonly onMove: (by: number) => void;
  readonly onDragStart: (event: DragEvent) => void;
}

export function OpenRun({ run, work, ahead, behind, onMove, onDragStart }: Props) {
  const [unfolded, setUnfolded] = useState(false);
  const title = runTitle(run);
  const ended = run.done + run.failed;
  return (
    <>
      <div className="run-top" draggable onDragStart={onDragStart} title="Drag it to have it go earlier or later (Alt ↑ ↓)">
        <Icon name="grip" />
        <button type="button" className="run-title" aria-expanded={unfolded} title={title} onClick={() => setUnfolded(!unfolded)}>
          <Icon name="fold" />
          <span dir="auto">{title}</span>
        </button>
        <RunActions run={run} title={title} ahead={ahead} behind={behind} onMove={onMove} />
      </div>
      <progress className="line" aria-label={`${title}: ${runCount(run)}`} value={ended} max={Math.max(run.total, 1)} />
      <p className="run-facts numbers">
        <span>{runCount(run)}</span>
        <TimeLeft run={run} />
      </p>
      <p className="run-state">
        {runState(run, work, ahead)} <span className="run-origin">· {runOrigin(run)}</span>
      </p>
      {run.error != null && <p className="run-error">{run.error}</p>}
      {unfolded && <RunSteps run={run} />}
    </>
  );
}

function TimeLeft({ run }: { readonly run: Run }) {
  const { pace } = useRunDesk();
  const left = pace.left(run, useStore(clock, (it) => it));
  return left === null ? null : <span>about {duration(Math.max(Math.round(left / 1000), 1) * 1000)} left</span>;
}

interface ActionsProps extends Pick<Props, "run" | "ahead" | "behind" | "onMove"> {
  readonly title: string;
}

function RunActions({ run, title, ahead, behind, onMove }: ActionsProps) {
  const order = useHindrance("run/prioritize", { inPast: true });
  const paused = run.status === "paused";
  return (
    <div className="run-actions" role="group" aria-label={title}>
      <ActionButton
        className="quiet icon-button"
        label="Earlier"
        title="Have it go earlier (Alt ↑)"
        reason={order ?? (ahead > 0 ? null : "It goes first already.")}
        onAction={() => onMove(-1)}
      >
        <Icon name="earlier" />
      </ActionButton>
      <ActionButton
        className="quiet icon-button"
        label="Later"
        title="Have it go later (Alt ↓)"
        reason={order ?? (behind > 0 ? null : "It goes last already.")}
        onAction={() => onMove(1)}
      >
        <Icon name="later" />
      </ActionButton>
      {paused ? (
        <RunAction method="run/resume" run={run} label="Go on" title="Go on with it" icon="play" />
      ) : (
        <RunAction method="run/pause" run={run} label="Pause" title="Begin nothing more of it; what is under way is finished" icon="pause" />
      )}
      <RunAction method="run/cancel" run={run} label="Stop" title="Stop it; what it has made is kept" icon="stop" />
    </div>
  );
}

interface ActionProps {
  readonly method: keyof Methods & ("run/pause" | "run/resume" | "run/cancel" | "run/retry");
  readonly run: Run;
  readonly label: string;
  readonly title: string;
  readonly icon: "pause" | "play" | "stop" | "retry";
  /** Why it makes no sense for this run. */
  readonly hindrance?: string | null;
}

export function RunAction({ method, run, label, title, icon, hindrance = null }: ActionProps) {
  const session = useSession();
  const project = useFilm().id;
  const reason = useHindrance(method, { inPast: true });
  return (
    <ActionButton
      className="quiet icon-button"
      label={label}
      title={title}
      reason={hindrance ?? reason}
      onAction={() => void session.attempt(method, { project, id: run.id })}
    >
      <Icon name={icon} />
    </ActionButton>
  );
}

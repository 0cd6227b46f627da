// The steps of a run, a page at a time: how far each is, why it waits or failed, what it gave.
import { useMemo, useState } from "react";
import type { Run, Step, StepStatus } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { clock } from "../clock.ts";
import { ProblemLine } from "../connection/ProblemLine.tsx";
import { useSession } from "../connection/session.ts";
import { useFilm, useFilmOrder } from "../project/film.ts";
import { useStore } from "../useStore.ts";
import { sentence, stepStatuses, stepWords } from "./describe.ts";
import { lookAtSteps, stepsMax } from "./steps.ts";
import { workKey } from "./underWay.ts";

const filters = ["waiting", "started", "done", "failed"] as const satisfies readonly StepStatus[];

export function RunSteps({ run }: { readonly run: Run }) {
  const session = useSession();
  const film = useFilm();
  // What somebody unfolds a run for, if something went wrong.
  const [status, setStatus] = useState<StepStatus | null>(run.failed > 0 ? "failed" : null);
  const [offset, setOffset] = useState(0);
  const look = useMemo(() => lookAtSteps(session, film, run.id, { status, offset }), [session, film, run.id, status, offset]);
  const { value: steps, problem } = useStore(look, (it) => it);
  function show(next: StepStatus | null) {
    setStatus(next);
    setOffset(0);
  }
  return (
    <section className="steps" aria-label="Steps" aria-busy={steps === null && problem === null}>
      <div className="chips" role="group" aria-label="Show">
        {[null, ...filters].map((it) => (
          <button key={it} type="button" className="chip" aria-pressed={it === status} onClick={() => show(it)}>
            {it === null ? "All" : stepStatuses[it]}
          </button>
        ))}
      </div>
      <ProblemLine problem={problem} />
      {steps?.length === 0 && <p className="steps-none">{offset > 0 ? "No more." : "None."}</p>}
      {steps !== null && steps.length > 0 && (
        <ol className="steps-list">
          {steps.map((step) => (
            <OneStep key={workKey(run.id, step)} step={step} run={run} />
          ))}
        </ol>
      )}
      {(offset > 0 || steps?.length === stepsMax) && (
        <Pages offset={offset} length={steps?.length ?? 0} onOffset={setOffset} />
      )}
    </section>
  );
}

function OneStep({ step, run }: { readonly step: Step; readonly run: Run }) {
  const work = useStore(useFilm().now, ({ system }) => system.work[workKey(run.id, step)] ?? null);
  const now = useStore(clock, (it) => it);
  // A step may be under way already when its run was asked for its steps before.
  const status = work !== null && step.status === "waiting" ? "started" : step.status;
  const words = stepWords({ ...step, status }, run, work, now);
  return (
    <li className="step" data-status={status}>
      <span className="step-item numbers">{useItemLabel(step)}</span>
      <span className="step-name" title={step.step}>
        {step.step}
      </span>
      <span className="step-words">
        <b>{stepStatuses[status]}</b> {words}
      </span>
      {work?.doneMilli != null && (
        <progress className="line" aria-label={`${step.step}: ${work.message}`} value={work.doneMilli} max={1000} />
      )}
      {step.error != null && status !== "done" && <p className="run-error">{sentence(step.error)}</p>}
      <Gave output={step.output} />
    </li>
  );
}

/** What it is for, as on a slate. */
function useItemLabel({ shot, scene }: Step): string {
  const { places, scenes } = useFilmOrder();
  if (shot != null) return places.get(shot)?.label ?? "gone";
  if (scene != null) return scenes.find((it) => it.id === scene)?.number ?? "gone";
  return "all";
}

// A prompt that was written, for whoever wonders what was asked for.
function Gave({ output }: { readonly output: unknown }) {
  if (typeof output !== "object" || output === null) return null;
  const words = Object.entries(output).filter((it): it is [string, string] => typeof it[1] === "string" && it[1] !== "");
  if (words.length === 0) return null;
  return (
    <details className="step-gave">
      <summary>What it gave</summary>
      <dl>
        {words.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd dir="auto">{text}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

interface PagesProps {
  readonly offset: number;
  readonly length: number;
  readonly onOffset: (offset: number) => void;
}

function Pages({ offset, length, onOffset }: PagesProps) {
  return (
    <nav className="steps-pages" aria-label="Pages of steps">
      <ActionButton
        className="quiet"
        reason={offset === 0 ? "These are the first." : null}
        onAction={() => onOffset(Math.max(offset - stepsMax, 0))}
      >
        ← Before
      </ActionButton>
      <span className="numbers">
        {length > 0 && `${(offset + 1).toLocaleString("en")} to ${(offset + length).toLocaleString("en")}`}
      </span>
      <ActionButton
        className="quiet"
        reason={length < stepsMax ? "These are the last." : null}
        onAction={() => onOffset(offset + stepsMax)}
      >
        Next →
      </ActionButton>
    </nav>
  );
}

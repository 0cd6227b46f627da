// How far the running work is, and a way to stop it.
import type { Run } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { memoLast } from "../memo.ts";
import { useFilm } from "../project/film.ts";
import { useStore } from "../useStore.ts";

const runningOf = memoLast((runs: Readonly<Record<string, Run>>) =>
  Object.values(runs)
    .filter((run) => run.status === "running")
    .sort((a, b) => a.requestedMs - b.requestedMs),
);

export function RunProgress() {
  const running = useStore(useFilm().now, (state) => runningOf(state.generation.runs));
  if (running.length === 0) return null;
  return (
    <section className="runs" aria-label="Work under way">
      {running.map((run) => (
        <OneRun key={run.id} run={run} />
      ))}
    </section>
  );
}

function OneRun({ run }: { readonly run: Run }) {
  const session = useSession();
  const film = useFilm();
  const tried = run.done + run.failed;
  const words = `Drawing ${Math.min(tried + 1, run.total).toLocaleString("en")} of ${run.total.toLocaleString("en")}`;
  return (
    <div className="run">
      <progress aria-label={words} value={tried} max={Math.max(run.total, 1)} />
      <span className="run-words numbers">
        {words}
        {run.failed > 0 && <span className="is-error"> · {run.failed} failed</span>}
      </span>
      <ActionButton
        className="quiet"
        reason={useHindrance("run/cancel")}
        onAction={() => void session.attempt("run/cancel", { project: film.id, id: run.id })}
        label="Stop drawing"
      >
        Stop
      </ActionButton>
    </div>
  );
}

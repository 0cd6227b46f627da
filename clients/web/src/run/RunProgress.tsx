// How far the run is that goes first, and a way to stop it; the queue tells of the others.
import type { Run } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { useFilm } from "../project/film.ts";
import { useStore } from "../useStore.ts";
import { useRunDesk } from "./desk.ts";
import { queueOf } from "./queue.ts";

export function RunProgress() {
  const { queueOpen } = useRunDesk();
  const { open } = useStore(useFilm().now, ({ generation }) => queueOf(generation.runs));
  const inQueue = useStore(queueOpen, (it) => it);
  const first = open.find((run) => run.status === "running") ?? open[0];
  // The queue says the same, and more.
  if (first === undefined || inQueue) return null;
  return (
    <section className="runs" aria-label="Work under way">
      <OneRun key={first.id} run={first} />
      {open.length > 1 && (
        <button type="button" className="quiet runs-more" onClick={() => queueOpen.set(true)}>
          {(open.length - 1).toLocaleString("en")} more…
        </button>
      )}
    </section>
  );
}

function OneRun({ run }: { readonly run: Run }) {
  const session = useSession();
  const film = useFilm();
  const tried = run.done + run.failed;
  const what = run.workflow == null ? "Drawing" : `${run.workflow}: step`;
  const at = `${Math.min(tried + 1, run.total).toLocaleString("en")} of ${run.total.toLocaleString("en")}`;
  const words = run.status === "paused" ? `Paused at ${at}` : `${what} ${at}`;
  return (
    <div className="run">
      <progress aria-label={words} value={tried} max={Math.max(run.total, 1)} />
      <span className="run-words numbers" title={words}>
        {words}
        {run.failed > 0 && <span className="is-error"> · {run.failed} failed</span>}
      </span>
      <ActionButton
        className="quiet"
        reason={useHindrance("run/cancel", { inPast: true })}
        onAction={() => void session.attempt("run/cancel", { project: film.id, id: run.id })}
        label="Stop drawing"
      >
        Stop
      </ActionButton>
    </div>
  );
}

// The runs with work left, in the order in which they go. They can be dragged, or moved by buttons
// and keys; what that means is a priority, and the daemon's to decide.
import { useState, type DragEvent, type KeyboardEvent } from "react";
import type { Run, RunId } from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { useFilm } from "../project/film.ts";
import { OpenRun } from "./OpenRun.tsx";
import { runTitle } from "./describe.ts";
import { reorder } from "./queue.ts";
import { useWorkByRun } from "./underWay.ts";

/** What a drag of a run carries. */
const carried = "application/x-storycore-run";

interface Over {
  readonly id: RunId;
  readonly side: "before" | "after";
}

export function OpenRuns({ runs }: { readonly runs: readonly Run[] }) {
  const workOf = useWorkByRun();
  const move = useMove(runs);
  const drop = useRunDrop(runs, move);
  return (
    <ol className="runs-list" aria-label="Runs in order">
      {runs.map((run, i) => (
        <li
          key={run.id}
          className="run-row"
          data-run={run.id}
          data-status={run.status}
          data-drop={drop.over?.id === run.id ? drop.over.side : undefined}
          onKeyDown={(event: KeyboardEvent) => {
            const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
            if (by === undefined || !event.altKey || event.ctrlKey || event.metaKey) return;
            event.preventDefault();
            if (runs[i + by] !== undefined) void move(run.id, i + by);
          }}
          {...drop.handlers(run, i)}
        >
          <OpenRun
            run={run}
            work={workOf(run.id)}
            ahead={i}
            behind={runs.length - 1 - i}
            onMove={(by) => void move(run.id, i + by)}
            onDragStart={(event) => {
              event.dataTransfer.setData(carried, run.id);
              event.dataTransfer.effectAllowed = "move";
            }}
          />
        </li>
      ))}
    </ol>
  );
}

type Move = (id: RunId, to: number) => Promise<void>;

function useMove(runs: readonly Run[]): Move {
  const session = useSession();
  const film = useFilm();
  const reason = useHindrance("run/prioritize", { inPast: true });
  return async (id, to) => {
    const changes = reason === null ? reorder(runs, id, to) : [];
    if (changes === null) {
      session.complain({ message: "there are more runs than priorities", hint: "stop one that is not needed" });
      return;
    }
    for (const change of changes) {
      const set = await session.attempt("run/prioritize", { project: film.id, ...change });
      if (set === null) return;
    }
    const run = runs.find((it) => it.id === id);
    if (run && changes.length > 0) session.say(`${runTitle(run)} goes ${ordinal(to)} now.`);
  };
}

/** What a run needs so that another can be dropped before or after it. */
function useRunDrop(runs: readonly Run[], move: Move) {
  const reason = useHindrance("run/prioritize", { inPast: true });
  const [over, setOver] = useState<Over | null>(null);
  const handlers = (run: Run, i: number) => ({
    onDragOver(event: DragEvent) {
      if (reason !== null || !event.dataTransfer.types.includes(carried)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      const side = sideOf(event);
      if (over?.id !== run.id || over.side !== side) setOver({ id: run.id, side });
    },
    onDragLeave(event: DragEvent) {
      if (event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)) return;
      setOver(null);
    },
    onDrop(event: DragEvent) {
      setOver(null);
      const id = event.dataTransfer.getData(carried);
      const from = runs.findIndex((it) => it.id === id);
      if (from < 0) return;
      event.preventDefault();
      const gap = sideOf(event) === "before" ? i : i + 1;
      void move(id, from < gap ? gap - 1 : gap);
    },
  });
  return { over, handlers };
}

function sideOf(event: DragEvent): Over["side"] {
  const { top, height } = event.currentTarget.getBoundingClientRect();
  return event.clientY < top + height / 2 ? "before" : "after";
}

function ordinal(index: number): string {
  return index === 0 ? "first" : `in place ${index + 1}`;
}

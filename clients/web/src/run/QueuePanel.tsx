// The queue: what is being made and what waits, in order; the servers that make it; what has ended.
import { flushSync } from "react-dom";

import { count } from "../format.ts";
import { Icon } from "../Icon.tsx";
import { Costs } from "../llm/Costs.tsx";
import { ModelList } from "../llm/ModelList.tsx";
import { useFilm } from "../project/film.ts";
import { ServerList } from "../server/ServerList.tsx";
import { useStore } from "../useStore.ts";
import { useRunDesk } from "./desk.ts";
import { queueOf } from "./queue.ts";
import { queueToggleId } from "./QueueToggle.tsx";
import { EndedRun } from "./EndedRun.tsx";
import { OpenRuns } from "./OpenRuns.tsx";

export function QueuePanel() {
  const { queueOpen } = useRunDesk();
  const open = useStore(queueOpen, (it) => it);
  const { now } = useFilm();
  const queue = useStore(now, ({ generation }) => queueOf(generation.runs));
  if (!open) return null;
  function close() {
    flushSync(() => queueOpen.set(false));
    document.getElementById(queueToggleId)?.focus();
  }
  return (
    <aside
      className="queue-side"
      aria-label="Queue"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        close();
      }}
    >
      <header className="queue-head">
        <h2>Queue</h2>
        <button type="button" className="quiet icon-button" aria-label="Close the queue" title="Close (q)" onClick={close}>
          <Icon name="reject" />
        </button>
      </header>
      <ServerList />
      <ModelList />
      {queue.open.length === 0 ? <Idle ended={queue.ended.length > 0} /> : <OpenRuns runs={queue.open} />}
      {queue.ended.length > 0 && (
        <details className="queue-ended">
          <summary>{count(queue.ended.length, "ended run")}</summary>
          <ol aria-label="Ended runs">
            {queue.ended.map((run) => (
              <EndedRun key={run.id} run={run} />
            ))}
          </ol>
        </details>
      )}
      <Costs />
    </aside>
  );
}

function Idle({ ended }: { readonly ended: boolean }) {
  return (
    <div className="queue-idle">
      <p className="queue-idle-title">Nothing is being made.</p>
      <p>{ended ? "What was asked for is done." : "Draw panels, and they are listed here until they are done."}</p>
    </div>
  );
}

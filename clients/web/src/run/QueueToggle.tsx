// Opens and closes the queue, and tells how many runs are in it.
import { useEffect, useEffectEvent } from "react";

import { count } from "../format.ts";
import { Icon } from "../Icon.tsx";
import { useFilm } from "../project/film.ts";
import { isTyping } from "../take/useTakeKeys.ts";
import { useStore } from "../useStore.ts";
import { useRunDesk } from "./desk.ts";
import { queueOf } from "./queue.ts";

export const queueToggleId = "queue-toggle";

export function QueueToggle() {
  const { queueOpen } = useRunDesk();
  const open = useStore(queueOpen, (it) => it);
  const runs = useStore(useFilm().now, ({ generation }) => queueOf(generation.runs).open.length);
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "q" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.target instanceof Element && event.target.closest("dialog")) return;
    event.preventDefault();
    queueOpen.set(!open);
  });
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return (
    <button
      type="button"
      id={queueToggleId}
      className="quiet toggle"
      aria-expanded={open}
      aria-pressed={open}
      title="What is being made (q)"
      onClick={() => queueOpen.set(!open)}
    >
      <Icon name="queue" /> Queue
      {runs > 0 && (
        <span className="queue-count numbers">
          {runs.toLocaleString("en")}
          <span className="unseen"> {count(runs, "run").replace(/^\S+ /, "")} open</span>
        </span>
      )}
    </button>
  );
}

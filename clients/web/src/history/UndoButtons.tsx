// Takes back what this page did, and does it again.
import { useEffect, useEffectEvent } from "react";
import type { UndoState } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { Icon } from "../Icon.tsx";
import { useFilm } from "../project/film.ts";
import { isTyping } from "../take/useTakeKeys.ts";
import { useStore } from "../useStore.ts";

const nothing: UndoState = { undo: [], redo: [] };

const verbs = { "history/undo": "Undo", "history/redo": "Redo" } as const;
const deeds = { "history/undo": "Undone", "history/redo": "Done again" } as const;

export function UndoButtons() {
  const session = useSession();
  const film = useFilm();
  const { undo, redo } = useStore(film.now, ({ project }) => project.history.undo[session.client] ?? nothing);
  const reason = useHindrance("history/undo");
  async function call(method: keyof typeof verbs) {
    const done = await session.attempt(method, { project: film.id });
    if (done !== null) session.say(`${deeds[method]}: ${done.label}`);
  }
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    // In a field, the browser's own undo is meant.
    if (!(event.ctrlKey || event.metaKey) || event.altKey || isTyping(event.target)) return;
    const key = event.key.toLowerCase();
    const again = key === "y" || (key === "z" && event.shiftKey);
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (reason === null && (again ? redo : undo).length > 0) void call(again ? "history/redo" : "history/undo");
  });
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return (
    <div className="undo" role="group" aria-label="Undo and redo">
      <One method="history/undo" what={undo[0]} reason={reason} onAction={() => void call("history/undo")} />
      <One method="history/redo" what={redo[0]} reason={reason} onAction={() => void call("history/redo")} />
    </div>
  );
}

interface OneProps {
  readonly method: keyof typeof verbs;
  readonly what: string | undefined;
  readonly reason: string | null;
  readonly onAction: () => void;
}

function One({ method, what, reason, onAction }: OneProps) {
  const label = what === undefined ? verbs[method] : `${verbs[method]}: ${what}`;
  const nothing = what === undefined ? `There is nothing to ${verbs[method].toLowerCase()}.` : null;
  return (
    <ActionButton className="quiet icon-button" label={label} title={label} reason={nothing ?? reason} onAction={onAction}>
      <Icon name={method === "history/undo" ? "undo" : "redo"} />
    </ActionButton>
  );
}

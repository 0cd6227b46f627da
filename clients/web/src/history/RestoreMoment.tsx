// Puts the film back to the moment that is shown, after saying what that does.
import { useState } from "react";
import type { Differences, Seq } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { Dialog } from "../Dialog.tsx";
import { count } from "../format.ts";
import { useFilm } from "../project/film.ts";
import { Changes } from "./Changes.tsx";
import { useTravel } from "./travel.ts";

interface Props {
  readonly seq: Seq;
  readonly time: string;
  readonly changes: Differences | null;
}

export function RestoreMoment({ seq, time, changes }: Props) {
  const session = useSession();
  const travel = useTravel();
  const project = useFilm().id;
  const [asking, setAsking] = useState(false);
  const [pending, setPending] = useState(false);
  async function restore() {
    setPending(true);
    const restored = await session.attempt("history/restore", { project, seq });
    setPending(false);
    if (restored === null) return;
    setAsking(false);
    travel.goTo(null);
    session.say(`The film is as it was at ${time}: ${count(restored.files.length, "file")} written.`);
  }
  return (
    <>
      <ActionButton
        className="quiet outlined"
        reason={useHindrance("history/restore", { inPast: true })}
        onAction={() => setAsking(true)}
      >
        Restore…
      </ActionButton>
      {asking && (
        <Dialog className="confirm" label={`Restore the film of ${time}`} onClose={() => setAsking(false)} focus=".confirm-cancel">
          <h2>Restore the film of {time}?</h2>
          <p>
            Scripts, bible and settings are written to disk as they were then; scenes, shots and choices come back with
            them. Takes made since are kept. It is one more change, and can be undone.
          </p>
          <Changes changes={changes} />
          <div className="confirm-end">
            <button type="button" className="quiet confirm-cancel" onClick={() => setAsking(false)}>
              Cancel
            </button>
            <ActionButton className="button" reason={pending ? "It is being restored." : null} onAction={() => void restore()}>
              {pending ? "Restoring…" : "Restore"}
            </ActionButton>
          </div>
        </Dialog>
      )}
    </>
  );
}

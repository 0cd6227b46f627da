// The file came to be another one while there were unsaved words: which of both stays?
import { useEffect, useState } from "react";

import { ActionButton } from "../ActionButton.tsx";

/** How often the daemon is asked, in milliseconds. */
const joinMs = 700;

interface Props {
  /** Why nothing can be written now. */
  readonly hindrance: string | null;
  /** What joins both, where they changed different lines. */
  readonly joining: () => Promise<(() => void) | null>;
  readonly onMine: () => void;
  readonly onTheirs: () => void;
  readonly onCompare: () => void;
}

export function ConflictBar({ hindrance, joining, onMine, onTheirs, onCompare }: Props) {
  const [join, setJoin] = useState<(() => void) | null>(null);
  // The daemon sees the change at its own time; then it knows whether both can be joined.
  useEffect(() => {
    const timer = setInterval(() => void joining().then((it) => setJoin(() => it), () => {}), joinMs);
    return () => clearInterval(timer);
  }, [joining]);
  return (
    <div className="write-conflict" role="alert">
      <p>The script was changed on disk while you were writing. Your words are safe here, and nothing was written over.</p>
      <div className="write-choices">
        {join !== null && (
          <button type="button" className="button" title="They changed different lines" onClick={join}>
            Join both
          </button>
        )}
        <button type="button" className={join === null ? "button" : "quiet"} onClick={onCompare}>
          See both
        </button>
        <ActionButton className="quiet" reason={hindrance} title="Your words replace what is on disk" onAction={onMine}>
          Keep mine
        </ActionButton>
        <button type="button" className="quiet" title="What is on disk replaces your words; undo brings them back" onClick={onTheirs}>
          Take what is on disk
        </button>
      </div>
    </div>
  );
}

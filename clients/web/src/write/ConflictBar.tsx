// The file came to be another one while there were unsaved words: which of both stays?
import { ActionButton } from "../ActionButton.tsx";

interface Props {
  /** Why nothing can be written now. */
  readonly hindrance: string | null;
  readonly onMine: () => void;
  readonly onTheirs: () => void;
  readonly onCompare: () => void;
}

export function ConflictBar({ hindrance, onMine, onTheirs, onCompare }: Props) {
  return (
    <div className="write-conflict" role="alert">
      <p>The script was changed on disk while you were writing. Your words are safe here, and nothing was written over.</p>
      <div className="write-choices">
        <button type="button" className="button" onClick={onCompare}>
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

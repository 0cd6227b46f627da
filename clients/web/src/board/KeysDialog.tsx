// The keys of the board.
import { Dialog } from "../Dialog.tsx";

const keys = [
  ["← → or j k", "the shot before, the next shot"],
  ["↑ ↓", "the row above, the row below"],
  ["Home End", "the first shot, the last shot"],
  ["Enter", "show the shot large"],
  ["[ ] or 1 2 3", "shown large: the take before, the next take, take 1, 2, 3"],
  ["p l s x", "select the take, lock it, star it, reject it"],
  ["c", "compare it with another take"],
  ["f a + − 0", "comparing: flicker by hand, by itself; closer, farther, all of it"],
  ["Ctrl Z", "undo; with Shift, do it again"],
  ["h", "the film’s history"],
  ["q", "the queue: what is being made"],
  ["Alt ↑ ↓", "in the queue: the run goes earlier, later"],
  ["w", "write the script, or read it again"],
  ["Ctrl S", "writing: save"],
  ["Ctrl .", "writing: what can be done about this place"],
  ["F2 F12", "writing: rename everywhere, go to what it means"],
  ["Esc", "back to the board"],
  ["/", "search words, characters and places"],
  ["?", "these keys"],
] as const;

export function KeysDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog className="keys" label="Keys" onClose={onClose}>
      <h2>Keys</h2>
      <dl>
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <button type="button" className="button" autoFocus onClick={onClose}>
        Close
      </button>
    </Dialog>
  );
}

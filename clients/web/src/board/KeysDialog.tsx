// The keys of the board.
const keys = [
  ["← → or j k", "the shot before, the next shot"],
  ["↑ ↓", "the row above, the row below"],
  ["Home End", "the first shot, the last shot"],
  ["Enter", "show the shot large"],
  ["Esc", "back to the board"],
  ["/", "search words, characters and places"],
  ["?", "these keys"],
] as const;

export function KeysDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <dialog
      className="keys"
      aria-label="Keys"
      onClose={onClose}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
      ref={(element) => {
        if (element && !element.open) element.showModal();
      }}
    >
      <h2>Keys</h2>
      <dl>
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button className="button" autoFocus>
          Close
        </button>
      </form>
    </dialog>
  );
}

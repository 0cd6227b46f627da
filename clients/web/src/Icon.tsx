// The few signs of the page, drawn with one pen.
const paths = {
  star: "M8 1.9l1.9 3.9 4.2.6-3 3 .7 4.2L8 11.6l-3.8 2 .7-4.2-3-3 4.2-.6z",
  lock: "M4 7.2h8v6H4zM5.6 7.2V5a2.4 2.4 0 0 1 4.8 0v2.2",
  reject: "M3.8 3.8l8.4 8.4M12.2 3.8l-8.4 8.4",
  compare: "M2 3.5h5v9H2zM9 3.5h5v9H9z",
  undo: "M5.5 3.5L2.5 6.5l3 3M2.8 6.5h6.4a3.6 3.6 0 0 1 0 7.2H6",
  redo: "M10.5 3.5l3 3-3 3M13.2 6.5H6.8a3.6 3.6 0 0 0 0 7.2H10",
  history: "M8 4.6V8l2.4 1.6M2.6 8A5.4 5.4 0 1 0 4.4 4M2.4 2.6L4.2 4.2 2.6 6",
  write: "M3 13l.7-3L10.9 2.8l2.3 2.3L6 12.3zM9.5 4.2l2.3 2.3",
  add: "M8 3v10M3 8h10",
  check: "M3 8.5l3.2 3.2L13 4.8",
  comment: "M2.5 3.5h11v7.2H7.2L4.4 13v-2.3H2.5z",
  move: "M2.5 8h10M9 4.4L12.8 8 9 11.6",
  queue: "M2.5 4h7M2.5 8h11M2.5 12h11M11.6 2.6v2.8L14 4z",
  pause: "M5.4 3.5v9M10.6 3.5v9",
  play: "M5 3.2v9.6L12.6 8z",
  stop: "M4.2 4.2h7.6v7.6H4.2z",
  retry: "M13 3v3.4H9.6M12.8 6.2A5.2 5.2 0 1 0 13.2 9",
  earlier: "M8 13V3.4M4.2 7L8 3.2 11.8 7",
  later: "M8 3v9.6M4.2 9L8 12.8 11.8 9",
  fold: "M6 3.8L10.4 8 6 12.2",
  grip: "M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01",
  doubt: "M5.6 5.6a2.4 2.4 0 1 1 3.4 2.2c-.7.3-1 .7-1 1.4M8 12v.3",
} as const;

export function Icon({ name, filled = false }: { readonly name: keyof typeof paths; readonly filled?: boolean }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden>
      <path d={paths[name]} fill={filled ? "currentColor" : "none"} />
    </svg>
  );
}

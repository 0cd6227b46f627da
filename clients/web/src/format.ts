// Numbers as people of the craft read them.

/** Running time: `12:05`, or `1:02:05` from an hour on. */
export function runningTime(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const h = Math.floor(seconds / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  const s = String(seconds % 60).padStart(2, "0");
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}

/** The length of one shot: `3 s`, `2.5 s`. */
export function shotLength(ms: number): string {
  const tenths = Math.round(ms / 100) / 10;
  return `${tenths}\u00a0s`;
}

/** `1 shot`, `3 shots`, `2,000 shots`. */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
}

/** When something happened: `14:05` today, `3 Mar, 14:05` before. */
export function timeOf(ms: number, now = new Date()): string {
  const at = new Date(ms);
  const time = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (at.toDateString() === now.toDateString()) return time;
  const year = at.getFullYear() === now.getFullYear() ? undefined : ("numeric" as const);
  return `${at.toLocaleDateString("en-GB", { day: "numeric", month: "short", year })}, ${time}`;
}

// What time it is, for words such as "in 12 s"; it ticks for as long as somebody looks.
import type { Store } from "./store.ts";

const tickMs = 1000;

let now = 0;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick() {
  now = Date.now();
  for (const listener of [...listeners]) listener();
}

/** Milliseconds since 1970 (UTC), to the second. */
export const clock: Store<number> = {
  get() {
    if (listeners.size === 0) now = Math.floor(Date.now() / tickMs) * tickMs;
    return now;
  },
  subscribe(listener) {
    listeners.add(listener);
    timer ??= setInterval(tick, tickMs);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  },
};

// Reads a store, or a part of it, from a component.
import { useSyncExternalStore } from "react";

import type { Store } from "./store.ts";

/** `select` must return the same thing for the same value: a part of it, or a memoised answer. */
export function useStore<T, U>(store: Store<T>, select: (value: T) => U): U {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}

// An answer of the daemon that is asked for again for as long as somebody looks at it.
import { problemOf, type Problem } from "./connection/session.ts";
import { createStore, type Store } from "./store.ts";

export interface Answer<T> {
  /** The last answer; `null` before there is one. */
  readonly value: T | null;
  /** Why the last question has no answer. */
  readonly problem: Problem | null;
}

/** `watch` begins with the first who looks and ends with the last: it says when to ask again. */
export function createLook<T>(ask: () => Promise<T>, watch: (again: () => void) => () => void): Store<Answer<T>> {
  const answer = createStore<Answer<T>>({ value: null, problem: null });
  let lookers = 0;
  let stop = () => {};
  let asking = false;
  let isOld = false;

  async function again() {
    isOld = true;
    // One question at a time: a daemon that is slow to answer is not asked faster.
    if (asking) return;
    asking = true;
    while (isOld && lookers > 0) {
      isOld = false;
      try {
        answer.set({ value: await ask(), problem: null });
      } catch (error) {
        answer.set({ value: answer.get().value, problem: problemOf(error) });
      }
    }
    asking = false;
  }
  return {
    get: answer.get,
    subscribe(listener) {
      const leave = answer.subscribe(listener);
      lookers += 1;
      if (lookers === 1) {
        void again();
        stop = watch(() => void again());
      }
      return () => {
        leave();
        lookers -= 1;
        if (lookers === 0) stop();
      };
    },
  };
}

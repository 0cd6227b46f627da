// Derived data, computed again only when what it was derived from is another object.

/** Remembers the last answer. */
export function memoLast<A extends readonly unknown[], R>(compute: (...args: A) => R): (...args: A) => R {
  let last: { args: A; result: R } | null = null;
  return (...args) => {
    if (last === null || args.some((arg, i) => !Object.is(arg, last?.args[i]))) {
      last = { args, result: compute(...args) };
    }
    return last.result;
  };
}

/** Whether two lists hold the same things in the same order. */
export function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((it, i) => Object.is(it, b[i])));
}

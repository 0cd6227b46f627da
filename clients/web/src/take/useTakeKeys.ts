// The takes of the large view under the keyboard.
import { useEffect, useEffectEvent } from "react";
import type { TakeId } from "@storycore/client";

import type { NumberedTake } from "./takes.ts";
import type { TakeActions } from "./useTakeActions.ts";

interface Options {
  /** The newest first. */
  readonly takes: readonly NumberedTake[];
  readonly looked: NumberedTake | null;
  readonly actions: TakeActions;
  /** Why nothing can be decided now. */
  readonly reason: string | null;
  readonly onLook: (take: TakeId) => void;
  readonly onCompare: () => void;
}

export function useTakeKeys({ takes, looked, actions, reason, onLook, onCompare }: Options): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isElsewhere(event.target)) return;
    const next = takeOf(event.key, takes, looked);
    if (next !== null) onLook(next.id);
    else if (event.key === "c") onCompare();
    else if (!decide(event.key, actions, reason)) return;
    event.preventDefault();
  });
  // The focus may be on any button of the dialog, or on none.
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function decide(key: string, actions: TakeActions, reason: string | null): boolean {
  const keys: Record<string, (() => void) | undefined> = {
    s: actions.star,
    x: actions.reject,
    l: actions.lock,
    p: actions.select,
  };
  const action = keys[key];
  if (reason === null) action?.();
  return action !== undefined;
}

// In a field somebody types; a dialog over this one has keys of its own.
function isElsewhere(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  const dialog = target.closest("dialog");
  return isTyping(target) || (dialog !== null && !dialog.matches(".large"));
}

/** Whether letters go into a field. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input:not([type=radio], [type=file]), textarea, select") !== null;
}

function takeOf(key: string, takes: readonly NumberedTake[], looked: NumberedTake | null): NumberedTake | null {
  if (/^[1-9]$/.test(key)) return takes.find((it) => it.number === Number(key)) ?? null;
  const at = looked === null ? -1 : takes.findIndex((it) => it.id === looked.id);
  if (key === "]") return takes[at - 1] ?? null;
  if (key === "[") return takes[at + 1] ?? null;
  return null;
}

/** Keys of what is open in the large view, beside those of takes. */
export function useLargeKeys(keys: Readonly<Record<string, () => void>>): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isElsewhere(event.target)) return;
    const action = keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

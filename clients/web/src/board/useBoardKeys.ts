// The board under the keyboard: from shot to shot, row to row, into the large view.
import { useEffect, type RefObject } from "react";
import type { ShotId } from "@storycore/client";

import type { ViewStore } from "../selection/view.ts";

interface Options {
  readonly shots: readonly ShotId[];
  readonly view: ViewStore;
  readonly search: RefObject<HTMLInputElement | null>;
  readonly onHelp: () => void;
}

/** Keys work wherever the focus is, except where somebody types or a dialog is open. */
export function useBoardKeys({ shots, view, search, onHelp }: Options): void {
  // The document is outside React: a listener is the only way to hear keys that no element has.
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target)) return;
      if (event.key === "/") search.current?.focus();
      else if (event.key === "?") onHelp();
      else {
        const next = target(event.key, shots, view.get().shot);
        if (next === null) return;
        focusShot(next, view);
      }
      event.preventDefault();
    }
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [shots, view, search, onHelp]);
}

/** Selects a shot and brings it into sight. */
export function focusShot(id: ShotId, view: ViewStore): void {
  view.select(id);
  const button = document.getElementById(`shot-${id}`);
  button?.focus({ preventScroll: true });
  button?.closest("li")?.scrollIntoView({ block: "nearest" });
}

function isTaken(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, select, textarea, dialog, [role=tablist]") !== null;
}

function target(key: string, shots: readonly ShotId[], from: ShotId | null): ShotId | null {
  const at = from === null ? -1 : shots.indexOf(from);
  switch (key) {
    case "ArrowRight":
    case "j":
      return shots[at + 1] ?? null;
    case "ArrowLeft":
    case "k":
      return shots[Math.max(at - 1, 0)] ?? null;
    case "ArrowDown":
      return at < 0 ? (shots[0] ?? null) : inNextRow(shots, at, 1);
    case "ArrowUp":
      return at < 0 ? (shots[0] ?? null) : inNextRow(shots, at, -1);
    case "Home":
      return shots[0] ?? null;
    case "End":
      return shots.at(-1) ?? null;
    default:
      return null;
  }
}

// The shot of the next row that stands nearest above or below.
function inNextRow(shots: readonly ShotId[], at: number, step: 1 | -1): ShotId | null {
  const from = placeOf(shots[at]);
  let best: { id: ShotId; distance: number } | null = null;
  let row: number | null = null;
  for (let i = at + step; from && i >= 0 && i < shots.length; i += step) {
    const id = shots[i];
    const place = placeOf(id);
    if (id === undefined || place === null || Math.abs(place.top - from.top) < 2) continue;
    row ??= place.top;
    if (Math.abs(place.top - row) >= 2) break;
    const distance = Math.abs(place.left - from.left);
    if (best === null || distance < best.distance) best = { id, distance };
  }
  return best?.id ?? shots[at + step] ?? null;
}

function placeOf(id: ShotId | undefined): { top: number; left: number } | null {
  return document.getElementById(`shot-${id ?? ""}`)?.closest("li")?.getBoundingClientRect() ?? null;
}

// What a person decides about a take.
import type { ShotState } from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { useFilm } from "../project/film.ts";
import type { NumberedTake } from "./takes.ts";

export interface TakeActions {
  readonly select: () => void;
  readonly lock: () => void;
  readonly star: () => void;
  readonly reject: () => void;
}

/** Each switches its mark, from what the take has now. */
export function useTakeActions(take: NumberedTake | null, shot: ShotState): TakeActions {
  const session = useSession();
  const project = useFilm().id;
  function change(method: "take/select" | "take/lock" | "take/star" | "take/reject", on: boolean) {
    if (take !== null) void session.attempt(method, { project, id: take.id, on });
  }
  const chosen = take !== null && shot.choice?.take === take.id;
  return {
    select: () => change("take/select", !chosen),
    lock: () => change("take/lock", !(chosen && shot.choice?.locked === true)),
    star: () => change("take/star", take?.starred !== true),
    reject: () => change("take/reject", take?.rejected !== true),
  };
}

// A take in words.
import type { Checks, Grade, ShotState, TakeRepeat, Verdict } from "@storycore/client";

import { timeOf } from "../format.ts";
import type { NumberedTake, Standing } from "./takes.ts";

/** Everything its thumbnail shows, for somebody who cannot see it. */
export function describeTake(take: NumberedTake, shot: ShotState, { status, reasons, checks }: Standing): string {
  const chosen = shot.choice?.take === take.id;
  return [
    `Take ${take.number}`,
    take.id === shot.take ? "shown" : "",
    chosen ? (shot.choice?.locked ? "locked" : "selected") : "",
    take.starred ? "starred" : "",
    take.rejected ? "rejected" : "",
    status === "stale" ? ["stale", ...reasons.map((it) => it.message)].join(": ") : "",
    checks == null ? "" : checksWords(checks),
  ]
    .filter(Boolean)
    .join(", ");
}

/** Where it comes from: `Drawn at 14:05`, `photo.jpg, added 3 Mar, 14:05`. */
export function originOf(take: NumberedTake): string {
  const time = timeOf(take.madeMs);
  return take.imported == null ? `Drawn ${time}` : `${take.imported}, added ${time}`;
}

export const grades = { pass: "good", warn: "doubtful", fail: "poor", notMeasured: "not measured" } as const satisfies Record<
  Grade,
  string
>;

/** `picture good, 91 of 100`. The score is never rounded up: 69.9 is not the 70 that passes. */
export function checksWords({ grade, score }: Checks): string {
  return `picture ${grades[grade]}${score == null ? "" : `, ${Math.floor(score)} of 100`}`;
}

const worstFirst = { fail: 0, warn: 1, notMeasured: 2, pass: 3 } as const satisfies Record<Grade, number>;

/** Verdicts, the worst first. */
export function worstOf(verdicts: readonly Verdict[]): readonly Verdict[] {
  return verdicts.toSorted((a, b) => worstFirst[a.grade] - worstFirst[b.grade]);
}

/** Why there is another attempt after it. */
export function repeatWords({ attempt, attempts, reason }: TakeRepeat): string {
  return `Drawn again with another seed (attempt ${attempt} of ${attempts}), because: ${reason}.`;
}

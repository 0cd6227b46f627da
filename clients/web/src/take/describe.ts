// A take in words.
import type { ShotState } from "@storycore/client";

import { timeOf } from "../format.ts";
import type { NumberedTake, Standing } from "./takes.ts";

/** Everything its thumbnail shows, for somebody who cannot see it. */
export function describeTake(take: NumberedTake, shot: ShotState, { status, reasons }: Standing): string {
  const chosen = shot.choice?.take === take.id;
  return [
    `Take ${take.number}`,
    take.id === shot.take ? "shown" : "",
    chosen ? (shot.choice?.locked ? "locked" : "selected") : "",
    take.starred ? "starred" : "",
    take.rejected ? "rejected" : "",
    status === "stale" ? ["stale", ...reasons.map((it) => it.message)].join(": ") : "",
  ]
    .filter(Boolean)
    .join(", ");
}

/** Where it comes from: `Drawn at 14:05`, `photo.jpg, added 3 Mar, 14:05`. */
export function originOf(take: NumberedTake): string {
  const time = timeOf(take.madeMs);
  return take.imported == null ? `Drawn ${time}` : `${take.imported}, added ${time}`;
}

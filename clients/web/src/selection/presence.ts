// What the others look at.
import { createContext, use } from "react";
import type { Selection, ShotId } from "@storycore/client";

import { memoLast } from "../memo.ts";

export interface Presence {
  /** The other clients that look at a shot, for reading; empty when nobody does. */
  lookingAt(selections: Readonly<Record<string, Selection>>, shot: ShotId): string;
}

export function createPresence(own: string): Presence {
  const byShot = memoLast((selections: Readonly<Record<string, Selection>>) => {
    const names = new Map<ShotId, string>();
    for (const [client, { shot }] of Object.entries(selections)) {
      if (client === own || !shot) continue;
      const others = names.get(shot);
      names.set(shot, others ? `${others}, ${client}` : client);
    }
    return names;
  });
  return { lookingAt: (selections, shot) => byShot(selections).get(shot) ?? "" };
}

export const PresenceContext = createContext<Presence>({ lookingAt: () => "" });

export function usePresence(): Presence {
  return use(PresenceContext);
}

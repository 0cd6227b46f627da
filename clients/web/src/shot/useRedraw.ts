// Asks the daemon to draw shots again.
import { useState } from "react";
import type { ShotId } from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { useFilm } from "../project/film.ts";

interface Redraw {
  /** Without ids: every shot that is stale or missing. */
  redraw(shots?: ShotId[]): void;
  readonly pending: boolean;
  /** Why it cannot be asked for now. */
  readonly reason: string | null;
}

export function useRedraw(): Redraw {
  const session = useSession();
  const film = useFilm();
  const [pending, setPending] = useState(false);
  return {
    redraw(shots) {
      setPending(true);
      const params = { project: film.id, ...(shots && { shots }) };
      void session.attempt("shot/render", params).finally(() => setPending(false));
    },
    pending,
    reason: useHindrance("shot/render"),
  };
}

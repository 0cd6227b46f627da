// Asks the daemon to draw shots again; where a workflow draws them, it is shown before what it does.
import { useState, type MouseEvent } from "react";
import type { ShotId } from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { useFilm } from "../project/film.ts";
import { useRunDesk } from "../run/desk.ts";
import { useStore } from "../useStore.ts";
import { useStart } from "../workflow/useStart.ts";

interface Redraw {
  /** Without shots: every one that is stale or missing. A click with Shift shows no plan. */
  redraw(event: MouseEvent, shots?: ShotId[]): void;
  readonly pending: boolean;
  /** Why it cannot be asked for now. */
  readonly reason: string | null;
  /** What else there is to know about asking. */
  readonly title: string | undefined;
}

export function useRedraw(): Redraw {
  const session = useSession();
  const film = useFilm();
  const { wish } = useRunDesk();
  const start = useStart();
  const [pending, setPending] = useState(false);
  const planned = useStore(film.now, ({ project }) => project.settings.renderer !== "sketch");
  async function wait(work: Promise<unknown>) {
    setPending(true);
    await work.finally(() => setPending(false));
  }
  return {
    redraw({ shiftKey }, shots) {
      if (!planned) void wait(session.attempt("shot/render", { project: film.id, ...(shots && { shots }) }));
      else if (shiftKey) void wait(start(shots ?? null));
      else wish.set({ shots: shots ?? null });
    },
    pending,
    reason: useHindrance("shot/render"),
    title: planned ? "Look at the plan, then draw; with Shift, draw at once" : undefined,
  };
}

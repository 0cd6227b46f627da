// The takes of a shot, and what is known of each.
import { useEffect, useMemo, useState } from "react";
import type { GenerationState, Reason, ShotId, ShotState, Status, TakeDetails, TakeId, TakeState } from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { memoLast } from "../memo.ts";
import { useFilm, useFilmState } from "../project/film.ts";

export interface NumberedTake extends TakeState {
  readonly id: TakeId;
  /** The first take made for the shot is 1. */
  readonly number: number;
}

const none: readonly NumberedTake[] = [];

const byShot = memoLast((takes: GenerationState["takes"]): ReadonlyMap<ShotId, readonly NumberedTake[]> => {
  const groups = new Map<ShotId, [TakeId, TakeState][]>();
  for (const entry of Object.entries(takes)) {
    const group = groups.get(entry[1].shot);
    if (group) group.push(entry);
    else groups.set(entry[1].shot, [entry]);
  }
  return new Map([...groups].map(([shot, group]) => [shot, numbered(group)]));
});

function numbered(group: [TakeId, TakeState][]): readonly NumberedTake[] {
  group.sort(([a, x], [b, y]) => x.madeMs - y.madeMs || (a < b ? -1 : 1));
  return group.map(([id, take], i) => ({ ...take, id, number: i + 1 })).reverse();
}

/** The takes of a shot, the newest first. */
export function takesOf(takes: GenerationState["takes"], shot: ShotId): readonly NumberedTake[] {
  return byShot(takes).get(shot) ?? none;
}

export function useTakes(shot: ShotId): readonly NumberedTake[] {
  return useFilmState((state) => takesOf(state.generation.takes, shot));
}

export interface Standing {
  /** Whether the take is what the script asks for; `null` while that is not known. */
  readonly status: Status | null;
  readonly reasons: readonly Reason[];
}

/** Whether each take of a shot holds, and why not. The daemon tells; the mirror knows it only of the shown one. */
export function useStandings(id: ShotId, shot: ShotState | undefined): (take: TakeId) => Standing {
  const session = useSession();
  const film = useFilm();
  const takes = useTakes(id);
  const [told, setTold] = useState<readonly TakeDetails[]>([]);
  // Asks again when the shot or one of its takes has changed.
  useEffect(() => {
    if (film.past || takes.length === 0) return;
    let wanted = true;
    void session.ask("take/list", { project: film.id, shot: id }).then((list) => {
      if (wanted && list !== null) setTold(list);
    });
    return () => {
      wanted = false;
    };
  }, [session, film, id, shot, takes]);
  return useMemo(() => {
    const known = new Map(film.past ? [] : told.map((it) => [it.id, it]));
    return (take) => {
      if (shot !== undefined && take === shot.take) return shot;
      const { status, reasons } = known.get(take) ?? { status: null, reasons: [] };
      return { status, reasons };
    };
  }, [told, shot, film]);
}

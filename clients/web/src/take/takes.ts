// The takes of a shot, and what is known of each.
import { useCallback, useEffect, useMemo, useState } from "react";
import type {
  Checks,
  GenerationState,
  Reason,
  ShotId,
  ShotState,
  Status,
  TakeDetails,
  TakeId,
  TakeRepeat,
  TakeState,
} from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { memoLast } from "../memo.ts";
import { useFilm, useFilmState } from "../project/film.ts";

export interface NumberedTake extends TakeState {
  readonly id: TakeId;
  /** The first take made for the shot is 1. */
  readonly number: number;
}

/** Versions of the built-in renderer begin so: its drawings are looked at only when somebody asks. */
const sketchVersions = "sketch";

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
  /** What the checks of its picture come to; `null` while it was not looked at, `undefined` while nobody knows. */
  readonly checks: Checks | null | undefined;
  /** That its shot was drawn again because of them. */
  readonly repeated: TakeRepeat | null;
}

export interface Standings {
  readonly of: (take: TakeId) => Standing;
  /** Asks once more, when something was done of which the mirror says nothing. */
  readonly again: () => void;
}

/** Pictures are looked at soon after they are there, of which no event tells the mirror. */
const checksEveryMs = 2000;
/** So often it is asked for checks that have not come: some pictures wait until somebody asks. */
const checksAskedMax = 15;

/** Whether each take of a shot holds, and why not. The daemon tells; the mirror knows it only of the shown one. */
export function useStandings(id: ShotId, shot: ShotState | undefined): Standings {
  const session = useSession();
  const film = useFilm();
  const takes = useTakes(id);
  const [told, setTold] = useState<readonly TakeDetails[]>([]);
  const [asked, setAsked] = useState(0);
  const again = useCallback(() => setAsked((it) => it + 1), []);
  // Asks again when the shot or one of its takes has changed.
  useEffect(() => {
    if (film.past || takes.length === 0) return;
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function ask(left: number) {
      const list = await session.ask("take/list", { project: film.id, shot: id });
      if (!wanted) return;
      if (list !== null) setTold(list);
      if (left > 0 && list?.some(awaitsChecks)) timer = setTimeout(() => void ask(left - 1), checksEveryMs);
    }
    void ask(checksAskedMax);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [session, film, id, shot, takes, asked]);
  const of = useMemo(() => {
    const known = new Map(film.past ? [] : told.map((it) => [it.id, it]));
    return (take: TakeId) => {
      const told = known.get(take);
      const { status, reasons } = shot !== undefined && take === shot.take ? shot : (told ?? { status: null, reasons: [] });
      return { status, reasons, checks: told && (told.checks ?? null), repeated: told?.repeated ?? null };
    };
  }, [told, shot, film]);
  return { of, again };
}

function awaitsChecks({ checks, source }: TakeDetails): boolean {
  return checks == null && !(source.type === "rendered" && source.rendererVersion.startsWith(sketchVersions));
}

// On a card: how many takes the shot has, and what was decided about the one it shows.
import type { ShotId, ShotState } from "@storycore/client";

import { count } from "../format.ts";
import { Icon } from "../Icon.tsx";
import { useFilmState } from "../project/film.ts";
import { takesOf } from "./takes.ts";

export function TakeMarks({ id, shot }: { readonly id: ShotId; readonly shot: ShotState }) {
  const n = useFilmState((state) => takesOf(state.generation.takes, id).length);
  const starred = useFilmState((state) => shot.take != null && (state.generation.takes[shot.take]?.starred ?? false));
  return (
    <>
      {n > 1 && <span className="shot-takes numbers">{count(n, "take")}</span>}
      {shot.choice?.locked && (
        <span className="shot-mark" title="Locked: no automatic work replaces it">
          <Icon name="lock" />
          <span className="unseen">Locked</span>
        </span>
      )}
      {starred && (
        <span className="shot-mark" title="Starred">
          <Icon name="star" filled />
          <span className="unseen">Starred</span>
        </span>
      )}
    </>
  );
}

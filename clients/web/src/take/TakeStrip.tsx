// All takes of a shot side by side, the newest first.
import type { ShotState, TakeId } from "@storycore/client";

import { Icon } from "../Icon.tsx";
import { useFilm } from "../project/film.ts";
import { Panel } from "../shot/Panel.tsx";
import { ChecksSign } from "./TakeChecks.tsx";
import { describeTake } from "./describe.ts";
import type { NumberedTake, Standing } from "./takes.ts";

interface Props {
  readonly takes: readonly NumberedTake[];
  readonly shot: ShotState;
  /** The one that is looked at. */
  readonly looked: TakeId | null;
  readonly standing: (take: TakeId) => Standing;
  readonly onLook: (take: TakeId) => void;
}

export function TakeStrip({ takes, shot, looked, standing, onLook }: Props) {
  const film = useFilm();
  return (
    <ol className="takes" aria-label="Takes">
      {takes.map((take) => {
        const { status, checks } = standing(take.id);
        const shown = take.id === shot.take;
        const locked = shot.choice?.take === take.id && shot.choice.locked;
        return (
          <li key={take.id} data-take={take.id} data-status={status ?? undefined} data-shown={shown || undefined} data-rejected={take.rejected || undefined}>
            <button
              type="button"
              className="take"
              aria-label={describeTake(take, shot, standing(take.id))}
              aria-current={take.id === looked || undefined}
              ref={(element) => {
                if (element && take.id === looked) element.scrollIntoView({ block: "nearest", inline: "nearest" });
              }}
              onClick={() => onLook(take.id)}
            >
              <Panel project={film.id} asset={take.asset} alt="" />
              <ChecksSign checks={checks} />
              <TakeSigns locked={locked === true} starred={take.starred} commented={take.comments.length > 0} />
              <span className="take-line">
                <span className="take-number">{take.number}</span>
                {shown && <span className="take-shown">Shown</span>}
                {take.rejected && <span className="take-word">Rejected</span>}
                {status === "stale" && !take.rejected && <span className="take-stale">Stale</span>}
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

interface SignsProps {
  readonly locked: boolean;
  readonly starred: boolean;
  readonly commented: boolean;
}

function TakeSigns({ locked, starred, commented }: SignsProps) {
  if (!locked && !starred && !commented) return null;
  return (
    <span className="take-signs">
      {commented && <Icon name="comment" />}
      {locked && <Icon name="lock" />}
      {starred && <Icon name="star" filled />}
    </span>
  );
}

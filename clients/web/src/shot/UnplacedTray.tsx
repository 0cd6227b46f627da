// The unplaced tray: shots the script no longer has, with all that was drawn for them.
import type { ShotId } from "@storycore/client";

import { count, shotLength } from "../format.ts";
import { memoLast } from "../memo.ts";
import { useFilm, useFilmState } from "../project/film.ts";
import { Caption } from "./Caption.tsx";
import { framings } from "./craft.ts";
import { describePanel } from "./describe.ts";
import { Panel } from "./Panel.tsx";
import { useAsset, useSceneOf, useShot } from "./useShot.ts";

const idsOf = memoLast((shots: Readonly<Record<ShotId, unknown>>) => Object.keys(shots).sort());

export function UnplacedTray() {
  const ids = useFilmState((state) => idsOf(state.project.unplacedShots));
  if (ids.length === 0) return null;
  return (
    <details className="notes unplaced" data-unplaced>
      <summary>{count(ids.length, "unplaced shot")}</summary>
      <p>The script no longer has these shots. Everything drawn for them is kept.</p>
      <ul className="shots" aria-label="Unplaced shots">
        {ids.map((id) => (
          <UnplacedShot key={id} id={id} />
        ))}
      </ul>
    </details>
  );
}

function UnplacedShot({ id }: { readonly id: ShotId }) {
  const film = useFilm();
  const shot = useShot(id);
  const scene = useSceneOf(shot);
  const asset = useAsset(shot);
  if (!shot) return null;
  return (
    <li className="shot" data-shot={id} data-status={shot.status}>
      <Panel project={film.id} asset={asset} alt={describePanel("without a place", shot, scene)} />
      <div className="shot-line">
        <span className="shot-framing">{framings[shot.framing].short}</span>
        <span className="shot-camera" dir="auto" title={scene?.heading}>
          {scene?.heading}
        </span>
        <span className="shot-length">{shotLength(shot.durationMs)}</span>
      </div>
      <Caption lines={shot.lines} />
    </li>
  );
}

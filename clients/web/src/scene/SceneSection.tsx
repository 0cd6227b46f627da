// A scene on the board: its heading, which stays in sight, and its shots.
import { memo, useMemo } from "react";
import type { ShotId } from "@storycore/client";

import type { PlacedScene } from "../board/order.ts";
import { shotLetter } from "../board/order.ts";
import { createTally } from "../board/tally.ts";
import { count, runningTime } from "../format.ts";
import { useFilmState, useScriptLanguage } from "../project/film.ts";
import { timesOfDay } from "../shot/craft.ts";
import { ShotCard } from "../shot/ShotCard.tsx";
import { BreakDown } from "./BreakDown.tsx";
import { ContinuityCheck } from "./Continuity.tsx";
import { SceneDoubt } from "./SceneDoubt.tsx";
import { useSceneDrop } from "./useSceneDrop.ts";

interface Props {
  readonly scene: PlacedScene;
  /** The shots to show; `null` shows all. */
  readonly fitting: ReadonlySet<ShotId> | null;
  /** The shot the Tab key reaches when the selected one is out of sight. */
  readonly stop: ShotId | null;
}

export const SceneSection = memo(function SceneSection({ scene, fitting, stop }: Props) {
  const { id, number, shots } = scene;
  const heading = useFilmState((state) => state.project.scenes[id]?.heading ?? "");
  const language = useScriptLanguage();
  const drop = useSceneDrop(id);
  const shown = shots.filter((shot) => fitting?.has(shot) ?? true);
  if (fitting !== null && shown.length === 0) return null;
  return (
    <section className="scene" id={`scene-${id}`} data-scene={id} aria-labelledby={`scene-${id}-heading`}>
      <header className="scene-header" data-drop={drop.over || undefined} {...drop.handlers}>
        <h2 id={`scene-${id}-heading`}>
          <span className="scene-number">{number}</span>
          {heading === "" ? (
            <span className="scene-heading">Before the first heading</span>
          ) : (
            <span className="scene-heading" lang={language} dir="auto">
              {heading}
            </span>
          )}
        </h2>
        <SceneFacts scene={scene} />
        <ContinuityCheck scene={scene} />
        <BreakDown id={id} number={number} />
      </header>
      <SceneDoubt id={id} />
      {shown.length === 0 && <p className="scene-empty">Nothing to draw in this scene yet.</p>}
      <ol className="shots">
        {shots.map(
          (shot, i) =>
            (fitting?.has(shot) ?? true) && (
              <ShotCard key={shot} id={shot} label={number + shotLetter(i)} first={shot === stop} />
            ),
        )}
      </ol>
    </section>
  );
});

function SceneFacts({ scene }: { readonly scene: PlacedScene }) {
  const tallyOf = useMemo(createTally, []);
  const tally = useFilmState((state) => tallyOf(scene.shots, state.project.shots));
  const time = useFilmState((state) => state.project.scenes[scene.id]?.timeOfDay ?? null);
  return (
    <p className="scene-facts">
      {time !== null && <span className="scene-time">{timesOfDay[time]}</span>}
      <span>{count(tally.shots, "shot")}</span>
      <span className="numbers">{runningTime(tally.durationMs)}</span>
      {tally.stale > 0 && <span className="is-stale">{tally.stale} stale</span>}
      {tally.missing > 0 && <span>{tally.missing} missing</span>}
    </p>
  );
}

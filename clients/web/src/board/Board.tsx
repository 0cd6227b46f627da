// The board: every scene of the film with its shots, in order.
import type { ShotId } from "@storycore/client";

import { useFilmOrder } from "../project/film.ts";
import { SceneSection } from "../scene/SceneSection.tsx";
import { useView } from "../selection/view.ts";
import { useStore } from "../useStore.ts";

interface Props {
  readonly fitting: ReadonlySet<ShotId> | null;
}

export function Board({ fitting }: Props) {
  const order = useFilmOrder();
  const first = order.shots.find((id) => fitting?.has(id) ?? true) ?? null;
  const stop = useStore(useView(), ({ shot }) =>
    shot !== null && order.places.has(shot) && (fitting?.has(shot) ?? true) ? null : first,
  );
  return (
    <div className="board">
      {order.scenes.map((scene) => (
        <SceneSection key={scene.id} scene={scene} fitting={fitting} stop={ownStop(scene.shots, stop)} />
      ))}
    </div>
  );
}

// A scene is told of the stop only if it is its own, so that the others need not redraw.
function ownStop(shots: readonly ShotId[], stop: ShotId | null): ShotId | null {
  return stop !== null && shots.includes(stop) ? stop : null;
}

// A shot on the board: its panel, how it is shot, its words, and whether the panel still holds.
import { memo, useRef, type MouseEvent } from "react";
import type { ShotId } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { shotLength } from "../format.ts";
import { useFilm, useFilmState } from "../project/film.ts";
import { usePresence } from "../selection/presence.ts";
import { useIsSelected, useView } from "../selection/view.ts";
import { useShotDrop } from "../take/DropPlace.tsx";
import { ImportState } from "../take/ImportState.tsx";
import { PictureBadge } from "../take/PictureBadge.tsx";
import { TakeMarks } from "../take/TakeMarks.tsx";
import { Badge } from "./Badge.tsx";
import { Caption } from "./Caption.tsx";
import { framings } from "./craft.ts";
import { cameraWords, describePanel } from "./describe.ts";
import { Panel } from "./Panel.tsx";
import { Reasons } from "./Reasons.tsx";
import { ShotFailure } from "./ShotFailure.tsx";
import { ShotWork } from "./ShotWork.tsx";
import { useStore } from "../useStore.ts";
import { useWorkOfShot } from "../run/underWay.ts";
import { useRedraw } from "./useRedraw.ts";
import { useAsset, useSceneOf, useShot } from "./useShot.ts";

interface Props {
  readonly id: ShotId;
  readonly label: string;
  /** Whether the Tab key reaches it although it is not selected. */
  readonly first: boolean;
}

export const ShotCard = memo(function ShotCard({ id, label, first }: Props) {
  const film = useFilm();
  const view = useView();
  const shot = useShot(id);
  const scene = useSceneOf(shot);
  const asset = useAsset(shot);
  const selected = useIsSelected(id);
  const presence = usePresence();
  const others = useFilmState((state) => presence.lookingAt(state.ui.selections, id));
  const unsaved = useStore(film.now, ({ project }) => !(id in project.shots)) && !film.past;
  const drop = useShotDrop(id);
  // Pressing a button focuses it, and so selects the shot before the click is there.
  const wasSelected = useRef(false);
  if (!shot) return null;
  const tabIndex = selected || first ? 0 : -1;
  const alt = describePanel(label, shot, scene);
  const reasons = shot.reasons.map((it) => it.message).join("; ");
  return (
    <li
      className="shot"
      data-shot={id}
      data-status={shot.status}
      data-unsaved={unsaved || undefined}
      data-selected={selected || undefined}
      data-drop={drop.over ?? undefined}
      {...drop.handlers}
    >
      <div className="shot-frame">
        <button
          type="button"
          className="shot-open"
          id={`shot-${id}`}
          tabIndex={tabIndex}
          aria-current={selected || undefined}
          aria-describedby={`shot-${id}-status`}
          title={reasons || undefined}
          onPointerDown={() => void (wasSelected.current = selected)}
          onFocus={() => view.select(id)}
          onClick={(event) => (opensAtOnce(event) || wasSelected.current ? view.enlarge(id) : view.select(id))}
        >
          <Panel project={film.id} asset={asset} alt={alt} />
          {asset === null && <span className="unseen">{alt}</span>}
        </button>
        <ShotWork id={id} label={label} />
      </div>
      <div className="shot-line">
        <span className="shot-label">{label}</span>
        <span className="shot-framing" title={framings[shot.framing].spoken}>
          {framings[shot.framing].short}
        </span>
        <span className="shot-camera">{cameraWords(shot).join(" · ")}</span>
        {others !== "" && (
          <span className="shot-others" title={`${others} looks at this shot`}>
            <span className="unseen">{others} looks at this shot</span>
          </span>
        )}
        <span className="shot-length">{shotLength(shot.durationMs)}</span>
      </div>
      <div className="shot-status" id={`shot-${id}-status`}>
        <Badge status={shot.status} reasons={reasons} />
        <PictureBadge id={id} label={label} shot={shot} tabIndex={tabIndex} />
        <TakeMarks id={id} shot={shot} />
        <Reasons reasons={shot.reasons} />
        {shot.status !== "fresh" && <RedrawShot id={id} label={label} tabIndex={tabIndex} />}
      </div>
      <ShotFailure id={id} />
      <ImportState shot={id} />
      <Caption lines={shot.lines} />
    </li>
  );
});

// A finger, or a key or screen reader that presses the button, cannot point at it first.
function opensAtOnce(event: MouseEvent): boolean {
  const pointer = event.nativeEvent instanceof PointerEvent ? event.nativeEvent.pointerType : "mouse";
  return event.detail === 0 || pointer === "touch";
}

function RedrawShot({ id, label, tabIndex }: { id: ShotId; label: string; tabIndex: number }) {
  const { redraw, pending, reason, title } = useRedraw();
  const working = useWorkOfShot(id) !== null || pending;
  return (
    <ActionButton
      className="shot-redraw"
      tabIndex={tabIndex}
      reason={working ? "It is being drawn." : reason}
      title={title}
      onAction={(event) => redraw(event, [id])}
      label={`Redraw ${label}`}
    >
      {working ? "Drawing…" : "Redraw"}
    </ActionButton>
  );
}

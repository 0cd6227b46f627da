// The unplaced tray: what the script no longer has, with all that was made for it.
import { useState } from "react";
import type { ShotId } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useHindrance } from "../connection/useHindrance.ts";
import { count, shotLength } from "../format.ts";
import { memoLast } from "../memo.ts";
import { PickDialog } from "../PickDialog.tsx";
import { useFilm, useFilmState } from "../project/film.ts";
import { Caption } from "../shot/Caption.tsx";
import { framings } from "../shot/craft.ts";
import { describePanel } from "../shot/describe.ts";
import { Panel } from "../shot/Panel.tsx";
import { usePlacedScenes, usePlacedShots } from "../shot/pick.ts";
import { useAsset, useSceneOf, useShot } from "../shot/useShot.ts";
import { useTakes } from "../take/takes.ts";
import { carried, useAttach } from "./attach.ts";
import { fittingTray, trayOf, type TrayGroup } from "./tray.ts";

const groupsOf = memoLast(trayOf);
const fittingOf = memoLast(fittingTray);

export function UnplacedTray() {
  const [query, setQuery] = useState("");
  const groups = useFilmState(({ project, generation }) => groupsOf(project, generation.takes));
  const fitting = useFilmState(({ project, generation }) => fittingOf(groups, project, generation.takes, query));
  if (groups.length === 0) return null;
  return (
    <details className="notes unplaced" data-unplaced>
      <summary>{words(groups)}</summary>
      <div className="tray-top">
        <p>The script no longer has these. Everything made for them is kept, and comes back with their words.</p>
        <input
          className="search"
          type="search"
          aria-label="Search the tray"
          placeholder="Search the tray"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      {fitting.map((group) => (
        <Group key={group.scene} group={group} />
      ))}
      {fitting.length === 0 && <p role="status">Nothing in the tray has “{query.trim()}”.</p>}
    </details>
  );
}

function words(groups: readonly TrayGroup[]): string {
  const scenes = groups.filter((it) => it.unplaced).length;
  const shots = groups.reduce((n, it) => n + it.shots.length, 0);
  if (scenes === 0) return count(shots, "unplaced shot");
  return `${count(scenes, "unplaced scene")}, ${count(shots, "shot")}`;
}

function Group({ group }: { readonly group: TrayGroup }) {
  const { scene, heading, unplaced, shots, takes } = group;
  return (
    <section className="tray-group" data-tray-scene={scene} aria-label={heading === "" ? "Before the first heading" : heading}>
      <header
        className="tray-scene"
        draggable={unplaced}
        onDragStart={(event) => {
          event.dataTransfer.setData(carried.scene, scene);
          event.dataTransfer.effectAllowed = "move";
        }}
      >
        <h3 dir="auto">{heading === "" ? "Before the first heading" : heading}</h3>
        <span className="tray-facts">
          {count(shots.length, "shot")}, {count(takes, "take")}
          {!unplaced && ". The scene itself is still in the script"}
        </span>
        {unplaced && <AttachScene group={group} />}
      </header>
      <ul className="shots" aria-label="Unplaced shots">
        {shots.map((id) => (
          <UnplacedShot key={id} id={id} />
        ))}
      </ul>
    </section>
  );
}

function AttachScene({ group }: { readonly group: TrayGroup }) {
  const attach = useAttach();
  const options = usePlacedScenes();
  return (
    <AttachButton
      method="scene/attach"
      label={`Attach ${group.heading}`}
      title={`Which scene of the script is “${group.heading}”?`}
      note="The scene of the script becomes this one again: shots, takes and notes follow."
      options={options}
      onPick={(to) => attach.scene(group.scene, to)}
    />
  );
}

function UnplacedShot({ id }: { readonly id: ShotId }) {
  const film = useFilm();
  const shot = useShot(id);
  const scene = useSceneOf(shot);
  const asset = useAsset(shot);
  const takes = useTakes(id).length;
  const attach = useAttach();
  const options = usePlacedShots();
  if (!shot) return null;
  const said = shot.lines[0]?.text ?? framings[shot.framing].spoken;
  return (
    <li
      className="shot"
      data-shot={id}
      data-status={shot.status}
      draggable
      onDragStart={(event) => {
        event.dataTransfer.setData(carried.shot, id);
        event.dataTransfer.effectAllowed = "move";
      }}
    >
      <Panel project={film.id} asset={asset} alt={describePanel("without a place", shot, scene)} />
      <div className="shot-line">
        <span className="shot-framing">{framings[shot.framing].short}</span>
        <span className="shot-takes">{count(takes, "take")}</span>
        <span className="shot-length">{shotLength(shot.durationMs)}</span>
      </div>
      <Caption lines={shot.lines} />
      <AttachButton
        method="shot/attach"
        label={`Attach the shot “${said.slice(0, 40)}”`}
        title="Which shot of the script is it?"
        note="The takes of both are its takes then."
        options={options}
        onPick={(to) => attach.shot(id, to)}
      />
    </li>
  );
}

interface AttachProps {
  readonly method: "scene/attach" | "shot/attach";
  readonly label: string;
  readonly title: string;
  readonly note: string;
  readonly options: Parameters<typeof PickDialog>[0]["options"];
  readonly onPick: (id: string) => void;
}

function AttachButton({ method, label, title, note, options, onPick }: AttachProps) {
  const [picking, setPicking] = useState(false);
  return (
    <>
      <ActionButton
        className="quiet outlined"
        label={label}
        title="Or drag it to its place on the board"
        reason={useHindrance(method)}
        onAction={() => setPicking(true)}
      >
        Attach to…
      </ActionButton>
      {picking && (
        <PickDialog
          title={title}
          note={note}
          options={options}
          onPick={(id) => {
            setPicking(false);
            onPick(id);
          }}
          onClose={() => setPicking(false)}
        />
      )}
    </>
  );
}

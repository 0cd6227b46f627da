// Over a shot's panel while a server is at it: how far it is, and the newest picture of it.
import { useState } from "react";
import type { ProjectId, ShotId, StepProgress } from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { useFilm } from "../project/film.ts";
import { sentence } from "../run/describe.ts";
import { useWorkOfShot } from "../run/underWay.ts";
import { Preview } from "./Preview.tsx";

export function ShotWork({ id, label }: { readonly id: ShotId; readonly label: string }) {
  const project = useFilm().id;
  // Inside an editor, paths lead nowhere: there it says how far it is, and shows no picture.
  const served = useSession().pictures === null;
  const work = useWorkOfShot(id);
  const [last, setLast] = useState(work);
  if (work !== null && work !== last) setLast(work);
  if (last === null) return null;
  const ended = work === null;
  const picture = served ? previewOf(project, last) : null;
  // What has ended without a picture leaves nothing to fade.
  if (ended && picture === null) {
    setLast(null);
    return null;
  }
  return (
    <span className="shot-work" data-work={ended ? "ended" : "running"} onAnimationEnd={() => ended && setLast(null)}>
      {picture !== null && <Preview address={picture} />}
      {!ended && <Doing work={work} label={label} />}
    </span>
  );
}

function Doing({ work, label }: { readonly work: StepProgress; readonly label: string }) {
  const words = sentence(work.message);
  return (
    <>
      <span className="shot-doing" title={work.server == null ? words : `${words}, on ${work.server}`}>
        {words}
      </span>
      <progress className="line" aria-label={`${label}: ${work.message}`} value={work.doneMilli ?? undefined} max={1000} />
    </>
  );
}

function previewOf(project: ProjectId, { run, step, shot, preview }: StepProgress): string | null {
  return preview == null || shot == null ? null : `/previews/${project}/${run}/${step}/${shot}?${preview}`;
}

// On a card: that the picture it shows has not passed its checks. Why is asked for when somebody
// points at it or comes to it with the keyboard.
import { useState } from "react";
import type { Grade, ShotId, ShotState, TakeId } from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { useFilm } from "../project/film.ts";
import { sentence } from "../run/describe.ts";
import { useView } from "../selection/view.ts";
import { grades, worstOf } from "./describe.ts";
import { signs } from "./signs.ts";

interface Props {
  readonly id: ShotId;
  readonly label: string;
  readonly shot: ShotState;
  readonly tabIndex: number;
}

export function PictureBadge({ id, label, shot, tabIndex }: Props) {
  const { past } = useFilm();
  const { take, grade } = shot;
  const isWrong = grade === "warn" || grade === "fail";
  // What checks found is told of now only.
  if (past || !isWrong || take == null) return null;
  // Another take, or the same one looked at once more, has other reasons.
  return <Wrong key={`${take} ${grade}`} id={id} label={label} take={take} grade={grade} tabIndex={tabIndex} />;
}

interface WrongProps extends Omit<Props, "shot"> {
  readonly take: TakeId;
  readonly grade: Grade;
}

function Wrong({ id, label, take, grade, tabIndex }: WrongProps) {
  const session = useSession();
  const view = useView();
  const project = useFilm().id;
  const [why, setWhy] = useState<string | null>(null);
  async function ask() {
    if (why !== null) return;
    const details = await session.ask("take/get", { project, id: take });
    const verdicts = worstOf(details?.checks?.verdicts ?? []).filter((it) => it.grade === "warn" || it.grade === "fail");
    if (verdicts.length > 0) setWhy(verdicts.map((it) => sentence(it.words)).join(" "));
  }
  return (
    <button
      type="button"
      className="picture-badge"
      data-grade={grade}
      tabIndex={tabIndex}
      title={why ?? "Press to see what its checks found"}
      aria-label={`Picture of ${label} is ${grades[grade]}${why === null ? "" : `: ${why}`}`}
      onPointerEnter={() => void ask()}
      onFocus={() => void ask()}
      onClick={() => view.enlarge(id)}
    >
      <span aria-hidden>{signs[grade]}</span> {grades[grade]}
    </button>
  );
}

// Moments that have names, to come back to; and a name for this one.
import { useState, type FormEvent } from "react";
import type { Checkpoint, Seq } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { timeOf } from "../format.ts";
import { Icon } from "../Icon.tsx";
import { useFilm } from "../project/film.ts";
import { useTravel } from "./travel.ts";

/** The daemon takes no more; see `checkpoint/create`. */
const nameCharactersMax = 120;

interface Props {
  readonly checkpoints: readonly Checkpoint[];
  readonly at: Seq | null;
}

export function NamedMoments({ checkpoints, at }: Props) {
  const travel = useTravel();
  const session = useSession();
  const project = useFilm().id;
  const reason = useHindrance("checkpoint/delete", { inPast: true });
  if (checkpoints.length === 0) return null;
  return (
    <ul className="named" aria-label="Named moments">
      {checkpoints.map((it) => (
        <li key={it.id} data-at={it.seq === at || undefined}>
          <button
            type="button"
            className="named-go"
            title={`${timeOf(it.atMs)}, by ${it.by}`}
            aria-current={it.seq === at || undefined}
            onClick={() => travel.goTo(it.seq)}
          >
            {it.name}
          </button>
          <ActionButton
            className="named-delete"
            label={`Give up the name “${it.name}”`}
            title="Give up the name; the moment stays in the history"
            reason={reason}
            onAction={() => void session.attempt("checkpoint/delete", { project, id: it.id })}
          >
            <Icon name="reject" />
          </ActionButton>
        </li>
      ))}
    </ul>
  );
}

export function NameMoment() {
  const session = useSession();
  const project = useFilm().id;
  const [name, setName] = useState("");
  const reason = useHindrance("checkpoint/create");
  async function create(event: FormEvent) {
    event.preventDefault();
    if (reason !== null || name.trim() === "") return;
    const made = await session.attempt("checkpoint/create", { project, name: name.trim() });
    if (made === null) return;
    setName("");
    session.say(`This moment is “${made.value.name}”.`);
  }
  return (
    <form className="name-moment" onSubmit={(event) => void create(event)}>
      <input
        className="field"
        type="text"
        aria-label="Name of this moment"
        placeholder="before the rewrite"
        maxLength={nameCharactersMax}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <ActionButton
        className="quiet outlined"
        submit
        reason={reason ?? (name.trim() === "" ? "Write a name first." : null)}
        onAction={() => {}}
      >
        Name this moment
      </ActionButton>
    </form>
  );
}

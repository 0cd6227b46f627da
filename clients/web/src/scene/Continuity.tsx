// Has a language model look for what does not agree from shot to shot of a scene.
import { useState } from "react";
import type { Continuity, ContinuityFinding, Severity, ShotId } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { ProblemLine } from "../connection/ProblemLine.tsx";
import { useHindrance } from "../connection/useHindrance.ts";
import { Dialog } from "../Dialog.tsx";
import { count } from "../format.ts";
import { doneByWords } from "../llm/describe.ts";
import { useHasModel } from "../llm/models.ts";
import { useTask } from "../llm/useTask.ts";
import { useFilm } from "../project/film.ts";
import { sentence } from "../run/describe.ts";
import { useView } from "../selection/view.ts";
import { shotLetter, type PlacedScene } from "../board/order.ts";

interface Props {
  readonly scene: PlacedScene;
}

/** Only there when there is a model to ask. */
export function ContinuityCheck({ scene }: Props) {
  const { past } = useFilm();
  const [open, setOpen] = useState(false);
  const reason = useHindrance("scene/continuity");
  if (!useHasModel() || past || scene.shots.length < 2) return null;
  return (
    <>
      <ActionButton
        className="scene-break"
        label={`Check the continuity of scene ${scene.number}`}
        title="Have a language model look for what does not agree from shot to shot"
        reason={reason}
        onAction={() => setOpen(true)}
      >
        Continuity…
      </ActionButton>
      {open && <ContinuityDialog scene={scene} onClose={() => setOpen(false)} />}
    </>
  );
}

function ContinuityDialog({ scene, onClose }: Props & { readonly onClose: () => void }) {
  const { answer, problem, waiting, words, ask } = useTask("scene/continuity");
  const shots = count(scene.shots.length, "shot");
  return (
    <Dialog className="plan" label={`Continuity of scene ${scene.number}`} onClose={onClose} focus=".continuity-look">
      <h2>Continuity of scene {scene.number}</h2>
      <p className="plan-summary">
        A language model reads the {shots} and tells what does not agree: clothes, props, light, places. Nothing is changed.
      </p>
      <p className="plan-facts" role="status">
        {waiting && `The model reads the scene… ${words}`}
      </p>
      <ProblemLine problem={problem} />
      {answer !== null && !waiting && <Found found={answer} scene={scene} onClose={onClose} />}
      <div className="confirm-end">
        <button type="button" className="quiet" onClick={onClose}>
          Close
        </button>
        <ActionButton
          className="button continuity-look"
          reason={waiting ? "The model is at work." : null}
          onAction={() => void ask({ id: scene.id })}
        >
          {answer === null ? "Look" : "Look again"}
        </ActionButton>
      </div>
    </Dialog>
  );
}

function Found({ found, scene, onClose }: Props & { readonly found: Continuity; readonly onClose: () => void }) {
  return (
    <>
      <p className="plan-facts">{doneByWords(found.by)}</p>
      {found.findings.length === 0 ? (
        <p>It found nothing that does not agree.</p>
      ) : (
        <div className="plan-scroll">
          <ol className="break-shots" aria-label="What does not agree">
            {found.findings.map((it, i) => (
              <Finding key={i} finding={it} scene={scene} onClose={onClose} />
            ))}
          </ol>
        </div>
      )}
    </>
  );
}

const severities = { error: "Wrong", warning: "Doubtful", information: "Note" } as const satisfies Record<Severity, string>;

interface FindingProps extends Props {
  readonly finding: ContinuityFinding;
  readonly onClose: () => void;
}

function Finding({ finding: { severity, kind, message, fix, shots }, scene, onClose }: FindingProps) {
  const view = useView();
  function show(shot: ShotId) {
    onClose();
    view.select(shot);
  }
  return (
    <li className="break-shot" data-severity={severity}>
      <p className="break-how">
        <b>{severities[severity]}</b>
        <span>{kind}</span>
        <span className="numbers break-length">
          {shots.map((shot) => (
            <button key={shot} type="button" className="quiet" onClick={() => show(shot)}>
              {scene.number + shotLetter(scene.shots.indexOf(shot))}
            </button>
          ))}
        </span>
      </p>
      <p className="break-text" dir="auto">
        {sentence(message)}
      </p>
      {fix !== "" && <p className="break-why">{sentence(fix)}</p>}
    </li>
  );
}

// Has a language model plan the shots of a scene. What it plans is looked at before it is written.
import { useState, type FormEvent } from "react";
import type { Breakdown, SceneId } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { ProblemLine } from "../connection/ProblemLine.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { Dialog } from "../Dialog.tsx";
import { count, shotLength } from "../format.ts";
import { doneByWords } from "../llm/describe.ts";
import { useHasModel } from "../llm/models.ts";
import { useTask } from "../llm/useTask.ts";
import { useFilm, useScriptLanguage } from "../project/film.ts";
import { sentence } from "../run/describe.ts";
import { framings } from "../shot/craft.ts";
import { cameraWords } from "../shot/describe.ts";

/** The daemon takes no more. */
const wishCharactersMax = 2000;

interface Props {
  readonly id: SceneId;
  readonly number: string;
}

/** Only there when there is a model to ask. */
export function BreakDown({ id, number }: Props) {
  const { past } = useFilm();
  const [open, setOpen] = useState(false);
  const reason = useHindrance("scene/breakdown");
  if (!useHasModel() || past) return null;
  return (
    <>
      <ActionButton
        className="scene-break"
        label={`Break down scene ${number}`}
        title="Have a language model plan its shots, and look at them before they are written"
        reason={reason}
        onAction={() => setOpen(true)}
      >
        Break down…
      </ActionButton>
      {open && <BreakDownDialog id={id} number={number} onClose={() => setOpen(false)} />}
    </>
  );
}

function BreakDownDialog({ id, number, onClose }: Props & { readonly onClose: () => void }) {
  const session = useSession();
  const { plan, problem, waiting, words, ask } = useBreakdown(id);
  const [wish, setWish] = useState("");
  // What the plan on the page was asked with: the same question has the same answer.
  const [planned, setPlanned] = useState<Asked>({});
  function onPlan(event: FormEvent) {
    event.preventDefault();
    if (waiting !== null) return;
    const asked = wish.trim() === "" ? {} : { wish: wish.trim() };
    setPlanned(asked);
    void ask(asked);
  }
  async function apply() {
    const written = await ask({ ...planned, apply: true });
    if (written?.applied !== true) return;
    session.say(`${count(written.notes.length, "note")} written into ${written.path}.`);
    onClose();
  }
  return (
    <Dialog className="plan" label={`Break down scene ${number}`} onClose={onClose} focus=".break-wish">
      <h2>Break scene {number} into shots</h2>
      <p className="plan-summary">A language model plans them. Nothing is written before you say so.</p>
      <form className="prompt-wish" onSubmit={onPlan}>
        <input
          className="field break-wish"
          type="text"
          aria-label="What you wish"
          placeholder="Wish: slow, mostly close-ups… or leave it empty"
          maxLength={wishCharactersMax}
          value={wish}
          onChange={(event) => setWish(event.target.value)}
        />
        <ActionButton className="quiet outlined" submit reason={waiting === null ? null : "It is being planned."} onAction={() => {}}>
          {plan === null ? "Plan shots" : "Plan again"}
        </ActionButton>
      </form>
      <p className="plan-facts" role="status">
        {waiting === "plan" && `The model plans the scene… ${words}`}
        {waiting === "apply" && "The notes are being written…"}
      </p>
      <ProblemLine problem={problem} />
      {plan !== null && <Planned plan={plan} />}
      <div className="confirm-end">
        <button type="button" className="quiet" onClick={onClose}>
          Cancel
        </button>
        <ActionButton className="button" reason={applyHindrance(plan, waiting !== null)} onAction={() => void apply()}>
          {plan === null || plan.notes.length === 0 ? "Write notes" : `Write ${count(plan.notes.length, "note")}`}
        </ActionButton>
      </div>
    </Dialog>
  );
}

interface Asked {
  readonly wish?: string;
  readonly apply?: boolean;
}

function useBreakdown(id: SceneId) {
  const { answer: plan, problem, waiting: isWaiting, words, ask: askModel } = useTask("scene/breakdown");
  const [applying, setApplying] = useState(false);
  function ask(asked: Asked): Promise<Breakdown | null> {
    setApplying(asked.apply === true);
    return askModel({ id, ...asked });
  }
  const waiting = isWaiting ? (applying ? "apply" : "plan") : null;
  return { plan, problem, waiting, words, ask };
}

function applyHindrance(plan: Breakdown | null, waiting: boolean): string | null {
  if (waiting) return "The model is at work.";
  if (plan === null) return "Plan the shots first, to see what would be written.";
  if (plan.by.type === "rules") return "The rules planned them: they need no notes for it.";
  return plan.notes.length === 0 ? "Every shot of the plan has its note already." : null;
}

function Planned({ plan }: { readonly plan: Breakdown }) {
  const language = useScriptLanguage();
  const notes = new Map(plan.notes.map((it) => [it.line, it.note]));
  return (
    <>
      <p className="plan-facts">{doneByWords(plan.by)}</p>
      <div className="plan-scroll">
        <ol className="break-shots" aria-label="Planned shots">
          {plan.shots.map((shot, i) => (
            <li key={i} className="break-shot">
              <p className="break-how">
                <b>{framings[shot.framing].short}</b>
                <span>{[shot.subjects.join(", "), ...cameraWords(shot)].filter(Boolean).join(" · ")}</span>
                <span className="numbers break-length">
                  line {shot.line} · {shotLength(shot.durationMs)}
                </span>
              </p>
              <p className="break-text" lang={language} dir="auto">
                {shot.text}
              </p>
              {notes.has(shot.line) && <code className="break-note">{notes.get(shot.line)}</code>}
              {shot.why != null && <p className="break-why">{sentence(shot.why)}</p>}
            </li>
          ))}
        </ol>
      </div>
    </>
  );
}

// What an image model is asked for a shot: shown before anything runs, and improved on a wish.
import { useEffect, useRef, useState, type FormEvent } from "react";
import type { ShotId, ShotPrompt } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { ProblemLine } from "../connection/ProblemLine.tsx";
import { problemOf, useSession, type Problem } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { doneByWords } from "../llm/describe.ts";
import { useHasModel } from "../llm/models.ts";
import { useWritten } from "../llm/written.ts";
import { useFilm } from "../project/film.ts";
import { sentence } from "../run/describe.ts";

/** The daemon takes no more. */
const wishCharactersMax = 2000;

interface Props {
  readonly id: ShotId;
  readonly label: string;
}

/** Nothing is asked before it is unfolded: a language model may take its time. */
export function PromptPreview({ id, label }: Props) {
  const [open, setOpen] = useState(false);
  const reason = useHindrance("shot/prompt");
  return (
    <div className="prompt">
      <ActionButton
        className="quiet toggle prompt-toggle"
        label={`Prompt of ${label}`}
        pressed={open}
        title="What an image model is asked for this shot"
        reason={open ? null : reason}
        onAction={() => setOpen(!open)}
      >
        Prompt
      </ActionButton>
      {open && <OpenPrompt id={id} label={label} />}
    </div>
  );
}

function OpenPrompt({ id, label }: Props) {
  const session = useSession();
  const project = useFilm().id;
  const hasModel = useHasModel();
  const [prompt, setPrompt] = useState<ShotPrompt | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asking, setAsking] = useState<Asked>({ plain: true });
  const [waiting, setWaiting] = useState(true);
  const { words, begin, hear } = useWritten();
  const body = useRef<HTMLElement>(null);
  // It unfolds at the lower end of a tall dialog.
  useEffect(() => body.current?.scrollIntoView({ block: "nearest" }), [prompt]);
  useEffect(() => {
    const stop = new AbortController();
    setWaiting(true);
    begin();
    session
      .call("shot/prompt", { project, id, ...asking }, { signal: stop.signal, onAnswering: hear })
      .then(
        (answer) => {
          if (stop.signal.aborted) return;
          setPrompt(answer);
          setProblem(null);
        },
        (error: unknown) => !stop.signal.aborted && setProblem(problemOf(error)),
      )
      .finally(() => !stop.signal.aborted && setWaiting(false));
    // Who folds it wants the model to stop, too.
    return () => stop.abort();
  }, [session, project, id, asking, begin, hear]);
  return (
    <section ref={body} className="prompt-body" aria-label={`Prompt of ${label}`} aria-busy={waiting}>
      {waiting && <p className="prompt-by">{hasModel && asking.plain !== true ? `A language model writes it… ${words}` : "Writing it…"}</p>}
      <ProblemLine problem={problem} />
      {prompt !== null && (
        <>
          <PromptWords prompt={prompt} />
          {hasModel && <Improve waiting={waiting} onWish={(wish) => setAsking({ current: prompt.positive, wish })} />}
        </>
      )}
    </section>
  );
}

interface Asked {
  /** What a workflow is given, whoever could write it better. */
  readonly plain?: boolean;
  readonly current?: string;
  readonly wish?: string;
}

function PromptWords({ prompt: { positive, negative, why, by } }: { readonly prompt: ShotPrompt }) {
  return (
    <>
      <dl className="prompt-words">
        <div>
          <dt>Shows</dt>
          <dd dir="auto">{positive}</dd>
        </div>
        {negative !== "" && (
          <div>
            <dt>Never</dt>
            <dd dir="auto">{negative}</dd>
          </div>
        )}
      </dl>
      {why != null && <p className="prompt-by">{sentence(why)}</p>}
      <p className="prompt-by">{doneByWords(by)}</p>
    </>
  );
}

function Improve({ waiting, onWish }: { readonly waiting: boolean; readonly onWish: (wish: string) => void }) {
  const [wish, setWish] = useState("");
  function ask(event: FormEvent) {
    event.preventDefault();
    if (!waiting && wish.trim() !== "") onWish(wish.trim());
  }
  return (
    <form className="prompt-wish" onSubmit={ask}>
      <input
        className="field"
        type="text"
        aria-label="What the prompt should say"
        placeholder="Wish: warmer light, more fog…"
        maxLength={wishCharactersMax}
        value={wish}
        onChange={(event) => setWish(event.target.value)}
      />
      <ActionButton
        className="quiet outlined"
        submit
        reason={waiting ? "It is being written." : wish.trim() === "" ? "Write what you wish first." : null}
        onAction={() => {}}
      >
        Improve
      </ActionButton>
    </form>
  );
}

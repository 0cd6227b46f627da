// What the checks of a take's picture come to, with reasons in the daemon's words.
import type { Checks, ShotId, Verdict } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { useFilm } from "../project/film.ts";
import { sentence } from "../run/describe.ts";
import { useStore } from "../useStore.ts";
import { checksWords, grades, repeatWords, worstOf } from "./describe.ts";
import { signs } from "./signs.ts";
import type { NumberedTake, Standing } from "./takes.ts";

/** On a thumbnail, beside whose name the words stand. */
export function ChecksSign({ checks }: { readonly checks: Checks | null | undefined }) {
  if (checks == null) return null;
  return (
    <span className="checks-sign numbers" data-grade={checks.grade} title={sentence(checksWords(checks))} aria-hidden>
      {signs[checks.grade]}
      {checks.score != null && ` ${Math.floor(checks.score)}`}
    </span>
  );
}

interface Props {
  readonly take: NumberedTake;
  readonly standing: Standing;
  /** The daemon has looked once more. */
  readonly onLooked: () => void;
}

export function TakeChecks({ take, standing: { checks, repeated }, onLooked }: Props) {
  const { past } = useFilm();
  const verdicts = checks == null ? [] : worstOf(checks.verdicts);
  const wrong = verdicts.filter((it) => it.grade === "fail" || it.grade === "warn");
  const rest = verdicts.filter((it) => it.grade === "pass" || it.grade === "notMeasured");
  // What checks found is told of now only.
  if (past) return null;
  return (
    <section className="checks" aria-label={`Checks of take ${take.number}`}>
      <p className="checks-head">
        {checks == null ? (
          <span className="checks-none">{checks === null && "This picture was not checked yet."}</span>
        ) : (
          <>
            <b className="checks-grade" data-grade={checks.grade}>
              Picture {grades[checks.grade]}
            </b>
            <span className="checks-words">{sentence(checks.words)}</span>
          </>
        )}
        <span className="checks-actions">
          <CheckNow take={take} known={checks != null} onLooked={onLooked} />
          <AnotherSeed shot={take.shot} />
        </span>
      </p>
      {wrong.length > 0 && <Verdicts label="What is wrong" verdicts={wrong} />}
      {repeated !== null && <p className="checks-repeat">{repeatWords(repeated)}</p>}
      {rest.length > 0 && (
        <details>
          <summary>{wrong.length > 0 ? "What is right" : "What was looked at"}</summary>
          <Verdicts label="What else was looked at" verdicts={rest} />
        </details>
      )}
    </section>
  );
}

function Verdicts({ label, verdicts }: { readonly label: string; readonly verdicts: readonly Verdict[] }) {
  return (
    <ul className="verdicts" aria-label={label}>
      {verdicts.map((it) => (
        <li key={it.check} data-grade={it.grade}>
          <span className="verdict-sign" aria-hidden>
            {signs[it.grade]}
          </span>
          <span className="unseen">{grades[it.grade]}: </span>
          {sentence(it.words)}
        </li>
      ))}
    </ul>
  );
}

interface CheckNowProps extends Pick<Props, "take" | "onLooked"> {
  readonly known: boolean;
}

function CheckNow({ take, known, onLooked }: CheckNowProps) {
  const session = useSession();
  const project = useFilm().id;
  const reason = useHindrance("take/check");
  async function look() {
    if ((await session.attempt("take/check", { project, id: take.id })) !== null) onLooked();
  }
  return (
    <ActionButton
      className="quiet"
      reason={reason}
      title="Look at the picture now: sharpness, exposure, noise, colors, size"
      onAction={() => void look()}
    >
      {known ? "Check again" : "Check it"}
    </ActionButton>
  );
}

/** The built-in renderer draws a shot the same way each time: there, another seed would change nothing. */
function AnotherSeed({ shot }: { readonly shot: ShotId }) {
  const session = useSession();
  const film = useFilm();
  const reason = useHindrance("workflow/start");
  const fixed = useStore(film.now, ({ project }) => project.settings.renderer === "sketch");
  if (fixed) return null;
  async function start() {
    const started = await session.attempt("workflow/start", { project: film.id, shots: [shot], force: true });
    if (started !== null) session.say("It is in the queue, with another seed. Every take is kept.");
  }
  return (
    <ActionButton
      className="quiet"
      reason={reason}
      title="Draw the shot once more with another seed; every take is kept"
      onAction={() => void start()}
    >
      Another seed
    </ActionButton>
  );
}

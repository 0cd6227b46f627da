// The film's name, what it counts, and what can be done with the whole of it.
import { ActionButton } from "../ActionButton.tsx";
import type { Tally } from "../board/tally.ts";
import { ConnectionState } from "../connection/ConnectionState.tsx";
import { useSession } from "../connection/session.ts";
import { count, runningTime } from "../format.ts";
import { HistoryToggle } from "../history/HistoryToggle.tsx";
import { UndoButtons } from "../history/UndoButtons.tsx";
import { useRedraw } from "../shot/useRedraw.ts";
import { ThemeToggle } from "../theme/ThemeToggle.tsx";
import { WriteToggle } from "../write/WriteToggle.tsx";
import { useFilmOrder, useFilmState, useScriptLanguage } from "./film.ts";

interface Props {
  readonly tally: Tally;
  readonly writing: boolean;
  readonly onWriting: (writing: boolean) => void;
  readonly onHelp: () => void;
}

export function ProjectHeader({ tally, writing, onWriting, onHelp }: Props) {
  const served = useSession().pictures === null;
  const title = useFilmState((state) => state.project.title);
  const scenes = useFilmOrder().scenes.length;
  return (
    <header className="film-header">
      <title>{`${title} · StoryCore`}</title>
      <h1 dir="auto" lang={useScriptLanguage()} title={title}>
        {title}
      </h1>
      <ul className="counts" aria-label="The film in numbers">
        <li>{count(scenes, "scene")}</li>
        <li>{count(tally.shots, "shot")}</li>
        <li className="numbers">
          {runningTime(tally.durationMs)}
          <span className="unseen"> running time</span>
        </li>
        <li className="count-fresh">{tally.fresh.toLocaleString("en")} fresh</li>
        {tally.stale > 0 && <li className="count-stale is-stale">{tally.stale.toLocaleString("en")} stale</li>}
        {tally.missing > 0 && (
          <li className="count-missing">{tally.missing.toLocaleString("en")} missing</li>
        )}
      </ul>
      <div className="film-actions">
        <ConnectionState />
        <UndoButtons />
        <HistoryToggle />
        <WriteToggle writing={writing} onWriting={onWriting} />
        <RedrawAll tally={tally} />
        {/* Inside an editor, the theme is the editor's. */}
        {served && <ThemeToggle />}
        <button type="button" className="quiet help-open" aria-label="Keys" title="Keys" onClick={onHelp}>
          ?
        </button>
      </div>
    </header>
  );
}

function RedrawAll({ tally }: { readonly tally: Tally }) {
  const { redraw, pending, reason, title } = useRedraw();
  const waiting = tally.stale + tally.missing;
  const nothing = waiting === 0 ? nothingToDraw(tally) : null;
  return (
    <ActionButton
      className="button"
      reason={pending ? "They are being drawn." : (nothing ?? reason)}
      title={title}
      onAction={(event) => redraw(event)}
    >
      {nothing === null ? `Draw ${count(waiting, "panel")}` : "Draw panels"}
    </ActionButton>
  );
}

function nothingToDraw({ shots }: Tally): string {
  return shots === 0 ? "The film has no shot yet." : "Every panel is fresh.";
}

// The film's history: a slider over its moments, what each was, and moments that have names.
import { type KeyboardEvent } from "react";
import type { Checkpoint, Moment } from "@storycore/client";

import { timeOf } from "../format.ts";
import { memoLast } from "../memo.ts";
import { useFilm } from "../project/film.ts";
import { useStore } from "../useStore.ts";
import { Changes } from "./Changes.tsx";
import { NamedMoments, NameMoment } from "./NamedMoments.tsx";
import { RestoreMoment } from "./RestoreMoment.tsx";
import { useTravel, type Travel } from "./travel.ts";

const checkpointsOf = memoLast((checkpoints: Readonly<Record<string, Checkpoint>>) =>
  Object.values(checkpoints).sort((a, b) => a.seq - b.seq),
);

export function HistoryBar() {
  const travel = useTravel();
  const state = useStore(travel, (it) => it);
  const checkpoints = useStore(useFilm().now, ({ project }) => checkpointsOf(project.history.checkpoints));
  if (!state.open) return null;
  const moments = state.moments ?? [];
  const index = state.at === null ? 0 : indexAt(moments, state.at);
  const moment = moments[index];
  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Escape" || state.at === null) return;
    event.preventDefault();
    travel.goTo(null);
  }
  return (
    <section className="history" aria-label="History" data-past={state.at !== null || undefined} onKeyDown={onKeyDown}>
      <Where state={state} moment={moment} />
      {state.moments === null ? (
        <p className="history-loading">Looking up what happened…</p>
      ) : (
        <Slider moments={moments} index={index} more={state.more} checkpoints={checkpoints} />
      )}
      <div className="history-below">
        {state.at !== null && <Changes changes={state.changes} />}
        <NamedMoments checkpoints={checkpoints} at={state.at} />
      </div>
    </section>
  );
}

function Where({ state, moment }: { readonly state: Travel; readonly moment: Moment | undefined }) {
  const travel = useTravel();
  const past = state.at !== null;
  const loading = past && state.shown?.seq !== state.at;
  return (
    <div className="history-where">
      <p role="status" aria-label="Moment" aria-busy={loading}>
        {past ? (
          <>
            <strong>You are looking at {moment ? timeOf(moment.atMs) : "an earlier moment"}.</strong>{" "}
            {loading && <span className="history-words">Loading…</span>}
          </>
        ) : (
          <strong>Now.</strong>
        )}{" "}
        {!loading && moment && <span className="history-words">{momentWords(moment)}</span>}
      </p>
      <div className="history-actions">
        {past ? (
          <>
            <RestoreMoment seq={state.at} time={moment ? timeOf(moment.atMs) : ""} changes={state.changes} />
            <button type="button" className="button" onClick={() => travel.goTo(null)}>
              Back to now
            </button>
          </>
        ) : (
          <NameMoment />
        )}
      </div>
    </div>
  );
}

interface SliderProps {
  readonly moments: readonly Moment[];
  /** 0 is the newest. */
  readonly index: number;
  readonly more: boolean;
  readonly checkpoints: readonly Checkpoint[];
}

function Slider({ moments, index, more, checkpoints }: SliderProps) {
  const travel = useTravel();
  const last = Math.max(moments.length - 1, 0);
  const first = moments.at(-1);
  return (
    <div className="history-slider">
      <span className="history-end">
        {more ? (
          <button type="button" className="quiet" onClick={travel.loadMore}>
            Earlier…
          </button>
        ) : (
          first && timeOf(first.atMs)
        )}
      </span>
      <div className="history-track">
        <input
          type="range"
          min={0}
          max={last}
          value={last - index}
          disabled={last === 0}
          aria-label="Moment of the film"
          aria-valuetext={moments[index] ? `${timeOf(moments[index].atMs)}: ${momentWords(moments[index])}` : undefined}
          onChange={(event) => {
            const next = last - event.target.valueAsNumber;
            travel.goTo(next === 0 ? null : (moments[next]?.seq ?? null));
          }}
        />
        {checkpoints.map((it) => (
          <span key={it.id} className="history-tick" ref={(element) => element?.style.setProperty("left", `${share(moments, it) * 100}%`)} />
        ))}
      </div>
      <span className="history-end">Now</span>
    </div>
  );
}

function share(moments: readonly Moment[], { seq }: Checkpoint): number {
  return moments.length < 2 ? 1 : 1 - indexAt(moments, seq) / (moments.length - 1);
}

/** The newest moment that had begun by then. */
function indexAt(moments: readonly Moment[], seq: number): number {
  const index = moments.findIndex((it) => it.firstSeq <= seq);
  return index < 0 ? Math.max(moments.length - 1, 0) : index;
}

function momentWords({ actor, words }: Moment): string {
  const [first = "", ...rest] = words;
  const more = rest.length === 0 ? "" : ` and ${rest.length} more`;
  return `${actor}: ${first}${more}`;
}

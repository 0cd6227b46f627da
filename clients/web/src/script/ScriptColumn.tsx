// The screenplay beside the board: selecting here selects there, and both scroll along.
import { memo, useEffect, useRef, type MouseEvent } from "react";
import type { SceneId, ShotId, TitlePageEntry } from "@storycore/client";

import type { PlacedScene } from "../board/order.ts";
import { focusShot } from "../board/useBoardKeys.ts";
import { memoLast } from "../memo.ts";
import { useFilmOrder, useFilmState, useScriptLanguage } from "../project/film.ts";
import { useIsSelected, useView } from "../selection/view.ts";
import { useShot } from "../shot/useShot.ts";
import type { Store } from "../store.ts";

interface Props {
  /** The scene at the top of the board. */
  readonly scene: Store<SceneId | null>;
}

export function ScriptColumn({ scene }: Props) {
  const order = useFilmOrder();
  const view = useView();
  const column = useRef<HTMLDivElement>(null);
  // Scrolling is an effect on the world: the column follows the selection and the board.
  useEffect(() => {
    const followShot = () => follow(column.current, `[data-words="${view.get().shot ?? ""}"]`, "nearest");
    const followScene = () => {
      if (column.current?.matches(":hover, :focus-within")) return;
      follow(column.current, `[data-words-of="${scene.get() ?? ""}"]`, "start");
    };
    const stops = [view.subscribe(followShot), scene.subscribe(followScene)];
    return () => stops.forEach((stop) => stop());
  }, [view, scene]);

  function onClick(event: MouseEvent<HTMLDivElement>) {
    const words = event.target instanceof Element ? event.target.closest("[data-words]") : null;
    const id = words?.getAttribute("data-words");
    if (id && window.getSelection()?.isCollapsed !== false) focusShot(id, view);
  }

  return (
    <div className="script" lang={useScriptLanguage()} ref={column} onClick={onClick}>
      <TitlePage />
      {order.scenes.map((it) => (
        <ScriptScene key={it.id} scene={it} />
      ))}
    </div>
  );
}

function follow(column: HTMLElement | null, selector: string, block: "nearest" | "start") {
  const words = column?.querySelector<HTMLElement>(selector);
  if (!column || !words) return;
  const [box, frame] = [words.getBoundingClientRect(), column.getBoundingClientRect()];
  const margin = frame.height / 5;
  const inSight = box.top >= frame.top + 24 && box.bottom <= frame.bottom - 24;
  if (block === "nearest" && inSight) return;
  column.scrollBy({ top: box.top - frame.top - (block === "nearest" ? margin : 24) });
}

const titlePageOf = memoLast((titlePage: readonly TitlePageEntry[] | undefined) =>
  (titlePage ?? []).filter((it) => /^(credit|authors?|source|draft date)$/i.test(it.key)),
);

function TitlePage() {
  const title = useFilmState((state) => state.project.title);
  const entries = useFilmState(({ project }) => {
    const first = Object.keys(project.scripts).sort()[0];
    return titlePageOf(first === undefined ? undefined : project.scripts[first]?.titlePage);
  });
  return (
    <div className="title-page">
      <p className="title-page-title">{title}</p>
      {entries.map((it) => (
        <p key={it.key}>{it.value}</p>
      ))}
    </div>
  );
}

const ScriptScene = memo(function ScriptScene({ scene }: { readonly scene: PlacedScene }) {
  const heading = useFilmState((state) => state.project.scenes[scene.id]?.heading ?? "");
  return (
    <section className="script-scene" data-words-of={scene.id}>
      {heading !== "" && (
        <h3 dir="auto">
          <span className="script-number" aria-hidden>
            {scene.number}
          </span>
          <a href={`#scene-${scene.id}`}>{heading}</a>
        </h3>
      )}
      {scene.shots.map((id) => (
        <ScriptShot key={id} id={id} />
      ))}
    </section>
  );
});

const ScriptShot = memo(function ScriptShot({ id }: { readonly id: ShotId }) {
  const shot = useShot(id);
  const selected = useIsSelected(id);
  if (!shot || shot.lines.length === 0) return null;
  return (
    <div className="words" data-words={id} aria-current={selected || undefined}>
      {shot.lines.map((line, i) =>
        line.speaker == null ? (
          <p key={i} className="action-line" dir="auto">
            {line.text}
          </p>
        ) : (
          <div key={i} className="speech">
            <p className="cue" dir="auto">{line.speaker}</p>
            <p className="dialogue" dir="auto">{line.text}</p>
          </div>
        ),
      )}
    </div>
  );
});

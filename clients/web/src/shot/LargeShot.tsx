// One shot, large, with its neighbours an arrow key away.
import { type CSSProperties, type KeyboardEvent } from "react";
import { flushSync } from "react-dom";
import type { ShotId } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { aspectRatio } from "../board/aspect.ts";
import { focusShot } from "../board/useBoardKeys.ts";
import { Dialog } from "../Dialog.tsx";
import { shotLength } from "../format.ts";
import { useFilm, useFilmOrder, useFilmState } from "../project/film.ts";
import { useWorkOfShot } from "../run/underWay.ts";
import { useView } from "../selection/view.ts";
import { TakeDesk } from "../take/TakeDesk.tsx";
import { isTyping } from "../take/useTakeKeys.ts";
import { useStore } from "../useStore.ts";
import { Caption } from "./Caption.tsx";
import { framings } from "./craft.ts";
import { cameraWords, describePanel } from "./describe.ts";
import { PromptPreview } from "./PromptPreview.tsx";
import { ShotFailure } from "./ShotFailure.tsx";
import { useRedraw } from "./useRedraw.ts";
import { useSceneOf, useShot } from "./useShot.ts";

/** The dialog, while a shot is to be shown large. `shots` are those an arrow key leads to. */
export function LargeShot({ shots }: { readonly shots: readonly ShotId[] }) {
  const { shot, large } = useStore(useView(), (view) => view);
  return large && shot !== null ? <LargeDialog id={shot} shots={shots} /> : null;
}

function LargeDialog({ id, shots }: { readonly id: ShotId; readonly shots: readonly ShotId[] }) {
  const view = useView();
  const at = shots.indexOf(id);
  const open = useFilmOrder().places.get(id);
  function go(step: 1 | -1) {
    const next = shots[at + step];
    if (next !== undefined) view.enlarge(next);
  }
  function close() {
    // What is behind a dialog cannot have the focus before the dialog is gone.
    flushSync(() => view.close());
    focusShot(id, view);
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "ArrowRight" || event.key === "j") go(1);
    else if (event.key === "ArrowLeft" || event.key === "k") go(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  return (
    // Left to itself, a dialog gives the focus to its first button.
    <Dialog className="large" label={`Shot ${open?.label ?? ""}`} onClose={close} onKeyDown={onKeyDown} focus=".large-close">
      <nav className="large-nav" aria-label="Shots">
        <ActionButton className="quiet" reason={at > 0 ? null : "This is the first shot."} onAction={() => go(-1)}>
          ← Previous
        </ActionButton>
        <span className="numbers">
          {at + 1} of {shots.length.toLocaleString("en")}
        </span>
        <ActionButton
          className="quiet"
          reason={at < shots.length - 1 ? null : "This is the last shot."}
          onAction={() => go(1)}
        >
          Next →
        </ActionButton>
        <button type="button" className="quiet large-close" onClick={close}>
          Close
        </button>
      </nav>
      <LargeBody key={id} id={id} label={open?.label ?? ""} />
    </Dialog>
  );
}

function LargeBody({ id, label }: { readonly id: ShotId; readonly label: string }) {
  const { past } = useFilm();
  const shot = useShot(id);
  const scene = useSceneOf(shot);
  const aspect = useFilmState((state) => state.project.settings.aspect);
  const { redraw, pending, reason, title } = useRedraw();
  const working = useWorkOfShot(id) !== null || pending;
  if (!shot) return <p className="large-gone">{past ? "The film had no such shot at this moment." : "The script no longer has this shot."}</p>;
  const fresh = shot.status === "fresh" ? "The panel is fresh." : null;
  return (
    <div className="large-body" style={{ "--aspect": aspectRatio(aspect) } as CSSProperties}>
      <TakeDesk id={id} shot={shot} label={label} alt={describePanel(label, shot, scene)}>
        <div className="large-facts">
          <h2>{label}</h2>
          <p>
            {[framings[shot.framing].spoken, ...cameraWords(shot), shotLength(shot.durationMs)].join(" · ")}
          </p>
          <p className="large-heading" dir="auto">
            {scene?.heading}
          </p>
          <Caption lines={shot.lines} />
          <ActionButton
            className="button"
            reason={working ? "It is being drawn." : (fresh ?? reason)}
            title={title}
            onAction={(event) => redraw(event, [id])}
          >
            {working ? "Drawing…" : "Redraw"}
          </ActionButton>
          <PromptPreview id={id} label={label} />
          <ShotFailure id={id} />
        </div>
      </TakeDesk>
    </div>
  );
}

// The script as an editor, where its column else is. Everything of it is loaded when it is first wanted.
import { useCallback, useEffect, useEffectEvent, useState } from "react";
import type { SceneId } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { memoLast, sameList } from "../memo.ts";
import { useFilm, useFilmState } from "../project/film.ts";
import { useView } from "../selection/view.ts";
import type { Store } from "../store.ts";
import { useStore } from "../useStore.ts";
import { CompareTexts } from "./CompareTexts.tsx";
import { ConflictBar } from "./ConflictBar.tsx";
import { deskOf } from "./desk.ts";
import type { DraftState } from "./draft.ts";

interface Props {
  /** The scene at the top of the board. */
  readonly scene: Store<SceneId | null>;
  readonly onClose: () => void;
}

export default function WritePane({ scene, onClose }: Props) {
  const session = useSession();
  const desk = deskOf(session);
  const view = useView();
  const { now } = useFilm();
  const { path, draft, unsaved, problem } = useStore(desk.state, (it) => it);
  const [comparing, setComparing] = useState(false);
  const hindrance = useHindrance("script/write");

  const joining = useCallback(() => desk.joining(), [desk]);

  // The editor is no part of React: it is put in, follows what is selected, and tells where it is.
  const place = useCallback(
    (element: HTMLDivElement) => {
      const leave = desk.attach(element, (shot) => {
        view.select(shot);
        document.getElementById(`shot-${shot}`)?.closest("li")?.scrollIntoView({ block: "nearest" });
      });
      const follow = () => {
        const { shot } = view.get();
        if (shot !== null) desk.reveal(shot);
      };
      const { project } = now.get();
      const { shot } = view.get();
      const first = (shot === null ? undefined : project.shots[shot]?.sceneId) ?? scene.get();
      const wanted = (first === null ? undefined : project.scenes[first]?.script) ?? Object.keys(project.scripts).sort()[0];
      if (wanted !== undefined) void desk.show(desk.state.get().path ?? wanted).then(() => desk.focus());
      follow();
      const stop = view.subscribe(follow);
      return () => {
        stop();
        leave();
      };
    },
    [desk, view, now, scene],
  );
  // Wherever the focus is, it is the script that is saved.
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (hindrance === null && !comparing) desk.save();
  });
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  useEffect(() => {
    if (draft?.conflict == null) setComparing(false);
  }, [draft]);

  return (
    <div className="write">
      <div className="write-bar">
        <ScriptChoice path={path} unsaved={unsaved} onPath={(it) => void desk.show(it).then(() => desk.focus())} />
        <p className="write-state" role="status" aria-label="Script">
          {draft?.unsaved && <span className="write-unsaved">Unsaved</span>}
        </p>
        <ActionButton
          className="quiet"
          title="Ctrl S"
          reason={hindrance ?? whyNot(draft)}
          onAction={() => desk.save()}
        >
          {draft?.saving ? "Saving…" : "Save"}
        </ActionButton>
        <button type="button" className="quiet" title="Back to the script as it is read" onClick={onClose}>
          Close
        </button>
      </div>
      {problem !== null && (
        <p className="write-note" role="alert">
          {problem.message}
          {problem.hint !== null && <span className="notice-hint"> {problem.hint}</span>}
        </p>
      )}
      {draft?.gone && (
        <p className="write-note" role="alert">
          This file is no longer in the film’s folder. Your words stay here; put the file back to save them.
        </p>
      )}
      {draft?.conflict != null && (
        <ConflictBar hindrance={hindrance} joining={joining} onMine={() => desk.keepMine()} onTheirs={() => desk.takeTheirs()} onCompare={() => setComparing(true)} />
      )}
      <div className="write-place" ref={place} />
      {comparing && draft?.conflict != null && (
        <CompareTexts
          disk={draft.conflict.text}
          mine={desk.text()}
          hindrance={hindrance}
          onSettle={(text) => {
            setComparing(false);
            desk.settle(text);
          }}
          onClose={() => setComparing(false)}
        />
      )}
    </div>
  );
}

const pathsOf = (() => {
  let last: readonly string[] = [];
  return memoLast((scripts: Readonly<Record<string, unknown>>) => {
    const next = Object.keys(scripts).sort();
    if (!sameList(last, next)) last = next;
    return last;
  });
})();

/** Why there is nothing to save now. */
function whyNot(draft: DraftState | null): string | null {
  if (!draft?.unsaved) return "Everything is saved.";
  return draft.conflict === null ? null : "First choose which version stays.";
}

interface ChoiceProps {
  readonly path: string | null;
  readonly unsaved: readonly string[];
  readonly onPath: (path: string) => void;
}

/** Which script of the film. */
function ScriptChoice({ path, unsaved, onPath }: ChoiceProps) {
  const paths = useFilmState((state) => pathsOf(state.project.scripts));
  const short = (it: string) => it.replace(/^.*\//, "");
  if (paths.length < 2) return <p className="write-name" title={path ?? undefined}>{short(path ?? "")}</p>;
  return (
    <select className="write-choice" aria-label="Script to write" value={path ?? ""} onChange={(event) => onPath(event.target.value)}>
      {paths.map((it) => (
        <option key={it} value={it}>
          {unsaved.includes(it) ? `${short(it)} •` : short(it)}
        </option>
      ))}
    </select>
  );
}

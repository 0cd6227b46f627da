// The page of one film: header, board, and the script beside it.
import { lazy, Suspense, useCallback, useDeferredValue, useMemo, useRef, useState, type CSSProperties } from "react";
import type { SceneId } from "@storycore/client";

import { aspectRatio } from "../board/aspect.ts";
import { Board } from "../board/Board.tsx";
import { FilterBar } from "../board/FilterBar.tsx";
import { fittingShots, type Filter } from "../board/filter.ts";
import { KeysDialog } from "../board/KeysDialog.tsx";
import { createTally } from "../board/tally.ts";
import { useBoardKeys } from "../board/useBoardKeys.ts";
import { ConnectionBanner } from "../connection/ConnectionState.tsx";
import { DiagnosticPanel } from "../diagnostic/DiagnosticPanel.tsx";
import { DraftBanner } from "../draft/DraftBanner.tsx";
import { HistoryBar } from "../history/HistoryBar.tsx";
import { memoLast } from "../memo.ts";
import { useRunDesk } from "../run/desk.ts";
import { QueuePanel } from "../run/QueuePanel.tsx";
import { QueueToggle } from "../run/QueueToggle.tsx";
import { RunProgress } from "../run/RunProgress.tsx";
import { ScriptColumn } from "../script/ScriptColumn.tsx";
import { useView } from "../selection/view.ts";
import { LargeShot } from "../shot/LargeShot.tsx";
import { Redrawn } from "../shot/Redrawn.tsx";
import { createStore, type Store } from "../store.ts";
import { UnplacedTray } from "../tray/UnplacedTray.tsx";
import { useStore } from "../useStore.ts";
import { PlanDialog } from "../workflow/PlanDialog.tsx";
import { EmptyFilm } from "./EmptyFilm.tsx";
import { useFilm, useFilmOrder, useFilmState } from "./film.ts";
import { ProjectHeader } from "./ProjectHeader.tsx";

type Side = "board" | "script";

// Who only looks at the board need not wait for an editor.
const WritePane = lazy(() => import("../write/WritePane.tsx").catch(() => ({ default: NoEditor })));

export function BoardPage() {
  const [filter, setFilter] = useState<Filter>("all");
  const [query, setQuery] = useState("");
  const [side, setSide] = useState<Side>("board");
  const [writing, setWriting] = useState(false);
  const [keysOpen, setKeysOpen] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const topScene = useMemo(() => createStore<SceneId | null>(null), []);

  const { past } = useFilm();
  const queueOpen = useStore(useRunDesk().queueOpen, (it) => it);
  const order = useFilmOrder();
  const aspect = useFilmState((state) => state.project.settings.aspect);
  const tallyOf = useMemo(createTally, []);
  const tally = useFilmState((state) => tallyOf(order.shots, state.project.shots));
  const fitting = useFitting(filter, useDeferredValue(query));
  const shots = useMemo(
    () => (fitting ? order.shots.filter((id) => fitting.has(id)) : order.shots),
    [order, fitting],
  );
  const openKeys = useCallback(() => setKeysOpen(true), []);
  useBoardKeys({ shots, view: useView(), search, onHelp: openKeys });

  function onWriting(next: boolean) {
    setWriting(next);
    // In a narrow window, only one of both is in sight.
    if (next) setSide("script");
  }
  // The past is read: it comes back as an editor with the present.
  const editing = writing && !past;

  return (
    <div className="page" data-side={side} data-past={past || undefined} data-writing={editing || undefined} data-queue={queueOpen || undefined}>
      <ProjectHeader tally={tally} writing={writing} onWriting={onWriting} onHelp={openKeys} />
      <section className="tools" aria-label="Tools">
        <FilterBar {...{ filter, query, tally, search }} found={fitting?.size ?? null} onFilter={setFilter} onQuery={setQuery} />
        <SideSwitch side={side} onSide={setSide} />
        <QueueToggle />
      </section>
      <RunProgress />
      <HistoryBar />
      <div className="banners">
        <ConnectionBanner />
        <DraftBanner />
      </div>
      <main
        className="board-side"
        aria-label="Board"
        style={{ "--aspect": aspectRatio(aspect) } as CSSProperties}
        onScroll={(event) => topScene.set(sceneAtTop(event.currentTarget, topScene.get()))}
      >
        <DiagnosticPanel />
        {order.scenes.length === 0 && <EmptyFilm />}
        {fitting?.size === 0 && order.scenes.length > 0 && <NothingFits filter={filter} query={query} />}
        <Board fitting={fitting} />
        <UnplacedTray />
      </main>
      <ScriptSide scene={topScene} editing={editing} onClose={() => setWriting(false)} />
      <QueuePanel />
      <Redrawn />
      <LargeShot shots={shots} />
      <PlanDialog />
      {keysOpen && <KeysDialog onClose={() => setKeysOpen(false)} />}
    </div>
  );
}

interface ScriptSideProps {
  /** The scene at the top of the board. */
  readonly scene: Store<SceneId | null>;
  readonly editing: boolean;
  readonly onClose: () => void;
}

function ScriptSide({ scene, editing, onClose }: ScriptSideProps) {
  return (
    <aside className="script-side" aria-label="Script">
      {editing ? (
        <Suspense fallback={<ScriptColumn scene={scene} />}>
          <WritePane scene={scene} onClose={onClose} />
        </Suspense>
      ) : (
        <ScriptColumn scene={scene} />
      )}
    </aside>
  );
}

function useFitting(filter: Filter, query: string) {
  const order = useFilmOrder();
  const fittingOf = useMemo(() => {
    let last: ReturnType<typeof fittingShots> = null;
    return memoLast((...args: Parameters<typeof fittingShots>) => {
      const next = fittingShots(...args);
      if (!sameSet(last, next)) last = next;
      return last;
    });
  }, []);
  return useFilmState((state) => fittingOf(state.project, order, filter, query));
}

function sameSet<T>(a: ReadonlySet<T> | null, b: ReadonlySet<T> | null): boolean {
  if (a === null || b === null) return a === b;
  return a.size === b.size && [...a].every((it) => b.has(it));
}

function SideSwitch({ side, onSide }: { readonly side: Side; readonly onSide: (side: Side) => void }) {
  return (
    <div className="segments side-switch" role="radiogroup" aria-label="Side">
      {(["board", "script"] as const).map((it) => (
        <label key={it} className="segment">
          <input type="radio" name="side" checked={it === side} onChange={() => onSide(it)} />
          {it === "board" ? "Board" : "Script"}
        </label>
      ))}
    </div>
  );
}

function NoEditor() {
  return (
    <p className="write-note" role="alert">
      The editor could not be loaded. Load the page again.
    </p>
  );
}

function NothingFits({ filter, query }: { readonly filter: Filter; readonly query: string }) {
  const what = filter === "all" ? "No shot" : `No ${filter} shot`;
  return <p className="nothing">{query.trim() === "" ? `${what}.` : `${what} with “${query.trim()}”.`}</p>;
}

// The scene whose part of the board is under the upper edge. Scenes stand in order, so the search
// begins where it ended last time.
function sceneAtTop(side: HTMLElement, last: SceneId | null): SceneId | null {
  const edge = side.getBoundingClientRect().top + 80;
  const from = last === null ? null : document.getElementById(`scene-${last}`);
  let scene: Element | null = from?.isConnected ? from : side.querySelector(".scene");
  while (scene && scene.getBoundingClientRect().bottom <= edge && scene.nextElementSibling) {
    scene = scene.nextElementSibling;
  }
  while (scene && scene.getBoundingClientRect().top > edge && scene.previousElementSibling) {
    scene = scene.previousElementSibling;
  }
  return scene?.getAttribute("data-scene") ?? last;
}

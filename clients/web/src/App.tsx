// Which page to show, and what its parts have in common.
import { Suspense, useMemo } from "react";
import type { GlobalState, Snapshot } from "@storycore/client";

import { createFilmOrder } from "./board/order.ts";
import { ConnectionBanner } from "./connection/ConnectionState.tsx";
import { Notice } from "./connection/Notice.tsx";
import { SessionContext, useSession, type Session } from "./connection/session.ts";
import { createDrafts, DraftsContext, withDraft, type Drafts } from "./draft/draft.ts";
import { createTravel, TravelContext } from "./history/travel.ts";
import { lookAtModels, ModelsContext } from "./llm/models.ts";
import { BoardPage } from "./project/BoardPage.tsx";
import { FilmContext, type Film } from "./project/film.ts";
import { ProjectListPage } from "./project/ProjectListPage.tsx";
import { createRunDesk, RunDeskContext } from "./run/desk.ts";
import { createPresence, PresenceContext } from "./selection/presence.ts";
import { shareSelection } from "./selection/share.ts";
import { createView, ViewContext } from "./selection/view.ts";
import { createStore, type Store } from "./store.ts";
import { createImports, ImportsContext } from "./take/imports.ts";
import { uploadThrough } from "./take/upload.ts";
import { useStore } from "./useStore.ts";

export function App({ session }: { readonly session: Session }) {
  return (
    <SessionContext value={session}>
      {session.project === null ? (
        <Suspense fallback={<Opening />}>
          <ProjectListPage projects={session.projects} />
        </Suspense>
      ) : (
        <FilmPage session={session} />
      )}
      <Notice />
    </SessionContext>
  );
}

function FilmPage({ session }: { readonly session: Session }) {
  const loaded = useStore(session.film, (it) => it !== null);
  return loaded ? <LoadedFilm session={session} /> : <Opening />;
}

function LoadedFilm({ session }: { readonly session: Session }) {
  const drafts = useMemo(() => createDrafts(session.draft), [session]);
  const now = useMemo(() => filmOf(session, drafts), [session, drafts]);
  const travel = useMemo(() => createTravel(session, session.project ?? ""), [session]);
  const shown = useStore(travel, (it) => it.shown);
  const film = useMemo(() => (now === null || shown === null ? now : filmAt(now, shown)), [now, shown]);
  const view = useMemo(() => {
    const store = createView();
    shareSelection(store, session);
    return store;
  }, [session]);
  const presence = useMemo(() => createPresence(session.client), [session]);
  const imports = useMemo(() => createImports(session.project ?? "", uploadThrough(session)), [session]);
  const runs = useMemo(() => createRunDesk(session), [session]);
  const models = useMemo(() => lookAtModels(session), [session]);
  if (film === null) return <Opening />;
  return (
    <FilmContext value={film}>
      <ViewContext value={view}>
        <PresenceContext value={presence}>
          <ImportsContext value={imports}>
            <TravelContext value={travel}>
              <DraftsContext value={drafts}>
                <RunDeskContext value={runs}>
                  <ModelsContext value={models}>
                    <BoardPage />
                  </ModelsContext>
                </RunDeskContext>
              </DraftsContext>
            </TravelContext>
          </ImportsContext>
        </PresenceContext>
      </ViewContext>
    </FilmContext>
  );
}

function Opening() {
  const session = useSession();
  const problem = useStore(session.filmProblem, (it) => it);
  const refused = useStore(session.connection, (it) => it.state === "refused");
  return (
    <main className="page opening">
      <h1 className="unseen">StoryCore</h1>
      <ConnectionBanner />
      {problem === null ? (
        !refused && <p>Opening…</p>
      ) : (
        <p role="alert">
          {problem.message}
          {problem.hint !== null && <span className="notice-hint">: {problem.hint}</span>}
        </p>
      )}
    </main>
  );
}

function filmOf(session: Session, drafts: Drafts): Film | null {
  const now = session.film;
  if (session.project === null || !isLoaded(now)) return null;
  const state = withDraft(now, drafts);
  return { id: session.project, state, now, past: false, order: createFilmOrder() };
}

// The same page shows it: only where it reads the film from is another.
function filmAt(now: Film, { state }: Snapshot): Film {
  return { ...now, state: createStore(state), past: true };
}

// A film that was loaded once stays: see connection/film.ts.
function isLoaded(state: Store<GlobalState | null>): state is Store<GlobalState> {
  return state.get() !== null;
}

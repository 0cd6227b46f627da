// The films the daemon knows.
import { use } from "react";
import type { KnownProject } from "@storycore/client";

import type { FilmList } from "../connection/session.ts";
import { ConnectionBanner, ConnectionState } from "../connection/ConnectionState.tsx";
import { ThemeToggle } from "../theme/ThemeToggle.tsx";

export function ProjectListPage({ projects }: { readonly projects: Promise<FilmList> }) {
  return (
    <div className="page list-page">
      <title>Films · StoryCore</title>
      <header className="film-header">
        <h1>Films</h1>
        <div className="film-actions">
          <ConnectionState />
          <ThemeToggle />
        </div>
      </header>
      <ConnectionBanner />
      <main className="list-side">
        <Films list={use(projects)} />
      </main>
    </div>
  );
}

function Films({ list }: { readonly list: FilmList }) {
  if (list.problem === null) return <ProjectList projects={list.films} />;
  return (
    <p className="nothing" role="alert">
      {list.problem.message}
      {list.problem.hint !== null && <span className="notice-hint">: {list.problem.hint}</span>}
    </p>
  );
}

function ProjectList({ projects }: { readonly projects: readonly KnownProject[] }) {
  if (projects.length === 0) {
    return (
      <div className="empty">
        <p className="empty-title">No film yet.</p>
        <p>
          Go to a folder with a screenplay in it, any folder with a <code>.fountain</code> file, and run:
        </p>
        <pre>storycore studio .</pre>
      </div>
    );
  }
  return (
    <ul className="films" aria-label="Films">
      {projects.map((it) => (
        <li key={it.id}>
          <a href={`/?project=${it.id}`}>
            <span className="film-title" dir="auto">{it.title}</span>
            <span className="film-path">{it.path}</span>
            {it.open && <span className="film-open">Open now</span>}
          </a>
        </li>
      ))}
    </ul>
  );
}

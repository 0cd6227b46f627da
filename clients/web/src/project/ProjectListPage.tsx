// The films the daemon knows.
import { use } from "react";
import type { KnownProject } from "@storycore/client";

import { ConnectionBanner, ConnectionState } from "../connection/ConnectionState.tsx";
import { ThemeToggle } from "../theme/ThemeToggle.tsx";

export function ProjectListPage({ projects }: { readonly projects: Promise<readonly KnownProject[]> }) {
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
        <ProjectList projects={use(projects)} />
      </main>
    </div>
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
    <ul className="films">
      {projects.map((it) => (
        <li key={it.id}>
          <a href={`/?project=${it.id}`}>
            <span className="film-title">{it.title}</span>
            <span className="film-path">{it.path}</span>
            <span className="film-open">{it.open ? "Open" : ""}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

// Tells the others which shot this page looks at, once it has rested there for a moment.
import type { Session } from "../connection/session.ts";
import type { ViewStore } from "./view.ts";

const restMs = 150;

export function shareSelection(view: ViewStore, session: Session): () => void {
  const { project, client } = session;
  if (project === null) return () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  let told: string | null = null;
  function tell() {
    const { shot } = view.get();
    if (project === null || shot === null || shot === told) return;
    if (session.connection.get().state !== "open") return;
    told = shot;
    const scene = session.film.get()?.project.shots[shot]?.sceneId;
    session.whisper("selection/set", { project, client, shot, ...(scene && { scene }) });
  }
  function later() {
    clearTimeout(timer);
    timer = setTimeout(tell, restMs);
  }
  // The daemon keeps what a client looked at after it has gone.
  function leave() {
    if (project !== null && told !== null) session.whisper("selection/set", { project, client });
    told = null;
  }
  window.addEventListener("pagehide", leave);
  const stops = [
    view.subscribe(later),
    () => window.removeEventListener("pagehide", leave),
    session.connection.subscribe(() => {
      // A restarted daemon has forgotten it.
      if (session.connection.get().state !== "open") return;
      told = null;
      later();
    }),
  ];
  return () => {
    clearTimeout(timer);
    for (const stop of stops) stop();
  };
}

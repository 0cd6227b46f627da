// Who is writing, and that what they write is on the page though it is not saved.
import { useSession } from "../connection/session.ts";
import { useFilm } from "../project/film.ts";
import { useStore } from "../useStore.ts";
import { useDrafts } from "./draft.ts";

export function DraftBanner() {
  const { past } = useFilm();
  const { client: self } = useSession();
  const { latest, shown } = useDrafts();
  const client = useStore(latest, (it) => it?.client ?? null);
  const path = useStore(latest, (it) => it?.path ?? null);
  const isShown = useStore(shown, (it) => it);
  // Who writes in this page knows.
  if (client === null || path === null || past || client.startsWith(`${self}-`)) return null;
  return (
    <p className="draft-banner" role="status" aria-label="Draft">
      <span className="draft-mark" aria-hidden />
      <span>
        <strong>{writer(client)}</strong> is writing <span className="draft-path">{path}</span>.{" "}
        {isShown ? "You see it as it is typed." : "You see what is saved."}
      </span>
      <button type="button" className="quiet" onClick={() => shown.set(!isShown)}>
        {isShown ? "Show what is saved" : "Show what is typed"}
      </button>
    </p>
  );
}

// An editor’s name without what tells its windows from each other.
function writer(client: string): string {
  return client.replace(/-[^-]{1,4}$/, "");
}

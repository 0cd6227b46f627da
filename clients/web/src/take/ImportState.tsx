// How far a drawing is on its way in, and why one could not be brought in.
import type { ShotId } from "@storycore/client";

import { useStore } from "../useStore.ts";
import { useImports } from "./imports.ts";

export function ImportState({ shot }: { readonly shot: ShotId }) {
  const imports = useImports();
  const state = useStore(imports, (it) => it[shot]);
  if (state === undefined) return null;
  const { current, problems, notes } = state;
  if (current === null && problems.length === 0 && notes.length === 0) return null;
  return (
    <div className="import" data-import={current !== null ? "running" : "ended"}>
      {current !== null && (
        <p className="import-running" role="status">
          <progress aria-label={`Bringing in ${current.file}`} value={current.share > 0 ? current.share : undefined} max={1} />
          <span>
            {current.file === "" ? "Waiting" : current.file}
            {current.waiting > 0 && current.file !== "" && ` and ${current.waiting} more`}
          </span>
        </p>
      )}
      {(problems.length > 0 || notes.length > 0) && (
        <div role={problems.length > 0 ? "alert" : "status"} className="import-words">
          <ul>
            {problems.map((it, i) => (
              <li key={i} className="import-problem">
                <b>{it.file}</b> {it.message}
                {it.hint !== null && <span className="notice-hint">: {it.hint}</span>}
              </li>
            ))}
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
          <button type="button" className="quiet" onClick={() => imports.dismiss(shot)}>
            Dismiss
          </button>
        </div>
      )}
    </div>
  );
}

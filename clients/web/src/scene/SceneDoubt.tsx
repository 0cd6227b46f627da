// A quiet question at a scene whose match is in doubt, with the answers that the daemon offers.
import type { Diagnostic, GlobalState, SceneId } from "@storycore/client";

import { DiagnosticActions } from "../diagnostic/DiagnosticActions.tsx";
import { Icon } from "../Icon.tsx";
import { useFilmState } from "../project/film.ts";

export function SceneDoubt({ id }: { readonly id: SceneId }) {
  const doubtful = useFilmState(({ project }) => project.scenes[id]?.doubt != null);
  const diagnostic = useFilmState((state) => (doubtful ? doubtOf(state, id) : undefined));
  if (!doubtful) return null;
  return (
    <details className="doubt">
      <summary>
        <Icon name="doubt" /> Is this the same scene?
      </summary>
      <p>
        {sentence(diagnostic?.message ?? "this match is not certain")} {sentence(diagnostic?.hint ?? "")}
      </p>
      <DiagnosticActions actions={diagnostic?.actions ?? []} />
    </details>
  );
}

// The first thing that is offered is always to confirm the scene.
function doubtOf({ project, system }: GlobalState, id: SceneId): Diagnostic | undefined {
  const path = project.scenes[id]?.script ?? "";
  return system.diagnostics[path]?.find(
    (it) => it.code === "doubtfulScene" && it.actions?.some((action) => action.method === "scene/confirm" && isAbout(action.params, id)),
  );
}

function isAbout(params: unknown, id: SceneId): boolean {
  return typeof params === "object" && params !== null && "id" in params && params.id === id;
}

function sentence(words: string): string {
  return words === "" ? "" : `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

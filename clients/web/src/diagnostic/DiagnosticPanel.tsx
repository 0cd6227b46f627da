// What is wrong in the film's files, where, and what to do about it.
import type { Diagnostic, SystemState } from "@storycore/client";

import { count } from "../format.ts";
import { memoLast } from "../memo.ts";
import { useFilmState } from "../project/film.ts";
import { DiagnosticActions } from "./DiagnosticActions.tsx";

const listOf = memoLast((diagnostics: SystemState["diagnostics"]) =>
  Object.keys(diagnostics)
    .sort()
    .flatMap((path) => diagnostics[path] ?? []),
);

export function DiagnosticPanel() {
  const diagnostics = useFilmState((state) => listOf(state.system.diagnostics));
  if (diagnostics.length === 0) return null;
  return (
    <details className="notes diagnostics" open={diagnostics.some((it) => it.severity === "error")}>
      <summary>{summaryOf(diagnostics)}</summary>
      <ul aria-label="Problems">
        {diagnostics.map((it, i) => (
          <OneDiagnostic key={`${placeOf(it)} ${it.code} ${i}`} diagnostic={it} />
        ))}
      </ul>
    </details>
  );
}

// What is only worth knowing is no problem.
function summaryOf(diagnostics: readonly Diagnostic[]): string {
  const notes = diagnostics.filter((it) => it.severity === "information").length;
  const problems = diagnostics.length - notes;
  if (problems === 0) return `${count(notes, "note")} on the film’s files`;
  const more = notes === 0 ? "" : `, and ${count(notes, "note")}`;
  return `${count(problems, "problem")} in the film’s files${more}`;
}

const severities = { error: "Error", warning: "Warning", information: "Note" } as const;

function OneDiagnostic({ diagnostic }: { readonly diagnostic: Diagnostic }) {
  const { severity, message, hint } = diagnostic;
  return (
    <li className={`diagnostic diagnostic-${severity}`}>
      <span className="diagnostic-severity">{severities[severity]}</span>
      <code className="diagnostic-place">{placeOf(diagnostic)}</code>
      <span className="diagnostic-message">
        {message}
        {hint != null && <span className="diagnostic-hint">{hint}</span>}
        <DiagnosticActions actions={diagnostic.actions ?? []} />
      </span>
    </li>
  );
}

function placeOf({ path, line, column }: Diagnostic): string {
  return [path, line, column].filter((it) => it != null).join(":");
}

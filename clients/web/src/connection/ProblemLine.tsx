// What could not be done, beside where it was asked for, and what to do next.
import { sentence } from "../run/describe.ts";
import type { Problem } from "./session.ts";

export function ProblemLine({ problem }: { readonly problem: Problem | null }) {
  if (problem === null) return null;
  return (
    <p className="run-error" role="alert">
      {sentence(problem.message)}
      {problem.hint !== null && `: ${problem.hint}`}.
    </p>
  );
}

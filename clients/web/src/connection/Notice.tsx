// The last thing that was asked for and could not be done, with what to do next.
import { useStore } from "../useStore.ts";
import { useSession } from "./session.ts";

export function Notice() {
  const session = useSession();
  const problem = useStore(session.problem, (it) => it);
  return (
    <div className="notice-place" role="alert">
      {problem !== null && (
        <p className="notice">
          <span>
            {problem.message}
            {problem.hint !== null && <span className="notice-hint"> {problem.hint}</span>}
          </span>
          <button type="button" className="quiet" onClick={session.dismiss}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  );
}

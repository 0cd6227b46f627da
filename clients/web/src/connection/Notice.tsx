// The last thing that was asked for and could not be done, with what to do next; or what was done.
import { useEffect } from "react";

import { topLayer } from "../layers.ts";
import { useStore } from "../useStore.ts";
import { useSession } from "./session.ts";

/** How long it is said that something was done. */
const saidMs = 6000;

/** Shown in the dialog that is on top, or on the page. */
export function Notice({ layer = "" }: { readonly layer?: string }) {
  const onTop = useStore(topLayer, (layers) => (layers.at(-1) ?? "") === layer);
  return (
    <div className="notice-place">
      <div role="alert">{onTop && <Problem />}</div>
      <div role="status" aria-label="Done">
        {onTop && <Said />}
      </div>
    </div>
  );
}

function Problem() {
  const session = useSession();
  const problem = useStore(session.problem, (it) => it);
  if (problem === null) return null;
  return (
    <p className="notice notice-problem">
      <span>
        {problem.message}
        {problem.hint !== null && <span className="notice-hint"> {problem.hint}</span>}
      </span>
      <button type="button" className="quiet" onClick={session.dismiss}>
        Dismiss
      </button>
    </p>
  );
}

function Said() {
  const { said, say } = useSession();
  const words = useStore(said, (it) => it);
  // Time passes outside React.
  useEffect(() => {
    if (words === "") return;
    const timer = setTimeout(() => say(""), saidMs);
    return () => clearTimeout(timer);
  }, [words, say]);
  return words === "" ? null : <p className="notice notice-said">{words}</p>;
}

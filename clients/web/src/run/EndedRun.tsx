// A run that has ended: what came of it, and trying again what failed.
import { useState } from "react";
import type { Run } from "@storycore/client";

import { Icon } from "../Icon.tsx";
import { RunAction } from "./OpenRun.tsx";
import { RunSteps } from "./RunSteps.tsx";
import { retryHindrance, runCount, runOrigin, runStatuses, runTitle } from "./describe.ts";

export function EndedRun({ run }: { readonly run: Run }) {
  const [unfolded, setUnfolded] = useState(false);
  const title = runTitle(run);
  return (
    <li className="run-row" data-run={run.id} data-status={run.status}>
      <div className="run-top">
        <button type="button" className="run-title" aria-expanded={unfolded} title={title} onClick={() => setUnfolded(!unfolded)}>
          <Icon name="fold" />
          <span dir="auto">{title}</span>
        </button>
        <div className="run-actions" role="group" aria-label={title}>
          <RunAction
            method="run/retry"
            run={run}
            label="Try again"
            title="Try again what failed or was left; what is done stays done"
            icon="retry"
            hindrance={retryHindrance(run)}
          />
        </div>
      </div>
      <p className="run-facts numbers">
        <span className="run-outcome">{runStatuses[run.status]}</span>
        <span>{runCount(run)}</span>
      </p>
      <p className="run-state">
        <span className="run-origin">{runOrigin(run)}</span>
      </p>
      {run.error != null && <p className="run-error">{run.error}</p>}
      {unfolded && <RunSteps run={run} />}
    </li>
  );
}

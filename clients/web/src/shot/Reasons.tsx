// Why a panel is stale, in the daemon's words.
import type { Reason } from "@storycore/client";

export function Reasons({ reasons }: { readonly reasons: readonly Reason[] }) {
  if (reasons.length === 0) return null;
  return (
    <ul className="reasons" aria-label="Why it is stale">
      {reasons.map((reason) => (
        <li key={`${reason.kind} ${reason.message}`}>{reason.message}</li>
      ))}
    </ul>
  );
}

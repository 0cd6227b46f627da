// How the moment that is shown differs from now, in the daemon's words.
import type { Differences } from "@storycore/client";

/** More than these are told in one number until somebody asks. */
const briefMax = 4;

export function Changes({ changes }: { readonly changes: Differences | null }) {
  if (changes === null) return <p className="history-changes">Comparing with now…</p>;
  const { differences, leftOut } = changes;
  if (differences.length === 0) return <p className="history-changes">Nothing has changed since.</p>;
  const rest = differences.slice(briefMax);
  const more = rest.length + leftOut;
  return (
    <div className="history-changes">
      <h2>Since then</h2>
      <ul aria-label="What has changed since">
        {differences.slice(0, briefMax).map((it, i) => (
          <li key={i}>{it.message}</li>
        ))}
      </ul>
      {more > 0 && (
        <details>
          <summary>{more.toLocaleString("en")} more</summary>
          <ul>
            {rest.map((it, i) => (
              <li key={i}>{it.message}</li>
            ))}
            {leftOut > 0 && <li>and {leftOut.toLocaleString("en")} that are not listed</li>}
          </ul>
        </details>
      )}
    </div>
  );
}

// The script's words under a panel.
import type { IntentLine } from "@storycore/client";

export function Caption({ lines }: { readonly lines: readonly IntentLine[] }) {
  if (lines.length === 0) return null;
  return (
    <div className="caption">
      {lines.map((line, i) => (
        <p key={i}>
          {line.speaker != null && <span className="speaker">{line.speaker} </span>}
          {line.text}
        </p>
      ))}
    </div>
  );
}

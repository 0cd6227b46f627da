// The script's words under a panel.
import type { IntentLine } from "@storycore/client";

import { useScriptLanguage } from "../project/film.ts";

export function Caption({ lines }: { readonly lines: readonly IntentLine[] }) {
  const language = useScriptLanguage();
  if (lines.length === 0) return null;
  return (
    <div className="caption" lang={language}>
      {lines.map((line, i) => (
        <p key={i} dir="auto">
          {line.speaker != null && <span className="speaker">{line.speaker} </span>}
          {line.text}
        </p>
      ))}
    </div>
  );
}

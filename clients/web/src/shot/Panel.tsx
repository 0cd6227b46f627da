// A shot's picture in a box that never changes its size; a redraw fades in over the old one.
import { useState } from "react";
import type { BlobId, ProjectId } from "@storycore/client";

interface Props {
  readonly project: ProjectId;
  readonly asset: BlobId | null;
  readonly alt: string;
  readonly eager?: boolean;
}

export function Panel({ project, asset, alt, eager = false }: Props) {
  const [shown, setShown] = useState({ asset, before: null as BlobId | null });
  if (shown.asset !== asset) setShown({ asset, before: shown.asset });
  const layers = [...new Set([shown.before, shown.asset])].filter((it) => it !== null);
  return (
    <span className="panel">
      {asset === null && <span className="panel-empty">Not drawn yet</span>}
      {asset !== null &&
        layers.map((layer) => (
          <img
            key={layer}
            className={layer === asset && shown.before !== null ? "panel-new" : undefined}
            src={`/assets/${project}/${layer}`}
            alt={layer === asset ? alt : ""}
            aria-hidden={layer !== asset}
            loading={eager ? "eager" : "lazy"}
            decoding="async"
            draggable={false}
          />
        ))}
    </span>
  );
}

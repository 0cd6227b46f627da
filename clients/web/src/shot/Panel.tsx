// A shot's picture in a box that never changes its size; a redraw fades in over the old one.
import { useState, type ReactNode } from "react";
import type { BlobId, ProjectId } from "@storycore/client";

import { FailedPanel } from "./FailedPanel.tsx";
import { Picture } from "./Picture.tsx";

interface Props {
  readonly project: ProjectId;
  readonly asset: BlobId | null;
  readonly alt: string;
  readonly eager?: boolean;
  /** What lies over the picture. */
  readonly children?: ReactNode;
}

interface Shown {
  readonly asset: BlobId | null;
  /** The picture it replaces, until it has faded in. */
  readonly before: BlobId | null;
  readonly phase: "waiting" | "appearing" | "failed";
}

export function Panel({ project, asset, alt, eager = false, children }: Props) {
  const [shown, setShown] = useState<Shown>({ asset, before: null, phase: "waiting" });
  if (shown.asset !== asset) setShown({ asset, before: shown.asset, phase: "waiting" });
  const { before, phase } = shown;
  const loading = eager ? "eager" : "lazy";
  const plain = { decoding: "async", draggable: false, loading, small: !eager } as const;
  return (
    <span className="panel">
      {asset === null && <span className="panel-empty">Not drawn yet</span>}
      {asset !== null && before !== null && (
        <Picture key={before} project={project} asset={before} alt="" {...plain} />
      )}
      {asset !== null && phase !== "failed" && (
        <Picture
          key={asset}
          project={project}
          asset={asset}
          className={before === null ? undefined : `panel-${phase}`}
          data-asset={asset}
          alt={alt}
          onLoad={before === null ? undefined : () => setShown({ ...shown, phase: "appearing" })}
          onError={() => setShown({ asset, before: null, phase: "failed" })}
          onAnimationEnd={() => setShown({ ...shown, before: null })}
          {...plain}
        />
      )}
      {asset !== null && phase === "failed" && (
        <FailedPanel alt={alt} onRetry={() => setShown({ ...shown, phase: "waiting" })} />
      )}
      {children}
    </span>
  );
}

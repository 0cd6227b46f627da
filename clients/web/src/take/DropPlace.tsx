// Where files can be dropped, to become takes of a shot; and shots of the tray, to be attached.
import { useState, type DragEvent, type ReactNode } from "react";
import type { ShotId } from "@storycore/client";

import { useHindrance } from "../connection/useHindrance.ts";
import { carried, useAttach } from "../tray/attach.ts";
import { useImports } from "./imports.ts";

interface Props {
  readonly shot: ShotId;
  readonly label: string;
  readonly className: string;
  readonly children: ReactNode;
}

export function DropPlace({ shot, label, className, children }: Props) {
  const drop = useShotDrop(shot);
  return (
    <div className={className} {...drop.handlers} data-drop={drop.over ?? undefined}>
      {children}
      {drop.over === "files" && <p className="drop-words">Drop to add a take to {label}</p>}
    </div>
  );
}

/** What an element needs so that files and shots of the tray can be dropped on it. */
export function useShotDrop(shot: ShotId) {
  const imports = useImports();
  const attach = useAttach();
  const reason = useHindrance("take/import");
  const [over, setOver] = useState<"files" | "shot" | null>(null);
  function kindOf({ dataTransfer }: DragEvent): "files" | "shot" | null {
    if (reason !== null) return null;
    if (dataTransfer.types.includes("Files")) return "files";
    return dataTransfer.types.includes(carried.shot) ? "shot" : null;
  }
  const handlers = {
    onDragOver(event: DragEvent) {
      const kind = kindOf(event);
      if (kind === null) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = kind === "files" ? "copy" : "move";
      setOver(kind);
    },
    onDragLeave(event: DragEvent) {
      if (event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)) return;
      setOver(null);
    },
    onDrop(event: DragEvent) {
      const kind = kindOf(event);
      setOver(null);
      if (kind === null) return;
      event.preventDefault();
      if (kind === "files") imports.add(shot, [...event.dataTransfer.files]);
      else attach.shot(event.dataTransfer.getData(carried.shot), shot);
    },
  };
  return { over, handlers };
}

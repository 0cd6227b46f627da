// A scene's heading takes in a scene of the tray.
import { useState, type DragEvent } from "react";
import type { SceneId } from "@storycore/client";

import { useHindrance } from "../connection/useHindrance.ts";
import { carried, useAttach } from "../tray/attach.ts";

export function useSceneDrop(scene: SceneId) {
  const attach = useAttach();
  const reason = useHindrance("scene/attach");
  const [over, setOver] = useState(false);
  const fits = (event: DragEvent) => reason === null && event.dataTransfer.types.includes(carried.scene);
  const handlers = {
    onDragOver(event: DragEvent) {
      if (!fits(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      setOver(true);
    },
    onDragLeave(event: DragEvent) {
      if (event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)) return;
      setOver(false);
    },
    onDrop(event: DragEvent) {
      setOver(false);
      if (!fits(event)) return;
      event.preventDefault();
      attach.scene(event.dataTransfer.getData(carried.scene), scene);
    },
  };
  return { over, handlers };
}

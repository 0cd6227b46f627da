// A shot in words.
import type { SceneState, ShotState } from "@storycore/client";

import { angles, framings, movements } from "./craft.ts";

/** What the panel shows, for somebody who cannot see it. */
export function describePanel(label: string, shot: ShotState, scene: SceneState | undefined): string {
  const of = shot.subjects.length > 0 ? ` of ${listOf(shot.subjects)}` : "";
  const rest = [
    shot.angle === "eyeLevel" ? "" : angles[shot.angle],
    shot.movement === "static" ? "" : movements[shot.movement],
    scene?.heading ?? "",
  ].filter(Boolean);
  return [`Panel ${label}: ${framings[shot.framing].spoken}${of}`, ...rest].join(", ");
}

/** How it is shot: what stands beside the framing. */
export function cameraWords(shot: Pick<ShotState, "angle" | "movement" | "lensMm">): string[] {
  return [
    shot.angle === "eyeLevel" ? "" : angles[shot.angle],
    shot.movement === "static" ? "" : movements[shot.movement],
    shot.lensMm == null ? "" : `${shot.lensMm}\u00a0mm`,
  ].filter(Boolean);
}

function listOf(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

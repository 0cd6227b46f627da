// The words of the craft as people write and say them.
import type { Angle, Framing, Movement, TimeOfDay } from "@storycore/client";

interface Word {
  readonly short: string;
  readonly spoken: string;
}

export const framings = {
  extremeCloseUp: { short: "ECU", spoken: "extreme close-up" },
  closeUp: { short: "CU", spoken: "close-up" },
  mediumCloseUp: { short: "MCU", spoken: "medium close-up" },
  medium: { short: "MS", spoken: "medium shot" },
  mediumWide: { short: "MWS", spoken: "medium wide shot" },
  wide: { short: "WS", spoken: "wide shot" },
  extremeWide: { short: "EWS", spoken: "extreme wide shot" },
  overTheShoulder: { short: "OTS", spoken: "over the shoulder" },
  twoShot: { short: "2S", spoken: "two-shot" },
  insert: { short: "INS", spoken: "insert" },
  pointOfView: { short: "POV", spoken: "point of view" },
} as const satisfies Record<Framing, Word>;

export const angles = {
  eyeLevel: "eye level",
  low: "low angle",
  high: "high angle",
  overhead: "overhead",
  dutch: "Dutch angle",
} as const satisfies Record<Angle, string>;

export const movements = {
  static: "static",
  panLeft: "pan left",
  panRight: "pan right",
  tiltUp: "tilt up",
  tiltDown: "tilt down",
  dollyIn: "dolly in",
  dollyOut: "dolly out",
  truckLeft: "truck left",
  truckRight: "truck right",
  tracking: "tracking",
  craneUp: "crane up",
  craneDown: "crane down",
  zoomIn: "zoom in",
  zoomOut: "zoom out",
  handheld: "handheld",
} as const satisfies Record<Movement, string>;

export const timesOfDay = {
  dawn: "Dawn",
  morning: "Morning",
  day: "Day",
  afternoon: "Afternoon",
  evening: "Evening",
  dusk: "Dusk",
  night: "Night",
} as const satisfies Record<TimeOfDay, string>;

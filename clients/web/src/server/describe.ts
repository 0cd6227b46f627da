// A server in words.
import type { RenderServer } from "@storycore/client";

import { count, timeOf } from "../format.ts";
import { duration } from "../run/describe.ts";

const gib = 2 ** 30;

/** `2 servers up`, `1 of 2 servers up; big is down`. */
export function serversWords(servers: readonly RenderServer[]): string {
  const up = servers.filter((it) => it.health === "up").length;
  if (up === servers.length) return `${count(up, "server")} up`;
  const down = servers.filter((it) => it.health === "down").map((it) => it.name);
  const names = down.length === 0 ? "" : `; ${down.join(", ")} ${down.length === 1 ? "is" : "are"} down`;
  return `${up} of ${count(servers.length, "server")} up${names}`;
}

export function healthWords({ health, sinceMs, draining }: RenderServer): string {
  switch (health) {
    case "new":
      return "not asked yet";
    case "up":
      return draining ? "up, drained" : "up";
    case "down":
      return sinceMs == null ? "down" : `down since ${timeOf(sinceMs)}`;
  }
}

/** What it is: `ComfyUI 0.3.75 · cpu · 3.1 of 24 GB free`. */
export function machineWords({ version, device, memoryBytes, memoryFreeBytes, model }: RenderServer): string {
  const memory =
    memoryBytes == null || memoryFreeBytes == null ? "" : `${gigabytes(memoryFreeBytes)} of ${gigabytes(memoryBytes)}\u00a0GB free`;
  return [version && `ComfyUI ${version}`, device, memory, model].filter(Boolean).join(" · ");
}

/** What it does: `2 of ours, 1 of others · KSampler · 4 s a picture`. */
export function workWords({ placed, others, node, meanMs, finished }: RenderServer): string {
  const queue = [placed > 0 && `${placed} of ours`, others > 0 && `${others} of others`].filter(Boolean).join(", ");
  const done = finished > 0 && `${finished.toLocaleString("en")} made`;
  return [queue || "idle", node, meanMs != null && `${duration(meanMs)} each`, done].filter(Boolean).join(" · ");
}

function gigabytes(bytes: number): string {
  const gb = bytes / gib;
  return gb >= 10 ? String(Math.round(gb)) : String(Math.round(gb * 10) / 10);
}

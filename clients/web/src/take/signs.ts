// Signs of grades, so that none is told by color alone.
import type { Grade } from "@storycore/client";

export const signs = { pass: "✓", warn: "!", fail: "✕", notMeasured: "–" } as const satisfies Record<Grade, string>;

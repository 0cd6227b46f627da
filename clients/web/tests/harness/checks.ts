// Takes with checks to look at: good, doubtful and poor ones in turn.
import type { Checks, GlobalState, TakeDetails, Verdict } from "@storycore/client";

const size: Verdict = { check: "size", grade: "notMeasured", unit: "px", words: "not measured: no size was asked for" };
const bright: Verdict = { check: "brightness", grade: "pass", measured: 110, unit: "", words: "110 of 255 on average" };
const sharp: Verdict = { check: "sharpness", grade: "pass", measured: 181.2, threshold: 100, unit: "", words: "sharp: 181, and 100 is good" };
const soft: Verdict = { check: "sharpness", grade: "fail", measured: 49.996, threshold: 50, unit: "", words: "soft: 49.996, and 50 is the least" };
const off: Verdict = {
  check: "palette",
  grade: "warn",
  measured: 14.5,
  threshold: 12,
  unit: "ΔE",
  words: "the colors are not those of the style: ΔE 14.5 from the style, and up to 12.0 is good",
};

const kinds: readonly Checks[] = [
  { grade: "pass", score: 91.4, words: "91.4 of 100, and 70 passes", verdicts: [sharp, bright, size] },
  { grade: "fail", score: 50, words: "50.0 of 100, and 70 passes", verdicts: [soft, bright, off, size] },
  { grade: "warn", score: 78.2, words: "78.2 of 100, and 70 passes", verdicts: [sharp, bright, off, size] },
];

export function checkedTakes({ generation }: GlobalState, shot: string): TakeDetails[] {
  const takes = Object.entries(generation.takes).filter(([, it]) => it.shot === shot);
  return takes.map(([id, take], i) => ({
    ...take,
    id,
    status: i === takes.length - 1 ? "fresh" : "stale",
    reasons: i === takes.length - 1 ? [] : [{ kind: "text", message: "line 1 rewritten" }],
    source: { type: "rendered", run: "r", renderKey: "k", rendererVersion: "comfyui 0.3.75", seed: i },
    checks: kinds[(i + 1) % kinds.length],
    ...((i + 1) % kinds.length === 1 && { repeated: { run: "r", attempt: 2, attempts: 3, reason: "soft: 49.996, and 50 is the least" } }),
  })) as unknown as TakeDetails[];
}

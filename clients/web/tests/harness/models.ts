// Language models to look at: one that works, one that is away, and what they have done.
import type { Breakdown, DoneBy, LlmProvider, LlmUsage, ShotPrompt } from "@storycore/client";

import { projectId } from "../film.ts";

export const models: LlmProvider[] = [
  { name: "attic", kind: "openai", url: "http://10.0.0.11:8080/v1", model: "qwen3-8b-q4", reachable: true, models: ["qwen3-8b-q4"], hasModel: true, tokensPerSecondMilli: 14_300, underWay: 1, spentTodayMicro: 0, tokensToday: 48_210 },
  { name: "cloud", kind: "anthropic", url: "https://api.anthropic.com", model: "claude-sonnet-4-5", reachable: false, models: [], error: "cloud refuses the key", hint: "set ANTHROPIC_API_KEY where the daemon starts", restingMs: 42_000, underWay: 0, spentTodayMicro: 31_240, tokensToday: 4120 },
];

const used = (task: string, part: Partial<LlmUsage>): LlmUsage => ({ project: projectId, task, answers: 1, cached: 0, failed: 0, moneyMicro: 0, tokensIn: 900, tokensOut: 220, tookMs: 8200, ...part });

export const usage: LlmUsage[] = [
  used("breakdown", { answers: 14, cached: 3, tokensIn: 21_800, tokensOut: 9310, moneyMicro: 24_120 }),
  used("shot-prompt", { answers: 41, cached: 12, tokensIn: 12_400, tokensOut: 4010, moneyMicro: 7120 }),
  used("continuity", { answers: 2, failed: 1, tokensIn: 3900, tokensOut: 410 }),
  used("logline", { project: "another", tokensIn: 18_000, moneyMicro: 9000 }),
];

const by: DoneBy = { type: "model", provider: "attic", model: "qwen3-8b-q4", cached: false, moneyMicro: 0, tokensIn: 812, tokensOut: 164, tookMs: 9400 };

export function prompt(hasModel: boolean): ShotPrompt {
  return {
    by: hasModel ? by : { type: "rules", why: "no language model is set up; add [[llm]] to daemon.toml" },
    positive: "close-up, eye level, 50 mm lens, exterior HARBOR MOLE, dawn, fog. ÉLOÏSE: red oilskin coat, 71, very small, a lamp in one hand and a ledger under the other arm",
    negative: "text, caption, watermark, extra fingers",
    why: hasModel ? "the lamp is the only light, so the fog is lit from below" : null,
  };
}

export function breakdown(applied: boolean): Breakdown {
  const shot = { angle: "eyeLevel" as const, movement: "static" as const, subjects: ["ÉLOÏSE"], durationMs: 4000 };
  return {
    applied,
    by,
    ifHash: "00",
    path: "script/high-water.fountain",
    notes: [
      { line: 31, note: "[[shot: EWS, crane up, 24mm, 8s]]" },
      { line: 35, note: "[[shot: CU ÉLOÏSE, low angle, 85mm, 4s]]" },
    ],
    shots: [
      { ...shot, framing: "extremeWide", movement: "craneUp", lensMm: 24, durationMs: 8000, line: 31, subjects: [], text: "A stone arm half a kilometer long, holding a small Breton harbor against its chest. Fog.", why: "the mole is the first character we meet" },
      { ...shot, framing: "closeUp", angle: "low", lensMm: 85, line: 35, text: "ÉLOÏSE KERVADEC, 71, very small, in a yellow oilskin that was cut for a man.", why: "she is small, so we look up at her" },
      { ...shot, framing: "medium", line: 40, text: "She reaches a hut at the very end, no bigger than a confessional, and shoulders the door." },
    ],
  };
}

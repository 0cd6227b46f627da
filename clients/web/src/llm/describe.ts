// Language models, what they did and what it took, in words.
import type { DoneBy, LlmProvider, LlmUsage } from "@storycore/client";

import { count } from "../format.ts";
import { duration, sentence } from "../run/describe.ts";
import { isReady } from "./models.ts";

const kinds = { ollama: "Ollama", openai: "OpenAI protocol", anthropic: "Anthropic" } as const satisfies Record<LlmProvider["kind"], string>;

/** `2 language models ready`, `1 of 2 language models ready; big is not`. */
export function modelsWords(models: readonly LlmProvider[]): string {
  const ready = models.filter(isReady).length;
  if (ready === models.length) return `${count(ready, "language model")} ready`;
  const others = models.filter((it) => !isReady(it)).map((it) => it.name);
  return `${ready} of ${count(models.length, "language model")} ready; ${others.join(", ")} ${others.length === 1 ? "is" : "are"} not`;
}

export function readyWords(model: LlmProvider): string {
  if (!model.reachable) return "does not answer";
  if (model.hasModel === false) return "has not this model";
  return model.restingMs != null && model.restingMs > 0 ? `left alone for ${duration(model.restingMs)} after failures` : "ready";
}

/** `Ollama · qwen3:8b · 14 tokens a second · 1 task under way`. */
export function modelWords({ kind, model, models, tokensPerSecondMilli, underWay }: LlmProvider): string {
  const pace = tokensPerSecondMilli != null && `${decimals(tokensPerSecondMilli / 1000)} tokens a second`;
  return [kinds[kind], model ?? models[0], pace, underWay > 0 && `${count(underWay, "task")} under way`].filter(Boolean).join(" · ");
}

/** `Today: 12,340 tokens, cost 0.0312`. */
export function todayWords({ tokensToday, spentTodayMicro }: LlmProvider): string {
  return tokensToday === 0 ? "Nothing asked today" : `Today: ${count(tokensToday, "token")}, ${costWords(spentTodayMicro)}`;
}

export function costWords(micro: number): string {
  return micro === 0 ? "no cost" : `cost ${money(micro)}`;
}

/** In the currency that prices are set in, which the daemon does not know. What costs never reads as free. */
export function money(micro: number): string {
  if (micro === 0) return "0";
  const units = micro / 1_000_000;
  if (units < 0.0001) return "under 0.0001";
  return units.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: units < 1 ? 4 : 2 });
}

/** Who did a task, and what it took; or why no model did. */
export function doneByWords(by: DoneBy): string {
  if (by.type === "rules") return `By the rules, without a language model: ${by.why}.`;
  const tokens = count(by.tokensIn + by.tokensOut, "token");
  if (by.cached) return `By ${by.model} on ${by.provider}: an answer kept from before, at no cost.`;
  return `By ${by.model} on ${by.provider} in ${duration(by.tookMs)}: ${tokens}, ${costWords(by.moneyMicro)}.`;
}

const tasks: Readonly<Record<string, string>> = {
  breakdown: "Scenes into shots",
  "shot-prompt": "Prompts of shots",
  "bible-entry": "Entries of the bible",
  continuity: "Continuity",
  logline: "Logline and synopsis",
  translate: "Translations",
};

export function taskName(task: string): string {
  return tasks[task] ?? sentence(task);
}

export interface Sum {
  readonly answers: number;
  readonly cached: number;
  readonly tokens: number;
  readonly moneyMicro: number;
}

export function sumOf(usage: readonly LlmUsage[]): Sum {
  return usage.reduce(
    (sum, it) => ({
      answers: sum.answers + it.answers,
      cached: sum.cached + it.cached,
      tokens: sum.tokens + it.tokensIn + it.tokensOut,
      moneyMicro: sum.moneyMicro + it.moneyMicro,
    }),
    { answers: 0, cached: 0, tokens: 0, moneyMicro: 0 },
  );
}

function decimals(n: number): string {
  return n < 10 ? String(Math.round(n * 10) / 10) : String(Math.round(n));
}

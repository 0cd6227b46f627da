// Language models: which are there, what they cost, the prompts they write and the shots they plan.
import { act, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Breakdown, Continuity, DoneBy, LlmProvider, LlmUsage } from "@storycore/client";

import { money } from "../src/llm/describe.ts";
import { projectId } from "./film.ts";
import { card, Refusal, stage } from "./stage.tsx";

const model = (part: Partial<LlmProvider> = {}): LlmProvider => ({
  name: "attic",
  kind: "ollama",
  url: "http://127.0.0.1:11434",
  model: "qwen3:8b",
  reachable: true,
  models: ["qwen3:8b"],
  hasModel: true,
  tokensPerSecondMilli: 14_300,
  underWay: 0,
  spentTodayMicro: 0,
  tokensToday: 0,
  ...part,
});

const used = (task: string, part: Partial<LlmUsage> = {}): LlmUsage => ({
  project: projectId,
  task,
  answers: 1,
  cached: 0,
  failed: 0,
  moneyMicro: 0,
  tokensIn: 0,
  tokensOut: 0,
  tookMs: 1000,
  ...part,
});

type Answers = NonNullable<NonNullable<Parameters<typeof stage>[0]>["answers"]>;

async function queue(answers: Answers) {
  const all = await stage({ answers: { "server/list": () => [], "llm/usage": () => [], ...answers } });
  await all.user.click(screen.getByRole("button", { name: /^Queue/ }));
  await act(async () => {});
  return all;
}

test("each model says whether it is there, what it does and what it took today", async () => {
  const away = model({ name: "cloud", kind: "anthropic", model: "sonnet", reachable: false, error: "cloud refuses the key", hint: "set ANTHROPIC_API_KEY" });
  await queue({ "llm/list": () => [model({ tokensToday: 12_340, spentTodayMicro: 31_240, underWay: 2 }), away] });
  expect(screen.getByText("1 of 2 language models ready; cloud is not")).toBeTruthy();
  const [first, second] = within(screen.getByRole("list", { name: "Language models" })).getAllByRole("listitem");
  expect(first?.textContent).toContain("Ollama · qwen3:8b · 14 tokens a second · 2 tasks under way");
  expect(first?.textContent).toContain("Today: 12,340 tokens, cost 0.0312");
  expect(second?.textContent).toContain("does not answer");
  expect(second?.textContent).toContain("Cloud refuses the key. Set ANTHROPIC_API_KEY.");
});

test("a model that is not installed is not ready, though its server answers", async () => {
  await queue({ "llm/list": () => [model({ hasModel: false, models: ["other"] })] });
  expect(screen.getByText("0 of 1 language model ready; attic is not")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Break down/ })).toBeNull();
});

test("a model is unloaded; one that keeps its memory says why", async () => {
  let freed = true;
  const { calls, user } = await queue({
    "llm/list": () => [model()],
    "llm/unload": () => (freed ? { freed } : { freed, why: "this server cannot unload" }),
  });
  await user.click(screen.getByRole("button", { name: "Unload attic" }));
  expect(calls.find((it) => it.method === "llm/unload")?.params).toEqual({ name: "attic" });
  expect(screen.getByText(/attic has let go of its memory/)).toBeTruthy();
  freed = false;
  await user.click(screen.getByRole("button", { name: "Unload attic" }));
  expect(screen.getByText(/this server cannot unload/)).toBeTruthy();
});

test("costs are told by task of this film, and of the others in all", async () => {
  await queue({
    "llm/list": () => [model()],
    "llm/usage": () => [
      used("breakdown", { answers: 14, tokensIn: 21_800, tokensOut: 9310, moneyMicro: 24_120 }),
      used("shot-prompt", { tokensIn: 100, tokensOut: 10, moneyMicro: 3 }),
      used("logline", { project: "another", tokensIn: 18_000, moneyMicro: 9000 }),
    ],
  });
  expect(screen.getByText("31,220 tokens of language models, cost 0.0241")).toBeTruthy();
  const rows = within(screen.getByRole("table", { hidden: true })).getAllByRole("row", { hidden: true });
  expect(rows.map((it) => [...it.children].map((cell) => cell.textContent).join(" "))).toEqual([
    "Task Answers Tokens Cost",
    "Scenes into shots 14 31,110 0.0241",
    "Prompts of shots 1 110 under 0.0001",
    "In all 15 31,220 0.0241",
  ]);
  expect(screen.getByText("Other films: 18,000 tokens, cost 0.009.")).toBeTruthy();
});

test("who has no language model sees nothing of models or costs", async () => {
  await queue({ "llm/list": () => [] });
  expect(screen.queryByText(/language model/i)).toBeNull();
});

test.each([
  [0, "0"],
  [3, "under 0.0001"],
  [100, "0.0001"],
  [1_250_000, "1.25"],
  [12_345_678_900, "12,345.68"],
])("%i millionths read as %s", (micro, words) => expect(money(micro)).toBe(words));

const by: DoneBy = { type: "model", provider: "attic", model: "qwen3:8b", cached: false, moneyMicro: 0, tokensIn: 812, tokensOut: 164, tookMs: 9400 };

async function large(answers: Answers) {
  const all = await stage({ answers: { "take/list": () => [], ...answers } });
  await all.user.click(within(card("shot-1-1")).getByRole("button", { name: /Panel 12A/ }));
  if (!screen.queryByRole("dialog")) await all.user.keyboard("{Enter}");
  return all;
}

test("a shot's prompt is shown before it runs, and nothing is asked before it is unfolded", async () => {
  const { calls, user } = await large({
    "llm/list": () => [],
    "shot/prompt": () => ({ positive: "wide shot, fog", negative: "text", by: { type: "rules", why: "no language model is set up" } }),
  });
  expect(calls.some((it) => it.method === "shot/prompt")).toBe(false);
  await user.click(screen.getByRole("button", { name: "Prompt of 12A" }));
  const prompt = within(await screen.findByRole("region", { name: "Prompt of 12A" }));
  expect((await prompt.findAllByRole("definition")).map((it) => it.textContent)).toEqual(["wide shot, fog", "text"]);
  expect(prompt.getByText("By the rules, without a language model: no language model is set up.")).toBeTruthy();
  expect(prompt.queryByRole("button", { name: "Improve" })).toBeNull();
  expect(calls.filter((it) => it.method === "shot/prompt").map((it) => it.params)).toEqual([{ project: projectId, id: "shot-1-1", plain: true }]);
});

test("a prompt is improved on a wish, and says who wrote it and what it took", async () => {
  const { calls, user } = await large({
    "llm/list": () => [model()],
    "shot/prompt": ({ wish, plain }) => ({
      positive: wish == null ? "fog" : `fog, ${wish}`,
      negative: "",
      by: plain === true ? { type: "rules", why: "it is what workflows are given" } : by,
    }),
  });
  await user.click(screen.getByRole("button", { name: "Prompt of 12A" }));
  const prompt = within(await screen.findByRole("region", { name: "Prompt of 12A" }));
  // First of all it is what would be drawn; the model is asked when somebody wishes for something.
  expect(await prompt.findByText(/it is what workflows are given/)).toBeTruthy();
  await user.type(prompt.getByRole("textbox"), "warmer{Enter}");
  expect(await prompt.findByText("fog, warmer")).toBeTruthy();
  expect(prompt.getByText("By qwen3:8b on attic in 9.4 s: 976 tokens, no cost.")).toBeTruthy();
  const asked = calls.findLast((it) => it.method === "shot/prompt");
  expect(asked?.params).toEqual({ project: projectId, id: "shot-1-1", current: "fog", wish: "warmer" });
});

test("a prompt that cannot be written says why", async () => {
  const { user } = await large({
    "llm/list": () => [],
    "shot/prompt": () => {
      throw new Refusal("invalidParams", "the template prompt.jinja has no end", "close its if in line 3");
    },
  });
  await user.click(screen.getByRole("button", { name: "Prompt of 12A" }));
  expect((await screen.findByText(/has no end/)).textContent).toBe("The template prompt.jinja has no end: close its if in line 3.");
});

function planned(part: Partial<Breakdown> = {}): Breakdown {
  const shot = { angle: "low", movement: "static", subjects: ["ÉLOÏSE"], durationMs: 4000, framing: "closeUp" } as const;
  return {
    applied: false,
    by,
    ifHash: "00",
    path: "script/film.fountain",
    notes: [{ line: 7, note: "[[shot: CU ÉLOÏSE, low angle, 4s]]" }],
    shots: [
      { ...shot, subjects: ["ÉLOÏSE"], line: 7, text: "She climbs.", why: "she is small" },
      { ...shot, subjects: [], line: 9, text: "The sea." },
    ],
    ...part,
  };
}

async function breaking(answer: (params: { wish?: string | null; apply?: boolean | null }) => Breakdown) {
  const all = await stage({ answers: { "llm/list": () => [model()], "scene/breakdown": answer } });
  await all.user.click(screen.getByRole("button", { name: "Break down scene 12" }));
  return { ...all, dialog: within(screen.getByRole("dialog", { name: "Break down scene 12" })) };
}

const asks = (calls: { method: string; params: unknown }[]) => calls.filter((it) => it.method === "scene/breakdown").map((it) => it.params);

test("a scene is broken into shots: looked at first, then written with the question that was asked", async () => {
  const { calls, user, dialog } = await breaking(({ apply }) => planned({ applied: apply === true }));
  expect(dialog.getByRole("button", { name: "Write notes" }).title).toBe("Plan the shots first, to see what would be written.");
  await user.type(dialog.getByRole("textbox"), "close{Enter}");
  const shots = within(await dialog.findByRole("list", { name: "Planned shots" })).getAllByRole("listitem");
  expect(shots[0]?.textContent).toContain("[[shot: CU ÉLOÏSE, low angle, 4s]]");
  expect(shots[0]?.textContent).toContain("She is small");
  expect(shots[1]?.textContent).not.toContain("[[");
  expect(asks(calls)).toEqual([{ project: projectId, id: "scene-1", wish: "close" }]);
  // What is typed afterwards is no part of the plan that is looked at.
  await user.type(dialog.getByRole("textbox"), " and slow");
  await user.click(dialog.getByRole("button", { name: "Write 1 note" }));
  expect(asks(calls)[1]).toEqual({ project: projectId, id: "scene-1", wish: "close", apply: true });
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(screen.getByText("1 note written into script/film.fountain.")).toBeTruthy();
});

test("while a model writes, it is told how much, and closing the dialog stops it", async () => {
  let finish = (_: Breakdown) => {};
  const { calls, user, tellOf, dialog } = await breaking(() => new Promise<Breakdown>((done) => (finish = done)) as never);
  await user.click(dialog.getByRole("button", { name: "Plan shots" }));
  const tell = (text: string, anew = false) => tellOf("scene/breakdown", "llm/answering", { text, anew });
  tell("{\"shots\": [");
  expect(dialog.getByText(/ 11 characters so far/)).toBeTruthy();
  tell("", true);
  tell("[]");
  expect(dialog.getByText(/ 2 characters so far/)).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Cancel" }));
  expect(calls.at(-1)?.method).toBe("$/cancelRequest");
  await act(async () => finish(planned()));
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("what the rules planned is shown, and not written", async () => {
  const { user, dialog } = await breaking(() => planned({ by: { type: "rules", why: "attic does not answer" }, notes: [] }));
  await user.click(dialog.getByRole("button", { name: "Plan shots" }));
  expect(await dialog.findByText("By the rules, without a language model: attic does not answer.")).toBeTruthy();
  expect(dialog.getByRole("button", { name: "Write notes" }).title).toBe("The rules planned them: they need no notes for it.");
});

test("a plan that fails says why, and leaves the dialog open", async () => {
  const { user, dialog } = await breaking(() => {
    throw new Refusal("conflict", "the script was saved meanwhile", "plan it again");
  });
  await user.click(dialog.getByRole("button", { name: "Plan shots" }));
  expect(await dialog.findByText("The script was saved meanwhile: plan it again.")).toBeTruthy();
});

test("without a model to ask, no scene offers to be broken down", async () => {
  await stage({ answers: { "llm/list": () => [model({ reachable: false })] } });
  expect(screen.queryByRole("button", { name: /Break down/ })).toBeNull();
});

test("a model looks through a scene, and its findings lead to their shots", async () => {
  const found: Continuity = {
    by,
    findings: [{ severity: "warning", kind: "clothes", message: "her coat is blue in one and yellow in the other", fix: "make it yellow", shots: ["shot-1-1", "shot-1-3"] }],
  };
  const { calls, user } = await stage({ answers: { "llm/list": () => [model()], "scene/continuity": () => found } });
  await user.click(screen.getByRole("button", { name: "Check the continuity of scene 12" }));
  const dialog = within(screen.getByRole("dialog", { name: "Continuity of scene 12" }));
  expect(calls.some((it) => it.method === "scene/continuity")).toBe(false);
  await user.click(dialog.getByRole("button", { name: "Look" }));
  const finding = await dialog.findByText("Her coat is blue in one and yellow in the other");
  expect(finding.closest("li")?.textContent).toContain("Doubtful");
  expect(dialog.getByText(/^By qwen3:8b on attic/)).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "12C" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(card("shot-1-3").dataset.selected).toBe("true");
});

test("a scene in which all agrees says so, and a model that fails says why", async () => {
  let answers = 0;
  const { user } = await stage({
    answers: {
      "llm/list": () => [model()],
      "scene/continuity": () => {
        answers += 1;
        if (answers > 1) throw new Refusal("unavailable", "attic does not answer", "start it");
        return { by, findings: [] };
      },
    },
  });
  await user.click(screen.getByRole("button", { name: "Check the continuity of scene 12" }));
  await user.click(screen.getByRole("button", { name: "Look" }));
  expect(await screen.findByText("It found nothing that does not agree.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Look again" }));
  expect(await screen.findByText("Attic does not answer: start it.")).toBeTruthy();
});

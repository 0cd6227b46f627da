// The language models: which are there, what each does and costs, and why one is not there.
import { useEffect } from "react";
import type { LlmProvider } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { sentence } from "../run/describe.ts";
import { useStore } from "../useStore.ts";
import { modelsWords, modelWords, readyWords, todayWords } from "./describe.ts";
import { isReady, useModels } from "./models.ts";

/** Between two questions while somebody looks: each asks every server. */
const everyMs = 10_000;

export function ModelList() {
  const models = useModels();
  const { value } = useStore(models, (it) => it);
  // What a model is at is in no event.
  useEffect(() => {
    const timer = setInterval(models.refresh, everyMs);
    return () => clearInterval(timer);
  }, [models]);
  if (value === null || value.length === 0) return null;
  return (
    <details className="servers" open={value.every((it) => !isReady(it)) || undefined}>
      <summary>
        <span className="server-dots" aria-hidden>
          {value.map((it) => (
            <Dot key={it.name} model={it} />
          ))}
        </span>
        {modelsWords(value)}
      </summary>
      <ul aria-label="Language models">
        {value.map((it) => (
          <OneModel key={it.name} model={it} onChanged={models.refresh} />
        ))}
      </ul>
    </details>
  );
}

function Dot({ model }: { readonly model: LlmProvider }) {
  return <i className="dot" data-health={isReady(model) ? "up" : "down"} aria-hidden />;
}

function OneModel({ model, onChanged }: { readonly model: LlmProvider; readonly onChanged: () => void }) {
  const { name, url, error, hint, reachable } = model;
  return (
    <li className="server" data-model={name} data-health={isReady(model) ? "up" : "down"}>
      <p className="server-name" title={url}>
        <Dot model={model} />
        <b>{name}</b> <span className="server-health">{readyWords(model)}</span>
        <Unload model={model} onChanged={onChanged} />
      </p>
      <p className="server-facts">{modelWords(model)}</p>
      <p className="server-facts numbers">{todayWords(model)}</p>
      {error != null && (
        <p className="run-error">
          {sentence(error)}.{hint != null && <span className="server-next"> {sentence(hint)}.</span>}
        </p>
      )}
      {error == null && !reachable && <p className="run-error">It does not answer at {url}.</p>}
    </li>
  );
}

function Unload({ model: { name, reachable, underWay }, onChanged }: { readonly model: LlmProvider; readonly onChanged: () => void }) {
  const session = useSession();
  const reason = useHindrance("llm/unload", { inPast: true });
  async function unload() {
    const answer = await session.attempt("llm/unload", { name });
    if (answer === null) return;
    if (answer.freed) session.say(`${name} has let go of its memory. The next task loads it again.`);
    else session.complain({ message: `${name} keeps its memory`, hint: answer.why ?? null });
    onChanged();
  }
  const hindrance = reachable ? (underWay > 0 ? "It is at work." : null) : "It does not answer.";
  return (
    <ActionButton
      className="quiet toggle"
      label={`Unload ${name}`}
      title="Free the memory its model takes; the next task loads it again"
      reason={hindrance ?? reason}
      onAction={() => void unload()}
    >
      Unload
    </ActionButton>
  );
}

// What language models were asked for so far, and what it took: by task of this film, and in all.
import { useMemo, useState } from "react";
import type { LlmUsage } from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { count } from "../format.ts";
import { createLook } from "../look.ts";
import { useFilm } from "../project/film.ts";
import { duration } from "../run/describe.ts";
import { useStore } from "../useStore.ts";
import { costWords, money, sumOf, taskName } from "./describe.ts";
import { useModels } from "./models.ts";

/** Between two questions while somebody looks: what was asked is in no event. */
const everyMs = 5000;

export function Costs() {
  const session = useSession();
  const { id } = useFilm();
  const look = useMemo(
    () =>
      createLook(
        () => session.call("llm/usage", {}),
        (again) => {
          const timer = setInterval(again, everyMs);
          return () => clearInterval(timer);
        },
      ),
    [session],
  );
  const { value: usage } = useStore(look, (it) => it);
  const someModel = useStore(useModels(), ({ value }) => (value?.length ?? 0) > 0);
  const [open, setOpen] = useState(false);
  // Who has no language model, and never had one, need not know that they cost.
  if (usage === null || (usage.length === 0 && !someModel)) return null;
  const ours = usage.filter((it) => it.project === id);
  const others = usage.filter((it) => it.project !== id);
  const sum = sumOf(ours);
  return (
    <details className="costs" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="numbers">
        {sum.answers === 0 ? "No language model asked for this film" : `${count(sum.tokens, "token")} of language models, ${costWords(sum.moneyMicro)}`}
      </summary>
      {ours.length > 0 && <CostsTable usage={ours} />}
      {others.length > 0 && (
        <p className="costs-others numbers">
          Other films: {count(sumOf(others).tokens, "token")}, {costWords(sumOf(others).moneyMicro)}.
        </p>
      )}
      <p className="costs-others">Money is in the currency that prices are set in, in daemon.toml.</p>
    </details>
  );
}

function CostsTable({ usage }: { readonly usage: readonly LlmUsage[] }) {
  const sum = sumOf(usage);
  return (
    <table className="costs-table numbers">
      <caption className="unseen">What language models took for this film</caption>
      <thead>
        <tr>
          <th scope="col">Task</th>
          <th scope="col">Answers</th>
          <th scope="col">Tokens</th>
          <th scope="col">Cost</th>
        </tr>
      </thead>
      <tbody>
        {usage.map((it) => (
          <tr key={it.task}>
            <th scope="row">{taskName(it.task)}</th>
            <td title={answersTitle(it)}>{it.answers.toLocaleString("en")}</td>
            <td title={`${it.tokensIn.toLocaleString("en")} read, ${it.tokensOut.toLocaleString("en")} written`}>
              {(it.tokensIn + it.tokensOut).toLocaleString("en")}
            </td>
            <td>{money(it.moneyMicro)}</td>
          </tr>
        ))}
      </tbody>
      {usage.length > 1 && (
        <tfoot>
          <tr>
            <th scope="row">In all</th>
            <td>{sum.answers.toLocaleString("en")}</td>
            <td>{sum.tokens.toLocaleString("en")}</td>
            <td>{money(sum.moneyMicro)}</td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function answersTitle({ cached, failed, tookMs }: LlmUsage): string {
  const words = [cached > 0 && `${cached.toLocaleString("en")} kept from before`, failed > 0 && `${failed.toLocaleString("en")} failed`];
  return [...words.filter(Boolean), `${duration(tookMs)} in all`].join(", ");
}

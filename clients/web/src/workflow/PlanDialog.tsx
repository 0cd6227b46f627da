// What would be drawn, and why, before anything is.
import { useMemo, useState } from "react";
import type { Plan, PlannedShot, ShotId } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { ProblemLine } from "../connection/ProblemLine.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { Dialog } from "../Dialog.tsx";
import { count } from "../format.ts";
import { createLook } from "../look.ts";
import { useFilm, useFilmState } from "../project/film.ts";
import { useRunDesk, type Wish } from "../run/desk.ts";
import { duration, sentence } from "../run/describe.ts";
import { ServerWarning } from "../server/ServerWarning.tsx";
import { Panel } from "../shot/Panel.tsx";
import { PromptPreview } from "../shot/PromptPreview.tsx";
import { useStore } from "../useStore.ts";
import { useStart } from "./useStart.ts";

/** Shots listed at once; more when somebody asks. */
const listedMax = 100;

export function PlanDialog() {
  const { wish } = useRunDesk();
  const wanted = useStore(wish, (it) => it);
  return wanted === null ? null : <OpenPlan wish={wanted} onClose={() => wish.set(null)} />;
}

function OpenPlan({ wish, onClose }: { readonly wish: Wish; readonly onClose: () => void }) {
  const session = useSession();
  const project = useFilm().id;
  const start = useStart();
  const reason = useHindrance("workflow/start");
  const [starting, setStarting] = useState(false);
  const look = useMemo(() => {
    const params = { project, ...(wish.shots && { shots: [...wish.shots] }) };
    // Asked for once: what is read must not change under the eye.
    return createLook(
      () => session.call("workflow/plan", params),
      () => () => {},
    );
  }, [session, project, wish]);
  const { value: plan, problem } = useStore(look, (it) => it);
  async function go() {
    setStarting(true);
    // What was read is what is drawn, whatever has gone stale meanwhile.
    const started = await start(plan?.items.map((it) => it.shot) ?? wish.shots);
    setStarting(false);
    if (started !== null) onClose();
  }
  const shots = plan?.shots ?? 0;
  return (
    <Dialog className="plan" label="Before it is drawn" onClose={onClose} focus=".plan-start">
      <h2>{plan === null ? "Before it is drawn" : `Draw ${count(shots, "panel")} with ${plan.name}?`}</h2>
      <ProblemLine problem={problem} />
      {plan === null && problem === null && <p className="plan-summary">Looking up what there is to do…</p>}
      {plan !== null && <PlanWords plan={plan} />}
      <ServerWarning />
      {plan !== null && plan.items.length > 0 && <PlanItems items={plan.items} />}
      <div className="confirm-end">
        <button type="button" className="quiet" onClick={onClose}>
          Cancel
        </button>
        <ActionButton
          className="button plan-start"
          reason={reason ?? startHindrance(plan, starting)}
          onAction={() => void go()}
        >
          {starting ? "Starting…" : shots > 0 ? `Draw ${count(shots, "panel")}` : "Draw"}
        </ActionButton>
      </div>
    </Dialog>
  );
}

function startHindrance(plan: Plan | null, starting: boolean): string | null {
  if (plan === null) return "The plan is not there yet.";
  if (plan.shots === 0) return "There is nothing to do.";
  return starting ? "It is being started." : null;
}

function PlanWords({ plan }: { readonly plan: Plan }) {
  const facts = [
    count(plan.steps, "step"),
    plan.reused > 0 && `${plan.reused.toLocaleString("en")} found, not made again`,
    plan.tookMs != null && plan.tookMs > 0 && `about ${duration(plan.tookMs)} by what was measured`,
    plan.workflow,
  ];
  return (
    <>
      <p className="plan-summary">{sentence(plan.summary)}.</p>
      {plan.shots > 0 && <p className="plan-facts numbers">{facts.filter(Boolean).join(" · ")}</p>}
    </>
  );
}

function PlanItems({ items }: { readonly items: readonly PlannedShot[] }) {
  const [listed, setListed] = useState(listedMax);
  return (
    <div className="plan-scroll">
      <ol className="plan-items" aria-label="Shots to draw">
        {items.slice(0, listed).map((it) => (
          <PlanItem key={it.shot} item={it} />
        ))}
      </ol>
      {items.length > listed && (
        <button type="button" className="quiet" onClick={() => setListed(listed + listedMax)}>
          {count(items.length - listed, "more shot")}…
        </button>
      )}
    </div>
  );
}

const why = { missing: "no picture yet", fresh: "asked for by name", stale: "out of date" } as const;

function PlanItem({ item }: { readonly item: PlannedShot }) {
  const film = useFilm();
  const asset = useAssetOf(item.shot);
  const reasons = item.reasons.map((it) => it.message).join("; ");
  return (
    <li className="plan-item" data-plan={item.shot}>
      <Panel project={film.id} asset={asset} alt="" />
      <b className="numbers">{item.label}</b>
      <span className={item.status === "stale" ? "is-stale" : undefined}>
        {reasons === "" ? why[item.status] : reasons}
        {item.reused && <span className="plan-found"> · its picture is there already</span>}
      </span>
      <PromptPreview id={item.shot} label={item.label} />
    </li>
  );
}

function useAssetOf(shot: ShotId) {
  return useFilmState(({ project, generation }) => {
    const take = project.shots[shot]?.take;
    return take == null ? null : (generation.takes[take]?.asset ?? null);
  });
}

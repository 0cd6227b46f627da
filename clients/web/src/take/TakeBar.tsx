// What is known of the take that is looked at, and what can be decided about it.
import type { ReactNode } from "react";
import type { Methods, ShotState } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useHindrance } from "../connection/useHindrance.ts";
import { Icon } from "../Icon.tsx";
import { Badge } from "../shot/Badge.tsx";
import { Reasons } from "../shot/Reasons.tsx";
import { originOf } from "./describe.ts";
import type { NumberedTake, Standing } from "./takes.ts";
import type { TakeActions } from "./useTakeActions.ts";

interface Props {
  readonly take: NumberedTake;
  readonly shot: ShotState;
  readonly standing: Standing;
  readonly actions: TakeActions;
  /** What else can be done with it. */
  readonly children: ReactNode;
}

export function TakeBar({ take, shot, standing, actions, children }: Props) {
  const chosen = shot.choice?.take === take.id;
  const locked = chosen && shot.choice?.locked === true;
  return (
    <section className="take-bar" aria-label={`Take ${take.number}`}>
      <div className="take-facts">
        <strong>Take {take.number}</strong>
        <span className="take-origin">{originOf(take)}</span>
        {standing.status !== null && <Badge status={standing.status} reasons="" />}
        <Reasons reasons={standing.reasons} />
        {chosen && take.id !== shot.take && (
          <span className="take-origin">Selected, but out of date: lock it to show it all the same.</span>
        )}
      </div>
      <div className="take-actions" role="group" aria-label="Decide about this take">
        <Toggle method="take/select" on={chosen} onAction={actions.select} title="The shot shows it while it is what the script asks for (p)">
          <Icon name="check" /> {chosen ? "Selected" : "Select"}
        </Toggle>
        <Toggle method="take/lock" on={locked} onAction={actions.lock} title="The shot shows it whatever happens (l)">
          <Icon name="lock" /> {locked ? "Locked" : "Lock"}
        </Toggle>
        <Toggle method="take/star" on={take.starred} onAction={actions.star} title="A favorite (s)">
          <Icon name="star" filled={take.starred} /> {take.starred ? "Starred" : "Star"}
        </Toggle>
        <Toggle method="take/reject" on={take.rejected} onAction={actions.reject} title="Not to be used; it is kept (x)">
          <Icon name="reject" /> {take.rejected ? "Rejected" : "Reject"}
        </Toggle>
        {children}
      </div>
    </section>
  );
}

interface ToggleProps {
  readonly method: keyof Methods;
  readonly on: boolean;
  readonly onAction: () => void;
  readonly title: string;
  readonly children: ReactNode;
}

function Toggle({ method, on, onAction, title, children }: ToggleProps) {
  return (
    <ActionButton className="quiet toggle" pressed={on} reason={useHindrance(method)} onAction={onAction} title={title}>
      {children}
    </ActionButton>
  );
}

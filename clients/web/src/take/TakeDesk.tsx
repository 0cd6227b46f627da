// A shot's takes in the large view: the one that is looked at, and all others below it.
import { useState, type ReactNode } from "react";
import type { ShotId, ShotState, TakeId } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { Icon } from "../Icon.tsx";
import { PickDialog } from "../PickDialog.tsx";
import { useFilm, useFilmOrder } from "../project/film.ts";
import { Panel } from "../shot/Panel.tsx";
import { ShotWork } from "../shot/ShotWork.tsx";
import { usePlacedShots } from "../shot/pick.ts";
import { CompareTakes } from "./CompareTakes.tsx";
import { DropPlace } from "./DropPlace.tsx";
import { FilePicker } from "./FilePicker.tsx";
import { ImportState } from "./ImportState.tsx";
import { TakeBar } from "./TakeBar.tsx";
import { TakeChecks } from "./TakeChecks.tsx";
import { TakeComments } from "./TakeComments.tsx";
import { TakeStrip } from "./TakeStrip.tsx";
import { useStandings, useTakes, type NumberedTake } from "./takes.ts";
import { useTakeActions } from "./useTakeActions.ts";
import { useTakeKeys } from "./useTakeKeys.ts";

interface Props {
  readonly id: ShotId;
  readonly shot: ShotState;
  readonly label: string;
  readonly alt: string;
  /** The shot in words. */
  readonly children: ReactNode;
}

export function TakeDesk({ id, shot, label, alt, children }: Props) {
  const film = useFilm();
  const takes = useTakes(id);
  const { of: standing, again } = useStandings(id, shot);
  const [lookedAt, setLooked] = useState<TakeId | null>(null);
  const [against, setAgainst] = useState<TakeId | null>(null);
  const find = (take: TakeId | null | undefined) => takes.find((it) => it.id === take) ?? null;
  const looked = find(lookedAt) ?? find(shot.take) ?? takes[0] ?? null;
  const other = find(against);
  const actions = useTakeActions(looked, shot);
  const reason = useHindrance("take/star");
  const few = takes.length < 2 ? "The shot has one take only." : null;
  function compare() {
    if (other !== null) setAgainst(null);
    else setAgainst((takes.find((it) => it.id === shot.take && it !== looked) ?? neighbor(takes, looked))?.id ?? null);
  }
  useTakeKeys({ takes, looked, actions, reason, onLook: setLooked, onCompare: compare });
  return (
    <DropPlace shot={id} label={label} className="desk">
      {looked !== null && other !== null ? (
        <CompareTakes
          takes={takes}
          a={looked}
          b={other}
          onA={(take) => setLooked(take.id)}
          onB={(take) => setAgainst(take.id)}
          onClose={() => setAgainst(null)}
        />
      ) : (
        <Panel key={id} project={film.id} asset={looked?.asset ?? null} alt={alt} eager>
          {(looked === null || looked.id === shot.take) && <ShotWork id={id} label={label} />}
        </Panel>
      )}
      <div className="takes-line">
        <TakeStrip takes={takes} shot={shot} looked={looked?.id ?? null} standing={standing} onLook={setLooked} />
        <FilePicker shot={id} label={label} />
      </div>
      <ImportState shot={id} />
      {looked !== null && (
        <TakeBar take={looked} shot={shot} standing={standing(looked.id)} actions={actions}>
          <ActionButton
            className="quiet toggle"
            pressed={other !== null}
            reason={few}
            title="Against another take (c)"
            onAction={compare}
          >
            <Icon name="compare" /> Compare
          </ActionButton>
          <MoveTake take={looked} shot={id} />
        </TakeBar>
      )}
      {looked !== null && <TakeChecks take={looked} standing={standing(looked.id)} onLooked={again} />}
      <div className="large-words">
        {children}
        {looked !== null && <TakeComments key={looked.id} take={looked} />}
      </div>
    </DropPlace>
  );
}

// The take before it, or else after it.
function neighbor(takes: readonly NumberedTake[], take: NumberedTake | null): NumberedTake | undefined {
  const at = takes.findIndex((it) => it.id === take?.id);
  return takes[at + 1] ?? takes[at - 1];
}

function MoveTake({ take, shot }: { readonly take: NumberedTake; readonly shot: ShotId }) {
  const session = useSession();
  const film = useFilm();
  const places = useFilmOrder().places;
  const [picking, setPicking] = useState(false);
  const shots = usePlacedShots();
  return (
    <>
      <ActionButton
        className="quiet"
        reason={useHindrance("take/move")}
        title="Give it to another shot"
        onAction={() => setPicking(true)}
      >
        <Icon name="move" /> Move…
      </ActionButton>
      {picking && (
        <PickDialog
          title={`Give take ${take.number} to another shot`}
          note="Its marks and comments go with it."
          options={() => shots().filter((it) => it.id !== shot)}
          onPick={(to) => {
            setPicking(false);
            void session.attempt("take/move", { project: film.id, id: take.id, shot: to }).then((moved) => {
              if (moved !== null) session.say(`Take ${take.number} is with shot ${places.get(to)?.label ?? ""} now.`);
            });
          }}
          onClose={() => setPicking(false)}
        />
      )}
    </>
  );
}

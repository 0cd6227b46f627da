// Two takes of a shot against each other: side by side, one wiped over the other, or in turn.
import { useState, type CSSProperties, type ReactNode } from "react";

import { useFilm } from "../project/film.ts";
import { Panel } from "../shot/Panel.tsx";
import { CompareWords } from "./CompareWords.tsx";
import type { NumberedTake } from "./takes.ts";

const ways = { beside: "Side by side", wipe: "Wipe", flicker: "Flicker" } as const;
type Way = keyof typeof ways;

interface Props {
  readonly takes: readonly NumberedTake[];
  readonly a: NumberedTake;
  readonly b: NumberedTake;
  readonly onA: (take: NumberedTake) => void;
  readonly onB: (take: NumberedTake) => void;
  readonly onClose: () => void;
}

export function CompareTakes({ takes, a, b, onA, onB, onClose }: Props) {
  const [way, setWay] = useState<Way>("beside");
  return (
    <section className="compare" aria-label="Compare takes">
      <div className="compare-tools">
        <Pick label="Left take" takes={takes} take={a} onTake={onA} />
        <span className="compare-against">against</span>
        <Pick label="Right take" takes={takes} take={b} onTake={onB} />
        <div className="segments" role="radiogroup" aria-label="How to compare">
          {(Object.keys(ways) as Way[]).map((it) => (
            <label key={it} className="segment">
              <input type="radio" name="compare" checked={it === way} onChange={() => setWay(it)} />
              {ways[it]}
            </label>
          ))}
        </div>
        <button type="button" className="quiet compare-close" onClick={onClose}>
          End comparison
        </button>
      </div>
      <Pictures way={way} a={a} b={b} />
      <CompareWords a={a} b={b} />
    </section>
  );
}

function Pictures({ way, a, b }: { readonly way: Way; readonly a: NumberedTake; readonly b: NumberedTake }) {
  switch (way) {
    case "beside":
      return (
        <div className="compare-beside">
          <Picture take={a} />
          <Picture take={b} />
        </div>
      );
    case "wipe":
      return <Wipe a={a} b={b} />;
    case "flicker":
      return <Flicker a={a} b={b} />;
  }
}

function Picture({ take, children }: { readonly take: NumberedTake; readonly children?: ReactNode }) {
  const film = useFilm();
  return (
    <figure className="compare-picture">
      <Panel project={film.id} asset={take.asset} alt={`Take ${take.number}`} eager />
      <figcaption>{children ?? `Take ${take.number}`}</figcaption>
    </figure>
  );
}

function Wipe({ a, b }: { readonly a: NumberedTake; readonly b: NumberedTake }) {
  const film = useFilm();
  const [share, setShare] = useState(50);
  return (
    <div className="compare-over" style={{ "--share": `${share}%` } as CSSProperties}>
      <Panel project={film.id} asset={b.asset} alt={`Take ${b.number}`} eager />
      <div className="compare-top">
        <Panel project={film.id} asset={a.asset} alt={`Take ${a.number}`} eager />
      </div>
      <input
        type="range"
        min={0}
        max={100}
        value={share}
        aria-label={`How much of take ${a.number} lies over take ${b.number}`}
        onChange={(event) => setShare(event.target.valueAsNumber)}
      />
    </div>
  );
}

function Flicker({ a, b }: { readonly a: NumberedTake; readonly b: NumberedTake }) {
  const film = useFilm();
  const [held, setHeld] = useState<"a" | "b" | null>(null);
  return (
    <div className="compare-over compare-flicker" data-held={held ?? undefined}>
      <Panel project={film.id} asset={b.asset} alt={`Take ${b.number}`} eager />
      <div className="compare-top">
        <Panel project={film.id} asset={a.asset} alt={`Take ${a.number}`} eager />
      </div>
      <div className="compare-hold" role="group" aria-label="Hold one">
        <Hold on={held === "a"} take={a} onHold={() => setHeld(held === "a" ? null : "a")} />
        <Hold on={held === "b"} take={b} onHold={() => setHeld(held === "b" ? null : "b")} />
      </div>
    </div>
  );
}

function Hold({ on, take, onHold }: { readonly on: boolean; readonly take: NumberedTake; readonly onHold: () => void }) {
  return (
    <button type="button" className="quiet toggle" aria-pressed={on} onClick={onHold}>
      Hold take {take.number}
    </button>
  );
}

interface PickProps {
  readonly label: string;
  readonly takes: readonly NumberedTake[];
  readonly take: NumberedTake;
  readonly onTake: (take: NumberedTake) => void;
}

function Pick({ label, takes, take, onTake }: PickProps) {
  return (
    <select
      className="field"
      aria-label={label}
      value={take.id}
      onChange={(event) => {
        const next = takes.find((it) => it.id === event.target.value);
        if (next) onTake(next);
      }}
    >
      {takes.map((it) => (
        <option key={it.id} value={it.id}>
          Take {it.number}
        </option>
      ))}
    </select>
  );
}

// Two takes of a shot against each other: side by side, one wiped over the other, or in turn.
import { useState, type CSSProperties } from "react";

import { ActionButton } from "../ActionButton.tsx";
import { useFilm } from "../project/film.ts";
import { Panel } from "../shot/Panel.tsx";
import { CompareWords } from "./CompareWords.tsx";
import { Flicker } from "./Flicker.tsx";
import type { NumberedTake } from "./takes.ts";
import { useLargeKeys } from "./useTakeKeys.ts";
import { useZoom, type ZoomControl } from "./zoom.ts";

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
  const zoom = useZoom();
  useLargeKeys({ "+": zoom.closer, "=": zoom.closer, "-": zoom.farther, "0": zoom.reset });
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
        {way !== "wipe" && <ZoomTools zoom={zoom} />}
        <button type="button" className="quiet compare-close" onClick={onClose}>
          End comparison
        </button>
      </div>
      <Pictures way={way} a={a} b={b} zoom={zoom} />
      <CompareWords a={a} b={b} />
    </section>
  );
}

interface PicturesProps extends Pick<Props, "a" | "b"> {
  readonly way: Way;
  readonly zoom: ZoomControl;
}

function Pictures({ way, a, b, zoom }: PicturesProps) {
  switch (way) {
    case "beside":
      return (
        <div className="compare-beside">
          <Picture take={a} zoom={zoom} />
          <Picture take={b} zoom={zoom} />
        </div>
      );
    case "wipe":
      return <Wipe a={a} b={b} />;
    case "flicker":
      return <Flicker a={a} b={b} zoom={zoom} />;
  }
}

function Picture({ take, zoom }: { readonly take: NumberedTake; readonly zoom: ZoomControl }) {
  const film = useFilm();
  return (
    <figure className="compare-picture">
      <div className="zoom-frame" data-zoomed={zoom.zoom.scale > 1 || undefined} {...zoom.frame}>
        <div className="zoom-inner" style={zoom.style}>
          <Panel project={film.id} asset={take.asset} alt={`Take ${take.number}`} eager />
        </div>
      </div>
      <figcaption>Take {take.number}</figcaption>
    </figure>
  );
}

function ZoomTools({ zoom: { zoom, closer, farther, reset } }: { readonly zoom: ZoomControl }) {
  const all = zoom.scale === 1 ? "The whole picture is in sight." : null;
  return (
    <div className="zoom-tools" role="group" aria-label="Zoom">
      <ActionButton className="quiet icon-button" label="Farther" title="Farther (−)" reason={all} onAction={farther}>
        −
      </ActionButton>
      <ActionButton className="quiet numbers" label={`Zoom ${percent(zoom.scale)}: show all`} title="Show all (0)" reason={all} onAction={reset}>
        {percent(zoom.scale)}
      </ActionButton>
      <ActionButton className="quiet icon-button" label="Closer" title="Closer (+), or Ctrl and the wheel; drag to move" reason={null} onAction={closer}>
        +
      </ActionButton>
    </div>
  );
}

function percent(scale: number): string {
  return `${Math.round(scale * 100)}%`;
}

function Wipe({ a, b }: { readonly a: NumberedTake; readonly b: NumberedTake }) {
  const film = useFilm();
  const [share, setShare] = useState(50);
  return (
    <div className="compare-over compare-wipe" style={{ "--share": `${share}%` } as CSSProperties}>
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

// Two takes in turn, in one place: what differs jumps out. By a key, or by itself.
import { useEffect, useState } from "react";

import { useFilm } from "../project/film.ts";
import { Panel } from "../shot/Panel.tsx";
import type { NumberedTake } from "./takes.ts";
import { useLargeKeys } from "./useTakeKeys.ts";
import type { ZoomControl } from "./zoom.ts";

/** How long each take is seen, in milliseconds: never so short that it flashes three times a second. */
const paces = { 400: "Fast", 800: "Even", 1500: "Slow" } as const;
type Pace = keyof typeof paces;

interface Props {
  readonly a: NumberedTake;
  readonly b: NumberedTake;
  readonly zoom: ZoomControl;
}

export function Flicker({ a, b, zoom }: Props) {
  const film = useFilm();
  const [side, setSide] = useState<"a" | "b">("a");
  const [pace, setPace] = useState<Pace>(800);
  // Who wants no motion sees none that was not asked for.
  const [running, setRunning] = useState(() => !window.matchMedia("(prefers-reduced-motion: reduce)").matches);
  const flip = () => setSide((it) => (it === "a" ? "b" : "a"));
  function flipByHand() {
    setRunning(false);
    flip();
  }
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(flip, pace);
    return () => clearInterval(timer);
  }, [running, pace]);
  useLargeKeys({ f: flipByHand, a: () => setRunning((it) => !it) });
  const seen = side === "a" ? a : b;
  return (
    <div className="compare-over">
      <div className="zoom-frame" data-seen={side} data-zoomed={zoom.zoom.scale > 1 || undefined} {...zoom.frame}>
        <div className="zoom-inner" style={zoom.style}>
          <div className="flicker-side" aria-hidden={side !== "a"}>
            <Panel project={film.id} asset={a.asset} alt={`Take ${a.number}`} eager />
          </div>
          <div className="flicker-side flicker-over" aria-hidden={side !== "b"}>
            <Panel project={film.id} asset={b.asset} alt={`Take ${b.number}`} eager />
          </div>
        </div>
        <span className="flicker-name" data-side={side}>
          Take {seen.number}
        </span>
      </div>
      <div className="compare-hold" role="group" aria-label="Flicker">
        <button type="button" className="quiet toggle" title="Show the other one (f)" onClick={flipByHand}>
          Flip <kbd>f</kbd>
        </button>
        <button
          type="button"
          className="quiet toggle"
          aria-pressed={running}
          title="Show them in turn by itself (a)"
          onClick={() => setRunning(!running)}
        >
          By itself <kbd>a</kbd>
        </button>
        <div className="segments" role="radiogroup" aria-label="Pace">
          {(Object.keys(paces).map(Number) as Pace[]).map((it) => (
            <label key={it} className="segment">
              <input type="radio" name="pace" checked={it === pace} onChange={() => setPace(it)} />
              {paces[it]}
            </label>
          ))}
        </div>
      </div>
    </div>
  );
}

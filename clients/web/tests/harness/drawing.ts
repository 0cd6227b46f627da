// A rough storyboard drawing to stand in for the renderer's.
import type { GlobalState } from "@storycore/client";

const sizes: Record<string, number> = {
  extremeWide: 0.16, wide: 0.5, mediumWide: 0.85, medium: 1.15, twoShot: 1.05, overTheShoulder: 1.5,
  mediumCloseUp: 1.7, closeUp: 2.3, extremeCloseUp: 3.4, insert: 0, pointOfView: 0.6,
};

export function drawing(state: GlobalState, asset: string): string {
  const id = asset.replace(/-v\d+$/, "");
  const shot = state.project.shots[id] ?? state.project.unplacedShots[id];
  const scene = shot && state.project.scenes[shot.sceneId];
  const seed = [...asset].reduce((sum, it) => (sum * 31 + it.charCodeAt(0)) >>> 0, 7);
  const random = (i: number) => (Math.sin(seed * 0.001 + i * 12.9898) * 43758.5453) % 1;
  const [w, h] = [956, 400];
  const dark = ["night", "dusk", "dawn"].includes(scene?.timeOfDay ?? "");
  const [sky, ground, ink] = dark ? ["#5d656b", "#3f464b", "#15181a"] : ["#e9e7e1", "#cfccc4", "#232323"];
  const horizon = 190 + random(1) * 40;
  const size = sizes[shot?.framing ?? "medium"] ?? 1;
  const people = size === 0 ? 0 : Math.max(1, Math.min(shot?.subjects.length ?? 1, 3));
  const figures = Array.from({ length: people }, (_, i) => {
    const x = (w * (i + 1)) / (people + 1) + random(i + 3) * 90;
    const head = 46 * size;
    const top = size > 1 ? h * 0.36 - head * 0.1 : horizon - head * 0.7;
    const fill = ["#8d8a83", "#a59a8c", "#7b858a"][i % 3] ?? "#888";
    return `<g stroke="${ink}" stroke-width="3.2" fill="${fill}" stroke-linejoin="round"><path d="M${x - head * 1.15} ${top + head * 5} Q${x - head * 1.3} ${top + head * 1.2} ${x} ${top + head * 1.05} Q${x + head * 1.3} ${top + head * 1.2} ${x + head * 1.15} ${top + head * 5}Z"/><ellipse cx="${x}" cy="${top}" rx="${head * 0.72}" ry="${head}" fill="#d9d3c7"/><path d="M${x - head * 0.74} ${top - head * 0.1} Q${x} ${top - head * 1.7} ${x + head * 0.74} ${top - head * 0.1} Q${x} ${top - head * 0.9} ${x - head * 0.74} ${top - head * 0.1}Z" fill="#45423e"/></g>`;
  });
  const lines = Array.from({ length: 9 }, (_, i) => `<path d="M${w / 2 + random(9) * 100} ${horizon} L${(i - 1) * 140} ${h}" stroke="${ink}" stroke-opacity=".22" stroke-width="1.4"/>`);
  const hatch = Array.from({ length: 26 }, (_, i) => `<path d="M${640 + i * 12} 0 l-70 ${70 + Math.abs(random(i)) * 60}" stroke="${ink}" stroke-opacity=".2" stroke-width="1.5"/>`);
  const box = size === 0 ? `<rect x="330" y="120" width="300" height="190" transform="rotate(-7 480 215)" fill="#d9d3c7" stroke="${ink}" stroke-width="4"/><path d="M372 190 l210 -26 M376 222 l180 -22 M380 254 l200 -24" stroke="${ink}" stroke-width="2.4"/>` : "";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}"><rect width="${w}" height="${h}" fill="${sky}"/><rect y="${horizon}" width="${w}" height="${h}" fill="${ground}"/><path d="M0 ${horizon} H${w}" stroke="${ink}" stroke-width="2.4"/>${lines.join("")}${hatch.join("")}${box}${figures.join("")}</svg>`;
}

/** The same, as it looks while it is being made: out of noise, the nearer its end the clearer. */
export function unfinished(state: GlobalState, { shot, share }: { readonly shot: string; readonly share: number }): string {
  const picture = drawing(state, shot);
  const at = picture.indexOf(">") + 1;
  const left = 1 - share;
  const filter = `<filter id="f" x="0" y="0" width="1" height="1"><feGaussianBlur in="SourceGraphic" stdDeviation="${left * 22}" result="b"/><feTurbulence type="fractalNoise" baseFrequency="0.9" numOctaves="2" seed="7" result="n"/><feComposite in="b" in2="n" operator="arithmetic" k2="${1 - left * 0.6}" k3="${left * 0.6}"/></filter>`;
  return `${picture.slice(0, at)}${filter}<g filter="url(#f)">${picture.slice(at, -"</svg>".length)}</g></svg>`;
}

// A film of the size of a real one from the sample screenplay, for looking at the page. The reading
// is rough on purpose: the real breakdown is the daemon's.
import type { GlobalState, IntentLine, ShotState } from "@storycore/client";

import { filmOf, type SceneSketch } from "../film.ts";

const times = ["dawn", "morning", "day", "afternoon", "evening", "dusk", "night"] as const;
const framings = ["wide", "medium", "closeUp", "overTheShoulder", "mediumCloseUp", "twoShot", "mediumWide"] as const;
const movements = ["static", "static", "dollyIn", "static", "panLeft", "handheld"] as const;

export function filmFromScript(text: string, scenesMin = 0): GlobalState {
  const scenes = scenesOf(text);
  while (scenes.length < scenesMin) scenes.push(...scenes.slice(0, scenesMin - scenes.length));
  const film = filmOf("High Water", scenes);
  film.project.scripts["script/film.fountain"] = {
    hash: "00",
    titlePage: [
      { key: "Credit", value: "Written by" },
      { key: "Author", value: "The StoryCore authors" },
      { key: "Draft date", value: "Third draft" },
    ],
    scenes: Object.keys(film.project.scenes),
  };
  return film;
}

function scenesOf(text: string): SceneSketch[] {
  const parts = text.replace(/\[\[[^]*?\]\]|\/\*[^]*?\*\//g, "").split(/\n(?=(?:INT|EXT|EST|\.[A-Z])[^\n]*\n)/).slice(1);
  return parts.map((part) => {
    const [first = "", ...paragraphs] = part.split(/\n\s*\n/).map((it) => it.trim());
    const heading = first.replace(/\s*#.*#$/, "").replace(/^\./, "");
    const number = /#(.*)#/.exec(first)?.[1];
    const time = times.find((it) => heading.toLowerCase().endsWith(it));
    const lines = paragraphs.flatMap(lineOf);
    return { heading, shots: shotsOf(lines), ...(number && { number }), ...(time && { time }) };
  });
}

function lineOf(paragraph: string): IntentLine[] {
  if (/^[#=>]|^===|TO:$/.test(paragraph) || paragraph === "") return [];
  const [cue = "", ...rest] = paragraph.split("\n");
  const words = rest.filter((it) => !it.startsWith("(")).join(" ").replace(/[*_~]/g, "");
  if (rest.length > 0 && /^@|^[\p{Lu}\s'.()^]+$/u.test(cue)) {
    return [{ speaker: cue.replace(/[@^]|\(.*\)/g, "").trim().toUpperCase(), text: words }];
  }
  return [{ text: paragraph.replace(/\n/g, " ").replace(/[*_~!]/g, "") }];
}

let n = 0;

function shotsOf(lines: readonly IntentLine[]): Partial<ShotState>[] {
  const shots: Partial<ShotState>[] = [];
  for (let i = 0; i < lines.length; i += lines[i]?.speaker && lines[i + 1]?.speaker ? 2 : 1) {
    const covered = lines.slice(i, lines[i]?.speaker && lines[i + 1]?.speaker ? i + 2 : i + 1);
    n += 1;
    const words = covered.map((it) => it.text).join(" ").split(" ").length;
    shots.push({
      framing: i === 0 ? "extremeWide" : (framings[n % framings.length] ?? "medium"),
      movement: movements[n % movements.length] ?? "static",
      angle: n % 11 === 0 ? "low" : "eyeLevel",
      ...(n % 4 === 0 && { lensMm: [24, 35, 50, 85][(n / 4) % 4] ?? 50 }),
      subjects: [...new Set(covered.flatMap((it) => it.speaker ?? []))],
      lines: covered,
      durationMs: Math.max(2000, Math.round(words / 2.6) * 1000),
      ...(n % 9 === 4 && {
        status: "stale",
        reasons: [{ kind: "character", message: "ÉLOÏSE: coat changed" }, ...(n % 2 ? [{ kind: "text" as const, message: "line 2 rewritten" }] : [])],
      }),
      ...(n % 23 === 7 && { status: "missing" }),
    });
  }
  return shots;
}

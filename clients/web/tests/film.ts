// Films for tests: state as the daemon would send it.
import type { GlobalState, Project, ProjectState, SceneState, ShotState, TakeState } from "@storycore/client";

export const projectId = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

export interface SceneSketch {
  readonly heading: string;
  readonly number?: string;
  readonly time?: SceneState["timeOfDay"];
  readonly shots: readonly Partial<ShotState>[];
}

/** A film of these scenes. Shot `n` of scene `m`, counted from 1, has the id `shot-m-n`. */
export function filmOf(title: string, sketches: readonly SceneSketch[]): GlobalState {
  const scenes: ProjectState["scenes"] = {};
  const shots: ProjectState["shots"] = {};
  const takes: Record<string, TakeState> = {};
  sketches.forEach((sketch, m) => {
    const sceneId = `scene-${m + 1}`;
    const ids = sketch.shots.map((shot, n) => {
      const id = `shot-${m + 1}-${n + 1}`;
      const take = `take-${id}`;
      const missing = shot.status === "missing";
      if (!missing) takes[take] = takeOf(id, `${id}-v1`);
      shots[id] = { ...plainShot, sceneId, ...(!missing && { take }), ...shot };
      return id;
    });
    scenes[sceneId] = {
      script: "script/film.fountain",
      heading: sketch.heading,
      location: sketch.heading.replace(/^\S+ /, "").replace(/ - .*/, ""),
      shots: ids,
      ...(sketch.number !== undefined && { writtenNumber: sketch.number }),
      ...(sketch.time != null && { timeOfDay: sketch.time }),
    };
  });
  return {
    ui: { selections: {} },
    project: {
      id: projectId,
      title,
      settings: { fps: 24, aspect: "2.39:1", renderer: "sketch", languages: ["en"], autoRender: false },
      autoRender: false,
      scripts: {
        "script/film.fountain": { hash: "00", titlePage: [], scenes: Object.keys(scenes) },
      },
      scenes,
      shots,
      unplacedScenes: {},
      unplacedShots: {},
      bible: {},
      workflows: {},
      history: { undo: {}, checkpoints: {}, branches: {} },
    },
    assets: { assets: {}, tags: {} },
    generation: { takes, runs: {} },
    addons: { states: {} },
    system: { diagnostics: {}, work: {} },
  };
}

/** What the daemon tells of a film beside its state. */
export function projectOf({ project }: GlobalState): Project {
  const { id, title, settings, autoRender } = project;
  const counts = { scenes: 0, shots: 0, fresh: 0, stale: 0, missing: 0, durationMs: 0 };
  return { id, title, settings, autoRender, path: "/films/high-water", seq: 1, ...counts };
}

/** A take nobody has decided about. */
export function takeOf(shot: string, asset: string, madeMs = 0): TakeState {
  return { shot, asset, madeMs, starred: false, rejected: false, comments: [] };
}

const plainShot: ShotState = {
  sceneId: "",
  framing: "medium",
  angle: "eyeLevel",
  movement: "static",
  subjects: [],
  lines: [],
  durationMs: 3000,
  status: "fresh",
  reasons: [],
};

/** Two scenes, five shots: three fresh, one stale, one missing. */
export function smallFilm(): GlobalState {
  return filmOf("High Water", [
    {
      heading: "EXT. HARBOR MOLE - DAWN",
      number: "12",
      time: "dawn",
      shots: [
        { framing: "extremeWide", movement: "craneUp", lensMm: 24, durationMs: 6000, lines: [{ text: "A stone arm half a kilometer long." }] },
        {
          framing: "closeUp",
          subjects: ["ÉLOÏSE"],
          lines: [{ speaker: "ÉLOÏSE", text: "I know. But nobody else is up." }],
          status: "stale",
          reasons: [{ kind: "character", message: "ÉLOÏSE: coat changed" }],
        },
        { subjects: ["ÉLOÏSE"], lines: [{ text: "She shoulders the door." }] },
      ],
    },
    {
      heading: "INT. GAUGE HOUSE - DAY",
      time: "day",
      shots: [
        { subjects: ["JIŘÍ", "ZOÉ"], framing: "twoShot", angle: "low", lines: [{ speaker: "ZOÉ", text: "Does it sleep?" }] },
        { framing: "insert", status: "missing", lines: [{ text: "The nib moves." }] },
      ],
    },
  ]);
}

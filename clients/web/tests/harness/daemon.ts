// Just enough of a daemon to look at the page: a film, its patches, and a render that takes time.
import { applyPatch, type GlobalState, type PatchOperation } from "@storycore/client";

import { projectId, takeOf } from "../film.ts";
import { checkedTakes } from "./checks.ts";
import { models, breakdown, prompt, usage } from "./models.ts";
import { filmFromScript } from "./script.ts";
import { createWork } from "./work.ts";

type Send = (message: unknown) => void;

export interface Params {
  shots?: string[];
  client?: string;
  shot?: string;
  id?: string;
  status?: string;
  offset?: number;
  priority?: number;
  name?: string;
  on?: boolean;
  apply?: boolean;
}

interface Request {
  readonly id?: number;
  readonly method: string;
  readonly params?: Params;
}

export function createDaemon(script: string, { scenes, mood }: { scenes: number; mood: string }) {
  let state: GlobalState = filmFromScript(script, scenes);
  dress(state, mood);
  let revision = 1;
  let takes = 0;
  const listeners = new Set<Send>();

  function change(patch: PatchOperation[]) {
    state = applyPatch(state, patch) as GlobalState;
    revision += 1;
    const params = { project: projectId, seq: revision, revision, patch };
    for (const send of listeners) send({ jsonrpc: "2.0", method: "state/changed", params });
  }

  const work = createWork(() => state, change);
  if (mood === "work") work.begin();

  async function render(ids: string[]) {
    const run = `run-${(takes += 1)}`;
    const base = { id: run, cause: "request", total: ids.length, reused: 0, failed: 0, requestedMs: takes };
    for (const [i, id] of ids.entries()) {
      change([{ op: "add", path: `/generation/runs/${run}`, value: { ...base, status: "running", done: i } }]);
      await new Promise((done) => setTimeout(done, 150));
      takes += 1;
      change([
        { op: "add", path: `/generation/takes/t${takes}`, value: takeOf(id, `${id}-v${takes}`) },
        { op: "add", path: `/project/shots/${id}/take`, value: `t${takes}` },
        { op: "replace", path: `/project/shots/${id}/status`, value: "fresh" },
        { op: "replace", path: `/project/shots/${id}/reasons`, value: [] },
      ]);
    }
    change([{ op: "add", path: `/generation/runs/${run}`, value: { ...base, status: "finished", done: ids.length } }]);
    return { run, done: ids.length, reused: 0, failed: 0 };
  }

  async function answer({ method, params = {} }: Request): Promise<unknown> {
    switch (method) {
      case "initialize":
        return { version: "0.1.0", protocol: 1, role: "admin" };
      case "project/list":
        return mood === "none"
          ? []
          : [
              { id: projectId, title: "High Water", path: "/films/high-water", open: true },
              { id: "01ARZ3NDEKTSV4RRFFQ69G5FAW", title: "Poslední vlak", path: "/films/posledni-vlak", open: false },
            ];
      case "project/get":
        return { path: "/films/high-water" };
      case "state/subscribe":
        return { seq: revision, revision, state };
      case "take/list":
        return checkedTakes(state, params.shot ?? "");
      case "selection/set":
        change([{ op: "add", path: `/ui/selections/${params.client}`, value: { shot: params.shot } }]);
        return { seq: 1, value: null };
      case "shot/render": {
        const { shots } = state.project;
        return render(params.shots ?? Object.keys(shots).filter((id) => shots[id]?.status !== "fresh"));
      }
      case "llm/list":
        return mood === "work" ? models : [];
      case "llm/usage":
        return mood === "work" ? usage : [];
      case "llm/unload":
        return { freed: true };
      case "shot/prompt":
        return prompt(mood === "work");
      case "scene/breakdown":
        await new Promise((done) => setTimeout(done, 800));
        return breakdown(params.apply === true);
      default:
        return work.answer(method, params) ?? null;
    }
  }

  return {
    project: projectId,
    state: () => state,
    preview: work.preview,
    join(send: Send) {
      listeners.add(send);
      return () => listeners.delete(send);
    },
    receive(request: Request, send: Send) {
      void answer(request).then((result) => send({ jsonrpc: "2.0", id: request.id, result }));
    },
  };
}

function dress(state: GlobalState, mood: string) {
  const ids = Object.keys(state.project.shots);
  state.ui.selections = { "vscode": { shot: ids[2] ?? null } };
  if (mood === "problems") {
    state.system.diagnostics = {
      "script/high-water.fountain": [
        { path: "script/high-water.fountain", line: 214, column: 5, severity: "warning", code: "unclosedNote", message: "this note is never closed", hint: "write ]] after its last word" },
      ],
      "bible/zoe.toml": [
        { path: "bible/zoe.toml", line: 3, column: 9, severity: "error", code: "toml", message: "expected a quoted string; the last good entry stays in use", hint: 'write hair = "black"' },
      ],
    };
    for (const id of ids.slice(-3)) {
      const shot = state.project.shots[id];
      if (shot) state.project.unplacedShots[`${id}x`] = shot;
    }
    state.generation.runs = {
      r: { id: "r", cause: "request", status: "running", total: 318, done: 11, reused: 0, failed: 2, requestedMs: 1 },
    };
  }
  if (mood === "tongues") speakInTongues(state);
  if (mood === "empty") {
    state.project.scripts = {};
    state.project.scenes = {};
    state.project.shots = {};
  }
}

// Titles and words that are long, or run from right to left, or have no spaces.
function speakInTongues({ project }: GlobalState) {
  project.title = "מים גבוהים: the long and complete history of the harbor, in nine chapters and an epilogue";
  const headings = [
    "INT./EXT. ABANDONED LIGHTHOUSE KEEPER’S QUARTERS, THIRD FLOOR LANDING - LATER THAT SAME NIGHT (FLASHBACK)",
    "פנים. מטבח - לילה",
    "内景 灯台守の部屋 - 夜",
    "داخلي. المطبخ - ليل",
    "EXT. DONAUDAMPFSCHIFFFAHRTSELEKTRIZITÄTENHAUPTBETRIEBSWERKBAUUNTERBEAMTENGESELLSCHAFT - TAG",
    "НАТ. МАЯК - НОЧЬ",
  ];
  const lines = [
    { speaker: "MARGUERITE-ANTOINETTE DE LA ROCHEFOUCAULD", text: "Pneumonoultramicroscopicsilicovolcanoconiosis, she says." },
    { speaker: "מאיה", text: "אני לא הולכת לשום מקום. Not today." },
    { speaker: "海", text: "雨が降っている。誰も起きていない。灯りはまだ一つだけ、岸辺をゆっくりと歩いている。" },
    { speaker: null, text: "المطر على النافذة. تشعل مايا عود ثقاب." },
    { speaker: null, text: "Ein Schild: Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz." },
    { speaker: "МАЙЯ", text: "Никто больше не спит." },
  ];
  Object.values(project.scenes).forEach((scene, i) => {
    scene.heading = headings[i % headings.length] ?? scene.heading;
    if (i === 4) scene.writtenNumber = "104AB-2";
    for (const id of scene.shots) {
      const shot = project.shots[id];
      if (shot) Object.assign(shot, { lines: [lines[i % lines.length]], lensMm: 135, movement: "handheld", angle: "overhead" });
    }
  });
}

// Just enough of a daemon to look at the page: a film, its patches, and a render that takes time.
import type { GlobalState, PatchOperation } from "@storycore/client";

import { projectId } from "../film.ts";
import { filmFromScript } from "./script.ts";

type Send = (message: unknown) => void;

interface Request {
  readonly id?: number;
  readonly method: string;
  readonly params?: { shots?: string[]; client?: string; shot?: string; id?: string };
}

export function createDaemon(script: string, { scenes, mood }: { scenes: number; mood: string }) {
  let state: GlobalState = filmFromScript(script, scenes);
  dress(state, mood);
  let revision = 1;
  let takes = 0;
  const listeners = new Set<Send>();

  function change(patch: PatchOperation[]) {
    state = structuredClone(state);
    for (const { path, op, value } of patch) {
      const keys = path.slice(1).split("/").map((it) => it.replaceAll("~1", "/").replaceAll("~0", "~"));
      const last = keys.pop() ?? "";
      let at = state as unknown as Record<string, unknown>;
      for (const key of keys) at = at[key] as Record<string, unknown>;
      if (op === "remove") delete at[last];
      else at[last] = value;
    }
    revision += 1;
    const params = { project: projectId, seq: revision, revision, patch };
    for (const send of listeners) send({ jsonrpc: "2.0", method: "state/changed", params });
  }

  async function render(ids: string[]) {
    const run = `run-${(takes += 1)}`;
    const base = { id: run, cause: "request", total: ids.length, reused: 0, failed: 0, requestedMs: takes };
    for (const [i, id] of ids.entries()) {
      change([{ op: "add", path: `/generation/runs/${run}`, value: { ...base, status: "running", done: i } }]);
      await new Promise((done) => setTimeout(done, 150));
      takes += 1;
      change([
        { op: "add", path: `/generation/takes/t${takes}`, value: { shot: id, asset: `${id}-v${takes}`, madeMs: 0 } },
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
      case "selection/set":
        change([{ op: "add", path: `/ui/selections/${params.client}`, value: { shot: params.shot } }]);
        return { seq: 1, value: null };
      case "shot/render": {
        const { shots } = state.project;
        return render(params.shots ?? Object.keys(shots).filter((id) => shots[id]?.status !== "fresh"));
      }
      default:
        return null;
    }
  }

  return {
    project: projectId,
    state: () => state,
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
  if (mood === "empty") {
    state.project.scripts = {};
    state.project.scenes = {};
    state.project.shots = {};
  }
}

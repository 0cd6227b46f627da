// The page inside an editor: its line to the daemon, its pictures, the shot that is being written.
import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { TransportEvents } from "@storycore/client";

import { connectThroughEditor, type FromEditor, type FromPage } from "../src/connection/editor.ts";
import type { Session } from "../src/connection/session.ts";
import { followCursor } from "../src/selection/cursor.ts";
import { createStore } from "../src/store.ts";
import { followEditor } from "../src/theme/editor.ts";
import { projectId } from "./film.ts";
import { card, cards, picture, stage } from "./stage.tsx";

afterEach(() => vi.unstubAllGlobals());

const fromEditor = (data: FromEditor) => window.dispatchEvent(new MessageEvent("message", { data }));

test("messages go through the editor, and its ends of the line are the line's", () => {
  const told: FromPage[] = [];
  const { transport, written, served } = connectThroughEditor({ postMessage: (it) => told.push(it) });
  const heard: string[] = [];
  const events: TransportEvents = {
    opened: () => heard.push("opened"),
    received: (text) => heard.push(text),
    closed: () => heard.push("closed"),
  };
  transport.start(events);
  fromEditor({ type: "opened" });
  transport.send("{}");
  fromEditor({ type: "received", text: "[]" });
  fromEditor({ type: "closed" });
  fromEditor({ type: "look", shot: "s1" });
  transport.stop();
  fromEditor({ type: "opened" });
  expect(told).toEqual([{ type: "ready" }, { type: "send", text: "{}" }]);
  expect(heard).toEqual(["opened", "[]", "closed"]);
  expect(written.get()).toBe("s1");
  expect(served).toBe(false);
});

/** The browser's way to tell what is seen: all of it, at once. */
function seeEverything() {
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(private readonly tell: (entries: { isIntersecting: boolean }[]) => void) {}
      observe = () => this.tell([{ isIntersecting: true }]);
      disconnect = () => {};
    },
  );
}

test("pictures come by the session, each once; no path of the daemon is asked for", async () => {
  seeEverything();
  const { calls } = await stage({
    served: false,
    answers: {
      "asset/get": ({ id }) => ({ asset: { id, mediaType: "image/png", bytes: 3 }, data: btoa("png") }),
    },
  });
  const shown = picture(cards()[0] ?? "");
  await waitFor(() => expect(shown.src).toMatch(/^blob:/));
  const asked = calls.filter((it) => it.method === "asset/get").map((it) => it.params as { project: string; id: string; data: boolean });
  expect(asked[0]).toEqual({ project: projectId, id: shown.dataset.asset, data: true });
  expect(new Set(asked.map((it) => it.id)).size).toBe(asked.length);
  expect(document.querySelector('img[src^="/assets/"]')).toBeNull();
});

test("a picture that the session does not give is said to be missing", async () => {
  seeEverything();
  await stage({ served: false });
  await waitFor(() => expect(screen.getAllByText("Cannot be loaded").length).toBeGreaterThan(0));
});

test("the shot that is being written is marked, and only that", async () => {
  await stage();
  const [first, second] = cards();
  const written = createStore<string | null>(null);
  followCursor(written, { film: createStore(null), draft: createStore(null) } as unknown as Session);
  act(() => written.set(first ?? null));
  expect(card(first ?? "").hasAttribute("data-written")).toBe(true);
  act(() => written.set(second ?? null));
  expect(card(first ?? "").hasAttribute("data-written")).toBe(false);
  expect(card(second ?? "").hasAttribute("data-written")).toBe(true);
  act(() => written.set("a shot that is not saved yet"));
  expect(document.querySelector("[data-written]")).toBeNull();
});

test("light or dark is what the editor is", async () => {
  document.body.dataset.vscodeThemeKind = "vscode-dark";
  followEditor(document);
  expect(document.documentElement.dataset.theme).toBe("dark");
  document.body.dataset.vscodeThemeKind = "vscode-high-contrast-light";
  await waitFor(() => expect(document.documentElement.dataset.theme).toBe("light"));
  delete document.body.dataset.vscodeThemeKind;
  delete document.documentElement.dataset.theme;
});

// A patch changes what it names on the page, and nothing else.
import { act, fireEvent, screen, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { gatherMs } from "../src/shot/Redrawn.tsx";
import { describePanel } from "../src/shot/describe.ts";
import { projectId, smallFilm } from "./film.ts";
import { card, cards, picture, redrawn, stage } from "./stage.tsx";

// Calls through: every card that draws itself describes its panel.
vi.mock("../src/shot/describe.ts", { spy: true });

afterEach(() => void vi.useRealTimers());

/** Watches the board; returns the ids of the cards in which anything has changed. */
function watchCards(): () => Set<string> {
  const observer = new MutationObserver(() => {});
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  observer.observe(screen.getByRole("main"), all);
  return () => {
    const targets = observer.takeRecords().map(({ target }) => (target instanceof Element ? target : target.parentElement));
    return new Set(targets.flatMap((it) => it?.closest("[data-shot]")?.getAttribute("data-shot") ?? []));
  };
}

test("a redrawn panel changes its own card alone", async () => {
  const { patch } = await stage();
  const others = ["shot-1-1", "shot-1-3", "shot-2-1"];
  const before = others.map((id) => ({ card: card(id), picture: picture(id), src: picture(id).src }));
  const changed = watchCards();
  vi.mocked(describePanel).mockClear();

  patch(...redrawn("shot-1-2", "second"));

  expect(picture("shot-1-2").dataset.asset).toBe("second");
  expect(picture("shot-1-2").getAttribute("src")).toBe(`/assets/${projectId}/second`);
  expect(card("shot-1-2").dataset.status).toBe("fresh");
  expect(within(card("shot-1-2")).queryByRole("list", { name: "Why it is stale" })).toBeNull();
  expect(changed()).toEqual(new Set(["shot-1-2"]));
  expect(new Set(vi.mocked(describePanel).mock.calls.map(([label]) => label))).toEqual(new Set(["12B"]));
  expect(others.map((id) => ({ card: card(id), picture: picture(id), src: picture(id).src }))).toEqual(before);
  others.forEach((id, i) => expect(card(id)).toBe(before[i]?.card));
  others.forEach((id, i) => expect(picture(id)).toBe(before[i]?.picture));
});

test("a scene that goes stale leaves the pictures of all scenes alone", async () => {
  const { patch } = await stage();
  const before = ["shot-1-1", "shot-2-1"].map(picture);
  const changed = watchCards();
  patch(
    { op: "replace", path: "/project/shots/shot-2-1/status", value: "stale" },
    { op: "replace", path: "/project/shots/shot-2-1/reasons", value: [{ kind: "light", message: "day became night" }] },
  );
  expect(within(card("shot-2-1")).getByText("day became night")).toBeTruthy();
  expect(["shot-1-1", "shot-2-1"].map(picture)).toEqual(before);
  expect(changed()).toEqual(new Set(["shot-2-1"]));
  expect(within(screen.getByRole("region", { name: /GAUGE HOUSE/ })).getByText("1 stale")).toBeTruthy();
});

test("a new scene above renumbers those below without touching their pictures", async () => {
  const { patch } = await stage();
  const before = picture("shot-2-1");
  patch(
    { op: "add", path: "/project/scenes/new", value: { script: "script/film.fountain", heading: "INT. BOAT - DAY", location: "BOAT", shots: [] } },
    { op: "add", path: "/project/scripts/script~1film.fountain/scenes/0", value: "new" },
  );
  const headings = screen.getAllByRole("heading", { level: 2 }).map((it) => it.textContent);
  expect(headings).toEqual(["1INT. BOAT - DAY", "12EXT. HARBOR MOLE - DAWN", "3INT. GAUGE HOUSE - DAY"]);
  expect(picture("shot-2-1")).toBe(before);
  expect(before.alt).toContain("Panel 3A");
});

test("a shot that is gone leaves the board", async () => {
  const { patch } = await stage();
  patch(
    { op: "replace", path: "/project/scenes/scene-1/shots", value: ["shot-1-1", "shot-1-3"] },
    { op: "remove", path: "/project/shots/shot-1-2" },
  );
  expect(cards()).toEqual(["shot-1-1", "shot-1-3", "shot-2-1", "shot-2-2"]);
});

test("the new picture fades in over the old one, which then goes", async () => {
  const { patch } = await stage();
  patch(...redrawn("shot-1-2", "second"));
  const pictures = () => [...card("shot-1-2").querySelectorAll("img")].map((it) => it.getAttribute("src"));
  const [old, next] = ["shot-1-2-v1", "second"].map((it) => `/assets/${projectId}/${it}`);
  expect(pictures()).toEqual([old, next]);
  expect(picture("shot-1-2").className).toBe("panel-waiting");
  fireEvent.load(picture("shot-1-2"));
  expect(picture("shot-1-2").className).toBe("panel-appearing");
  fireEvent.animationEnd(picture("shot-1-2"));
  expect(pictures()).toEqual([next]);
});

test("a picture that cannot be loaded is tried again with the next connection", async () => {
  const { drop, open } = await stage();
  fireEvent.error(picture("shot-1-1"));
  expect(within(card("shot-1-1")).getByText("Cannot be loaded")).toBeTruthy();
  expect(within(card("shot-1-1")).getByRole("img", { name: /extreme wide shot.*cannot be loaded/ })).toBeTruthy();
  await drop();
  await open();
  expect(picture("shot-1-1").dataset.asset).toBe("shot-1-1-v1");
});

test("redrawn panels are said aloud, together", async () => {
  const { patch } = await stage();
  vi.useFakeTimers();
  const words = () => screen.getByRole("status", { name: "Redrawn" }).textContent;
  patch(...redrawn("shot-1-2", "second"));
  patch(...redrawn("shot-1-3", "third"));
  expect(words()).toBe("");
  act(() => void vi.advanceTimersByTime(gatherMs));
  expect(words()).toBe("2 panels redrawn");
  patch({ op: "replace", path: "/project/title", value: "Low Water" });
  act(() => void vi.advanceTimersByTime(gatherMs));
  expect(words()).toBe("2 panels redrawn");
  patch(...redrawn("shot-1-1", "fourth"));
  expect(words()).toBe("");
  act(() => void vi.advanceTimersByTime(gatherMs));
  expect(words()).toBe("1 panel redrawn");
});

test("what somebody types is on the page at once, and what is saved can be looked at", async () => {
  const { notify, user } = await stage();
  const type = (text: string | null) => {
    const path = "/project/shots/shot-1-1/lines";
    const patch = [
      { op: "replace", path, value: [{ text }] },
      { op: "add", path: "/project/shots/typed", value: { ...smallFilm().project.shots["shot-1-1"], lines: [] } },
      { op: "replace", path: "/project/scenes/scene-1/shots", value: ["shot-1-1", "typed", "shot-1-2", "shot-1-3"] },
    ];
    const preview = { client: "Neovim-1a2b", path: "script/low.fountain", revision: 1, patch };
    return notify("draft/changed", text === null ? { project: projectId } : { project: projectId, preview });
  };
  const words = () => within(card("shot-1-1")).queryByText("The lamp goes out.");
  expect(screen.queryByRole("status", { name: "Draft" })).toBeNull();
  await type("The lamp goes out.");
  expect(words()).toBeTruthy();
  expect(screen.getByRole("status", { name: "Draft" }).textContent).toContain("Neovim is writing script/low.fountain.");
  expect(card("typed").dataset.unsaved).toBe("true");
  expect(card("shot-1-1").dataset.unsaved).toBeUndefined();
  await user.click(screen.getByRole("button", { name: "Show what is saved" }));
  expect(words()).toBeNull();
  await user.click(screen.getByRole("button", { name: "Show what is typed" }));
  expect(words()).toBeTruthy();
  await type(null);
  expect(words()).toBeNull();
  expect(screen.queryByRole("status", { name: "Draft" })).toBeNull();
});

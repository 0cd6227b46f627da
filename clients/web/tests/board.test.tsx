// What the board shows of a film.
import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { filmOf, projectId, smallFilm } from "./film.ts";
import { card, cards, picture, stage } from "./stage.tsx";

test("scenes stand in order under their headings, each with its shots", async () => {
  await stage();
  const scenes = [...screen.getByRole("main").querySelectorAll("[data-scene]")];
  expect(scenes.map((it) => it.getAttribute("data-scene"))).toEqual(["scene-1", "scene-2"]);
  const first = screen.getByRole("region", { name: /EXT\. HARBOR MOLE - DAWN/ });
  expect(within(first).getByRole("heading", { level: 2 }).textContent).toBe("12EXT. HARBOR MOLE - DAWN");
  expect(first.querySelectorAll("[data-shot]")).toHaveLength(3);
  expect(within(first).getByText("3 shots")).toBeTruthy();
  expect(cards()).toEqual(["shot-1-1", "shot-1-2", "shot-1-3", "shot-2-1", "shot-2-2"]);
});

test("a card shows its panel, how it is shot, and its words", async () => {
  await stage();
  const shown = picture("shot-2-1");
  expect(shown.getAttribute("src")).toBe(`/assets/${projectId}/shot-2-1-v1`);
  expect(shown.dataset.asset).toBe("shot-2-1-v1");
  expect(shown.loading).toBe("lazy");
  expect(shown.alt).toBe("Panel 2A: two-shot of JIŘÍ and ZOÉ, low angle, INT. GAUGE HOUSE - DAY");
  expect(card("shot-2-1").textContent).toContain("Does it sleep?");
  expect(within(card("shot-1-1")).getByText("EWS")).toBeTruthy();
  expect(within(card("shot-1-1")).getByText("crane up · 24 mm")).toBeTruthy();
  expect(within(card("shot-1-1")).getByText("6 s")).toBeTruthy();
});

test("a stale panel says why", async () => {
  await stage();
  const stale = card("shot-1-2");
  expect(stale.dataset.status).toBe("stale");
  expect(within(stale).getByText("Stale").title).toBe("ÉLOÏSE: coat changed");
  const reasons = within(stale).getByRole("list", { name: "Why it is stale" });
  expect(within(reasons).getByText("ÉLOÏSE: coat changed")).toBeTruthy();
  expect(within(card("shot-1-1")).queryByRole("list", { name: "Why it is stale" })).toBeNull();
});

test("a shot that was never drawn has an empty frame, described all the same", async () => {
  await stage();
  const missing = card("shot-2-2");
  expect(missing.dataset.status).toBe("missing");
  expect(missing.querySelector("img")).toBeNull();
  expect(within(missing).getByText("Not drawn yet")).toBeTruthy();
  expect(within(missing).getByRole("button", { name: /Panel 2B: insert/ })).toBeTruthy();
});

test("the header counts the film", async () => {
  await stage();
  expect(screen.getByRole("heading", { level: 1, name: "High Water" })).toBeTruthy();
  const counts = screen.getByRole("list", { name: "The film in numbers" });
  const words = within(counts).getAllByRole("listitem").map((it) => it.textContent);
  expect(words).toEqual(["2 scenes", "5 shots", "0:18 running time", "3 fresh", "1 stale", "1 missing"]);
  expect(document.title).toBe("High Water · StoryCore");
});

test("every frame has the shape of the picture before the picture is there", async () => {
  await stage();
  expect(screen.getByRole("main").style.getPropertyValue("--aspect")).toBe("2.39");
});

test("a film without a scene says what to do, and why nothing can be drawn", async () => {
  await stage({ film: filmOf("Blank", []) });
  expect(screen.getByText("The first page is still white.")).toBeTruthy();
  const draw = screen.getByRole("button", { name: "Draw panels" });
  expect(draw.getAttribute("aria-disabled")).toBe("true");
  expect(draw.title).toBe("The film has no shot yet.");
});

test("the landmarks are there", async () => {
  await stage();
  expect(screen.getByRole("heading", { level: 1 }).closest("header")?.parentElement?.className).toBe("page");
  expect(screen.getByRole("search")).toBeTruthy();
  expect(screen.getByRole("main", { name: "Board" })).toBeTruthy();
  expect(screen.getByRole("complementary", { name: "Script" })).toBeTruthy();
});

test("words of the script say their language, and find their own direction", async () => {
  const film = smallFilm();
  film.project.settings.languages = ["he", "en"];
  await stage({ film });
  const words = within(card("shot-2-1")).getByText("Does it sleep?");
  expect(words.dir).toBe("auto");
  expect(words.closest("[lang]")?.getAttribute("lang")).toBe("he");
});

test("what others look at is marked, what this page looks at is not", async () => {
  const film = smallFilm();
  film.ui.selections = { vscode: { shot: "shot-1-1" }, "page-test": { shot: "shot-1-3" } };
  await stage({ film });
  expect(within(card("shot-1-1")).getByText("vscode looks at this shot")).toBeTruthy();
  expect(within(card("shot-1-3")).queryByText(/looks at this shot/)).toBeNull();
});

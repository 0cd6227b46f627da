// Which shots the board shows: by status, and by words.
import { screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { cards, redrawn, stage } from "./stage.tsx";

const chip = (name: RegExp) => screen.getByRole("button", { name });
const search = () => screen.getByRole("searchbox", { name: "Search words, characters and places" });

test("chips show the stale, the missing, or all", async () => {
  const { user } = await stage();
  expect(chip(/^Stale/).textContent).toBe("Stale 1");
  await user.click(chip(/^Stale/));
  expect(cards()).toEqual(["shot-1-2"]);
  expect(chip(/^Stale/).getAttribute("aria-pressed")).toBe("true");
  expect(screen.queryByRole("region", { name: /GAUGE HOUSE/ })).toBeNull();
  await user.click(chip(/^Missing/));
  expect(cards()).toEqual(["shot-2-2"]);
  await user.click(chip(/^All/));
  expect(cards()).toHaveLength(5);
});

test("a shot leaves the stale ones when it is redrawn", async () => {
  const { user, patch } = await stage();
  await user.click(chip(/^Stale/));
  patch(...redrawn("shot-1-2", "second"));
  expect(cards()).toEqual([]);
  expect(screen.getByText("No stale shot.")).toBeTruthy();
});

test.each([
  ["a name without its accents", "jiri", ["shot-2-1"]],
  ["words of a line", "nobody up", ["shot-1-2"]],
  ["a place", "gauge", ["shot-2-1", "shot-2-2"]],
  ["a label", "12c", ["shot-1-3"]],
  ["every word, in any order", "door she", ["shot-1-3"]],
])("the search finds %s", async (_, words, found) => {
  const { user } = await stage();
  await user.type(search(), words);
  expect(cards()).toEqual(found);
});

test("the search says what it found, and Escape ends it", async () => {
  const { user } = await stage();
  await user.type(search(), "gauge");
  expect(screen.getByText("2 shots fit")).toBeTruthy();
  await user.clear(search());
  await user.type(search(), "whale");
  expect(screen.getByText("No shot with “whale”.")).toBeTruthy();
  await user.keyboard("{Escape}");
  expect(cards()).toHaveLength(5);
});

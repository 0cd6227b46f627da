// The board under the keyboard.
import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { projectId } from "./film.ts";
import { card, stage } from "./stage.tsx";

/** The shot that has the focus. */
const focused = () => document.activeElement?.closest("[data-shot]")?.getAttribute("data-shot") ?? null;

test("arrows and letters lead from shot to shot", async () => {
  const { user } = await stage();
  await user.keyboard("{ArrowRight}");
  expect(focused()).toBe("shot-1-1");
  expect(card("shot-1-1").dataset.selected).toBe("true");
  await user.keyboard("jj{ArrowRight}");
  expect(focused()).toBe("shot-2-1");
  expect(card("shot-1-1").dataset.selected).toBeUndefined();
  await user.keyboard("k");
  expect(focused()).toBe("shot-1-3");
  await user.keyboard("{End}");
  expect(focused()).toBe("shot-2-2");
  await user.keyboard("{ArrowRight}");
  expect(focused()).toBe("shot-2-2");
  await user.keyboard("{Home}");
  expect(focused()).toBe("shot-1-1");
});

test("the board is one stop of the Tab key", async () => {
  const { user } = await stage();
  const stops = () =>
    [...screen.getByRole("main").querySelectorAll<HTMLElement>(".shot-open")].filter((it) => it.tabIndex === 0);
  expect(stops()).toHaveLength(1);
  await user.keyboard("{End}");
  expect(stops().map((it) => it.id)).toEqual(["shot-shot-2-2"]);
});

test("Enter shows a shot large, arrows lead on, Escape leads back", async () => {
  const { user } = await stage();
  await user.keyboard("{ArrowRight}{ArrowRight}{Enter}");
  const dialog = screen.getByRole("dialog", { name: "Shot 12B" });
  expect(within(dialog).getByRole("img", { name: /close-up of ÉLOÏSE/ })).toBeTruthy();
  expect(within(dialog).getByText("ÉLOÏSE: coat changed")).toBeTruthy();
  expect(document.activeElement?.textContent).toBe("Close");
  await user.keyboard("{ArrowRight}");
  expect(screen.getByRole("dialog", { name: "Shot 12C" })).toBeTruthy();
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(focused()).toBe("shot-1-3");
});

test("a click selects a shot, and a click on the selected one shows it large", async () => {
  const { user } = await stage();
  const panel = within(card("shot-1-2")).getByRole("button", { name: /Panel 12B/ });
  await user.click(panel);
  expect(card("shot-1-2").dataset.selected).toBe("true");
  expect(screen.queryByRole("dialog")).toBeNull();
  await user.click(panel);
  expect(screen.getByRole("dialog", { name: "Shot 12B" })).toBeTruthy();
});

test("keys that somebody types stay in the field", async () => {
  const { user } = await stage();
  await user.keyboard("/");
  const search = screen.getByRole("searchbox");
  expect(document.activeElement).toBe(search);
  await user.keyboard("jk");
  expect((search as HTMLInputElement).value).toBe("jk");
  expect(focused()).toBeNull();
});

test("a question mark shows the keys", async () => {
  const { user } = await stage();
  await user.keyboard("?");
  const dialog = screen.getByRole("dialog", { name: "Keys" });
  expect(within(dialog).getByText("show the shot large")).toBeTruthy();
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("the script and the board select together, and the others are told", async () => {
  const { calls, user } = await stage();
  const script = screen.getByRole("complementary", { name: "Script" });
  await user.click(within(script).getByText("Does it sleep?"));
  expect(focused()).toBe("shot-2-1");
  expect(within(script).getByText("Does it sleep?").closest("[data-words]")?.getAttribute("aria-current")).toBe("true");
  await new Promise((done) => setTimeout(done, 200));
  expect(calls.filter((it) => it.method === "selection/set")).toEqual([
    {
      method: "selection/set",
      params: { project: projectId, client: "page-test", shot: "shot-2-1", scene: "scene-2" },
    },
  ]);
  window.dispatchEvent(new Event("pagehide"));
  expect(calls.at(-1)).toEqual({ method: "selection/set", params: { project: projectId, client: "page-test" } });
});

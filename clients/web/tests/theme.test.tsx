// Light, dark, or as the system says.
import { screen } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";

import { setTheme } from "../src/theme/theme.ts";
import { stage } from "./stage.tsx";

beforeEach(() => setTheme("system"));

test("a chosen theme holds for the page and is remembered", async () => {
  const { user } = await stage();
  const root = document.documentElement;
  expect((screen.getByRole("radio", { name: "Auto" }) as HTMLInputElement).checked).toBe(true);
  expect(root.dataset.theme).toBeUndefined();
  await user.click(screen.getByRole("radio", { name: "Dark" }));
  expect(root.dataset.theme).toBe("dark");
  expect(localStorage.getItem("storycore.theme")).toBe("dark");
  await user.click(screen.getByRole("radio", { name: "Auto" }));
  expect(root.dataset.theme).toBeUndefined();
  expect(localStorage.getItem("storycore.theme")).toBe("system");
});

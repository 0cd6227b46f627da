// Light, dark, or as the system says; remembered. public/theme.js applies it before the first paint.
import { createStore } from "../store.ts";

export type Theme = "system" | "light" | "dark";

export const themes = ["system", "light", "dark"] as const satisfies readonly Theme[];

const key = "storycore.theme";

export const theme = createStore<Theme>(remembered());

export function setTheme(next: Theme): void {
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  remember(next);
  theme.set(next);
}

function remembered(): Theme {
  try {
    const value = localStorage.getItem(key);
    return themes.find((it) => it === value) ?? "system";
  } catch {
    return "system"; // Storage is switched off.
  }
}

function remember(value: Theme): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is switched off: the choice holds until the page is left.
  }
}

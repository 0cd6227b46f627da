// Light, dark, or as the system says.
import { useStore } from "../useStore.ts";
import { setTheme, theme, themes, type Theme } from "./theme.ts";

const names = { system: "Auto", light: "Light", dark: "Dark" } as const satisfies Record<Theme, string>;

export function ThemeToggle() {
  const current = useStore(theme, (it) => it);
  return (
    <div className="segments" role="radiogroup" aria-label="Theme">
      {themes.map((it) => (
        <label key={it} className="segment">
          <input type="radio" name="theme" checked={it === current} onChange={() => setTheme(it)} />
          {names[it]}
        </label>
      ))}
    </div>
  );
}

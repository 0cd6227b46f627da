// Before anything is painted: the theme that was chosen last time. See src/theme/theme.ts.
try {
  const theme = localStorage.getItem("storycore.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the page follows the system.
}

// Light or dark as the editor is that shows the page.

/** VS Code writes its theme's kind on the body: `vscode-dark`, `vscode-high-contrast-light`. */
export function followEditor({ body, documentElement }: Document): void {
  function follow() {
    const kind = body.dataset.vscodeThemeKind ?? "";
    if (kind !== "") documentElement.dataset.theme = kind.endsWith("light") ? "light" : "dark";
  }
  new MutationObserver(follow).observe(body, { attributeFilter: ["data-vscode-theme-kind"] });
  follow();
}

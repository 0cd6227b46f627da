// How a language server calls a file of the film.

/** `folder` as the daemon names it, on whatever system it runs. */
export function uriOf(folder: string, path: string): string {
  const whole = `${folder.replaceAll("\\", "/").replace(/\/$/, "")}/${path}`;
  const parts = whole.split("/").map(encodeURIComponent).join("/");
  return whole.startsWith("/") ? `file://${parts}` : `file:///${parts}`;
}

/** The path within the film's folder; `null` for a file beyond it. */
export function pathIn(folder: string, uri: string): string | null {
  try {
    const root = decodeURIComponent(uriOf(folder, ""));
    const whole = decodeURIComponent(uri);
    return whole.startsWith(root) ? whole.slice(root.length) : null;
  } catch {
    return null; // It is no URI that anybody could have made of a path.
  }
}

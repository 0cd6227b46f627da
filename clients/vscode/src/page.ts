// The daemon's own page, made ready for a webview. It is taken from the daemon, so that page and
// daemon are always of one build; its files are public, so no secret is needed for that.

import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

/** Pages of earlier builds that are kept: another window may still show one. */
const KEPT = 3;
const FETCH_MS_MAX = 10_000;

/** A page's files on disk. */
export interface Page {
  folder: string;
  /** Names in the folder. */
  script: string;
  style: string;
}

/** Brings the page of a daemon into a folder, unless it is there already. */
export async function bring(origin: string, into: string): Promise<Page> {
  const index = (await get(origin, "/")).toString("utf8");
  const script = /<script[^>]*type="module"[^>]*src="([^"]+)"/.exec(index)?.[1];
  const style = /<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"/.exec(index)?.[1];
  if (script === undefined || style === undefined) {
    throw new Error("the daemon was built without its page; `cargo xtask studio` builds both");
  }
  const page = { folder: join(into, nameOf(script)), script: nameOf(script), style: nameOf(style) };
  // The style comes last: with it, all is there.
  if (!(await isThere(join(page.folder, page.style)))) {
    await forgetOld(into);
    await mkdir(page.folder, { recursive: true });
    const css = (await get(origin, style)).toString("utf8");
    const fonts = [...new Set([...css.matchAll(/url\(["']?(\/assets\/[^"')]+)/g)].map((it) => it[1] ?? ""))];
    await Promise.all(
      [script, ...fonts].map(async (it) => writeFile(join(page.folder, nameOf(it)), await get(origin, it))),
    );
    await writeFile(join(page.folder, page.style), css.replaceAll("/assets/", "./"));
  }
  return page;
}

async function get(origin: string, path: string): Promise<Buffer> {
  const answer = await fetch(new URL(path, origin), { signal: AbortSignal.timeout(FETCH_MS_MAX) });
  if (!answer.ok) {
    throw new Error(`the daemon has no ${path}: ${answer.status} ${answer.statusText}`);
  }
  return Buffer.from(await answer.arrayBuffer());
}

/** The last part of a path, which names no other folder. */
function nameOf(path: string): string {
  const name = basename(path);
  if (!/^[\w-][\w.-]*$/.test(name)) {
    throw new Error(`the daemon's page has a file with a strange name: ${path}`);
  }
  return name;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function forgetOld(into: string): Promise<void> {
  const names = await readdir(into).catch(() => []);
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(into, name))).mtimeMs })));
  const old = aged.sort((a, b) => b.at - a.at).slice(KEPT - 1);
  await Promise.all(old.map((it) => rm(join(into, it.name), { recursive: true, force: true })));
}

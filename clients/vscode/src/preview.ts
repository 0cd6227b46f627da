// The view "Shot Under the Cursor": its panel, its words, how long it lasts, and whether the panel
// still is what the script says.

import { randomBytes } from "node:crypto";

import * as vscode from "vscode";

import type { Cursor, ShotAt } from "./cursor";
import type { Film } from "./film";
import { time } from "./status";

interface AssetContent {
  asset: { mediaType: string };
  data?: string;
}

/** What `media/preview.js` shows. */
interface Shown {
  label: string;
  heading: string;
  camera: string;
  text: string;
  status: "fresh" | "stale" | "missing";
  why: string;
  picture?: string;
}

export class Preview implements vscode.WebviewViewProvider, vscode.Disposable {
  private view: vscode.WebviewView | undefined;
  /** The last picture, which stays while its shot is written. */
  private picture: { asset: string; address: string } | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly film: Film,
    private readonly cursor: Cursor,
    private readonly media: vscode.Uri,
  ) {
    this.subscription = cursor.onDidMove(() => void this.show());
  }

  dispose(): void {
    this.subscription.dispose();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    view.webview.options = { enableScripts: true, localResourceRoots: [this.media] };
    // The page says when it is ready to be told.
    view.webview.onDidReceiveMessage(() => void this.show());
    view.onDidChangeVisibility(() => void this.show());
    view.onDidDispose(() => (this.view = undefined));
    view.webview.html = html(view.webview, this.media);
  }

  private async show(): Promise<void> {
    const at = this.cursor.current;
    if (this.view?.visible !== true) {
      return;
    }
    if (at === undefined) {
      await this.view.webview.postMessage(null);
      return;
    }
    const picture = await this.pictureOf(at).catch(() => undefined);
    // The cursor may have moved meanwhile; then that is shown.
    if (at === this.cursor.current) {
      await this.view?.webview.postMessage(told(at, picture));
    }
  }

  private async pictureOf({ project, asset }: ShotAt): Promise<string | undefined> {
    if (asset === undefined) {
      return undefined;
    }
    if (this.picture?.asset !== asset) {
      const content = await this.film.call<AssetContent>("asset/get", { project, id: asset, data: true });
      const address = `data:${content.asset.mediaType};base64,${content.data ?? ""}`;
      this.picture = { asset, address };
    }
    return this.picture.address;
  }
}

function told({ heading, shot }: ShotAt, picture: string | undefined): Shown {
  const lens = shot.lensMm === undefined ? [] : [`${shot.lensMm} mm`];
  const move = shot.movement === "static" ? [] : [words(shot.movement)];
  const why = {
    fresh: "The panel is up to date.",
    stale: `Out of date: ${shot.reasons.map((it) => it.message).join("; ")}.`,
    missing: "Not drawn yet.",
  }[shot.status];
  return {
    label: shot.label,
    heading,
    camera: [words(shot.framing), ...lens, ...move, ...shot.subjects, time(shot.durationMs)].join(" · "),
    text: shot.text,
    status: shot.status,
    why,
    picture,
  };
}

/** `mediumCloseUp` as people write it. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (it) => ` ${it.toLowerCase()}`);
}

function html(webview: vscode.Webview, media: vscode.Uri): string {
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(media, name)).toString();
  const nonce = randomBytes(16).toString("hex");
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}; img-src data:`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <link rel="stylesheet" href="${file("preview.css")}" />
    <script type="module" nonce="${nonce}" src="${file("preview.js")}"></script>
  </head>
  <body>
    <p id="none">Put the cursor into a scene, and its shot is here.</p>
    <article id="shot" hidden>
      <div id="frame"><img id="picture" alt="" /><span id="blank">Not drawn yet</span></div>
      <h2><span id="label"></span> <span id="heading" dir="auto"></span></h2>
      <p id="camera"></p>
      <p id="why"></p>
      <p id="text" dir="auto"></p>
    </article>
  </body>
</html>`;
}

// The board beside the script: the daemon's page in a panel of VS Code.
//
// The page is not framed from the daemon's address, which forbids that to everybody: it runs from
// files, may open no connection at all, and every message of it goes through us to a connection that
// only this user can have. So it works over SSH and in containers, too, where the daemon is not on
// the machine of the window.

import { randomBytes } from "node:crypto";

import * as vscode from "vscode";

import type { Cursor } from "./cursor";
import type { Film, Project } from "./film";
import { bring, type Page } from "./page";
import { Pipe } from "./pipe";

/** What the page tells us. See `clients/web/src/connection/editor.ts`. */
type FromPage = { type: "ready" } | { type: "send"; text: string };

export class Board implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private pipe: Pipe | undefined;
  private shown: string | undefined;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly film: Film,
    private readonly cursor: Cursor,
    private readonly storage: vscode.Uri,
  ) {
    this.subscriptions = [
      film.onDidChange(() => void this.follow().catch((error: unknown) => complain(error))),
      cursor.onDidMove(() => this.look()),
    ];
  }

  /** Shows the board of the film that is looked at. */
  async open(): Promise<void> {
    if (this.panel === undefined) {
      const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      this.panel = vscode.window.createWebviewPanel("storycore.board", "Board", place, {
        enableScripts: true,
        // The page mirrors the film; made anew each time, it would ask for all of it again.
        retainContextWhenHidden: true,
        localResourceRoots: [this.pages],
      });
      this.panel.webview.onDidReceiveMessage((it: FromPage) => this.hear(it));
      this.panel.onDidDispose(() => this.close());
    } else {
      this.panel.reveal(undefined, true);
    }
    await this.follow();
  }

  dispose(): void {
    this.panel?.dispose();
    this.subscriptions.forEach((it) => it.dispose());
  }

  private get pages(): vscode.Uri {
    return vscode.Uri.joinPath(this.storage, "pages");
  }

  /** Shows another film, if it is another that is looked at. */
  private async follow(): Promise<void> {
    const film = this.film.current;
    if (this.panel === undefined || film === undefined || film.id === this.shown) {
      return;
    }
    this.shown = film.id;
    try {
      const { url } = await this.film.call<{ url: string }>("system/page", { project: film.id });
      const page = await bring(new URL(url).origin, this.pages.fsPath);
      if (this.panel !== undefined && this.shown === film.id) {
        this.panel.title = `${film.title}: Board`;
        this.panel.webview.html = html(this.panel.webview, page, film);
      }
    } catch (error) {
      this.shown = undefined;
      throw error;
    }
  }

  private hear(message: FromPage): void {
    switch (message.type) {
      case "ready":
        // The page begins, perhaps anew: so does its session.
        this.pipe?.end();
        return this.connect();
      case "send":
        return this.pipe?.send(message.text);
    }
  }

  private connect(): void {
    const tell = (message: object) => void this.panel?.webview.postMessage(message);
    this.pipe = new Pipe(vscode.workspace.getConfiguration("storycore").get("path", "storycore"), {
      opened: () => {
        tell({ type: "opened" });
        this.look();
      },
      received: (text) => tell({ type: "received", text }),
      closed: () => tell({ type: "closed" }),
    });
  }

  private look(): void {
    const shot = this.cursor.current?.shot.id;
    if (shot !== undefined) {
      void this.panel?.webview.postMessage({ type: "look", shot });
    }
  }

  private close(): void {
    this.pipe?.end();
    this.pipe = undefined;
    this.panel = undefined;
    this.shown = undefined;
  }
}

function html(webview: vscode.Webview, page: Page, film: Project): string {
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.file(`${page.folder}/${name}`)).toString();
  const nonce = randomBytes(16).toString("hex");
  // No `connect-src`: whatever the page held, it could send it nowhere.
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `font-src ${webview.cspSource}`,
    "img-src blob: data:",
    "media-src blob:",
  ].join("; ");
  return `<!doctype html>
<html lang="en" data-project="${film.id}">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link rel="stylesheet" href="${file(page.style)}" />
    <style nonce="${nonce}">body { padding: 0; }</style>
    <script type="module" nonce="${nonce}" src="${file(page.script)}"></script>
  </head>
  <body><div id="page"></div></body>
</html>`;
}

function complain(error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  void vscode.window.showErrorMessage(`StoryCore: the board cannot be shown: ${why}`);
}

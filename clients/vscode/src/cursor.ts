// The shot that the cursor stands in, as the text makes it that is not saved yet.

import * as vscode from "vscode";

import type { Film, Shot } from "./film";

/** What is told of a place: `storycore/shotAt`. */
export interface ShotAt {
  project: string;
  heading: string;
  shot: Shot;
  /** The picture that is shown for it. */
  asset?: string;
}

/** Keys come in bursts; the eye follows when the hand rests, in milliseconds. */
const REST_MS = 80;

export class Cursor implements vscode.Disposable {
  private readonly moved = new vscode.EventEmitter<ShotAt | undefined>();
  /** Fires when another shot is written, and when this one has changed. */
  readonly onDidMove = this.moved.event;
  private at: ShotAt | undefined;
  private rest: NodeJS.Timeout | undefined;
  private asked = 0;
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly film: Film) {
    const look = () => this.look();
    this.subscriptions = [
      this.moved,
      vscode.window.onDidChangeTextEditorSelection(look),
      vscode.window.onDidChangeActiveTextEditor(look),
      vscode.workspace.onDidChangeTextDocument(look),
      film.onDidChange(look),
    ];
  }

  /** The shot, if the cursor is in one. */
  get current(): ShotAt | undefined {
    return this.at;
  }

  dispose(): void {
    clearTimeout(this.rest);
    this.subscriptions.forEach((it) => it.dispose());
  }

  private look(): void {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => void this.ask().catch(() => undefined), REST_MS);
  }

  private async ask(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    // Whoever looks at the board, or at a bible file, still has the last shot before their eyes.
    if (editor?.document.languageId !== "fountain") {
      return;
    }
    const ask = (this.asked += 1);
    const { line, character } = editor.selection.active;
    const found = await this.film.call<ShotAt | null>("storycore/shotAt", {
      textDocument: { uri: editor.document.uri.toString() },
      position: { line, character },
    });
    // A later answer counts more.
    if (ask === this.asked && JSON.stringify(found ?? undefined) !== JSON.stringify(this.at)) {
      this.at = found ?? undefined;
      this.moved.fire(this.at);
    }
  }
}

// The film that the active editor is about, as the daemon has it, and when it goes on.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

/** A film that the daemon knows. */
interface KnownProject {
  id: string;
  title: string;
  path: string;
  open: boolean;
}

/** A film with its counts; durations in milliseconds. */
export interface Project {
  id: string;
  title: string;
  path: string;
  shots: number;
  stale: number;
  missing: number;
  durationMs: number;
}

export interface Scene {
  id: string;
  number: string;
  heading: string;
  script: string;
  durationMs: number;
  /** Line counted from 1. */
  span: { line: number };
}

export interface Shot {
  id: string;
  sceneId: string;
  label: string;
  framing: string;
  movement: string;
  lensMm?: number;
  subjects: string[];
  text: string;
  durationMs: number;
  status: "fresh" | "stale" | "missing";
  reasons: { message: string }[];
  span: { line: number };
}

/** Changes come in bursts; looking once after them is enough, in milliseconds. */
const CALM_MS = 150;

export class Film implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** Fires when another film is looked at, and whenever it goes on. */
  readonly onDidChange = this.changed.event;
  private project: Project | undefined;
  private followed: string | undefined;
  private calm: NodeJS.Timeout | undefined;
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly client: () => LanguageClient | undefined) {
    this.subscriptions = [
      this.changed,
      vscode.window.onDidChangeActiveTextEditor(() => this.look()),
      vscode.workspace.onDidOpenTextDocument(() => this.look()),
    ];
  }

  /** The film that is looked at. */
  get current(): Project | undefined {
    return this.project;
  }

  /** Another server is there, which follows nothing yet. */
  connected(): void {
    this.followed = undefined;
    this.client()?.onNotification("event/happened", () => this.look());
    this.look();
  }

  /** Calls a method of the daemon on the editor's own connection. */
  async call<T>(method: string, params: object): Promise<T> {
    const client = this.client();
    if (client === undefined) {
      throw new Error("StoryCore is not running; see the setting storycore.path");
    }
    return client.sendRequest<T>(method, params);
  }

  async scenes(): Promise<Scene[]> {
    return this.project === undefined ? [] : this.call("scene/list", { project: this.project.id });
  }

  async shots(scene: string): Promise<Shot[]> {
    return this.project === undefined ? [] : this.call("shot/list", { project: this.project.id, scene });
  }

  dispose(): void {
    clearTimeout(this.calm);
    this.subscriptions.forEach((it) => it.dispose());
  }

  private look(): void {
    clearTimeout(this.calm);
    this.calm = setTimeout(() => void this.refresh().catch(() => undefined), CALM_MS);
  }

  private async refresh(): Promise<void> {
    const path = vscode.window.activeTextEditor?.document.uri.fsPath;
    const known = await this.call<KnownProject[]>("project/list", {});
    const holds = (it: KnownProject) =>
      it.open && path !== undefined && (path === it.path || path.startsWith(`${it.path}/`));
    const longest = (a: KnownProject, b: KnownProject) => b.path.length - a.path.length;
    const found = known.filter(holds).sort(longest)[0] ?? known.find((it) => it.id === this.project?.id);
    // Followed before it is looked at: what happens in between would be missed for good.
    if (found !== undefined && this.followed !== found.id) {
      await this.call("event/subscribe", { project: found.id });
      this.followed = found.id;
    }
    this.project = found && (await this.call<Project>("project/get", { project: found.id }));
    this.changed.fire();
  }
}

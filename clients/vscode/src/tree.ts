// The tree of the film: scenes, and their shots with what is out of date and why.

import { join } from "node:path";

import * as vscode from "vscode";

import type { Film, Scene, Shot } from "./film";
import { time } from "./status";

export class FilmTree implements vscode.TreeDataProvider<Scene | Shot> {
  readonly onDidChangeTreeData: vscode.Event<void>;

  constructor(private readonly film: Film) {
    this.onDidChangeTreeData = film.onDidChange;
  }

  async getChildren(of?: Scene | Shot): Promise<(Scene | Shot)[]> {
    if (of === undefined) {
      return this.film.scenes();
    }
    return "heading" in of ? this.film.shots(of.id) : [];
  }

  getTreeItem(it: Scene | Shot): vscode.TreeItem {
    return "heading" in it ? this.scene(it) : this.shot(it);
  }

  private scene(scene: Scene): vscode.TreeItem {
    const item = new vscode.TreeItem(
      `${scene.number} ${scene.heading || "before the first heading"}`,
      vscode.TreeItemCollapsibleState.Collapsed,
    );
    item.id = scene.id;
    item.description = time(scene.durationMs);
    item.iconPath = new vscode.ThemeIcon("device-camera-video");
    item.contextValue = "scene";
    item.command = this.goTo(scene.script, scene.span.line);
    return item;
  }

  private shot(shot: Shot): vscode.TreeItem {
    const item = new vscode.TreeItem(`${shot.label} ${shot.text.replaceAll("\n", " ")}`);
    item.id = shot.id;
    item.description = time(shot.durationMs);
    item.contextValue = "shot";
    const icons = { fresh: "check", stale: "history", missing: "circle-outline" };
    item.iconPath = new vscode.ThemeIcon(icons[shot.status]);
    const reasons = shot.reasons.map((it) => it.message).join("; ");
    item.tooltip = { fresh: "up to date", stale: `out of date: ${reasons}`, missing: "not drawn yet" }[shot.status];
    return item;
  }

  private goTo(script: string, line: number): vscode.Command {
    const root = this.film.current?.path ?? "";
    const path = root.endsWith(script) ? root : join(root, script);
    const place = new vscode.Range(line - 1, 0, line - 1, 0);
    return { command: "vscode.open", title: "Open", arguments: [vscode.Uri.file(path), { selection: place }] };
  }
}

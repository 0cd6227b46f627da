// The status bar: how long the film is, and how much of it is to draw.

import * as vscode from "vscode";

import type { Film } from "./film";

export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("storycore", vscode.StatusBarAlignment.Left, 10);
  private readonly subscription: vscode.Disposable;

  constructor(private readonly film: Film) {
    this.item.name = "StoryCore";
    this.item.command = "storycore.draw";
    this.subscription = film.onDidChange(() => this.show());
  }

  dispose(): void {
    this.subscription.dispose();
    this.item.dispose();
  }

  private show(): void {
    const film = this.film.current;
    if (film === undefined) {
      return this.item.hide();
    }
    const toDraw = film.stale + film.missing;
    const state = toDraw === 0 ? "$(check) all drawn" : `$(history) ${toDraw} to draw`;
    this.item.text = `$(device-camera-video) ${time(film.durationMs)} · ${state}`;
    this.item.tooltip = `${film.title}: ${film.shots} shots, ${film.stale} out of date, ${film.missing} not drawn yet`;
    this.item.show();
  }
}

/** A duration for reading: `4.5 s`, `1:05`. */
export function time(ms: number): string {
  if (ms < 60_000) {
    return `${(ms / 1_000).toFixed(1)} s`;
  }
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

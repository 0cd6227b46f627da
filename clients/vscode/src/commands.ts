// Commands, each of which is a method of the daemon.

import * as vscode from "vscode";

import type { Board } from "./board";
import type { Film, Shot } from "./film";

interface Rendered {
  done: number;
  failed?: number;
}

/** Everything a person can ask for by name. */
export function commands(film: Film, board: Board): vscode.Disposable[] {
  const on = (name: string, work: (project: string, argument: unknown) => Promise<unknown>) =>
    vscode.commands.registerCommand(`storycore.${name}`, async (argument: unknown) => {
      const project = film.current?.id;
      if (project === undefined) {
        void vscode.window.showInformationMessage("Open a screenplay in Fountain first.");
        return;
      }
      try {
        await work(project, argument);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        void vscode.window.showErrorMessage(`StoryCore: ${why}`);
      }
    });
  const draw = (project: string, shots?: string[]) =>
    vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: "Drawing" },
      async () => {
        const { done } = await film.call<Rendered>("shot/render", { project, shots });
        vscode.window.setStatusBarMessage(done === 0 ? "Nothing was out of date." : `Drawn: ${done} shots`, 4_000);
      },
    );
  return [
    on("board", async (project) => {
      const { url } = await film.call<{ url: string }>("system/page", { project });
      await vscode.env.openExternal(vscode.Uri.parse(url));
    }),
    on("boardBeside", () => board.open()),
    on("draw", (project) => Promise.resolve(draw(project))),
    on("drawShot", (project, shot) => Promise.resolve(draw(project, [(shot as Shot).id]))),
    on("undo", (project) => film.call("history/undo", { project })),
    on("redo", (project) => film.call("history/redo", { project })),
    on("checkpoint", async (project) => {
      const name = await vscode.window.showInputBox({ prompt: "What to call the film as it is now" });
      if (name) {
        await film.call("checkpoint/create", { project, name });
      }
    }),
    on("storyboard", async (project) => {
      const { path } = await film.call<{ path: string }>("export/storyboard", { project });
      const open = "Open";
      if ((await vscode.window.showInformationMessage(`Written: ${path}`, open)) === open) {
        await vscode.env.openExternal(vscode.Uri.file(path));
      }
    }),
  ];
}

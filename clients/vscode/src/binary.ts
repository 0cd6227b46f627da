// Where the program is, and what to do if it is nowhere.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import * as vscode from "vscode";

const run = promisify(execFile);

/** The program, if it runs. Says what to do if it does not. */
export async function find(path: string): Promise<string | undefined> {
  try {
    await run(path, ["--version"]);
    return path;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const settings = "Say Where";
    const help = "How to Get It";
    const message = `StoryCore: the program ${path} does not run (${why}). Colors work without it, the rest does not.`;
    // Not waited for: the window must not hang on a question.
    void vscode.window.showErrorMessage(message, settings, help).then((answer) => {
      if (answer === settings) {
        void vscode.commands.executeCommand("workbench.action.openSettings", "storycore.path");
      } else if (answer === help) {
        void vscode.commands.executeCommand("workbench.action.openWalkthrough", "storycore.storycore#start");
      }
    });
    return undefined;
  }
}

// The extension's life: finds the program, starts the language client, and adds what VS Code has no
// standard for: the tree of the film, the shot under the cursor, the board, the status bar, commands.

import * as vscode from "vscode";
import { LanguageClient, RevealOutputChannelOn, type ServerOptions } from "vscode-languageclient/node";

import { find } from "./binary";
import { Board } from "./board";
import { commands } from "./commands";
import { Cursor } from "./cursor";
import { Film } from "./film";
import { Preview } from "./preview";
import { Status } from "./status";
import { FilmTree } from "./tree";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("StoryCore");
  context.subscriptions.push(output);
  const film = new Film(() => client);
  const tree = new FilmTree(film);
  const cursor = new Cursor(film);
  const board = new Board(film, cursor, context.globalStorageUri);
  const preview = new Preview(film, cursor, vscode.Uri.joinPath(context.extensionUri, "media"));
  context.subscriptions.push(
    film,
    cursor,
    board,
    preview,
    new Status(film),
    vscode.window.registerWebviewViewProvider("storycore.shot", preview),
    vscode.window.createTreeView("storycore.film", { treeDataProvider: tree, showCollapseAll: true }),
    vscode.commands.registerCommand("storycore.restart", () => start(context, output, film)),
    ...commands(film, board),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("storycore.path") || change.affectsConfiguration("storycore.inProcess")) {
        void vscode.commands.executeCommand("storycore.restart");
      }
    }),
  );
  await start(context, output, film);
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

async function start(
  context: vscode.ExtensionContext,
  output: vscode.OutputChannel,
  film: Film,
): Promise<void> {
  await client?.stop().catch(() => undefined);
  client = undefined;
  const settings = vscode.workspace.getConfiguration("storycore");
  const program = await find(settings.get("path", "storycore"));
  if (program === undefined) {
    return;
  }
  const args = settings.get("inProcess", false) ? ["lsp", "--in-process"] : ["lsp"];
  const server: ServerOptions = { command: program, args };
  client = new LanguageClient("storycore", "StoryCore", server, {
    documentSelector: [
      { scheme: "file", language: "fountain" },
      { scheme: "file", pattern: "**/bible/**/*.toml" },
      { scheme: "file", pattern: "**/storycore.toml" },
    ],
    outputChannel: output,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    markdown: { isTrusted: true, supportHtml: false },
  });
  context.subscriptions.push(client);
  await client.start();
  film.connected();
}

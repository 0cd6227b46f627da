// A film, the language server, and the connection that Visual Studio Code would make to it.
import { spawn, type ChildProcess } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";
import {
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DocumentSymbolRequest,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  SymbolKind,
  type ClientCapabilities,
  type Diagnostic,
  type DocumentSymbol,
  type InitializeResult,
  type Position,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type Range,
} from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Methods } from "../../../clients/typescript/src/generated.ts";

/** How long something may take before a test fails, in milliseconds. */
const WAIT_MS = 20_000;

/** What `cargo xtask test` gives the tests. */
function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`cargo xtask test\``);
  return value;
}

/** The words of a problem, which may be Markdown since LSP 3.18. */
export function told(problem: Diagnostic): string {
  return typeof problem.message === "string" ? problem.message : problem.message.value;
}

/** What a full editor understands. */
const abilities: ClientCapabilities = {
  window: { showDocument: { support: true } },
  workspace: { workspaceEdit: { documentChanges: true } },
  textDocument: {
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix", "source"] } } },
  },
};

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`it took longer than ${WAIT_MS} ms: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Folders of a user who has nothing but films, and the daemon that the first editor starts. */
export class Sandbox {
  readonly folder: string;
  #films = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Sandbox> {
    // Sockets have short paths.
    return new Sandbox(await realpath(await mkdtemp(join(tmpdir(), "sc"))));
  }

  /** A copy of the sample film; its script may be another. */
  async film(script?: string): Promise<string> {
    this.#films += 1;
    const film = join(this.folder, `film-${this.#films}`);
    const isMade = (path: string) => path.endsWith("/.storycore") || path.endsWith("/exports");
    const sample = new URL("../../films/high-water", import.meta.url).pathname;
    await cp(sample, film, { recursive: true, filter: (path) => !isMade(path) });
    if (script !== undefined) await writeFile(join(film, "script/high-water.fountain"), script);
    return film;
  }

  start(): ChildProcess {
    const folders = { RUNTIME: "run", STATE: "state", CONFIG: "config" };
    const own = Object.entries(folders).map(([name, to]) => [`STORYCORE_${name}_DIR`, join(this.folder, to)]);
    const env = { ...process.env, ...Object.fromEntries(own) };
    return spawn(variable("STORYCORE_TEST_BINARY"), ["lsp"], { env, stdio: ["pipe", "pipe", "inherit"] });
  }

  async close(): Promise<void> {
    const run = join(this.folder, "run");
    const names = await readdir(run).catch(() => []);
    for (const name of names.filter((it) => it.endsWith(".json"))) {
      const { pid } = JSON.parse(await readFile(join(run, name), "utf8")) as { pid: number };
      process.kill(pid, "SIGKILL");
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** An editor with one script of a film, and the text that it thinks the server has. */
export class Editor {
  readonly connection: ProtocolConnection;
  readonly film: string;
  readonly uri: string;
  /** Everything that was told of problems, in order. */
  readonly published: PublishDiagnosticsParams[] = [];
  text: TextDocument;
  offered: InitializeResult["capabilities"] = {};
  readonly #server: ChildProcess;

  constructor(server: ChildProcess, film: string) {
    const { stdin, stdout } = server;
    if (!stdin || !stdout) throw new Error("the server has no pipes");
    this.#server = server;
    this.film = film;
    this.uri = pathToFileURL(this.script).href;
    this.text = TextDocument.create(this.uri, "fountain", 0, "");
    this.connection = createProtocolConnection(new StreamMessageReader(stdout), new StreamMessageWriter(stdin));
    this.connection.onNotification(PublishDiagnosticsNotification.type, (it) => void this.published.push(it));
    this.connection.listen();
  }

  get script(): string {
    return join(this.film, "script/high-water.fountain");
  }

  get document() {
    return { uri: this.uri };
  }

  async begin(capabilities: ClientCapabilities = abilities): Promise<void> {
    const name = "Visual Studio Code";
    const params = { processId: process.pid, rootUri: pathToFileURL(this.film).href, capabilities, clientInfo: { name } };
    const began = await this.connection.sendRequest(InitializeRequest.type, params);
    this.offered = began.capabilities;
    await this.connection.sendNotification(InitializedNotification.type, {});
  }

  /** Opens the script as it is on disk. */
  async open(): Promise<void> {
    const text = await readFile(this.script, "utf8");
    this.text = TextDocument.create(this.uri, "fountain", 1, text);
    const textDocument = { uri: this.uri, languageId: "fountain", version: 1, text };
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
  }

  /** Replaces a part of the text, here and there. */
  async type(range: Range, text: string): Promise<void> {
    const version = this.text.version + 1;
    const contentChanges = [{ range, text }];
    this.text = TextDocument.update(this.text, contentChanges, version);
    const textDocument = { uri: this.uri, version };
    await this.connection.sendNotification(DidChangeTextDocumentNotification.type, { textDocument, contentChanges });
  }

  /** The position of some words, or so many units of UTF-16 into them. */
  place(words: string, into = 0): Position {
    const offset = this.text.getText().indexOf(words);
    if (offset < 0) throw new Error(`the script has no “${words}”`);
    return this.text.positionAt(offset + into);
  }

  /** The range of some words. */
  span(words: string): Range {
    return { start: this.place(words), end: this.place(words, words.length) };
  }

  /** What is told of this version of the text. */
  async problems(): Promise<Diagnostic[]> {
    const ofThis = (it: PublishDiagnosticsParams) => it.uri === this.uri && it.version === this.text.version;
    await until(() => this.published.some(ofThis));
    return this.published.findLast(ofThis)?.diagnostics ?? [];
  }

  /** The names of all scenes. */
  async scenes(): Promise<string[]> {
    const found = await this.connection.sendRequest(DocumentSymbolRequest.type, { textDocument: this.document });
    const scenes = (symbol: DocumentSymbol): DocumentSymbol[] =>
      symbol.kind === SymbolKind.Module ? (symbol.children ?? []).flatMap(scenes) : [symbol];
    return ((found ?? []) as DocumentSymbol[]).flatMap(scenes).map((it) => it.name);
  }

  /** Calls a method of StoryCore's own on the same connection. */
  call<M extends keyof Methods>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]> {
    return this.connection.sendRequest<Methods[M]["result"]>(method, params);
  }

  /** The film that the script is part of, as StoryCore calls it. */
  async project(): Promise<string> {
    const found = (await this.call("project/list", {})).find((it) => it.path === this.film);
    if (!found) throw new Error("the film is not open");
    return found.id;
  }

  /** Leaves as LSP asks for; what the server ended with. Nobody closes its stdin. */
  async leave(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.#server.once("exit", resolve));
    await this.connection.sendRequest(ShutdownRequest.type);
    await this.connection.sendNotification(ExitNotification.type);
    return ended;
  }

  /** Ends it, whatever it is doing. */
  close(): void {
    this.connection.dispose();
    this.#server.kill();
  }
}

// Where the film's scripts are written: an editor for each, kept with all its words while the page is
// open, whether it is in sight or not.
import { RpcError, type GlobalState, type Methods, type ScriptText, type ShotId, type WrittenScript } from "@storycore/client";
import type { LSPClient } from "@codemirror/lsp-client";
import { EditorView, type ViewUpdate } from "@codemirror/view";

import { problemOf, type Problem, type Session } from "../connection/session.ts";
import { createStore, type Store } from "../store.ts";
import { createDraft, type Draft, type DraftState, type Elsewhere, type Saved } from "./draft.ts";
import { createEditor, sheetOf } from "./editor/view.ts";
import { createLanguageClient, speak } from "./language/client.ts";
import { joining } from "./language/actions.ts";
import { changesOf, type FileEdits } from "./language/edit.ts";
import type { Host } from "./language/host.ts";
import { partOf, placeAt, scenesIn, setOutline, setSelected, type ShotPlace } from "./language/outline.ts";
import { pathIn, uriOf } from "./uri.ts";

export interface DeskState {
  /** The script in sight. */
  readonly path: string | null;
  /** How it stands with it. */
  readonly draft: DraftState | null;
  /** Scripts with words that are not on disk. */
  readonly unsaved: readonly string[];
  /** Why the script could not be opened. */
  readonly problem: Problem | null;
}

export interface Desk {
  readonly state: Store<DeskState>;
  /** Puts the editor into the page, until the answer is called. */
  attach(place: HTMLElement, onShot: (shot: ShotId) => void): () => void;
  show(path: string): Promise<void>;
  /** Marks a shot's words and brings them into sight. */
  reveal(shot: ShotId): void;
  focus(): void;
  text(): string;
  save(): void;
  keepMine(): void;
  takeTheirs(): void;
  /** Joins both versions, if they changed different lines; `null` if they did not. */
  joining(): Promise<(() => void) | null>;
  settle(text: string): void;
}

interface Opened {
  readonly uri: string;
  readonly path: string;
  readonly view: EditorView;
  readonly draft: Draft;
}

const desks = new WeakMap<Session, Desk>();

/** There is one for as long as the page is open. */
export function deskOf(session: Session): Desk {
  const desk = desks.get(session) ?? createDesk(session);
  desks.set(session, desk);
  return desk;
}

class FilmDesk implements Desk {
  readonly #session: Session;
  readonly #project: string;
  readonly #element = document.createElement("div");
  readonly #root: ShadowRoot;
  readonly #client: LSPClient;
  readonly #host: Host;
  readonly #opened = new Map<string, Promise<Opened>>();
  readonly #open = new Map<string, Opened>();
  readonly #state = createStore<DeskState>({ path: null, draft: null, unsaved: [], problem: null });
  #folder: Promise<string> | null = null;
  #shown: Opened | null = null;
  /** The script that is to be in sight, as soon as it is open. */
  #path: string | null = null;
  #shot: ShotId | null = null;
  #speaks = false;
  #scroll: ReturnType<EditorView["scrollSnapshot"]> | null = null;
  /** Whether its words are to be brought into sight when it is known where they are. */
  #waiting = false;
  /** The shot that the cursor was put into. */
  #own: ShotId | null = null;
  #onShot: (shot: ShotId) => void = () => {};

  constructor(session: Session, project: string) {
    this.#session = session;
    this.#project = project;
    this.#element.className = "write-host";
    this.#root = this.#element.attachShadow({ mode: "open" });
    // Keys that are pressed here are the writer's, not the board's.
    this.#element.addEventListener("keydown", (event) => event.stopPropagation());
    this.#client = createLanguageClient({ display: (uri) => this.#display(uri), onMessage: session.say });
    this.#host = {
      call: (method, params) => void session.attempt(method as keyof Methods, params as never),
      editElsewhere: (changes) => this.#editElsewhere(changes),
      say: session.say,
      complain: (message) => session.complain({ message, hint: null }),
      save: () => this.save(),
    };
    session.film.subscribe(() => this.#open.forEach(({ draft }) => void draft.look().catch(() => {})));
    window.addEventListener("beforeunload", (event) => {
      if (this.#state.get().unsaved.length > 0) event.preventDefault();
    });
  }

  get state() {
    return this.#state;
  }

  attach(place: HTMLElement, onShot: (shot: ShotId) => void) {
    this.#onShot = onShot;
    place.append(this.#element);
    this.#speak();
    this.#shown?.view.requestMeasure();
    if (this.#scroll) this.#shown?.view.dispatch({ effects: this.#scroll });
    return () => {
      // What is not in the page does not remember how far it was scrolled.
      this.#scroll = this.#shown?.view.scrollSnapshot() ?? null;
      this.#element.remove();
      this.#onShot = () => {};
    };
  }

  /** From when it is first wanted: the others see what is unsaved, whether the editor is in sight or not. */
  #speak() {
    const { language, client: name } = this.#session;
    if (this.#speaks || language === null) return;
    this.#speaks = true;
    const ending = (uri: string) => [...this.#open.values()].find((it) => it.uri === uri)?.draft.ending ?? "\n";
    speak(this.#client, language(), { name, ending });
  }

  async show(path: string) {
    this.#path = path;
    try {
      const opened = await this.#take(path);
      if (this.#path !== path || this.#shown === opened) return;
      this.#shown = opened;
      this.#root.replaceChildren(opened.view.dom);
      this.#tell(null);
      this.#find();
    } catch (error) {
      this.#opened.delete(path);
      if (this.#path === path) this.#tell(problemOf(error));
    }
  }

  reveal(shot: ShotId) {
    // Where the writer is by now is not left for what was selected before.
    if (shot === this.#shot) return;
    this.#shot = shot;
    const scene = this.#film()?.shots[shot]?.sceneId;
    const path = scene === undefined ? undefined : this.#film()?.scenes[scene]?.script;
    if (path !== undefined && path !== this.#path) void this.show(path);
    else this.#find();
  }

  /** Marks the selected shot's words in the script in sight, and brings them there unless `quiet`. */
  #find(quiet = false) {
    const [film, shown, shot] = [this.#film(), this.#shown, this.#shot];
    const scene = shot === null ? undefined : film?.shots[shot]?.sceneId;
    const path = scene === undefined ? undefined : film?.scenes[scene]?.script;
    if (film === undefined || shot === null || scene === undefined || path === undefined) return;
    const place = { scene: film.scripts[path]?.scenes.indexOf(scene) ?? -1, shot: film.scenes[scene]?.shots.indexOf(shot) ?? -1 };
    if (shown === null || shown.path !== path || place.scene < 0) return;
    // With scenes that are not saved yet, counting leads nowhere.
    const part = this.#agrees(shown) ? partOf(shown.view.state, place) : null;
    if (!quiet) this.#waiting = part === null;
    if (part === null) return;
    const mark = setSelected.of(place);
    // The cursor came there by itself.
    if (quiet || shot === this.#own) return shown.view.dispatch({ effects: mark });
    const sight = EditorView.scrollIntoView(part.from, { y: "start", yMargin: 90 });
    const box = shown.view.scrollDOM.getBoundingClientRect();
    const at = shown.view.coordsAtPos(part.from);
    const inSight = at !== null && at.top > box.top + 24 && at.bottom < box.bottom - 60;
    shown.view.dispatch({ selection: { anchor: part.from }, effects: inSight ? mark : [mark, sight] });
  }

  focus() {
    this.#shown?.view.focus();
  }

  text() {
    return this.#shown?.view.state.doc.toString() ?? "";
  }

  save() {
    void this.#save((draft) => draft.save());
  }

  keepMine() {
    void this.#save((draft) => draft.keepMine());
  }

  takeTheirs() {
    this.#shown?.draft.takeTheirs();
    this.focus();
    this.#session.say("This is what is on disk. Undo brings your words back.");
  }

  async joining() {
    const shown = this.#shown;
    const deed = shown && (await joining(shown.view));
    if (!deed) return null;
    return () =>
      void deed.run().then(() => {
        shown.draft.joined();
        this.focus();
        this.#session.say("Both are in the script now. Look it through, then save.");
      });
  }

  settle(text: string) {
    void this.#save((draft) => draft.settle(text));
  }

  async #save(how: (draft: Draft) => Promise<Saved>) {
    const { say, complain, connection } = this.#session;
    if (this.#shown === null) return;
    try {
      const saved = await how(this.#shown.draft);
      if (typeof saved === "object") {
        say(`${saved.inEditor} has this script open with unsaved words. Yours were put there: save it there, too.`);
      } else if (saved === "saved") say("Saved.");
      else if (saved === "nothing" && !this.#shown.draft.state.get().saving) say("Everything is saved already.");
    } catch (error) {
      const lost = { message: "Nothing was saved: the daemon does not answer.", hint: "Your words stay here. Save again when the page is connected." };
      complain(connection.get().state === "open" ? problemOf(error) : lost);
    }
    this.focus();
  }

  #take(path: string): Promise<Opened> {
    const taken = this.#opened.get(path) ?? this.#begin(path);
    this.#opened.set(path, taken);
    return taken;
  }

  async #begin(path: string): Promise<Opened> {
    const [folder, first] = await Promise.all([this.#folderOf(), this.#read(path)]);
    const uri = uriOf(folder, path);
    const view = createEditor({
      text: first.text,
      uri,
      language: this.#session.film.get()?.project.settings.languages[0],
      root: this.#root,
      client: this.#client,
      host: this.#host,
      onUpdate: (update) => this.#updated(path, update),
    });
    const draft = createDraft(first, sheetOf(view), {
      hash: () => this.#session.film.get()?.project.scripts[path]?.hash,
      read: () => this.#read(path),
      write: (ifHash, text) => this.#write(path, ifHash, text),
    });
    const opened = { path, uri, view, draft };
    this.#open.set(path, opened);
    draft.state.subscribe(() => this.#tell(this.#state.get().problem));
    void draft.look().catch(() => {});
    return opened;
  }

  #folderOf(): Promise<string> {
    this.#folder ??= this.#session.call("project/get", { project: this.#project }).then((it) => it.path);
    this.#folder.catch(() => (this.#folder = null));
    return this.#folder;
  }

  async #read(path: string) {
    const { script, text }: ScriptText = await this.#session.call("script/get", { project: this.#project, path });
    return { hash: script.hash, text };
  }

  // On the language server's connection, where what was typed last is known before: a text that grew
  // beyond what is written would be in the way of it.
  async #write(path: string, ifHash: string, text: string): Promise<string | Elsewhere> {
    const params = { project: this.#project, path, ifHash, text };
    this.#client.sync();
    const asked = this.#client.request<object, WrittenScript>("script/write", params);
    const { hash, inEditor } = await asked.catch((error: unknown) => {
      throw isRefusal(error) ? new RpcError(error) : error;
    });
    return inEditor == null ? hash : { inEditor };
  }

  #tell(problem: Problem | null) {
    const unsaved = [...this.#open.values()].filter((it) => it.draft.state.get().unsaved).map((it) => it.path);
    this.#state.set({ path: this.#path, draft: this.#shown?.draft.state.get() ?? null, unsaved, problem });
  }

  #updated(path: string, update: ViewUpdate) {
    const opened = this.#open.get(path);
    if (opened === undefined) return;
    if (update.docChanged) opened.draft.touched();
    // Who has begun elsewhere is not torn away.
    if (update.transactions.some((it) => it.isUserEvent("input") || it.isUserEvent("select"))) this.#waiting = false;
    const told = update.transactions.some((it) => it.effects.some((effect) => effect.is(setOutline)));
    if (told) this.#find(!this.#waiting);
    if (update.selectionSet && update.view.hasFocus && opened === this.#shown) this.#moved(opened);
  }

  /** The cursor is in other words: their shot becomes the selected one. */
  #moved(opened: Opened) {
    const place = this.#agrees(opened) ? placeAt(opened.view.state, opened.view.state.selection.main.head) : null;
    const shot = place && this.#shotAt(opened.path, place);
    if (shot === null || shot === this.#shot) return;
    this.#own = shot;
    this.#onShot(shot);
    this.#own = null;
  }

  #agrees({ path, view }: Opened): boolean {
    return this.#film()?.scripts[path]?.scenes.length === scenesIn(view.state);
  }

  #shotAt(path: string, { scene, shot }: ShotPlace): ShotId | null {
    const film = this.#film();
    const id = film?.scripts[path]?.scenes[scene];
    return (id === undefined ? undefined : film?.scenes[id]?.shots[shot]) ?? null;
  }

  /** As the board shows it: with what is typed. */
  #film(): GlobalState["project"] | undefined {
    return (this.#session.draft.get()?.state ?? this.#session.film.get())?.project;
  }

  async #display(uri: string): Promise<EditorView | null> {
    const path = pathIn(await this.#folderOf(), uri);
    if (path === null || this.#session.film.get()?.project.scripts[path] === undefined) {
      this.#session.say(`That stands in ${path ?? uri}, which is no script.`);
      return null;
    }
    await this.show(path);
    return this.#shown?.path === path ? this.#shown.view : null;
  }

  async #editElsewhere(changes: Readonly<Record<string, FileEdits>>): Promise<readonly string[]> {
    const folder = await this.#folderOf();
    const left: string[] = [];
    for (const [uri, { edits }] of Object.entries(changes)) {
      const path = pathIn(folder, uri);
      const isScript = path !== null && this.#session.film.get()?.project.scripts[path] !== undefined;
      const opened = isScript ? await this.#take(path).catch(() => null) : null;
      if (opened) opened.view.dispatch({ changes: changesOf(opened.view.state.doc, edits) });
      else left.push(path ?? uri);
    }
    return left;
  }
}

function isRefusal(error: unknown): error is ConstructorParameters<typeof RpcError>[0] {
  return typeof error === "object" && error !== null && "data" in error && "code" in error;
}

function createDesk(session: Session): Desk {
  if (session.project === null) throw new Error("no film to write");
  return new FilmDesk(session, session.project);
}

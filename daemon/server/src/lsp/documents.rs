//! What one editor has open, and what it is told by itself.

use std::{
    collections::{BTreeSet, HashMap},
    ffi::OsStr,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use storycore_schema::id::{BlobId, ProjectId};
use tracing::warn;

use tower_lsp_server::{
    Client,
    ls_types::{
        Diagnostic, DidChangeTextDocumentParams, MessageType, PublishDiagnosticsParams,
        TextDocumentContentChangeEvent, TextDocumentItem, Uri,
    },
};

use super::{
    diagnostics,
    document::Document,
    draft::OpenDocument,
    news::{self, NewsAbilities},
    place::Encoding,
    tokens,
};
use crate::{
    daemon::Daemon,
    drafts::OpenText,
    films::OpenFilm,
    folder::{FILM_MARKS, FilmFolder, film_above},
    offload::blocking,
    outbox::{Outbox, note_text},
    owner::Origin,
    session::correlation::Correlation,
};

/// How many scripts one editor may have open, in scripts.
const DOCUMENTS_MAX: usize = 200;

/// A key in a text up to this length is taken in place, in bytes: a change of threads takes longer.
const QUICK_BYTES_MAX: usize = 512 << 10;

/// One editor's session.
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) daemon: Arc<Daemon>,
    /// Ends with the session.
    outbox: Arc<Outbox>,
    pub(super) name: Arc<str>,
    pub(super) correlation: Correlation,
    pub(super) editor: OnceLock<Editor>,
    documents: Mutex<HashMap<Uri, Document>>,
    /// The colors that were told last of each document.
    pub(super) colors: Mutex<HashMap<Uri, tokens::Told>>,
    /// Counts them.
    pub(super) color_ids: AtomicU64,
    /// Films whose changes are told.
    followed: Mutex<Vec<ProjectId>>,
    /// Texts that could not be kept when that was tried last, by film and path.
    unkept: Mutex<BTreeSet<(ProjectId, String)>>,
    /// Whether the editor has said that it is about to leave.
    pub(super) is_shut_down: AtomicBool,
}

/// What was agreed on with the editor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Editor {
    pub(super) encoding: Encoding,
    /// Whether a picture in a hover is shown, and not its bytes.
    pub(super) shows_pictures: bool,
    /// How it reads what it shows.
    pub(super) shows: ShowAbilities,
    /// What a change of files may say.
    pub(super) edits: EditAbilities,
    /// What it is told of by itself.
    pub(super) news: NewsAbilities,
}

/// How an editor reads what it shows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ShowAbilities {
    /// It opens files and pages that the server names.
    pub(super) documents: bool,
    /// Symbols may hold others.
    pub(super) nested_symbols: bool,
    /// Hovers are plain text, and not Markdown.
    pub(super) plain_hovers: bool,
}

/// What an editor understands of a change of files.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct EditAbilities {
    /// Changes may say of which version of a text they speak.
    pub(super) versions: bool,
    /// Files may be made.
    pub(super) creates: bool,
    /// Changes may say why, and be asked about one by one.
    pub(super) annotates: bool,
    /// Templates with places to fill in.
    pub(super) snippets: bool,
    /// Code actions, and not commands alone.
    pub(super) actions: bool,
}

impl Shared {
    /// Nothing is open yet.
    pub(super) fn new(
        client: Client,
        daemon: Arc<Daemon>,
        outbox: Arc<Outbox>,
        name: Arc<str>,
    ) -> Shared {
        Shared {
            client,
            daemon,
            outbox,
            name,
            correlation: Correlation::new(),
            editor: OnceLock::new(),
            documents: Mutex::default(),
            colors: Mutex::default(),
            color_ids: AtomicU64::new(1),
            followed: Mutex::default(),
            unkept: Mutex::default(),
            is_shut_down: AtomicBool::new(false),
        }
    }

    pub(super) fn editor(&self) -> Editor {
        let usual = Editor {
            encoding: Encoding::Utf16,
            shows_pictures: false,
            shows: ShowAbilities::default(),
            edits: EditAbilities::default(),
            news: NewsAbilities::default(),
        };
        self.editor.get().copied().unwrap_or(usual)
    }

    /// An open document. One whose film was closed has none until that is open again.
    pub(super) fn document(self: &Arc<Shared>, uri: &Uri) -> Option<Document> {
        let document = self.documents().get(uri).cloned()?;
        if !document.film.closing.is_cancelled() {
            return Some(document);
        }
        let film = self.daemon.film(document.film.id).ok()?;
        let document = document.of(film.clone());
        if let Some(kept) = self.documents().get_mut(uri) {
            *kept = document.clone();
        }
        self.follow(&film);
        Some(document)
    }

    /// Every document of a film that is open.
    pub(super) fn documents_of(&self, film: ProjectId) -> Vec<Document> {
        let documents = self.documents();
        let of_film = documents.values().filter(|it| it.film.id == film);
        of_film.cloned().collect()
    }

    /// Every film that a document is open of, each once.
    pub(super) fn films(&self) -> Vec<Arc<OpenFilm>> {
        let mut films: Vec<Arc<OpenFilm>> = Vec::new();
        for document in self.documents().values() {
            if films.iter().all(|it| it.id != document.film.id) {
                films.push(document.film.clone());
            }
        }
        films
    }

    pub(super) fn documents(&self) -> MutexGuard<'_, HashMap<Uri, Document>> {
        self.documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the film that a script is part of.
    pub(super) async fn open(self: &Arc<Shared>, item: TextDocumentItem) -> Result<(), String> {
        if self.documents().len() >= DOCUMENTS_MAX {
            return Err(format!(
                "{DOCUMENTS_MAX} scripts are open; close some first"
            ));
        }
        let bytes_max = self.daemon.limits.script_bytes_max;
        if item.text.len() as u64 > bytes_max {
            return Err(format!(
                "the script is longer than the limit script_bytes_max of {bytes_max}"
            ));
        }
        let path = item.uri.to_file_path().map(std::borrow::Cow::into_owned);
        let path = path.ok_or("only files on this machine have a film")?;
        let path = path.canonicalize().unwrap_or(path);
        let origin = Origin {
            actor: self.name.clone(),
            correlation_id: self.correlation.next(),
        };
        let Some(film) = film_of(&path) else {
            // A file of somebody else's that an editor takes for ours.
            return Ok(());
        };
        let film = film.to_string_lossy().into_owned();
        let opened = self.daemon.films.open(&film, None, origin);
        let film = opened.await.and_then(|it| self.daemon.film(it.id));
        let film = film.map_err(|error| match error.hint {
            Some(hint) => format!("{}; {hint}", error.message),
            None => error.message,
        })?;
        let Some(kind) = film.folder.kind_of(&path) else {
            return Ok(());
        };
        let inside = path.strip_prefix(&film.folder.root);
        let inside = inside.map_err(|_| "the script is outside its film's folder")?;
        let inside = inside
            .to_string_lossy()
            .replace(std::path::MAIN_SEPARATOR, "/");
        let uri = item.uri.clone();
        let (version, text, of) = (item.version, item.text, film.clone());
        let document =
            blocking(move || Document::new(item.uri, of, (inside, kind), version, &text)).await;
        let document = document.map_err(|error| error.message)?;
        let (drafts, opened) = (film.drafts.clone(), document.clone());
        let forgotten = blocking(move || {
            if let Some(saved) = opened.saved_hash() {
                drafts.forget_saved(&opened.path, saved);
            }
        });
        forgotten.await.map_err(|error| error.message)?;
        self.documents().insert(uri, document);
        self.follow(&film);
        Ok(())
    }

    /// Tells of problems anew whenever the film goes on.
    fn follow(self: &Arc<Shared>, film: &Arc<OpenFilm>) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if followed.contains(&film.id) {
            return;
        }
        followed.push(film.id);
        news::follow(self, film, &self.outbox);
        let (shared, film) = (Arc::downgrade(self), film.clone());
        let outbox = self.outbox.clone();
        tokio::spawn(async move {
            let mut commits = film.bus.watch();
            let mut left = film.drafts.watch();
            loop {
                tokio::select! {
                    changed = commits.changed() => if changed.is_err() { break },
                    changed = left.changed() => if changed.is_err() { break },
                    () = film.closing.cancelled() => break,
                    () = outbox.closed() => break,
                }
                let Some(shared) = shared.upgrade() else {
                    break;
                };
                for document in shared.documents_of(film.id) {
                    shared.diagnose(&document.uri).await;
                }
            }
            if let Some(shared) = shared.upgrade() {
                let followed = shared.followed.lock();
                let mut followed = followed.unwrap_or_else(PoisonError::into_inner);
                followed.retain(|it| *it != film.id);
            }
        });
    }

    /// Tells what is wrong in a document as it is now.
    pub(super) async fn diagnose(self: &Arc<Shared>, uri: &Uri) {
        let Some(document) = self.document(uri) else {
            return;
        };
        let encoding = self.editor().encoding;
        let shared = self.clone();
        // Told by the thread that finds it: to wake another one takes its time, too.
        let untold = blocking(move || {
            let found = diagnostics::of(&document, encoding);
            let document = shared.saved(document);
            let version = document.version;
            // Another version has come meanwhile, and tells for itself.
            let now = shared.document(&document.uri);
            if now.is_none_or(|it| it.version != version) {
                return None;
            }
            let message = problems_text(document.uri.clone(), found, Some(version));
            if !shared.may_tell() {
                return None;
            }
            if shared.outbox.notify(&message).is_err() {
                return Some((message, document));
            }
            shared.show(document);
            None
        });
        let Ok(Some((message, document))) = untold.await else {
            return;
        };
        if self.outbox.reply(message).await {
            let shared = self.clone();
            let shown = blocking(move || shared.show(document)).await;
            shown.unwrap_or_else(|error| warn!(%error, "a draft was not shown"));
        }
    }

    /// Tells that there are no problems in a text any more.
    pub(super) async fn tell_no_problems(&self, uri: Uri) {
        if self.may_tell() {
            let message = problems_text(uri, Vec::new(), None);
            self.outbox.reply(message).await;
        }
    }

    /// Who has said goodbye is told nothing any more (LSP 3.17, `shutdown`).
    fn may_tell(&self) -> bool {
        !self.is_shut_down.load(Ordering::Relaxed)
    }

    /// A document, which has been saved if its file says the same.
    fn saved(&self, mut document: Document) -> Document {
        let saved = document.saved_hash();
        if saved == Some(document.hash) && document.base != saved {
            document.base = saved;
            let mut documents = self.documents();
            let kept = documents.get_mut(&document.uri);
            if let Some(kept) = kept.filter(|it| it.version == document.version) {
                kept.base = saved;
            }
        }
        document
    }

    /// Shows what was typed and not saved to the others, and keeps it; or says that there is nothing
    /// any more. Blocks.
    fn show(self: &Arc<Shared>, document: Document) {
        let drafts = document.film.drafts.clone();
        // What was typed since tells for itself; an older text must not take that away.
        let is_current = |it: &Document| it.version == document.version;
        if !self.documents().get(&document.uri).is_some_and(is_current) {
            return;
        }
        if !document.is_draft() {
            return drafts.settle(&self.name, &document.path);
        }
        let path = document.path.clone();
        let open: Arc<dyn OpenText> = Arc::new(OpenDocument {
            shared: Arc::downgrade(self),
            client: self.name.clone(),
            document,
        });
        drafts.note(&self.name, &path, &open);
        // The session may have ended, or the text been closed, just now.
        let is_open = self.documents().values().any(|it| it.path == path);
        if !is_open && self.has_ended() {
            drafts.leave(&self.name, &[]);
        } else if !is_open {
            drafts.settle(&self.name, &path);
        }
    }

    /// A document was saved; `replaced` is what somebody else had written to its file meanwhile.
    pub(super) async fn after_save(
        self: &Arc<Shared>,
        document: Document,
        replaced: Option<BlobId>,
    ) {
        let (drafts, saved) = (document.film.drafts.clone(), document.clone());
        let forgotten = blocking(move || drafts.forget_saved(&saved.path, saved.hash));
        forgotten
            .await
            .unwrap_or_else(|error| warn!(%error, "a draft was not forgotten"));
        if replaced.is_some() && document.saved_hash() != replaced {
            let message = format!(
                "{} had been changed on disk meanwhile, and your save replaced that. It is kept in \
                 the film's history, from where it can be brought back.",
                document.path
            );
            let shown = self.client.show_message(MessageType::WARNING, message);
            shown.await;
        }
        self.diagnose(&document.uri).await;
    }

    /// Notes whether a text cannot be kept; whether that is the first one of its film, which is all
    /// that a person must hear.
    pub(super) fn is_news(&self, document: &Document, is_unkept: bool) -> bool {
        let mut unkept = self.unkept.lock().unwrap_or_else(PoisonError::into_inner);
        let film = document.film.id;
        let is_first = !unkept.iter().any(|it| it.0 == film);
        let key = (film, document.path.clone());
        if is_unkept {
            unkept.insert(key);
        } else {
            unkept.remove(&key);
        }
        is_unkept && is_first
    }

    /// Whether the session ended without a word.
    fn has_ended(&self) -> bool {
        self.outbox.is_closed() && !self.is_shut_down.load(Ordering::Relaxed)
    }

    /// A text is no longer open; what was not saved was given up.
    pub(super) async fn close(&self, uri: &Uri) {
        let Some(document) = self.documents().remove(uri) else {
            return;
        };
        self.is_news(&document, false);
        let name = self.name.clone();
        let settled = blocking(move || document.film.drafts.settle(&name, &document.path)).await;
        settled.unwrap_or_else(|error| warn!(%error, "a draft was not settled"));
    }

    /// The session has ended. Who said goodbye has nothing to keep; of others, what was typed is.
    pub(super) fn end(&self) {
        let documents = std::mem::take(&mut *self.documents());
        for document in documents.values() {
            let drafts = &document.film.drafts;
            if self.is_shut_down.load(Ordering::Relaxed) {
                drafts.settle(&self.name, &document.path);
            } else if document.is_draft() {
                let unsaved = (document.path.clone(), document.script.text());
                drafts.leave(&self.name, &[unsaved]);
            }
        }
    }

    /// Takes changes of a text, and tells of its problems when no other change follows at once.
    pub(super) async fn change(self: &Arc<Shared>, params: DidChangeTextDocumentParams) {
        let (uri, version) = (params.text_document.uri, params.text_document.version);
        let encoding = self.editor().encoding;
        let Some(mut document) = self.documents().get(&uri).cloned() else {
            return;
        };
        // Changes of one session come one after the other, so nobody else changes it meanwhile.
        let is_small = |it: &TextDocumentContentChangeEvent| it.range.is_some();
        let is_quick = document.script.len() <= QUICK_BYTES_MAX;
        if is_quick && params.content_changes.iter().all(is_small) {
            document.change(version, params.content_changes, encoding);
        } else {
            let changed = blocking(move || {
                document.change(version, params.content_changes, encoding);
                document
            });
            let Ok(changed) = changed.await else { return };
            document = changed;
        }
        let bytes_max = self.daemon.limits.script_bytes_max;
        if document.script.len() as u64 > bytes_max {
            self.documents().remove(&uri);
            let message = format!(
                "{} is longer than the limit script_bytes_max of {bytes_max}; it is not looked at \
                 any more until it is opened again",
                document.path
            );
            self.client
                .show_message(MessageType::WARNING, message)
                .await;
            return;
        }
        if let Some(kept) = self.documents().get_mut(&uri) {
            *kept = document;
        }
        let shared = self.clone();
        tokio::spawn(async move {
            let is_last = |it: &Document| it.version == version;
            if shared.documents().get(&uri).is_some_and(is_last) {
                shared.diagnose(&uri).await;
            }
        });
    }
}

fn problems_text(uri: Uri, found: Vec<Diagnostic>, version: Option<i32>) -> Bytes {
    let method = "textDocument/publishDiagnostics";
    note_text(method, &PublishDiagnosticsParams::new(uri, found, version))
}

/// The film a file belongs to: the nearest folder above it that is one; else the folder whose
/// `script` or `bible` folder it is in, or that has a `bible`; else a script is a film by itself.
fn film_of(file: &Path) -> Option<&Path> {
    let folder = file.parent()?;
    let in_folder = |name: &'static str| {
        let mut folders = folder.ancestors();
        let found = folders.find(|it| it.file_name() == Some(OsStr::new(name)));
        found.and_then(Path::parent)
    };
    let beside_bible = || Some(folder).filter(|it| it.join("bible").is_dir());
    let above = film_above(folder, &FILM_MARKS)
        .or_else(|| in_folder("script"))
        .or_else(|| in_folder("bible"))
        .or_else(beside_bible);
    let holds = |root: &&Path| {
        let folder = FilmFolder::at(root);
        folder.is_ok_and(|it| it.kind_of(file).is_some())
    };
    let is_script = FilmFolder::at(file).is_ok();
    above.filter(holds).or(is_script.then_some(file))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_script_belongs_to_the_folder_that_holds_it() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        for file in [
            "film/storycore.toml",
            "film/a.fountain",
            "film/script/act/b.fountain",
            "film/notes/c.fountain",
            "film/exports/d.fountain",
            "new/script/e.fountain",
            "flat/bible/maya.toml",
            "flat/f.fountain",
            "loose/g.fountain",
            "loose/.storycore/files/h.fountain/project.db",
        ] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "").unwrap();
        }
        let of = |script: &str| {
            let script = root.join(script);
            let film = film_of(&script).unwrap();
            film.strip_prefix(&root).unwrap().to_owned()
        };
        let film = |path: &str| Path::new(path).to_owned();
        assert_eq!(of("film/a.fountain"), film("film"));
        assert_eq!(of("film/script/act/b.fountain"), film("film"));
        // The film does not read these.
        assert_eq!(of("film/notes/c.fountain"), film("film/notes/c.fountain"));
        assert_eq!(
            of("film/exports/d.fountain"),
            film("film/exports/d.fountain")
        );
        assert_eq!(of("new/script/e.fountain"), film("new"));
        assert_eq!(of("flat/f.fountain"), film("flat"));
        assert_eq!(of("loose/g.fountain"), film("loose/g.fountain"));
        assert_eq!(of("film/storycore.toml"), film("film"));
        assert_eq!(of("flat/bible/maya.toml"), film("flat"));
        fs::write(root.join("film/Cargo.toml"), "").unwrap();
        assert_eq!(film_of(&root.join("film/Cargo.toml")), None);
    }
}

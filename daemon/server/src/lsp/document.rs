//! A text that is being written: what it says, and what the film would be if it were saved now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use storycore_core::{
    Decide, Env, Film, IdSource,
    fountain::{Edited, Script},
    plan::{self, CommitScript, NewText, Planning, ReadNotes, ScriptEdit},
    touched::Touched,
};
use storycore_schema::{id::BlobId, script::ChangeCause};
use tower_lsp_server::ls_types::{TextDocumentContentChangeEvent, Uri};

use super::{
    place::{Encoding, byte_at},
    view::{Change, View},
};
use crate::{blobs::Blobs, films::OpenFilm, folder::SourceKind};

/// Seeds the ids of scenes and shots that exist in a preview only.
const PREVIEW_SEED: u64 = 0x5CE7_E5ED;

/// A file of a film that an editor has open. Clone is cheap.
#[derive(Clone)]
pub(super) struct Document {
    pub(super) uri: Uri,
    /// The film it is part of.
    pub(super) film: Arc<OpenFilm>,
    /// Its path in the film's folder.
    pub(super) path: String,
    pub(super) version: i32,
    pub(super) kind: SourceKind,
    /// The text, by blocks and lines; of a file that is no script, by lines only.
    pub(super) script: Script,
    /// Hash of the text.
    pub(super) hash: BlobId,
    /// Hash of what the file said when the text began to differ from it.
    pub(super) base: Option<BlobId>,
    /// The text that the film was found to hold, with its hash.
    saved: Arc<Mutex<Option<(BlobId, Script)>>>,
    preview: Arc<Mutex<Option<Preview>>>,
    /// What was found in its notes.
    pub(super) notes: Arc<Mutex<ReadNotes>>,
}

/// What was made of the film and a version of the text.
struct Preview {
    version: i32,
    of: Arc<Film>,
    view: Arc<View>,
}

impl Document {
    pub(super) fn new(
        uri: Uri,
        film: Arc<OpenFilm>,
        (path, kind): (String, SourceKind),
        version: i32,
        text: &str,
    ) -> Document {
        let base = saved_hash(&film.bus.film(), &path, kind);
        Document {
            uri,
            film,
            path,
            kind,
            version,
            script: Script::parse(text),
            hash: Blobs::id_of(text.as_bytes()),
            base,
            saved: Arc::default(),
            preview: Arc::default(),
            notes: Arc::default(),
        }
    }

    /// The same text, of the same film that was opened anew.
    pub(super) fn of(self, film: Arc<OpenFilm>) -> Document {
        Document {
            film,
            preview: Arc::default(),
            ..self
        }
    }

    /// Takes changes.
    pub(super) fn change(
        &mut self,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) {
        self.script = changed(&self.script, changes, encoding);
        self.hash = Blobs::id_of(self.script.text().as_bytes());
        self.version = version;
    }

    /// Hash of what the file says, as the film knows it now.
    pub(super) fn saved_hash(&self) -> Option<BlobId> {
        saved_hash(&self.film.bus.film(), &self.path, self.kind)
    }

    /// Whether there is something in it that was typed and not saved.
    pub(super) fn is_draft(&self) -> bool {
        let is_as_opened = self.base == Some(self.hash);
        !is_as_opened && self.saved_hash() != Some(self.hash)
    }

    /// Whether its file was changed by somebody else since it was changed here: saving would replace
    /// that.
    pub(super) fn is_conflict(&self) -> bool {
        self.is_draft() && self.saved_hash() != self.base
    }

    /// The film as it would be if this text were saved now. What is only here has ids of its own.
    /// Made once for each version; takes as long as reading the change does.
    pub(super) fn view(&self) -> Arc<View> {
        let now = self.film.bus.film();
        let mut kept = self.preview.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(it) = &*kept
            && it.version == self.version
            && Arc::ptr_eq(&it.of, &now)
        {
            return it.view.clone();
        }
        let (film, change) = self.previewed(&now);
        let view = View::new(film, change, self.film.id, &self.path);
        let view = Arc::new(view);
        *kept = Some(Preview {
            version: self.version,
            of: now,
            view: view.clone(),
        });
        view
    }

    /// Whether what is asked of a place can be said without making the film anew.
    pub(super) fn is_at_hand(&self) -> bool {
        let kept = self.preview.try_lock();
        let is_made = |it: &Preview| {
            it.version == self.version
                && Arc::ptr_eq(&it.of, &self.film.bus.film())
                && it.view.knows_names()
        };
        kept.is_ok_and(|it| it.as_ref().is_some_and(is_made))
    }

    /// The film with this text, and what that changed of which film.
    fn previewed(&self, now: &Arc<Film>) -> (Arc<Film>, Change) {
        let unchanged = (now.clone(), (now.clone(), Touched::default()));
        if self.kind != SourceKind::Script {
            return unchanged;
        }
        let hash = self.hash;
        let known = now.state.project.screenplay.scripts.get(&self.path);
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_some_and(|it| it.hash == hash) {
            *saved = Some((hash, self.script.clone()));
            return unchanged;
        }
        // Blocks that were not edited since are the same allocations.
        let edited = saved
            .as_ref()
            .filter(|it| known.map(|it| it.hash) == Some(it.0));
        let edited = edited.map(|it| edited_blocks(&it.1, &self.script));
        drop(saved);
        let after = NewText {
            script: self.script.clone(),
            hash,
            edited,
        };
        let planning = Planning {
            film: now,
            edits: vec![ScriptEdit {
                path: self.path.clone(),
                after: Some(after),
            }],
            others: &BTreeMap::new(),
            renamed: BTreeSet::new(),
            cause: ChangeCause::Disk,
        };
        let mut ids = IdSource::new(PREVIEW_SEED);
        let mut env = Env::new(0, &mut ids);
        let change = plan::plan(&planning, &mut env);
        let Ok(((), events)) = (CommitScript { change }).decide(now, &mut env) else {
            return unchanged;
        };
        let mut film = Film::clone(now);
        let touched = film.apply(&events);
        (Arc::new(film), (now.clone(), touched))
    }
}

/// Hash of what a film knows a file to say.
fn saved_hash(film: &Film, path: &str, kind: SourceKind) -> Option<BlobId> {
    let project = &film.state.project;
    match kind {
        SourceKind::Script => project.screenplay.scripts.get(path).map(|it| it.hash),
        SourceKind::Bible => project.bible.texts.get(path).copied(),
        SourceKind::Workflow => project.workflows.by_path.get(path).map(|it| it.text),
        SourceKind::Settings => project.card.settings_text,
    }
}

/// Which blocks differ, found by what both begin and end with.
fn edited_blocks(old: &Script, new: &Script) -> Edited {
    let (old, new) = (old.blocks(), new.blocks());
    let both = old.iter().zip(new);
    let start = both.take_while(|(a, b)| Arc::ptr_eq(a, b)).count();
    let rest = old.len().min(new.len()) - start;
    let both = old.iter().rev().zip(new.iter().rev()).take(rest);
    let end = both.take_while(|(a, b)| Arc::ptr_eq(a, b)).count();
    Edited {
        old: start..old.len() - end,
        new: start..new.len() - end,
    }
}

/// A text after some changes, each of which speaks of the text the one before it left.
pub(super) fn changed(
    script: &Script,
    changes: Vec<TextDocumentContentChangeEvent>,
    encoding: Encoding,
) -> Script {
    changes.into_iter().fold(script.clone(), |script, change| {
        let Some(range) = change.range else {
            return script.update(&change.text).0;
        };
        let start = byte_at(&script, range.start, encoding);
        let end = byte_at(&script, range.end, encoding);
        script.edit(start..end.max(start), &change.text).0
    })
}

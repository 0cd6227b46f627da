//! A text that is being written: what it says, and what the film would be if it were saved now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use storycore_core::{
    Decide, Env, Film, IdSource,
    fountain::{Edited, Script},
    plan::{self, CommitScript, NewText, Planning, ScriptEdit},
};
use storycore_schema::{id::BlobId, script::ChangeCause};
use tower_lsp_server::ls_types::{TextDocumentContentChangeEvent, Uri};

use super::{
    place::{Encoding, byte_at},
    view::View,
};
use crate::{films::OpenFilm, folder::SourceKind};

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
    /// The text that the film was found to hold, with its hash.
    saved: Arc<Mutex<Option<(BlobId, Script)>>>,
    preview: Arc<Mutex<Option<Preview>>>,
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
        Document {
            uri,
            film,
            path,
            kind,
            version,
            script: Script::parse(text),
            saved: Arc::default(),
            preview: Arc::default(),
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
        self.version = version;
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
        let view = View::new(self.previewed(&now), self.film.id, &self.path);
        let view = Arc::new(view);
        *kept = Some(Preview {
            version: self.version,
            of: now,
            view: view.clone(),
        });
        view
    }

    fn previewed(&self, now: &Arc<Film>) -> Arc<Film> {
        if self.kind != SourceKind::Script {
            return now.clone();
        }
        let hash = BlobId(*blake3::hash(self.script.text().as_bytes()).as_bytes());
        let known = now.state.project.screenplay.scripts.get(&self.path);
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_some_and(|it| it.hash == hash) {
            *saved = Some((hash, self.script.clone()));
            return now.clone();
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
            return now.clone();
        };
        let mut film = Film::clone(now);
        film.apply(&events);
        Arc::new(film)
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

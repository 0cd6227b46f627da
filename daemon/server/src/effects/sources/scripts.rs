//! The film's scripts, parsed, and what a change of them means.

use std::collections::{BTreeMap, BTreeSet};

use storycore_core::{
    Env, Film, IdSource,
    fountain::{Edited, Script},
    plan::{self, CommitScript, NewText, PARSER_VERSION, Planning, ScriptEdit},
};
use storycore_schema::{Error, diagnostic::Diagnostic, id::BlobId, script::ChangeCause};

use tracing::{error, warn};

use super::scan::LookedScripts;
use crate::{
    blobs::Blobs,
    read::{WithHint, file_problem},
};

/// Every script of the film, as it was last read.
#[derive(Default)]
pub(super) struct Scripts {
    parsed: BTreeMap<String, (BlobId, Script)>,
    ids: Option<IdSource>,
}

/// What a look comes to.
pub(super) struct Planned {
    pub(super) commit: Option<CommitScript>,
    pub(super) diagnostics: Vec<(String, Vec<Diagnostic>)>,
}

struct Change {
    path: String,
    hash: BlobId,
    script: Script,
    /// Hash of the text read before this one.
    before: Option<BlobId>,
    /// How this one differs from that.
    edited: Option<Edited>,
}

impl Scripts {
    pub(super) fn new(id_seed: u64) -> Scripts {
        Scripts {
            parsed: BTreeMap::new(),
            ids: Some(IdSource::new(id_seed)),
        }
    }

    /// Plans what the scripts of a look mean for a film. Blocks.
    pub(super) fn plan(
        &mut self,
        film: &Film,
        looked: &LookedScripts,
        renamed: BTreeSet<String>,
        cause: ChangeCause,
        (blobs, now_ms): (&Blobs, u64),
    ) -> Result<Planned, Error> {
        self.recall(film, looked, blobs);
        let mut diagnostics = Vec::new();
        let mut edits = self.gone(film, looked, &mut diagnostics);
        let mut changes = Vec::new();
        for (path, text) in &looked.changed {
            match text {
                Ok(text) => changes.push((self.read(path, text), text)),
                Err(problem) => diagnostics.push((path.clone(), vec![problem.clone()])),
            }
        }
        let known = plan::known_names(film, std::iter::empty());
        let names = plan::known_names(film, changes.iter().map(|(change, _)| &change.script));
        let cast = plan::Cast::of(film);
        for (change, text) in changes {
            let problems = plan::problems(&change.path, &change.script, &names, &cast);
            diagnostics.push((change.path.clone(), problems));
            edits.extend(edit(film, change, text, blobs)?);
        }
        if !renamed.is_empty() || names != known {
            let unread = self
                .parsed
                .iter()
                .filter(|(path, _)| !looked.changed.contains_key(*path));
            let problems =
                |path: &String, script| (path.clone(), plan::problems(path, script, &names, &cast));
            diagnostics.extend(unread.map(|(path, (_, script))| problems(path, script)));
        }
        if edits.is_empty() && renamed.is_empty() {
            return Ok(Planned {
                commit: None,
                diagnostics,
            });
        }
        let cause = if edits.is_empty() {
            ChangeCause::Names
        } else {
            cause
        };
        let others = self
            .parsed
            .iter()
            .map(|(path, (_, script))| (path.clone(), script.clone()));
        let planning = Planning {
            film,
            edits,
            others: &others.collect(),
            renamed,
            cause,
        };
        let ids = self.ids.get_or_insert_with(|| IdSource::new(now_ms));
        let change = plan::plan(&planning, &mut Env::new(now_ms, ids));
        Ok(Planned {
            commit: Some(CommitScript { change }),
            diagnostics,
        })
    }

    /// A script that cannot be read now still counts as it was read last.
    fn recall(&mut self, film: &Film, looked: &LookedScripts, blobs: &Blobs) {
        for (path, file) in &film.state.project.screenplay.scripts {
            let readable = matches!(looked.changed.get(path), Some(Ok(_)));
            if readable || self.parsed.contains_key(path) {
                continue;
            }
            let text = blobs
                .read(file.hash)
                .ok()
                .and_then(|it| String::from_utf8(it).ok());
            match text {
                Some(text) => {
                    self.parsed
                        .insert(path.clone(), (file.hash, Script::parse(&text)));
                }
                None => warn!(path, "the last good text of a script is missing"),
            }
        }
    }

    /// Scripts that are gone lose their scenes to the unplaced tray. The last one does not: a film
    /// without any script is more likely an accident than a wish.
    fn gone(
        &mut self,
        film: &Film,
        looked: &LookedScripts,
        diagnostics: &mut Vec<(String, Vec<Diagnostic>)>,
    ) -> Vec<ScriptEdit> {
        let mut edits = Vec::new();
        for path in &looked.gone {
            if looked.any_present {
                self.parsed.remove(path);
                diagnostics.push((path.clone(), Vec::new()));
                edits.push(ScriptEdit {
                    path: path.clone(),
                    after: None,
                });
            } else if film.state.project.screenplay.scripts.contains_key(path) {
                let message = format!(
                    "{path} is gone, and the film has no other script; its scenes are kept"
                );
                let problem = file_problem(path, "gone", message);
                let problem = problem.hint("put the file back, or write another script");
                diagnostics.push((path.clone(), vec![problem]));
            }
        }
        edits
    }

    fn read(&mut self, path: &str, text: &str) -> Change {
        let hash = Blobs::id_of(text.as_bytes());
        let known = self.parsed.remove(path);
        let (before, script, edited) = match known {
            Some((before, known)) => {
                let (script, edited) = known.update(text);
                (Some(before), script, Some(edited))
            }
            None => (None, Script::parse(text), None),
        };
        self.parsed.insert(path.to_owned(), (hash, script.clone()));
        Change {
            path: path.to_owned(),
            hash,
            script,
            before,
            edited,
        }
    }
}

/// The edit that a text means, if it is another than the film holds. Its bytes are kept first.
fn edit(
    film: &Film,
    change: Change,
    text: &str,
    blobs: &Blobs,
) -> Result<Option<ScriptEdit>, Error> {
    let known = film.state.project.screenplay.scripts.get(&change.path);
    let is_known = known.is_some_and(|it| it.hash == change.hash && it.parser == PARSER_VERSION);
    // Bytes that are missing or damaged on disk are kept anew.
    if is_known && blobs.read(change.hash).is_ok() {
        return Ok(None);
    }
    blobs.write(text.as_bytes()).map_err(|error| {
        error!(%error, path = change.path, "a script's text could not be kept");
        Error::unavailable(format!(
            "the text of {} could not be kept; nothing was changed",
            change.path
        ))
        .hint("free some space and make the film's folder writable")
    })?;
    if is_known {
        return Ok(None);
    }
    let new = NewText {
        script: change.script,
        hash: change.hash,
        edited: None,
    };
    // Which blocks were edited is of use only if the edit began at the text the film holds.
    let from_film = known.map(|it| it.hash) == change.before;
    let new = NewText {
        edited: change.edited.filter(|_| from_film),
        ..new
    };
    Ok(Some(ScriptEdit {
        path: change.path,
        after: Some(new),
    }))
}

//! Everything a film consists of as text: its scripts, as editors have them open or as they were
//! saved, and its bible.

use std::sync::Arc;

use serde::Deserialize;
use storycore_core::fountain::Script;
use storycore_schema::bible::EntryKind;
use toml::Spanned;
use tower_lsp_server::ls_types::Uri;

use super::document::Document;
use crate::{blobs::Blobs, films::OpenFilm, folder::SourceKind, parsed::BibleNames};

/// The texts of a film.
pub(super) struct Scope {
    pub(super) scripts: Vec<ScriptText>,
    pub(super) bible: Vec<BibleText>,
}

/// A script of the film.
pub(super) struct ScriptText {
    pub(super) uri: Uri,
    /// Its path in the film's folder.
    pub(super) path: String,
    /// Of the text that is open; none if it is not.
    pub(super) version: Option<i32>,
    pub(super) script: Script,
}

/// A file of the bible, as a text.
pub(super) struct BibleText {
    pub(super) uri: Uri,
    /// Of the text that is open; none if it is not.
    pub(super) version: Option<i32>,
    pub(super) kind: EntryKind,
    pub(super) text: Script,
    /// The name and the aliases, and where they are in the file, quotes included.
    pub(super) names: BibleNames,
}

/// What of an entry can be renamed.
#[derive(Deserialize)]
struct Entry {
    name: Spanned<String>,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
}

impl Scope {
    /// Of a film, of which some documents are open. Blocks.
    pub(super) fn of(film: &OpenFilm, open: &[Document]) -> Scope {
        let state = &film.bus.film().state.project;
        let paths = state.screenplay.scripts.iter();
        let own = open.iter().filter(|it| it.kind == SourceKind::Script);
        let mut scripts: Vec<ScriptText> = own.map(ScriptText::of_document).collect();
        let closed = paths.filter(|(path, _)| open.iter().all(|it| it.path != **path));
        scripts.extend(closed.filter_map(|(path, file)| {
            Some(ScriptText {
                uri: uri_of(film, path)?,
                path: path.clone(),
                version: None,
                script: film.parsed.of(&film.blobs, file.hash)?,
            })
        }));
        let entries = state.bible.by_path.iter();
        let bible = entries.filter_map(|(path, entry)| {
            let own = open.iter().find(|it| it.path == *path);
            let kept = state.bible.texts.get(path).copied();
            let known = kept.and_then(|it| Some((film.parsed.of(&film.blobs, it)?, it)));
            let (text, hash) = match (own, known) {
                (Some(own), _) => (own.script.clone(), own.hash),
                (None, Some(known)) => known,
                (None, None) => {
                    let text = std::fs::read_to_string(film.folder.root.join(path)).ok()?;
                    (Script::parse(&text), Blobs::id_of(text.as_bytes()))
                }
            };
            Some(BibleText {
                uri: match own {
                    Some(own) => own.uri.clone(),
                    None => uri_of(film, path)?,
                },
                version: own.map(|it| it.version),
                kind: entry.kind,
                names: film.parsed.names_in(hash, || names_in(&text))?,
                text,
            })
        });
        let bible = bible.collect();
        Scope { scripts, bible }
    }
}

impl ScriptText {
    fn of_document(document: &Document) -> ScriptText {
        ScriptText {
            uri: document.uri.clone(),
            path: document.path.clone(),
            version: Some(document.version),
            script: document.script.clone(),
        }
    }
}

/// The names in a file of the bible; none in one that is none.
fn names_in(text: &Script) -> Option<BibleNames> {
    let entry: Entry = toml::from_str(&text.text()).ok()?;
    let names = std::iter::once(entry.name).chain(entry.aliases);
    let names = names.map(|it| (it.get_ref().clone(), it.span()));
    Some(Arc::new(names.collect()))
}

/// The address of a file of the film.
pub(super) fn uri_of(film: &OpenFilm, path: &str) -> Option<Uri> {
    Uri::from_file_path(film.folder.root.join(path))
}

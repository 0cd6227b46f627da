//! The bible: which entry speaks of whom.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use storycore_schema::{
    Error, Event,
    bible::{BibleEntry, BibleEvent, BibleFile, EntryKind, ListBible},
    id::BlobId,
};

use crate::{Decide, Env, Film, Query, handle::Decided};

/// The bible's entries, by file and by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Bible {
    /// By file.
    pub by_path: OrdMap<String, Arc<BibleEntry>>,
    /// The bytes of each file, where they were kept.
    pub texts: OrdMap<String, BlobId>,
    /// The bytes of the pictures that each file's entry names; of no file without any.
    pub images: OrdMap<String, Arc<Images>>,
    /// Names and aliases, folded, to the entry.
    by_name: OrdMap<String, Known>,
}

/// Bytes of pictures, by the names that an entry gives them.
pub type Images = BTreeMap<String, BlobId>;

/// An entry, with its pictures if it has any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// What the file says.
    pub entry: Arc<BibleEntry>,
    /// The bytes of the pictures it names.
    pub images: Option<Arc<Images>>,
}

/// Two spellings of one name fold to the same text: case and runs of white space do not count.
pub fn fold_name(name: &str) -> String {
    let words: Vec<String> = name.split_whitespace().map(str::to_uppercase).collect();
    words.join(" ")
}

/// The same without a copy, if the name is folded already, as those of shots nearly always are.
pub(crate) fn folded_name(name: &str) -> Cow<'_, str> {
    // A blank at the start, at the end or beside another one is folded away.
    let mut before = ' ';
    let is_folded = name.chars().all(|it| {
        let doubled = it == ' ' && before == ' ';
        before = it;
        match it {
            ' ' => !doubled,
            it if it.is_ascii() => it.is_ascii_graphic() && !it.is_ascii_lowercase(),
            it => it.is_uppercase(),
        }
    });
    if is_folded && before != ' ' {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(fold_name(name))
    }
}

impl Bible {
    /// The entry with this name or alias.
    pub fn find(&self, name: &str) -> Option<&Arc<BibleEntry>> {
        self.known(name).map(|it| &it.entry)
    }

    /// The entry with this name or alias, and its pictures.
    pub fn known(&self, name: &str) -> Option<&Known> {
        self.by_name.get(&*folded_name(name))
    }

    /// The entry for a place: its whole name, or else the part before or after a dash, so that
    /// `MAYA'S FLAT - KITCHEN` finds `MAYA'S FLAT`.
    pub fn find_location(&self, location: &str) -> Option<&Arc<BibleEntry>> {
        self.known_location(location).map(|it| &it.entry)
    }

    /// The same, with its pictures.
    pub fn known_location(&self, location: &str) -> Option<&Known> {
        location_names(location)
            .filter_map(|name| self.known(name))
            .find(|it| it.entry.kind == EntryKind::Location)
    }

    /// All entries of one kind, by file.
    pub fn of_kind(&self, kind: EntryKind) -> impl Iterator<Item = &Arc<BibleEntry>> {
        self.by_path.values().filter(move |it| it.kind == kind)
    }

    /// The same, with their pictures.
    pub fn known_of_kind(&self, kind: EntryKind) -> impl Iterator<Item = Known> {
        let entries = self.by_path.iter().filter(move |it| it.1.kind == kind);
        entries.map(|(path, entry)| Known {
            entry: entry.clone(),
            images: self.images.get(path).cloned(),
        })
    }

    /// The bytes of the pictures that a file's entry names.
    pub fn images_of(&self, path: &str) -> Images {
        let images = self.images.get(path);
        images.map(|it| (**it).clone()).unwrap_or_default()
    }

    /// The pictures that entries name, by their files, with the bytes that are known of them; the
    /// first entry that names one tells.
    pub fn picture_files(&self) -> BTreeMap<&str, BlobId> {
        let mut files = BTreeMap::new();
        for (path, images) in &self.images {
            let named = self.by_path.get(path).map(|it| &it.images);
            for (name, file) in named.into_iter().flatten() {
                if let Some(bytes) = images.get(name) {
                    files.entry(file.as_str()).or_insert(*bytes);
                }
            }
        }
        files
    }

    pub(crate) fn apply(&mut self, event: &BibleEvent) {
        match event {
            BibleEvent::Changed {
                path,
                entry,
                text,
                images,
            } => {
                self.by_path.insert(path.clone(), Arc::new(entry.clone()));
                match text {
                    Some(text) => self.texts.insert(path.clone(), *text),
                    None => self.texts.remove(path),
                };
                match images.is_empty() {
                    false => self.images.insert(path.clone(), Arc::new(images.clone())),
                    true => self.images.remove(path),
                };
            }
            BibleEvent::Removed { path } => {
                self.by_path.remove(path);
                self.images.remove(path);
                self.texts.remove(path);
            }
        }
        self.index();
    }

    // A bible has tens of entries and changes seldom, so its index is made anew; the first file
    // that claims a name keeps it.
    fn index(&mut self) {
        let mut by_name = OrdMap::new();
        for (path, entry) in self.by_path.iter().rev() {
            let known = Known {
                entry: entry.clone(),
                images: self.images.get(path).cloned(),
            };
            for name in names_of(entry) {
                by_name.insert(fold_name(name), known.clone());
            }
        }
        self.by_name = by_name;
    }
}

/// The name and aliases of an entry.
pub fn names_of(entry: &BibleEntry) -> impl Iterator<Item = &String> {
    std::iter::once(&entry.name).chain(&entry.aliases)
}

/// Under which folded names the bible may know a place, the best first.
pub(crate) fn location_keys(location: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for key in location_names(location).map(folded_name) {
        let key = key.into_owned();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// A place's whole name, then its parts.
fn location_names(location: &str) -> impl Iterator<Item = &str> {
    let parts = location.split(" - ").chain(location.split(" – "));
    std::iter::once(location).chain(parts)
}

/// In words: `MAYA’s face picture changed`.
pub(crate) fn picture_changed(name: &str, key: &str) -> String {
    format!("{} {key} picture changed", possessive(name))
}

/// The possessive of a name: `MAYA’s`.
pub(crate) fn possessive(name: &str) -> String {
    if name.ends_with(['s', 'S']) {
        format!("{name}’")
    } else {
        format!("{name}’s")
    }
}

impl Query for ListBible {
    fn answer(self, film: &Film) -> Result<Vec<BibleFile>, Error> {
        let entries = film.state.project.bible.by_path.iter();
        Ok(entries
            .filter(|(_, entry)| self.kind.is_none_or(|kind| kind == entry.kind))
            .map(|(path, entry)| BibleFile {
                path: path.clone(),
                entry: (**entry).clone(),
            })
            .collect())
    }
}

/// A bible file was read, and reads well, or is gone. Nothing happens if nothing changed.
pub struct NoteBibleFile {
    /// The file, relative to the film's folder.
    pub path: String,
    /// What it says; absent when the file is gone.
    pub entry: Option<BibleEntry>,
    /// Its bytes, which are kept.
    pub text: Option<BlobId>,
    /// The bytes of its pictures, which are kept.
    pub images: Images,
}

impl Decide for NoteBibleFile {
    type Output = ();

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<()> {
        let bible = &film.state.project.bible;
        let known = bible.by_path.get(&self.path);
        // The same entry in other words changes nothing that is drawn, but it is what is put back.
        let same_text = self.text.is_none() || bible.texts.get(&self.path) == self.text.as_ref();
        let same_images = bible.images_of(&self.path) == self.images;
        let event = match (known, self.entry) {
            (Some(known), Some(entry)) if **known == entry && same_text && same_images => {
                return Ok(((), Vec::new()));
            }
            (None, None) => return Ok(((), Vec::new())),
            (_, Some(entry)) => BibleEvent::Changed {
                path: self.path,
                entry,
                text: self.text,
                images: self.images,
            },
            (Some(_), None) => BibleEvent::Removed { path: self.path },
        };
        Ok(((), vec![Event::Bible(event)]))
    }
}

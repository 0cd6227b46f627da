//! Names in a script: whom or what the text means at a place, and everywhere else it does.

use std::ops::Range;

use storycore_core::breakdown::Names;
use storycore_core::{
    bible::fold_name,
    fountain::{ElementKind, Script},
};
use storycore_schema::bible::EntryKind;

use super::{document::Document, located::Located, toml, view::View};
use crate::folder::SourceKind;

/// A name that stands in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// A character or a location.
    pub(super) kind: EntryKind,
    /// As it is written there.
    pub(super) written: String,
    /// Whom it means: the name in the bible, or itself in capitals.
    pub(super) canonical: String,
    /// Where it is in the script.
    pub(super) bytes: Range<usize>,
    pub(super) role: Role,
}

/// How a name stands in a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Above a speech.
    Cue,
    /// In a heading.
    Heading,
    /// In other words.
    Mention,
}

/// The name at a byte of a document.
pub(super) fn name_at(document: &Document, view: &View, byte: usize) -> Option<Named> {
    if document.kind != SourceKind::Script {
        return toml::name_at(document, view, byte);
    }
    let located = Located::at(&document.script, byte)?;
    let all = of_element(&located, view.names(document)).into_iter();
    let mut touching = all.filter(|it| it.bytes.start <= byte && byte <= it.bytes.end);
    touching.next()
}

/// Every name in a script that means the same.
pub(super) fn occurrences(script: &Script, names: &Names, name: &Named) -> Vec<Named> {
    let all = Located::all(script).flat_map(|it| of_element(&it, names));
    all.filter(|it| is_same(it, name)).collect()
}

fn is_same(one: &Named, other: &Named) -> bool {
    one.kind == other.kind && fold_name(&one.canonical) == fold_name(&other.canonical)
}

/// Whether a heading's place is this one, or a part of it is.
pub(super) fn is_place(location: &str, name: &str) -> bool {
    let name = fold_name(name);
    fold_name(location) == name || parts(location).any(|it| fold_name(&location[it]) == name)
}

/// The parts of a place: `MAYA'S FLAT - KITCHEN` has two.
fn parts(location: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    let pieces = location.split(" - ").flat_map(|it| it.split(" – "));
    pieces.map(move |piece| {
        let at = start + location[start..].find(piece).unwrap_or(0);
        start = at + piece.len();
        at..start
    })
}

/// The names in an element.
fn of_element(located: &Located<'_>, names: &Names) -> Vec<Named> {
    let at = located.bytes().start;
    match &located.element.kind {
        ElementKind::Character(cue) => {
            let found = located.text().find(&cue.name);
            let cue = found.map(|it| Named {
                kind: EntryKind::Character,
                written: cue.name.clone(),
                canonical: names.canonical(&cue.name),
                bytes: at + it..at + it + cue.name.len(),
                role: Role::Cue,
            });
            cue.into_iter().collect()
        }
        ElementKind::Heading => places(located),
        ElementKind::TitlePage | ElementKind::Boneyard | ElementKind::PageBreak => Vec::new(),
        _ => {
            let text = located.text();
            let mentions = names.mentions(text).into_iter();
            let named = mentions.map(|it| Named {
                kind: EntryKind::Character,
                written: text[it.at..it.end].to_owned(),
                canonical: it.name,
                bytes: at + it.at..at + it.end,
                role: Role::Mention,
            });
            named.collect()
        }
    }
}

fn places(located: &Located<'_>) -> Vec<Named> {
    let location = located.block.heading.as_ref().map(|it| &*it.location);
    let Some(location) = location.filter(|it| !it.is_empty()) else {
        return Vec::new();
    };
    let Some(found) = located.text().find(location) else {
        return Vec::new();
    };
    let at = located.bytes().start + found;
    let place = |it: Range<usize>| Named {
        kind: EntryKind::Location,
        written: location[it.clone()].to_owned(),
        canonical: location[it.clone()].to_owned(),
        bytes: at + it.start..at + it.end,
        role: Role::Heading,
    };
    parts(location).map(place).collect()
}

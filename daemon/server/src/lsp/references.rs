//! Where a name is: in the bible, which defines it, and everywhere in the scripts.

use storycore_core::{bible::fold_name, breakdown::Names};
use tower_lsp_server::ls_types::{DocumentHighlight, DocumentHighlightKind, Location, Position};

use super::{
    document::Document,
    named::{Named, Role, is_place, name_at, occurrences},
    place::{Encoding, byte_at, range_of},
    scope::{BibleText, Scope},
    view::View,
};
use storycore_schema::bible::EntryKind;

/// The name at a position, and the names that the film knows.
pub(super) fn asked(
    document: &Document,
    view: &View,
    position: Position,
    encoding: Encoding,
) -> Option<Named> {
    let byte = byte_at(&document.script, position, encoding);
    name_at(document, view, byte)
}

/// Where the bible has a name; else where the film has it first: the first cue, or heading.
pub(super) fn definition(
    document: &Document,
    scope: &Scope,
    position: Position,
    encoding: Encoding,
) -> Option<Location> {
    let view = document.view();
    let name = asked(document, &view, position, encoding)?;
    if let Some(entry) = entry_of(scope, &name) {
        return entry.locations(encoding).into_iter().next();
    }
    let names = view.names(document);
    let defines = |it: &Named| it.role != Role::Mention;
    scope.scripts.iter().find_map(|text| {
        let mut found = occurrences(&text.script, names, &name).into_iter();
        let first = found.find(defines)?;
        let range = range_of(&text.script, first.bytes, encoding);
        Some(Location::new(text.uri.clone(), range))
    })
}

/// Everywhere a name is meant.
pub(super) fn references(
    document: &Document,
    scope: &Scope,
    position: Position,
    encoding: Encoding,
    with_definition: bool,
) -> Vec<Location> {
    let view = document.view();
    let Some(name) = asked(document, &view, position, encoding) else {
        return Vec::new();
    };
    let entry = entry_of(scope, &name).filter(|_| with_definition);
    let mut all = entry.map_or_else(Vec::new, |it| it.locations(encoding));
    let names: &Names = view.names(document);
    for text in &scope.scripts {
        let found = occurrences(&text.script, names, &name).into_iter();
        all.extend(found.map(|it| {
            let range = range_of(&text.script, it.bytes, encoding);
            Location::new(text.uri.clone(), range)
        }));
    }
    all
}

/// Everywhere in this document that a name is meant.
pub(super) fn highlights(
    document: &Document,
    position: Position,
    encoding: Encoding,
) -> Vec<DocumentHighlight> {
    let view = document.view();
    let Some(name) = asked(document, &view, position, encoding) else {
        return Vec::new();
    };
    let found = occurrences(&document.script, view.names(document), &name);
    let highlight = |it: Named| DocumentHighlight {
        range: range_of(&document.script, it.bytes, encoding),
        kind: Some(DocumentHighlightKind::TEXT),
    };
    found.into_iter().map(highlight).collect()
}

/// The bible's file about a name.
pub(super) fn entry_of<'s>(scope: &'s Scope, name: &Named) -> Option<&'s BibleText> {
    let is_called = |it: &&BibleText| {
        let mut names = it.names.iter().map(|it| &it.0);
        match name.kind {
            EntryKind::Location => names.any(|it| is_place(it, &name.written)),
            _ => names.any(|it| fold_name(it) == fold_name(&name.written)),
        }
    };
    let of_kind = scope.bible.iter().filter(|it| it.kind == name.kind);
    of_kind.into_iter().find(is_called)
}

impl BibleText {
    /// Where its names are, the first first.
    pub(super) fn locations(&self, encoding: Encoding) -> Vec<Location> {
        let location = |(_, bytes): &(String, std::ops::Range<usize>)| {
            let inside = bytes.start + 1..bytes.end.saturating_sub(1);
            Location::new(self.uri.clone(), range_of(&self.text, inside, encoding))
        };
        self.names.iter().map(location).collect()
    }
}

//! The outline of a script: scenes, and in them shots, with how long they last.

use std::sync::Arc;

use storycore_core::fountain::ElementKind;
use storycore_schema::{
    scene::{Scene, Span},
    shot::Shot,
};
use tower_lsp_server::ls_types::{
    DocumentSymbol, Location, OneOf, Position, Range, SymbolInformation, SymbolKind, Uri,
    WorkspaceSymbol,
};

use super::{
    document::Document,
    located::Located,
    place::{Encoding, line_range, position_at, range_of},
    scope::{Scope, ScriptText},
    view::View,
};
use crate::films::OpenFilm;

/// How many letters of a shot's words its name shows.
const NAME_CHARS_MAX: usize = 60;

/// The outline of a document: acts and sequences, scenes in them, and their shots.
pub(super) fn outline(document: &Document, encoding: Encoding) -> Vec<DocumentSymbol> {
    let view = document.view();
    let scenes = view.with_all_shots().scenes().iter().map(|it| {
        let shots = view.shots(it).iter();
        let shots = shots
            .map(|it| shot_symbol(it, document, encoding))
            .collect();
        (
            usize::MAX,
            scene_symbol(&it.scene, shots, document, encoding),
        )
    });
    let mut all: Vec<(usize, DocumentSymbol)> = sections(document, encoding);
    all.extend(scenes);
    // A section stands above the scene it opens.
    all.sort_by_key(|(depth, it)| (it.selection_range.start, *depth));
    nested(
        all,
        position_at(&document.script, document.script.len(), encoding),
    )
}

/// Puts everything below the section that it stands in, as deep as that has `#`.
fn nested(all: Vec<(usize, DocumentSymbol)>, end: Position) -> Vec<DocumentSymbol> {
    let mut open: Vec<(usize, DocumentSymbol)> = Vec::new();
    let mut done = Vec::new();
    let close = |open: &mut Vec<(usize, DocumentSymbol)>, done: &mut Vec<DocumentSymbol>, at| {
        if let Some((_, mut section)) = open.pop() {
            // A scene may go on below the next section's heading; what holds it does, too.
            let scenes = section.children.iter().flatten().map(|it| it.range.end);
            section.range.end = scenes.fold(at, Ord::max);
            match open.last_mut() {
                Some((_, above)) => above.children.get_or_insert_default().push(section),
                None => done.push(section),
            }
        }
    };
    for (depth, symbol) in all {
        if depth == usize::MAX {
            match open.last_mut() {
                Some((_, section)) => section.children.get_or_insert_default().push(symbol),
                None => done.push(symbol),
            }
            continue;
        }
        while open.last().is_some_and(|it| it.0 >= depth) {
            close(&mut open, &mut done, symbol.range.start);
        }
        open.push((depth, symbol));
    }
    while !open.is_empty() {
        close(&mut open, &mut done, end);
    }
    done
}

/// The same outline for an editor that knows no symbols in symbols: each names what holds it.
pub(super) fn flat(outline: Vec<DocumentSymbol>, uri: &Uri) -> Vec<SymbolInformation> {
    let mut found = Vec::new();
    flatten(outline, None, uri, &mut found);
    found
}

#[expect(deprecated, reason = "the field has to be given")]
fn flatten(
    symbols: Vec<DocumentSymbol>,
    above: Option<&str>,
    uri: &Uri,
    found: &mut Vec<SymbolInformation>,
) {
    for symbol in symbols {
        found.push(SymbolInformation {
            name: symbol.name.clone(),
            kind: symbol.kind,
            tags: symbol.tags,
            deprecated: None,
            location: Location::new(uri.clone(), symbol.range),
            container_name: above.map(str::to_owned),
        });
        let children = symbol.children.unwrap_or_default();
        flatten(children, Some(&symbol.name), uri, found);
    }
}

fn sections(document: &Document, encoding: Encoding) -> Vec<(usize, DocumentSymbol)> {
    let script = &document.script;
    let elements = Located::all(script);
    elements
        .filter_map(|it| {
            let ElementKind::Section(depth) = it.element.kind else {
                return None;
            };
            let name = it.block.words(it.element);
            let range = range_of(script, it.bytes(), encoding);
            Some((
                depth as usize,
                symbol(name, None, SymbolKind::MODULE, range),
            ))
        })
        .collect()
}

#[expect(deprecated, reason = "the field has to be given")]
fn symbol(name: String, detail: Option<String>, kind: SymbolKind, range: Range) -> DocumentSymbol {
    DocumentSymbol {
        // An editor refuses a symbol without a name.
        name: if name.is_empty() {
            "…".to_owned()
        } else {
            name
        },
        detail,
        kind,
        tags: None,
        deprecated: None,
        range,
        selection_range: range,
        children: None,
    }
}

fn scene_symbol(
    scene: &Scene,
    shots: Vec<DocumentSymbol>,
    document: &Document,
    encoding: Encoding,
) -> DocumentSymbol {
    let script = &document.script;
    let range = range_of(script, bytes(&scene.span), encoding);
    let heading = line_range(script, range.start.line as usize, encoding);
    let name = match scene.heading.is_empty() {
        true => "before the first heading".to_owned(),
        false => format!("{} {}", scene.number, scene.heading),
    };
    let n_shots = scene.shots.len();
    let plural = if n_shots == 1 { "" } else { "s" };
    let detail = format!("{n_shots} shot{plural}, {}", seconds(scene.duration_ms));
    DocumentSymbol {
        selection_range: heading,
        children: Some(shots),
        ..symbol(name, Some(detail), SymbolKind::NAMESPACE, range)
    }
}

fn shot_symbol(shot: &Shot, document: &Document, encoding: Encoding) -> DocumentSymbol {
    let range = range_of(&document.script, bytes(&shot.span), encoding);
    let text: String = shot
        .text
        .replace('\n', " ")
        .chars()
        .take(NAME_CHARS_MAX)
        .collect();
    let name = format!("{} {} {text}", shot.label, shot.framing.short());
    let lasts = seconds(u64::from(shot.duration_ms));
    symbol(
        name.trim_end().to_owned(),
        Some(lasts),
        SymbolKind::OBJECT,
        range,
    )
}

/// A duration for reading: `4.5 s`, `1:05`.
pub(super) fn seconds(ms: u64) -> String {
    match ms {
        0..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{}:{:02}", ms / 60_000, ms % 60_000 / 1_000),
    }
}

pub(super) fn bytes(span: &Span) -> std::ops::Range<usize> {
    let place = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    place(span.start)..place(span.end)
}

/// Symbols that are sent for one question, in symbols.
const MATCHING_MAX: usize = 200;

/// Scenes, shots, characters and places of a film that have the letters of a question in order,
/// those that begin with it first.
pub(super) fn matching(
    film: &OpenFilm,
    open: &[Document],
    question: &str,
    encoding: Encoding,
) -> Vec<WorkspaceSymbol> {
    let now = film.bus.film();
    let scope = Scope::of(film, open);
    let mut found: Vec<(usize, WorkspaceSymbol)> = Vec::new();
    let question = question.to_lowercase();
    for entry in &scope.bible {
        let locations = entry.locations(encoding).into_iter();
        for ((name, _), location) in entry.names.iter().zip(locations) {
            if let Some(rank) = rank(&[name], &question) {
                let symbol = workspace_symbol(name.clone(), SymbolKind::CLASS, location);
                found.push((rank, symbol));
            }
        }
    }
    for text in &scope.scripts {
        let own = open.iter().find(|it| it.uri == text.uri);
        let view = match own {
            Some(document) => document.view(),
            None => Arc::new(View::unchanged(now.clone(), film.id, &text.path)),
        };
        found.extend(in_script(text, &view, &question, encoding));
    }
    found.sort_by_key(|it| it.0);
    found.truncate(MATCHING_MAX);
    found.into_iter().map(|it| it.1).collect()
}

fn in_script(
    text: &ScriptText,
    view: &View,
    question: &str,
    encoding: Encoding,
) -> Vec<(usize, WorkspaceSymbol)> {
    let at = |span: &Span| {
        let range = range_of(&text.script, bytes(span), encoding);
        Location::new(text.uri.clone(), range)
    };
    let mut found = Vec::new();
    for placed in view.scenes() {
        let scene = &placed.scene;
        if let Some(rank) = rank(&[&scene.number, &scene.heading], question) {
            let name = format!("{} {}", scene.number, scene.heading);
            let symbol = workspace_symbol(name, SymbolKind::NAMESPACE, at(&scene.span));
            found.push((rank, symbol));
        }
    }
    // All shots would be the whole script.
    if question.is_empty() {
        return found;
    }
    let scenes = view.with_all_shots().scenes();
    for shot in scenes.iter().flat_map(|it| view.shots(it)) {
        if let Some(rank) = holds(&[&shot.label, &shot.text], question) {
            let words = shot.text.replace('\n', " ");
            let words: String = words.chars().take(NAME_CHARS_MAX).collect();
            let name = format!("{} {words}", shot.label);
            let symbol = workspace_symbol(name, SymbolKind::OBJECT, at(&shot.span));
            // What has a name of its own comes first.
            found.push((rank + 1, symbol));
        }
    }
    found
}

fn workspace_symbol(name: String, kind: SymbolKind, location: Location) -> WorkspaceSymbol {
    WorkspaceSymbol {
        name,
        kind,
        tags: None,
        container_name: None,
        location: OneOf::Left(location),
        data: None,
    }
}

/// How well a name of some parts fits a question in small letters: 0 if a part begins so, 1 if it is
/// in one, 2 if its letters are in order.
fn rank(parts: &[&str], question: &str) -> Option<usize> {
    if let Some(rank) = holds(parts, question) {
        return Some(rank);
    }
    let letters = parts.iter().flat_map(|it| it.chars());
    let mut letters = letters.flat_map(char::to_lowercase);
    let in_order = question
        .chars()
        .all(|it| letters.any(|letter| letter == it));
    in_order.then_some(2)
}

/// The same, of parts that have the question as it is.
fn holds(parts: &[&str], question: &str) -> Option<usize> {
    let places = parts.iter().filter_map(|it| find(it, question));
    places.map(|it| it.min(1)).min()
}

/// Where a text has some small letters, in any case. Without a copy, as nearly all is asked in
/// ASCII.
fn find(text: &str, small: &str) -> Option<usize> {
    if !small.is_ascii() {
        return text.to_lowercase().find(small);
    }
    let (text, small) = (text.as_bytes(), small.as_bytes());
    let Some(first) = small.first() else {
        return Some(0);
    };
    let starts = memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text);
    let is_it = |at: &usize| {
        let part = text.get(*at..at + small.len());
        part.is_some_and(|it| it.eq_ignore_ascii_case(small))
    };
    starts.into_iter().find(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_so_comes_before_what_has_it() {
        let ranked = |name: &str, question: &str| rank(&[name], question);
        assert_eq!(ranked("INT. KITCHEN", "int"), Some(0));
        assert_eq!(ranked("INT. KITCHEN", "kit"), Some(1));
        assert_eq!(ranked("INT. KITCHEN", "ikn"), Some(2));
        assert_eq!(ranked("INT. KITCHEN", "nik!"), None);
        assert_eq!(ranked("Café ÉLOÏSE", "éloï"), Some(1));
        assert_eq!(ranked("anything", ""), Some(0));
        assert_eq!(rank(&["12A", "Rain"], "12"), Some(0));
    }
}

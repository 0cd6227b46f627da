//! The outline of a script: scenes, and in them shots, with how long they last.

use storycore_core::fountain::ElementKind;
use storycore_schema::{scene::Span, shot::Shot};
use tower_lsp_server::ls_types::{
    DocumentSymbol, Location, Position, Range, SymbolInformation, SymbolKind, Uri,
};

use super::{
    document::Document,
    located::Located,
    place::{Encoding, line_range, position_at, range_of},
    view::{PlacedScene, View},
};

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
            scene_symbol(it, &view, shots, (document, encoding)),
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
    placed: &PlacedScene,
    view: &View,
    shots: Vec<DocumentSymbol>,
    (document, encoding): (&Document, Encoding),
) -> DocumentSymbol {
    let script = &document.script;
    let range = range_of(script, bytes(&placed.span), encoding);
    let heading = line_range(script, range.start.line as usize, encoding);
    let scene = &placed.record;
    let name = match scene.heading.is_empty() {
        true => "before the first heading".to_owned(),
        false => format!("{} {}", placed.number(), scene.heading),
    };
    let n_shots = scene.shots.len();
    let plural = if n_shots == 1 { "" } else { "s" };
    let lasts = seconds(view.duration_ms(placed));
    let detail = format!("{n_shots} shot{plural}, {lasts}");
    DocumentSymbol {
        selection_range: heading,
        children: Some(shots),
        ..symbol(name, Some(detail), SymbolKind::NAMESPACE, range)
    }
}

fn shot_symbol(shot: &Shot, document: &Document, encoding: Encoding) -> DocumentSymbol {
    let range = range_of(&document.script, bytes(&shot.span), encoding);
    let words = first_words(&shot.text);
    let name = format!("{} {} {words}", shot.label, shot.framing.short());
    let lasts = seconds(u64::from(shot.duration_ms));
    symbol(
        name.trim_end().to_owned(),
        Some(lasts),
        SymbolKind::OBJECT,
        range,
    )
}

/// What a shot's name shows of its words.
pub(super) fn first_words(text: &str) -> String {
    let shown = text.chars().take(NAME_CHARS_MAX);
    let in_one_line = |it| if it == '\n' { ' ' } else { it };
    shown.map(in_one_line).collect()
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

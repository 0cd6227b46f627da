//! What of a whole film fits a question: people and places, scenes and shots. Nothing is described
//! before it is known to be among the best.

use std::sync::Arc;

use storycore_core::shot::{letters, write_readable};
use storycore_schema::{scene::Span, shot::ShotRecord};
use tower_lsp_server::ls_types::{Location, OneOf, SymbolKind, WorkspaceSymbol};

use super::{
    document::Document,
    place::{Encoding, range_of},
    scope::{Scope, ScriptText},
    symbols::{bytes, first_words},
    view::{PlacedScene, View},
};
use crate::films::OpenFilm;

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
    let question = question.to_lowercase();
    let mut hits = in_bible(&scope, &question, encoding);
    let views = scope.scripts.iter().map(|text| {
        let own = open.iter().find(|it| it.uri == text.uri);
        let view = match own {
            Some(document) => document.view(),
            None => Arc::new(View::unchanged(now.clone(), film.id, &text.path)),
        };
        (text, view)
    });
    let views: Vec<_> = views.collect();
    for (text, view) in &views {
        in_script(text, view, &question, &mut hits);
    }
    hits.sort_by_key(|it| it.rank);
    hits.truncate(MATCHING_MAX);
    hits.into_iter()
        .map(|it| it.found.symbol(encoding))
        .collect()
}

/// Something that fits.
struct Hit<'f> {
    /// How well; 0 is best.
    rank: usize,
    found: Found<'f>,
}

enum Found<'f> {
    Entry(&'f str, Location),
    Scene(&'f ScriptText, &'f PlacedScene),
    /// A shot, and how many there are before it in its scene.
    Shot(&'f ScriptText, &'f PlacedScene, usize, &'f ShotRecord),
}

impl Found<'_> {
    fn symbol(self, encoding: Encoding) -> WorkspaceSymbol {
        let at = |text: &ScriptText, span: &Span| {
            let range = range_of(&text.script, bytes(span), encoding);
            Location::new(text.uri.clone(), range)
        };
        let (name, kind, location) = match self {
            Found::Entry(name, location) => (name.to_owned(), SymbolKind::CLASS, location),
            Found::Scene(text, scene) => {
                let name = format!("{} {}", scene.number(), scene.record.heading);
                (name, SymbolKind::NAMESPACE, at(text, &scene.span))
            }
            Found::Shot(text, scene, index, shot) => {
                let (mut words, letters) = (String::new(), letters(index));
                write_readable(&shot.lines, &mut words);
                let name = format!("{}{letters} {}", scene.number(), first_words(&words));
                let span = Span {
                    start: scene.span.start + u64::from(shot.start),
                    end: scene.span.start + u64::from(shot.end),
                    line: scene.span.line + u64::from(shot.line),
                };
                (name, SymbolKind::OBJECT, at(text, &span))
            }
        };
        WorkspaceSymbol {
            name,
            kind,
            tags: None,
            container_name: None,
            location: OneOf::Left(location),
            data: None,
        }
    }
}

fn in_bible<'f>(scope: &'f Scope, question: &str, encoding: Encoding) -> Vec<Hit<'f>> {
    let entries = scope.bible.iter().flat_map(|entry| {
        let locations = entry.locations(encoding).into_iter();
        entry.names.iter().zip(locations)
    });
    let fitting = entries.filter_map(|((name, _), location)| {
        let rank = rank(&[name], question)?;
        let found = Found::Entry(name, location);
        Some(Hit { rank, found })
    });
    fitting.collect()
}

fn in_script<'f>(text: &'f ScriptText, view: &'f View, question: &str, hits: &mut Vec<Hit<'f>>) {
    let scenes = view.scenes().iter();
    hits.extend(scenes.clone().filter_map(|scene| {
        let rank = rank(&[&scene.number(), &scene.record.heading], question)?;
        let found = Found::Scene(text, scene);
        Some(Hit { rank, found })
    }));
    // All shots would be the whole script.
    if question.is_empty() {
        return;
    }
    let known = &view.film.state.project.screenplay.shots;
    let (mut label, mut words) = (String::new(), String::new());
    for scene in scenes {
        let number = scene.number();
        let shots = scene.record.shots.iter().filter_map(|it| known.get(it));
        for (index, shot) in shots.enumerate() {
            label.clear();
            label.extend([&*number, &*letters(index)]);
            words.clear();
            write_readable(&shot.lines, &mut words);
            if let Some(rank) = holds(&[&label, &words], question) {
                let found = Found::Shot(text, scene, index, shot);
                // What has a name of its own comes first.
                let rank = rank + 1;
                hits.push(Hit { rank, found });
            }
        }
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

//! The names that a film knows, and how to find them in a text.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{Word, words};

/// The characters that are known film-wide: from cues, and from the bible with its aliases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// By their first word, folded: their words and the name they stand for. Longest first.
    by_first: BTreeMap<String, Vec<(Vec<String>, String)>>,
    /// Names in scripts without case and without blanks between words.
    caseless: BTreeMap<String, String>,
}

impl Names {
    /// Adds a name that stands for itself.
    pub fn insert(&mut self, name: &str) {
        self.insert_alias(name, name);
    }

    /// Adds another name for `canonical`.
    pub fn insert_alias(&mut self, alias: &str, canonical: &str) {
        let canonical = normalized(canonical);
        let has_case = |it: char| it.is_lowercase() || it.is_uppercase() || !it.is_alphabetic();
        if !alias.is_empty() && !alias.chars().any(has_case) {
            self.caseless.insert(alias.to_owned(), canonical);
            return;
        }
        let parts: Vec<String> = words(alias).into_iter().map(|it| it.folded).collect();
        let Some(first) = parts.first().cloned() else {
            return;
        };
        let names = self.by_first.entry(first).or_default();
        names.retain(|(known, _)| *known != parts);
        names.push((parts, canonical));
        names.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
    }

    /// The name that a cue or a note means: the known one, or the cue's own in capitals.
    pub fn canonical(&self, name: &str) -> String {
        if let Some(known) = self.caseless.get(name) {
            return known.clone();
        }
        let found = words(name);
        match self.at_start(&found) {
            Some((n, known)) if n == found.len() => known.to_owned(),
            _ => normalized(name),
        }
    }

    /// The names in a text, in order, each once, with where it ends.
    pub(super) fn find(&self, text: &str) -> Vec<Found> {
        let mut names = self.mentions(text);
        let mut seen = BTreeSet::new();
        names.retain(|it| seen.insert(it.name.clone()));
        names
    }

    /// Every name in a text, in order, as often as it stands there. A longer name is not also the
    /// shorter one that is in it.
    pub fn mentions(&self, text: &str) -> Vec<Found> {
        let found = words(text);
        let mut names: Vec<Found> = Vec::new();
        let mut idx = 0;
        while idx < found.len() {
            match self.named_at(&found, idx) {
                Some((n, name)) => {
                    let end = found[idx + n - 1].end();
                    names.push(Found {
                        name: name.to_owned(),
                        at: found[idx].at,
                        end,
                    });
                    idx += n;
                }
                None => idx += 1,
            }
        }
        for (name, canonical) in &self.caseless {
            names.extend(text.match_indices(name.as_str()).map(|(at, _)| Found {
                name: canonical.clone(),
                at,
                end: at + name.len(),
            }));
        }
        names.sort_by_key(|it| it.at);
        names
    }

    /// Whether one of the names stands anywhere in a text, in any case.
    pub(crate) fn any_in(&self, text: &str) -> bool {
        let found = words(text);
        (0..found.len()).any(|idx| self.at_start(&found[idx..]).is_some())
            || self.caseless.keys().any(|it| text.contains(it.as_str()))
    }

    /// The longest known name at the start of some words, and how many it takes.
    pub(super) fn at_start(&self, found: &[Word<'_>]) -> Option<(usize, &str)> {
        let names = self.by_first.get(&found.first()?.folded)?;
        let fits = |parts: &[String]| {
            parts.len() <= found.len() && parts.iter().zip(found).all(|(a, b)| *a == b.folded)
        };
        let (parts, name) = names.iter().find(|(parts, _)| fits(parts))?;
        Some((parts.len(), name))
    }

    /// A name in running text. `Will` is somebody, `will` is not; but `the waiter` is the WAITER.
    fn named_at(&self, found: &[Word<'_>], idx: usize) -> Option<(usize, &str)> {
        let (n, name) = self.at_start(&found[idx..])?;
        let after_article = idx
            .checked_sub(1)
            .is_some_and(|it| ARTICLES.contains(&found[it].folded.as_str()));
        (n > 1 || found[idx].is_capitalized() || after_article).then_some((n, name))
    }
}

/// A name found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Whom it means.
    pub name: String,
    /// Its first byte.
    pub at: usize,
    /// The byte after its last.
    pub end: usize,
}

/// What stands before a role: English, French, Spanish, German, Italian.
const ARTICLES: &[&str] = &[
    "THE", "LE", "LA", "L", "LES", "EL", "LOS", "DER", "DIE", "DAS", "DEN", "DEM", "IL", "LO",
];

/// A name as shots keep it: in capitals, single blanks.
pub(super) fn normalized(name: &str) -> String {
    name.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_uppercase()
}

/// Characters that an action introduces: capitals followed by an age or a bracket, as in
/// `MAYA DUVAL (30s)` or `JONAS, 40,`. Other capitals are sounds and props.
pub(super) fn introductions(text: &str) -> Vec<Found> {
    let found = words(text);
    let mut names = Vec::new();
    let mut start = 0;
    while start < found.len() {
        let n = caps_run(text, &found[start..]);
        if n > 0 && n <= NAME_WORDS_MAX && is_introduced(&text[found[start + n - 1].end()..]) {
            let (at, end) = (found[start].at, found[start + n - 1].end());
            names.push(Found {
                name: normalized(&text[at..end]),
                at,
                end,
            });
        }
        start += n.max(1);
    }
    names
}

/// A run of more capitals than that is a headline or a shout.
const NAME_WORDS_MAX: usize = 4;

/// How many words in capitals follow each other with nothing but a blank, a hyphen or an
/// apostrophe between them.
fn caps_run(text: &str, found: &[Word<'_>]) -> usize {
    let is_caps = |it: &Word<'_>| it.is_upper() && it.text.chars().any(char::is_uppercase);
    let mut n = 0;
    while found.get(n).is_some_and(is_caps) {
        n += 1;
        let Some(next) = found.get(n) else { break };
        if !matches!(
            &text[found[n - 1].end()..next.at],
            " " | "-" | "'" | "’" | ". "
        ) {
            break;
        }
    }
    n
}

fn is_introduced(after: &str) -> bool {
    let age = after
        .strip_prefix(", ")
        .is_some_and(|it| it.starts_with(|it: char| it.is_numeric()));
    after.starts_with(" (") || age
}

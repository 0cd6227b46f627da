//! Who and where the bible knows, and which name of a script is probably another one misspelled.

use std::collections::BTreeMap;

use storycore_schema::bible::EntryKind;

use crate::{
    Film,
    bible::{Bible, fold_name, names_of},
};

/// A name that speaks at most so often may be another one misspelled, in speeches.
const MISSPELLED_SPEECHES_MAX: usize = 2;
/// The other one speaks at least so many times as often.
const OTHER_TIMES_MIN: usize = 3;
/// Names shorter than this are alike by chance, in letters.
const NAME_LETTERS_MIN: usize = 4;
/// From this length on, two letters may differ, in letters.
const TWO_SLIPS_LETTERS_MIN: usize = 8;

/// The people and places of a film, as the bible has them.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    bible: Bible,
    has_characters: bool,
    has_locations: bool,
    /// Names of the bible's characters as they are written, aliases included.
    characters: Vec<String>,
    /// Names of the bible's locations.
    locations: Vec<String>,
}

/// A name that a script uses and the bible does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The name that is probably meant.
    pub meant: Option<String>,
}

impl Cast {
    /// Of a film.
    pub fn of(film: &Film) -> Cast {
        let bible = film.state.project.bible.clone();
        let named = |kind| -> Vec<String> {
            let entries = bible.of_kind(kind);
            entries.flat_map(|it| names_of(it)).cloned().collect()
        };
        let (characters, locations) = (named(EntryKind::Character), named(EntryKind::Location));
        Cast {
            has_characters: !characters.is_empty(),
            has_locations: !locations.is_empty(),
            characters,
            locations,
            bible,
        }
    }

    /// Of the names that speak in a script, so often, those that nobody knows or that are probably
    /// misspelled, folded. Without any character in the bible, only what is probably misspelled.
    pub fn unknown_speakers(
        &self,
        speeches: &BTreeMap<String, usize>,
    ) -> BTreeMap<String, Unknown> {
        let unknown = |name: &&String| self.bible.find(name).is_none();
        let names: Vec<&String> = speeches.keys().filter(unknown).collect();
        let judge = |name: &String| {
            let meant = self.meant_speaker(name, speeches);
            (meant.is_some() || self.has_characters).then(|| (fold_name(name), Unknown { meant }))
        };
        names.into_iter().filter_map(judge).collect()
    }

    /// Whom the bible knows, or who speaks far more often.
    fn meant_speaker(&self, name: &str, speeches: &BTreeMap<String, usize>) -> Option<String> {
        let own = speeches.get(name).copied().unwrap_or(0);
        let of_bible = self.characters.iter().map(String::as_str);
        let more = speeches.iter().filter(|(_, count)| {
            own <= MISSPELLED_SPEECHES_MAX && **count >= OTHER_TIMES_MIN * own
        });
        nearest(name, of_bible.chain(more.map(|it| it.0.as_str())))
    }

    /// Whether a place is one that the bible should know and does not.
    pub fn unknown_location(&self, location: &str) -> Option<Unknown> {
        let is_unknown = self.has_locations
            && !location.is_empty()
            && self.bible.find_location(location).is_none();
        is_unknown.then(|| Unknown {
            meant: nearest(location, self.locations.iter().map(String::as_str)),
        })
    }

    /// Whether somebody of the bible or of a list is called so.
    pub(super) fn is_character(&self, name: &str, speakers: &BTreeMap<String, usize>) -> bool {
        let known = self.bible.find(name);
        known.is_some_and(|it| it.kind == EntryKind::Character) || speakers.contains_key(name)
    }
}

/// The name of a list that differs by a slip of the pen, the first of those that differ least.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let name = fold_name(name);
    let n_letters = name.chars().count();
    if n_letters < NAME_LETTERS_MIN {
        return None;
    }
    let slips_max = if n_letters < TWO_SLIPS_LETTERS_MIN {
        1
    } else {
        2
    };
    let differs = |it: &&str| {
        let other = fold_name(it);
        // `GUARD 1` and `GUARD 2` are two.
        let digits = |text: &str| {
            text.chars()
                .filter(char::is_ascii_digit)
                .collect::<String>()
        };
        other != name && digits(&other) == digits(&name)
    };
    let slips = |it: &str| strsim::damerau_levenshtein(&name, &fold_name(it));
    let near = known.filter(differs).map(|it| (slips(it), it));
    let best = near.filter(|it| it.0 <= slips_max).min_by_key(|it| it.0);
    best.map(|it| it.1.to_owned())
}

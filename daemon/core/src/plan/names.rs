//! Which names the film knows, and which of them come or go with a change.

use std::collections::{BTreeMap, BTreeSet};

use storycore_schema::{bible::EntryKind, shot::ShotRecord};

use super::{Planning, Region};
use crate::{
    Film,
    bible::{Bible, fold_name, folded_name, names_of},
    breakdown::{self, Names},
    derived,
    fountain::{Block, Script},
    recipe,
};

/// Every name that counts after the change: those that speak, and those of the bible.
pub(super) fn known(planning: &Planning<'_>, bible: Names, speakers: &Speakers) -> Names {
    let mut names = bible;
    let before = planning.film.derived.speakers.keys();
    let stay = before.filter(|name| !speakers.lost.contains(*name));
    for name in stay.chain(&speakers.gained) {
        insert_unless_known(&mut names, name);
    }
    names
}

/// The names that count in a film as it is, and in scripts that are about to change it.
pub fn known_names<'a>(film: &Film, scripts: impl Iterator<Item = &'a Script>) -> Names {
    let mut names = of_bible(&film.state.project.bible);
    let blocks = scripts.flat_map(Script::blocks);
    let cues = breakdown::speeches(blocks.map(AsRef::as_ref));
    for name in film.derived.speakers.keys().chain(cues.keys()) {
        insert_unless_known(&mut names, name);
    }
    names
}

/// The names of the bible's characters, aliases standing for them.
pub(super) fn of_bible(bible: &Bible) -> Names {
    let mut names = Names::default();
    for entry in bible.of_kind(EntryKind::Character) {
        for name in names_of(entry) {
            names.insert_alias(name, &entry.name);
        }
    }
    names
}

fn insert_unless_known(names: &mut Names, name: &str) {
    if fold_name(&names.canonical(name)) == fold_name(name) {
        names.insert(name);
    }
}

/// Names that come, go or mean somebody else with the change, folded.
pub(super) fn changed(planning: &Planning<'_>, speakers: Speakers) -> BTreeSet<String> {
    let mut changed = planning.renamed.clone();
    changed.extend(speakers.gained);
    changed.extend(speakers.lost);
    changed
}

/// Who begins and who ceases to speak with a change, folded.
pub(super) struct Speakers {
    gained: BTreeSet<String>,
    lost: BTreeSet<String>,
}

/// Names that speak only after the change, and names that speak only before it.
pub(super) fn speakers(planning: &Planning<'_>, regions: &[Region<'_>], bible: &Names) -> Speakers {
    let known = &planning.film.derived.speakers;
    let cues = regions
        .iter()
        .flat_map(|it| &it.new)
        .flat_map(|it| breakdown::cue_names(&it.block));
    let now: BTreeSet<String> = cues.map(|cue| fold_name(&bible.canonical(&cue))).collect();
    let screenplay = &planning.film.state.project.screenplay;
    let old_shots = regions
        .iter()
        .flat_map(|it| &it.old)
        .flat_map(|it| screenplay.shots_of(it));
    let mut before: BTreeMap<String, u32> = BTreeMap::new();
    for name in old_shots.flat_map(|shot| derived::speakers(shot)) {
        *before.entry(name).or_default() += 1;
    }
    let gained = now
        .iter()
        .filter(|name| !known.contains_key(*name))
        .cloned()
        .collect();
    let is_lost =
        |(name, n): &(&String, &u32)| known.get(*name) == Some(*n) && !now.contains(*name);
    let lost = before
        .iter()
        .filter(is_lost)
        .map(|(name, _)| name.clone())
        .collect();
    Speakers { gained, lost }
}

/// More names than this are looked up by their words and not searched one by one, in names.
const PLAIN_LEN_MAX: usize = 16;

/// Names to look for in the whole film.
pub(super) struct Sought<'a> {
    folded: &'a BTreeSet<String>,
    names: Names,
    /// The letters each begins with, up to the first that is none; absent when the names are many,
    /// or one begins with a letter that is not plain.
    beginnings: Option<Vec<&'a str>>,
}

impl<'a> Sought<'a> {
    pub(super) fn new(folded: &'a BTreeSet<String>) -> Sought<'a> {
        let mut names = Names::default();
        for name in folded {
            names.insert(name);
        }
        let beginnings = folded.iter().map(|it| plain_beginning(it));
        let are_few = folded.len() <= PLAIN_LEN_MAX;
        Sought {
            folded,
            names,
            beginnings: beginnings.collect::<Option<_>>().filter(|_| are_few),
        }
    }

    /// Whether a shot's words or speakers are among the names.
    pub(super) fn are_in_shot(&self, shot: &ShotRecord) -> bool {
        let speaks = |speaker: &String| self.folded.contains(folded_name(speaker).as_ref());
        shot.lines
            .iter()
            .any(|line| line.speaker.as_ref().is_some_and(speaks) || self.are_in(&line.text))
            || shot.subjects.iter().any(speaks)
    }

    /// Whether a note of a block asks for one of the names. One that asked for somebody unknown in
    /// small letters has left no trace in its shot.
    pub(super) fn are_in_notes(&self, block: &Block) -> bool {
        breakdown::notes_mention(block, &self.names)
    }

    /// A text in which no name begins is told without a copy of it, except where a letter may lose
    /// its accent and be one of theirs.
    fn are_in(&self, text: &str) -> bool {
        let is_accented = |it: char| !it.is_ascii() && it.is_alphabetic();
        let may_hold = self.beginnings.as_ref().is_none_or(|beginnings| {
            beginnings.iter().any(|it| recipe::mentions(text, it))
                || !text.is_ascii() && text.contains(is_accented)
        });
        may_hold && self.names.any_in(text)
    }
}

fn plain_beginning(name: &str) -> Option<&str> {
    let end = name.find(|it: char| !it.is_alphanumeric());
    let beginning = &name[..end.unwrap_or(name.len())];
    (!beginning.is_empty() && beginning.is_ascii()).then_some(beginning)
}

//! Which names the film knows, and which of them come or go with a change.

use std::collections::{BTreeMap, BTreeSet};

use storycore_schema::{bible::EntryKind, shot::ShotRecord};

use super::{Planning, Region};
use crate::{
    bible::{Bible, fold_name, folded_name, names_of},
    breakdown::{self, Names},
    derived, recipe,
};

/// Every name that counts after the change: those that speak, and those of the bible.
pub(super) fn known(planning: &Planning<'_>, regions: &[Region<'_>]) -> Names {
    let mut names = of_bible(&planning.film.state.project.bible);
    let (gained, lost) = speakers(planning, regions);
    for name in planning
        .film
        .derived
        .speakers
        .keys()
        .filter(|name| !lost.contains(*name))
    {
        insert_unless_known(&mut names, name);
    }
    for name in &gained {
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
pub(super) fn changed(planning: &Planning<'_>, regions: &[Region<'_>]) -> BTreeSet<String> {
    let (gained, lost) = speakers(planning, regions);
    let mut changed = planning.renamed.clone();
    changed.extend(gained);
    changed.extend(lost);
    changed
}

/// Names that speak only after the change, and names that speak only before it.
fn speakers(
    planning: &Planning<'_>,
    regions: &[Region<'_>],
) -> (BTreeSet<String>, BTreeSet<String>) {
    let bible = of_bible(&planning.film.state.project.bible);
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
    (gained, lost)
}

/// Whether a shot's words or speakers are among these names.
pub(super) fn mentions(shot: &ShotRecord, names: &BTreeSet<String>) -> bool {
    let speaks = |speaker: &String| names.contains(folded_name(speaker).as_ref());
    shot.lines.iter().any(|line| {
        line.speaker.as_ref().is_some_and(speaks)
            || names.iter().any(|name| recipe::mentions(&line.text, name))
    }) || shot.subjects.iter().any(speaks)
}

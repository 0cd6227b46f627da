//! Words that were replaced by another throughout, as when a character gets another name. The two
//! stand between the same neighbors.

use std::collections::BTreeMap;

use super::portrait::{LINE_END, Portrait};

/// A word that occurs less often is not looked at, in times.
const TIMES_MIN: usize = 2;
/// Of its places a word that is gone keeps at most so many, in percent.
const LEFT_PERCENT_MAX: usize = 20;
/// Words that are gone, and words that are new, that are compared each with each, in words.
const WORDS_MAX: usize = 48;
/// At least so many of the places of both have the same neighbors, in percent.
const SAME_PLACES_PERCENT_MIN: usize = 34;

/// For each word that is gone the one that stands in its places.
pub type Renames = BTreeMap<u32, u32>;

/// The words before and after each place of a word.
type Places = Vec<(u32, u32)>;

/// Finds words of the old texts that are another in the new.
pub(super) fn find<'a>(
    old: impl Iterator<Item = &'a Portrait> + Clone,
    new: impl Iterator<Item = &'a Portrait> + Clone,
) -> Renames {
    let (n_old, n_new) = (counts(old.clone()), counts(new.clone()));
    let gone = mostly_in(&n_old, &n_new);
    let come = mostly_in(&n_new, &n_old);
    if gone.is_empty() || come.is_empty() {
        return Renames::new();
    }
    let (gone, come) = (places(old, &gone), places(new, &come));
    let mut pairs = Vec::new();
    for (was, old_places) in &gone {
        for (is, new_places) in &come {
            let n_same = n_shared(old_places, new_places);
            let n_most = old_places.len().max(new_places.len());
            if n_same >= TIMES_MIN && n_same * 100 >= n_most * SAME_PLACES_PERCENT_MIN {
                pairs.push((n_same, *was, *is));
            }
        }
    }
    pairs.sort_unstable_by_key(|(n_same, was, is)| (usize::MAX - n_same, *was, *is));
    let mut renames = Renames::new();
    for (_, was, is) in pairs {
        let is_free = !renames.contains_key(&was) && renames.values().all(|it| *it != is);
        if is_free {
            renames.insert(was, is);
        }
    }
    renames
}

/// How often each word occurs, sorted.
fn counts<'a>(portraits: impl Iterator<Item = &'a Portrait>) -> Vec<(u32, usize)> {
    let mut words: Vec<u32> = portraits.flat_map(|it| it.words.iter().copied()).collect();
    words.sort_unstable();
    let runs = words.chunk_by(|a, b| a == b);
    let counts = runs.map(|it| (it[0], it.len()));
    counts.filter(|it| it.0 != LINE_END).collect()
}

/// Words that occur here and hardly there, the most frequent first, as far as there is room.
fn mostly_in(here: &[(u32, usize)], there: &[(u32, usize)]) -> Vec<u32> {
    let n_there = |word: u32| {
        let at = there.binary_search_by_key(&word, |it| it.0);
        at.map_or(0, |at| there[at].1)
    };
    let is_most =
        |(word, n): &&(u32, usize)| *n >= TIMES_MIN && n_there(*word) * 100 <= n * LEFT_PERCENT_MAX;
    let mut found: Vec<(usize, u32)> = here
        .iter()
        .filter(is_most)
        .map(|(word, n)| (*n, *word))
        .collect();
    found.sort_unstable_by_key(|(n, word)| (usize::MAX - n, *word));
    found.truncate(WORDS_MAX);
    found.into_iter().map(|it| it.1).collect()
}

fn places<'a>(
    portraits: impl Iterator<Item = &'a Portrait>,
    words: &[u32],
) -> BTreeMap<u32, Places> {
    let mut places: BTreeMap<u32, Places> = words.iter().map(|it| (*it, Vec::new())).collect();
    for portrait in portraits {
        let word = |idx: Option<usize>| {
            idx.and_then(|it| portrait.words.get(it))
                .copied()
                .unwrap_or(LINE_END)
        };
        for idx in 0..portrait.words.len() {
            if let Some(places) = places.get_mut(&portrait.words[idx]) {
                places.push((word(idx.checked_sub(1)), word(idx.checked_add(1))));
            }
        }
    }
    places.values_mut().for_each(|it| it.sort_unstable());
    places
}

/// How many places two sorted lists share.
fn n_shared(a: &Places, b: &Places) -> usize {
    let (mut j, mut n) = (0, 0);
    for place in a {
        while j < b.len() && b[j] < *place {
            j += 1;
        }
        if b.get(j) == Some(place) {
            j += 1;
            n += 1;
        }
    }
    n
}

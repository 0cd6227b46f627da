//! Where scenes come from that are parts of others, and where those went that are in others now.

use super::{Portrait, bag::Bag, portrait::LINE_END, renames::Renames};

/// A scene comes from another, or went into it, if that has so many of its words to itself, in
/// percent.
const ANCESTOR_PERCENT: usize = 50;
/// Fewer words tell of no ancestor, in words.
const ANCESTOR_WORDS_MIN: usize = 4;

/// The words of all scenes below their headings, the old ones as they are called now.
pub(super) struct Lineage {
    old: Vec<Bag>,
    new: Vec<Bag>,
    /// Words of headings, which count when parts are weighed.
    old_headings: Vec<Bag>,
    new_headings: Vec<Bag>,
}

impl Lineage {
    pub(super) fn new(old: &[&Portrait], new: &[&Portrait], renames: &Renames) -> Lineage {
        let renamed = |word: &u32| *renames.get(word).unwrap_or(word);
        let parts = |words: &[u32]| {
            let end = words.iter().position(|it| *it == LINE_END);
            let (heading, body) = words.split_at(end.unwrap_or(words.len()));
            (Bag::new(heading.to_vec()), Bag::new(body.to_vec()))
        };
        let old = old.iter().map(|it| {
            let words: Vec<u32> = it.words.iter().map(renamed).collect();
            parts(&words)
        });
        let (old_headings, old) = old.unzip();
        let (new_headings, new) = new.iter().map(|it| parts(&it.words)).unzip();
        Lineage {
            old,
            new,
            old_headings,
            new_headings,
        }
    }

    /// How many words an old and a new scene share.
    pub(super) fn shared(&self, old: usize, new: usize) -> usize {
        self.old[old].shared(&self.new[new])
            + self.old_headings[old].shared(&self.new_headings[new])
    }

    /// Whether an old scene has enough of a new one. What is left of it may have less.
    pub(super) fn may_be_part(&self, new: usize, old: usize) -> bool {
        is_ancestor(&self.new[new], &self.old[old], None)
    }

    /// Whether a new scene has enough of an old one. What it did not have before may be less.
    pub(super) fn may_be_taken_in(&self, old: usize, new: usize) -> bool {
        is_ancestor(&self.old[old], &self.new[new], None)
    }

    /// Whether most of a new scene that may be a part of an old one comes from it, and is not in
    /// the scene that the old one is now.
    pub(super) fn is_part(&self, new: usize, old: usize, whole: Option<usize>) -> bool {
        let but = whole.map(|it| &self.new[it]);
        is_ancestor(&self.new[new], &self.old[old], but)
    }

    /// Whether most of an old scene that a new one may have taken in does not come from the scene
    /// that the new one was.
    pub(super) fn is_taken_in(&self, old: usize, new: usize, first: Option<usize>) -> bool {
        let but = first.map(|it| &self.old[it]);
        is_ancestor(&self.old[old], &self.new[new], but)
    }
}

/// Whether most words of a part are in a whole, but for those that another text has of it.
fn is_ancestor(part: &Bag, whole: &Bag, but: Option<&Bag>) -> bool {
    let n_shared = match but {
        Some(but) => part.shared_without(whole, but),
        None => part.shared(whole),
    };
    n_shared >= ANCESTOR_WORDS_MIN.min(part.len()).max(1)
        && n_shared * 100 >= part.len() * ANCESTOR_PERCENT
}

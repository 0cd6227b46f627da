//! Identity: which scene of the new text is which of the old. A scene keeps its id, and with it all
//! its takes, through edits, moves, renumbering and renamed headings.
//!
//! In this order, and each scene at most once: the same text; the same words under another number
//! or layout; very alike; the same number; alike. Numbers come after what is the same or very
//! alike, because inserting one scene renumbers all below it.
//!
//! Where too many scenes changed to compare each with each, likeness is asked only of neighbors and
//! of scenes with the same heading or number.

use std::collections::{BTreeMap, VecDeque};

use storycore_schema::{
    id::BlobId, recipe::IntentLine, scene::SceneRecord, script::MatchKind, shot::ShotRecord,
};

mod assign;
mod near;
pub mod shots;

use assign::{assign, best_first};
use near::Open;

/// At least this alike, scenes are the same without further proof, in thousandths.
const VERY_ALIKE_MILLI: u32 = 600;
/// Less alike than this, scenes are different, in thousandths.
const ALIKE_MILLI: u32 = 300;
/// What the same heading adds when two scenes are equally alike, in thousandths.
const SAME_HEADING_MILLI: u32 = 60;
/// What the same place in the order adds at most, in thousandths.
const NEAR_MILLI: u32 = 30;

/// What of a scene tells it from others.
#[derive(Debug, Clone)]
pub struct Portrait {
    text: BlobId,
    number: Option<String>,
    heading: String,
    words: Bag,
    /// Its place among those compared, in thousandths of their number.
    place_milli: u32,
}

/// A decision about a new scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its place among the old ones.
    pub old_idx: usize,
    /// How it was found.
    pub kind: MatchKind,
    /// How alike the two are, in thousandths.
    pub similarity_milli: u32,
}

impl Portrait {
    /// Of a scene in the state.
    pub fn of_record<'a>(
        scene: &SceneRecord,
        shots: impl Iterator<Item = &'a ShotRecord>,
    ) -> Portrait {
        let lines = shots.flat_map(|shot| &shot.lines);
        let number = scene.written_number.clone();
        Portrait::new(scene.text, number, &scene.heading, lines)
    }

    /// Of a scene in a new text.
    pub fn new<'a>(
        text: BlobId,
        number: Option<String>,
        heading: &str,
        lines: impl Iterator<Item = &'a IntentLine>,
    ) -> Portrait {
        let heading = heading.to_uppercase();
        let mut words = Bag::default();
        words.add(&heading);
        for line in lines {
            words.add(line.speaker.as_deref().unwrap_or_default());
            words.add(&line.text);
        }
        words.close();
        Portrait {
            text,
            number,
            heading,
            words,
            place_milli: 0,
        }
    }
}

/// For each new scene the old one it is, if any.
pub fn match_scenes(old: &mut [Portrait], new: &mut [Portrait]) -> Vec<Option<Found>> {
    set_places(old);
    set_places(new);
    let mut matching = Matching::new(old, new);
    matching.by_key(|it| it.text.to_string());
    matching.by_key(|it| format!("{} {:?}", it.heading, it.words.0));
    matching.by_likeness(VERY_ALIKE_MILLI);
    matching.by_number();
    matching.by_likeness(ALIKE_MILLI);
    matching.found
}

fn set_places(portraits: &mut [Portrait]) {
    let n_portraits = portraits.len().max(1);
    for (idx, portrait) in portraits.iter_mut().enumerate() {
        portrait.place_milli = u32::try_from(idx * 1_000 / n_portraits).unwrap_or(1_000);
    }
}

struct Matching<'a> {
    old: &'a [Portrait],
    new: &'a [Portrait],
    taken: Vec<bool>,
    found: Vec<Option<Found>>,
}

impl<'a> Matching<'a> {
    fn new(old: &'a [Portrait], new: &'a [Portrait]) -> Matching<'a> {
        Matching {
            old,
            new,
            taken: vec![false; old.len()],
            found: vec![None; new.len()],
        }
    }

    fn settle(&mut self, old_idx: usize, new_idx: usize, kind: MatchKind) {
        let similarity_milli = self.old[old_idx]
            .words
            .likeness_milli(&self.new[new_idx].words);
        self.taken[old_idx] = true;
        self.found[new_idx] = Some(Found {
            old_idx,
            kind,
            similarity_milli,
        });
    }

    fn open_old(&self) -> Vec<usize> {
        (0..self.old.len())
            .filter(|idx| !self.taken[*idx])
            .collect()
    }

    fn open_new(&self) -> Vec<usize> {
        (0..self.new.len())
            .filter(|idx| self.found[*idx].is_none())
            .collect()
    }

    /// Scenes with the same key, the first with the first, the second with the second.
    fn by_key(&mut self, key: impl Fn(&Portrait) -> String) {
        let mut waiting: BTreeMap<String, VecDeque<usize>> = BTreeMap::new();
        for idx in self.open_old() {
            waiting
                .entry(key(&self.old[idx]))
                .or_default()
                .push_back(idx);
        }
        for new_idx in self.open_new() {
            let same = waiting.get_mut(&key(&self.new[new_idx]));
            if let Some(old_idx) = same.and_then(VecDeque::pop_front) {
                self.settle(old_idx, new_idx, MatchKind::Exact);
            }
        }
    }

    fn by_number(&mut self) {
        let open = self.open_old();
        let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
        for idx in open.into_iter().rev() {
            if let Some(number) = &self.old[idx].number {
                waiting.insert(number, idx);
            }
        }
        for new_idx in self.open_new() {
            let number = self.new[new_idx].number.as_deref();
            if let Some(old_idx) = number.and_then(|it| waiting.remove(it)) {
                self.settle(old_idx, new_idx, MatchKind::Number);
            }
        }
    }

    /// The assignment with the greatest total likeness among pairs that are alike enough.
    fn by_likeness(&mut self, at_least_milli: u32) {
        let found = self.found.iter();
        let open = Open::new(&self.taken, found.map(|it| it.map(|it| it.old_idx)));
        let score = |old: usize, new: usize| score(&self.old[old], &self.new[new], at_least_milli);
        let pairs = if open.is_crowded() {
            let cells = self.likely(&open).map(|(new, old)| {
                let score = score(open.old[old], open.new[new]);
                (score, new, old)
            });
            best_first(cells, open.new.len(), open.old.len())
        } else {
            let row = |new: &usize| open.old.iter().map(|old| score(*old, *new)).collect();
            assign(&open.new.iter().map(row).collect::<Vec<Vec<u32>>>())
        };
        for (new, old) in pairs {
            self.settle(open.old[old], open.new[new], MatchKind::Similar);
        }
    }

    /// Ranks of open new scenes and of old ones that they may be.
    fn likely(&self, open: &Open) -> impl Iterator<Item = (usize, usize)> {
        let near = (0..open.new.len()).flat_map(|new| open.neighbors(new).map(move |it| (new, it)));
        let headed = self.in_step(open, |it| Some(&it.heading));
        let numbered = self.in_step(open, |it| it.number.as_ref());
        near.chain(headed).chain(numbered)
    }

    /// Those with the same key, the first with the first, the second with the second.
    fn in_step(
        &self,
        open: &Open,
        key: impl Fn(&Portrait) -> Option<&String>,
    ) -> Vec<(usize, usize)> {
        let mut waiting: BTreeMap<&String, VecDeque<usize>> = BTreeMap::new();
        for (rank, idx) in open.old.iter().enumerate() {
            if let Some(key) = key(&self.old[*idx]) {
                waiting.entry(key).or_default().push_back(rank);
            }
        }
        let ranks = open.new.iter().enumerate();
        let pairs = ranks.filter_map(|(rank, idx)| {
            let same = waiting.get_mut(key(&self.new[*idx])?)?;
            Some((rank, same.pop_front()?))
        });
        pairs.collect()
    }
}

/// How alike two scenes are, and a little more for the same heading and place; 0 if not enough.
fn score(old: &Portrait, new: &Portrait, at_least_milli: u32) -> u32 {
    let alike = old.words.likeness_milli(&new.words);
    if alike < at_least_milli {
        return 0;
    }
    let same_heading = u32::from(old.heading == new.heading) * SAME_HEADING_MILLI;
    let apart = old.place_milli.abs_diff(new.place_milli);
    alike + same_heading + NEAR_MILLI.saturating_sub(apart * NEAR_MILLI / 1_000)
}

/// The words of a text, as sorted hashes with repetitions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bag(Vec<u32>);

impl Bag {
    /// The words of one text.
    pub fn of(text: &str) -> Bag {
        let mut bag = Bag::default();
        bag.add(text);
        bag.close();
        bag
    }

    fn add(&mut self, text: &str) {
        let words = text
            .split(|it: char| !it.is_alphanumeric())
            .filter(|it| !it.is_empty());
        self.0.extend(words.map(hash_word));
    }

    fn close(&mut self) {
        self.0.sort_unstable();
    }

    /// The Sørensen–Dice coefficient of two bags, in thousandths: twice what they share over what
    /// they have together.
    pub fn likeness_milli(&self, other: &Bag) -> u32 {
        let (a, b) = (&self.0, &other.0);
        let (mut i, mut j, mut shared) = (0, 0, 0);
        while i < a.len() && j < b.len() {
            match a[i].cmp(&b[j]) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => {
                    shared += 1;
                    i += 1;
                    j += 1;
                }
            }
        }
        match a.len() + b.len() {
            0 => 1_000,
            both => u32::try_from(2_000 * shared / both).unwrap_or(1_000),
        }
    }
}

/// FNV-1a over the word in lower case (Fowler, Noll, Vo; 32 bits).
fn hash_word(word: &str) -> u32 {
    let fold = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let mut buffer = [0; 4];
    word.chars()
        .flat_map(char::to_lowercase)
        .fold(0x811c_9dc5, |hash, letter| {
            letter.encode_utf8(&mut buffer).bytes().fold(hash, fold)
        })
}

#[cfg(test)]
mod tests;

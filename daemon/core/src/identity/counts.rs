//! How many shots of a film have each word: what is in every shot tells little of which one it is.

use imbl::OrdMap;
use storycore_schema::recipe::IntentLine;

use super::{portrait::add_words, renames::Renames};

/// Counts as more shots, so that words weigh about the same in a film of few, in shots.
const SHOTS_EXTRA: u64 = 8;

/// For each word how many shots have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordCounts {
    n_shots: u64,
    n_with: OrdMap<u32, u64>,
}

impl WordCounts {
    /// Takes in a shot.
    pub fn enter(&mut self, lines: &[IntentLine]) {
        self.n_shots += 1;
        for word in words(lines) {
            *self.n_with.entry(word).or_default() += 1;
        }
    }

    /// Takes a shot out that is in.
    pub fn leave(&mut self, lines: &[IntentLine]) {
        self.n_shots = self.n_shots.saturating_sub(1);
        for word in words(lines) {
            if let Some(n) = self.n_with.get_mut(&word) {
                *n -= 1;
                if *n == 0 {
                    self.n_with.remove(&word);
                }
            }
        }
    }

    fn n_with(&self, word: u32) -> u64 {
        self.n_with.get(&word).copied().unwrap_or(0)
    }
}

/// The words of a shot, each once.
fn words(lines: &[IntentLine]) -> Vec<u32> {
    let mut words = Vec::new();
    for line in lines {
        add_words(&mut words, line.speaker.as_deref().unwrap_or_default());
        add_words(&mut words, &line.text);
    }
    words.sort_unstable();
    words.dedup();
    words
}

/// What the words of a film tell.
#[derive(Debug)]
pub struct Weights<'a> {
    counts: &'a WordCounts,
    /// For each new name those it stands for.
    was: OrdMap<u32, u32>,
}

impl<'a> Weights<'a> {
    /// Of a film as it was, in which names are other ones now.
    pub fn new(counts: &'a WordCounts, renames: &Renames) -> Weights<'a> {
        let was = renames.iter().map(|(was, is)| (*is, *was)).collect();
        Weights { counts, was }
    }

    /// What a word tells, in sixteenths of a bit: the fewer shots have it, the more.
    pub(super) fn bits(&self, word: u32) -> u32 {
        let was = self.was.get(&word).map_or(0, |it| self.counts.n_with(*it));
        let n_with = (self.counts.n_with(word) + was).max(1);
        super::log2_sixteenths(self.counts.n_shots + SHOTS_EXTRA, n_with)
    }
}

//! Words without their order, as sorted hashes with repetitions.

use std::cmp::Ordering;

use super::{
    counts::Weights,
    portrait::{LINE_END, add_words},
};

/// The words of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bag(Vec<u32>);

impl Bag {
    /// The words of one text.
    pub fn of(text: &str) -> Bag {
        let mut words = Vec::new();
        add_words(&mut words, text);
        Bag::new(words)
    }

    pub(super) fn new(mut words: Vec<u32>) -> Bag {
        words.retain(|it| *it != LINE_END);
        words.sort_unstable();
        Bag(words)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// How many words two texts share.
    pub(super) fn shared(&self, other: &Bag) -> usize {
        let (a, b) = (&self.0, &other.0);
        let (mut i, mut j, mut n_shared) = (0, 0, 0);
        // Without branches on words, which nothing could predict.
        while i < a.len() && j < b.len() {
            let (x, y) = (a[i], b[j]);
            n_shared += usize::from(x == y);
            i += usize::from(x <= y);
            j += usize::from(y <= x);
        }
        n_shared
    }

    /// What its words tell, in sixteenths of a bit.
    pub(super) fn weight(&self, weights: &Weights<'_>) -> u32 {
        self.0.iter().map(|it| weights.bits(*it)).sum()
    }

    /// What the words tell that two texts share, in sixteenths of a bit.
    pub(super) fn shared_weight(&self, other: &Bag, weights: &Weights<'_>) -> u32 {
        let mut shared = 0;
        self.walk(other, |word, order| {
            if order == Ordering::Equal {
                shared += weights.bits(word);
            }
        });
        shared
    }

    /// How many words it shares with a text, but for those of them that another text has, too.
    pub(super) fn shared_without(&self, text: &Bag, but: &Bag) -> usize {
        let (mut i, mut j, mut n_shared) = (0, 0, 0);
        let (own, but) = (&self.0, &but.0);
        for word in &text.0 {
            j += but[j..].iter().take_while(|it| *it < word).count();
            if but.get(j) == Some(word) {
                j += 1;
                continue;
            }
            i += own[i..].iter().take_while(|it| *it < word).count();
            if own.get(i) == Some(word) {
                i += 1;
                n_shared += 1;
            }
        }
        n_shared
    }

    fn walk(&self, other: &Bag, mut meet: impl FnMut(u32, Ordering)) {
        let (a, b) = (&self.0, &other.0);
        let mut j = 0;
        for word in a {
            while j < b.len() && b[j] < *word {
                j += 1;
            }
            if b.get(j) == Some(word) {
                j += 1;
                meet(*word, Ordering::Equal);
            } else {
                meet(*word, Ordering::Less);
            }
        }
    }

    /// The Sørensen–Dice coefficient of two bags, in thousandths: twice what they share over what
    /// they have together.
    pub fn likeness_milli(&self, other: &Bag) -> u32 {
        match self.len() + other.len() {
            0 => 1_000,
            both => u32::try_from(2_000 * self.shared(other) / both).unwrap_or(1_000),
        }
    }
}

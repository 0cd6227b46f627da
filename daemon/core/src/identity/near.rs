//! Which pairs are worth a look when there are too many to look at all: only those near each other.

use std::ops::Range;

/// Above this many pairs, likeness is asked of neighbors only, in pairs.
pub(super) const PAIRS_MAX: usize = 250_000;
/// Neighbors on each side of a place that are asked, in places.
const NEIGHBORS: usize = 8;

/// What is open on both sides, in order.
pub(super) struct Open {
    pub(super) old: Vec<usize>,
    pub(super) new: Vec<usize>,
    /// For each open new one the rank among the open old ones that follows what comes before it.
    follows: Vec<usize>,
}

impl Open {
    pub(super) fn new(taken: &[bool], found: impl Iterator<Item = Option<usize>>) -> Open {
        Open::among(taken, found, |_| true)
    }

    /// The same, without new ones that are closed though nothing here is found for them.
    pub(super) fn among(
        taken: &[bool],
        found: impl Iterator<Item = Option<usize>>,
        is_open: impl Fn(usize) -> bool,
    ) -> Open {
        let old: Vec<usize> = (0..taken.len()).filter(|idx| !taken[*idx]).collect();
        let (mut new, mut follows, mut next) = (Vec::new(), Vec::new(), 0);
        for (idx, found) in found.enumerate() {
            if let Some(found) = found {
                next = old.partition_point(|it| *it <= found);
            } else if is_open(idx) {
                new.push(idx);
                follows.push(next);
                next += 1;
            }
        }
        Open { old, new, follows }
    }

    /// Whether all pairs are too many.
    pub(super) fn is_crowded(&self) -> bool {
        self.old.len().saturating_mul(self.new.len()) > PAIRS_MAX
    }

    /// For the open new one of a rank, ranks of open old ones, each once: those that follow what
    /// comes before it, and those after the same share of the whole.
    pub(super) fn neighbors(&self, rank: usize) -> impl Iterator<Item = usize> + use<> {
        let after = around(self.follows[rank], self.old.len());
        let share = rank * self.old.len() / self.new.len();
        let same_share = around(share, self.old.len());
        let others = same_share.filter({
            let after = after.clone();
            move |it| !after.contains(it)
        });
        after.chain(others)
    }
}

fn around(rank: usize, len: usize) -> Range<usize> {
    rank.saturating_sub(NEIGHBORS)..(rank + NEIGHBORS + 1).min(len)
}

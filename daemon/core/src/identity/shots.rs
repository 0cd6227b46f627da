//! Which shot of the new text is which of the old, within one scene: the same words, then the most
//! alike in order, then what moved, then what stands between the same neighbors.
//!
//! Where too many shots changed to compare each with each, equal words are looked up, and likeness
//! is asked of neighbors only.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, VecDeque},
    ops::Range,
};

use storycore_schema::recipe::IntentLine;

use super::{
    Bag,
    assign::best_first,
    near::{Open, PAIRS_MAX},
};

/// Less alike than this, shots are different unless they stand in the same gap, in thousandths.
const ALIKE_MILLI: u32 = 300;
/// At least this alike, a shot may have moved within its scene, in thousandths.
const MOVED_MILLI: u32 = 600;
/// What the same words score: more than any likeness.
const SAME_SCORE: u32 = 1_500;

/// What of a shot tells it from others.
#[derive(Debug, Clone)]
pub struct ShotPortrait<'a> {
    lines: &'a [IntentLine],
    /// Counted when they are asked for: most shots are told by equal lines.
    words: OnceCell<Bag>,
}

impl<'a> ShotPortrait<'a> {
    /// Of the lines a shot covers.
    pub fn new(lines: &'a [IntentLine]) -> ShotPortrait<'a> {
        ShotPortrait {
            lines,
            words: OnceCell::new(),
        }
    }

    /// Whether both cover the same words.
    pub fn same(&self, other: &ShotPortrait<'_>) -> bool {
        self.lines == other.lines
    }

    fn words(&self) -> &Bag {
        self.words.get_or_init(|| {
            let mut words = Bag::default();
            for line in self.lines {
                words.add(line.speaker.as_deref().unwrap_or_default());
                words.add(&line.text);
            }
            words.close();
            words
        })
    }

    fn speaker(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| line.speaker.as_deref())
    }

    /// What two shots that cover the same words have in common.
    fn key(&self) -> Vec<(Option<&'a str>, &'a str)> {
        let lines = self.lines.iter();
        lines
            .map(|line| (line.speaker.as_deref(), line.text.as_str()))
            .collect()
    }
}

/// For each new shot the old one it is, if any.
pub fn match_shots(old: &[ShotPortrait<'_>], new: &[ShotPortrait<'_>]) -> Vec<Option<usize>> {
    let mut matching = Matching {
        old,
        new,
        found: vec![None; new.len()],
        taken: vec![false; old.len()],
    };
    let (middle_old, middle_new) = matching.ends();
    if middle_old.len().saturating_mul(middle_new.len()) > PAIRS_MAX {
        matching.same_words();
        matching.near();
    } else {
        let first = middle_old.start;
        let aligned = align(&old[middle_old], &new[middle_new.clone()]);
        for (new_idx, found) in middle_new.zip(aligned) {
            if let Some(old_idx) = found {
                matching.settle(first + old_idx, new_idx);
            }
        }
    }
    matching.moved();
    same_gap(old, new, &mut matching.found, &matching.taken);
    matching.found
}

struct Matching<'a> {
    old: &'a [ShotPortrait<'a>],
    new: &'a [ShotPortrait<'a>],
    found: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Matching<'_> {
    fn settle(&mut self, old_idx: usize, new_idx: usize) {
        self.found[new_idx] = Some(old_idx);
        self.taken[old_idx] = true;
    }

    fn open(&self) -> Open {
        Open::new(&self.taken, self.found.iter().copied())
    }

    /// Pairs what is the same at both ends, and returns what lies between. No alignment is better
    /// than one that begins so, because nothing scores more than the same words.
    fn ends(&mut self) -> (Range<usize>, Range<usize>) {
        let (old, new) = (self.old, self.new);
        let both = old.iter().zip(new);
        let start = both.take_while(|(old, new)| old.same(new)).count();
        let both = old[start..].iter().rev().zip(new[start..].iter().rev());
        let end = both.take_while(|(old, new)| old.same(new)).count();
        for idx in 0..start {
            self.settle(idx, idx);
        }
        for back in 1..=end {
            self.settle(old.len() - back, new.len() - back);
        }
        (start..old.len() - end, start..new.len() - end)
    }

    /// Shots with the same words, the first with the first, the second with the second.
    fn same_words(&mut self) {
        let open = self.open();
        let mut waiting: BTreeMap<_, VecDeque<usize>> = BTreeMap::new();
        for old_idx in open.old {
            let same = waiting.entry(self.old[old_idx].key());
            same.or_default().push_back(old_idx);
        }
        for new_idx in open.new {
            let same = waiting.get_mut(&self.new[new_idx].key());
            if let Some(old_idx) = same.and_then(VecDeque::pop_front) {
                self.settle(old_idx, new_idx);
            }
        }
    }

    /// The most alike among neighbors, if there is too much left to compare each with each.
    fn near(&mut self) {
        let open = self.open();
        if !open.is_crowded() {
            return;
        }
        let pairs = (0..open.new.len())
            .flat_map(|new_rank| open.neighbors(new_rank).map(move |it| (new_rank, it)));
        let cells = pairs.map(|(new_rank, old_rank)| {
            let old = &self.old[open.old[old_rank]];
            let new = &self.new[open.new[new_rank]];
            (score(old, new), new_rank, old_rank)
        });
        for (new_rank, old_rank) in best_first(cells, open.new.len(), open.old.len()) {
            self.settle(open.old[old_rank], open.new[new_rank]);
        }
    }

    fn moved(&mut self) {
        let mut open = self.open();
        if open.is_crowded() {
            return;
        }
        for new_idx in open.new {
            let ranks = open.old.iter().enumerate();
            let scored =
                ranks.map(|(rank, idx)| (score(&self.old[*idx], &self.new[new_idx]), rank));
            let best = scored.max_by_key(|(score, rank)| (*score, usize::MAX - rank));
            if let Some((_, rank)) = best.filter(|(score, _)| *score >= MOVED_MILLI) {
                let old_idx = open.old.remove(rank);
                self.settle(old_idx, new_idx);
            }
        }
    }
}

/// The alignment in order with the greatest total score (Needleman and Wunsch, 1970; a gap costs
/// nothing).
fn align(old: &[ShotPortrait<'_>], new: &[ShotPortrait<'_>]) -> Vec<Option<usize>> {
    let width = old.len() + 1;
    let mut best = vec![0u32; (new.len() + 1) * width];
    for i in (0..new.len()).rev() {
        for j in (0..old.len()).rev() {
            let skip = best[(i + 1) * width + j].max(best[i * width + j + 1]);
            let pair = score(&old[j], &new[i]);
            let paired = if pair > 0 {
                pair + best[(i + 1) * width + j + 1]
            } else {
                0
            };
            best[i * width + j] = skip.max(paired);
        }
    }
    let (mut i, mut j, mut found) = (0, 0, vec![None; new.len()]);
    while i < new.len() && j < old.len() {
        let here = best[i * width + j];
        let pair = score(&old[j], &new[i]);
        if pair > 0 && here == pair + best[(i + 1) * width + j + 1] {
            found[i] = Some(j);
            i += 1;
            j += 1;
        } else if here == best[i * width + j + 1] {
            j += 1;
        } else {
            i += 1;
        }
    }
    found
}

fn score(old: &ShotPortrait<'_>, new: &ShotPortrait<'_>) -> u32 {
    if old.same(new) {
        return SAME_SCORE;
    }
    let alike = old.words().likeness_milli(new.words());
    if alike < ALIKE_MILLI { 0 } else { alike }
}

/// Between two neighbors that are known, as many old as new shots of the same speakers are the
/// same, rewritten: `Yes.` became `No.`
fn same_gap(
    old: &[ShotPortrait<'_>],
    new: &[ShotPortrait<'_>],
    found: &mut [Option<usize>],
    taken: &[bool],
) {
    let mut start = 0;
    while start < new.len() {
        if found[start].is_some() {
            start += 1;
            continue;
        }
        let len = found[start..].iter().take_while(|it| it.is_none()).count();
        let first = if start == 0 {
            Some(0)
        } else {
            found[start - 1].map(|idx| idx + 1)
        };
        let open = first.map_or(0, |first| {
            taken[first..].iter().take_while(|it| !**it).count()
        });
        if let Some(first) = first.filter(|_| open == len) {
            for step in 0..len {
                if old[first + step].speaker() == new[start + step].speaker() {
                    found[start + step] = Some(first + step);
                }
            }
        }
        start += len;
    }
}

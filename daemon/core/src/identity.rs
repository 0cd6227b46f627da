//! Identity: which scene of the new text is which of the old. A scene keeps its id, and with it all
//! its takes, through edits, moves, renumbering, renamed characters and new headings.
//!
//! In this order, and each scene at most once: the same words, told from its doubles by its
//! neighbors; the same words as one in the unplaced tray; the words that one had before; clearly the
//! most alike; the assignment
//! that is best in all, by words, number and order; the most alike in the tray; the same number in
//! the same place. Then parts
//! of scenes and scenes that went into others are told, and what is in doubt is marked.
//!
//! Words weigh what they tell in this film, and are compared as they are called now where a name was
//! replaced throughout. Numbers count as far as they still hold, because inserting one scene
//! renumbers all below it. Absent on purpose: a comparison of each with each, so that the cost grows
//! with the scenes that changed.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use storycore_schema::script::MatchKind;

mod assign;
mod bag;
mod counts;
mod decision;
mod likeness;
mod lineage;
mod near;
mod order;
mod portrait;
mod renames;
pub mod shots;

use assign::assign_sparse;
pub use bag::Bag;
pub use counts::{Weights, WordCounts};
use likeness::{Leads, Likeness};
use lineage::Lineage;
use near::Open;
use order::Order;
pub use portrait::Portrait;
pub use renames::Renames;

/// Scenes that score less are not the same, in thousandths.
const ACCEPTED_MILLI: u32 = 300;
/// Whatever stands around them, scenes that are less alike than this are not compared further, in
/// thousandths.
const LEAST_ALIKE_MILLI: u32 = 60;
/// A scene from the tray must be so much like a new one, in thousandths.
const TRAY_MILLI: u32 = 450;
/// One scene that was edited alone is so much alike, in thousandths.
const EDITED_MILLI: u32 = 700;
/// Clearly the most alike scores so much, in thousandths.
const CLEAR_MILLI: u32 = 450;
/// And so much more than any other, in thousandths.
const CLEAR_LEAD_MILLI: u32 = 120;
/// What it adds to stand between the same neighbors that kept their order, in thousandths.
const IN_GAP_MILLI: u32 = 100;
/// What it adds when it is the only one that is open there, or one of two or three, in thousandths.
const NARROW_GAP_MILLI: [u32; 3] = [100, 60, 30];
/// What each neighbor adds that is the same on both sides, in thousandths.
const NEIGHBOR_MILLI: u32 = 40;
/// What the same number adds while numbers hold, in thousandths.
const NUMBER_MILLI: u32 = 120;
/// What another number takes away while numbers hold, in thousandths.
const OTHER_NUMBER_MILLI: u32 = 80;
/// Numbers hold if so many of the scenes that are found have kept theirs, in percent.
const NUMBERS_HOLD_PERCENT: usize = 80;
/// A decision that another scores so little less than is doubtful, in thousandths.
const RIVAL_MILLI: u32 = 60;
/// A decision that scores so little more than the least is doubtful, in thousandths.
const WEAK_MILLI: u32 = 40;
/// Two texts that are less alike, in thousandths, may be one scene only for their place, which is
/// told.
const LOOSE_MILLI: u32 = 300;
/// More doubles than this are taken in order, in pairs.
const DOUBLES_MAX: usize = 10_000;

/// A decision about a new scene.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its place among the old ones, those of the tray after those that have a place.
    pub old_idx: Option<usize>,
    /// How it was found.
    pub kind: MatchKind,
    /// How alike the two are, in thousandths.
    pub similarity_milli: u32,
    /// How sure that is, in thousandths.
    pub confidence_milli: u32,
    /// Whether another decision would be nearly as good.
    pub doubtful: bool,
    /// The old one it might be as well.
    pub rival_idx: Option<usize>,
    /// For a new scene, the old one it was a part of.
    pub split_from_idx: Option<usize>,
    /// Old ones that are in it now, beside the one it is.
    pub merged_from_idx: Vec<usize>,
}

/// What was decided about scenes.
#[derive(Debug, Default)]
pub struct Matches {
    /// For each new scene the old one it is, if any.
    pub decisions: Vec<Decision>,
    /// Words that were replaced by another throughout.
    pub renames: Renames,
}

/// Decides which old scene each new one is. `old` are scenes that have a place, in order; `had` are
/// for each new scene the old ones that said the same before, those of the tray after those that
/// have a place, the last first.
pub fn match_scenes(
    old: &[Portrait],
    tray: &[Portrait],
    new: &[Portrait],
    had: &[Vec<usize>],
) -> Matches {
    let all: Vec<&Portrait> = old.iter().chain(tray).collect();
    let new: Vec<&Portrait> = new.iter().collect();
    let mut matching = Matching::new(&all, &new, old.len());
    matching.by_words();
    matching.back_from_tray();
    matching.by_earlier_text(had);
    matching.clearly();
    matching.at_best();
    matching.like_one_in_tray();
    matching.by_number();
    matching.prefer_larger_parts();
    Matches {
        decisions: matching.decisions(),
        renames: matching.renames,
    }
}

/// The decision about one scene of which little has changed, if nothing else has: the most frequent
/// edit needs no comparison with others.
pub fn match_edited(old: &Portrait, new: &Portrait) -> Option<Matches> {
    let similarity_milli = likeness(old, new);
    (similarity_milli >= EDITED_MILLI).then(|| Matches {
        decisions: vec![Decision {
            old_idx: Some(0),
            kind: match old.words == new.words {
                true => MatchKind::Exact,
                false => MatchKind::Similar,
            },
            similarity_milli,
            ..Decision::new_scene()
        }],
        renames: Renames::new(),
    })
}

impl Decision {
    fn new_scene() -> Decision {
        Decision {
            old_idx: None,
            kind: MatchKind::New,
            similarity_milli: 0,
            confidence_milli: 1_000,
            doubtful: false,
            rival_idx: None,
            split_from_idx: None,
            merged_from_idx: Vec::new(),
        }
    }
}

struct Matching<'a> {
    old: &'a [&'a Portrait],
    new: &'a [&'a Portrait],
    /// So many of the old ones have a place; the others are in the tray.
    n_placed: usize,
    likeness: Likeness,
    lineage: Lineage,
    renames: Renames,
    taken: Vec<bool>,
    /// For each old scene the new one that it is.
    whole: Vec<Option<usize>>,
    found: Vec<Option<(usize, MatchKind)>>,
    /// The pairs that were compared last, and their scores.
    scored: BTreeMap<(usize, usize), u32>,
    /// What leads to any old scene that has a place, and to any new one.
    to_placed: OnceCell<Leads>,
    /// For each new scene the old ones that have a place and have enough of it to be where it
    /// comes from.
    near: Vec<OnceCell<Vec<usize>>>,
    /// For each old scene the new ones that have enough of it to have taken it in.
    heirs: Vec<OnceCell<Vec<usize>>>,
    to_new: OnceCell<Leads>,
}

impl<'a> Matching<'a> {
    fn new(old: &'a [&'a Portrait], new: &'a [&'a Portrait], n_placed: usize) -> Matching<'a> {
        let placed = old[..n_placed].iter().copied();
        let renames = renames::find(placed, new.iter().copied());
        Matching {
            likeness: Likeness::new(old, new, &renames),
            lineage: Lineage::new(old, new, &renames),
            old,
            new,
            n_placed,
            renames,
            taken: vec![false; old.len()],
            whole: vec![None; old.len()],
            found: vec![None; new.len()],
            scored: BTreeMap::new(),
            to_placed: OnceCell::new(),
            near: vec![OnceCell::new(); new.len()],
            heirs: vec![OnceCell::new(); old.len()],
            to_new: OnceCell::new(),
        }
    }

    fn settle(&mut self, old: usize, new: usize, kind: MatchKind) {
        self.taken[old] = true;
        self.whole[old] = Some(new);
        self.found[new] = Some((old, kind));
    }

    /// Two scenes that say the same, but for names that have changed throughout.
    fn settle_same(&mut self, old: usize, new: usize) {
        let kind = match self.old[old].words == self.new[new].words {
            true => MatchKind::Exact,
            false => MatchKind::Similar,
        };
        self.settle(old, new, kind);
    }

    fn open_new(&self) -> Vec<usize> {
        let open = |idx: &usize| self.found[*idx].is_none();
        (0..self.new.len()).filter(open).collect()
    }

    fn order(&self) -> Order {
        let found = self.found.iter().map(|it| it.map(|it| it.0));
        Order::new(self.n_placed, found)
    }

    /// Scenes that say the same. Where there are doubles, neighbors and order tell which is which;
    /// not their numbers, which may have moved on by one.
    fn by_words(&mut self) {
        let placed: Vec<usize> = (0..self.n_placed).collect();
        self.by_key(&placed, |it, _| it.words.clone());
        self.by_key(&placed, renamed);
    }

    /// How many of the two neighbors are the same, or at least say the same: they may be doubles
    /// themselves. Doubles that stand together have the neighbors of all of them.
    fn n_like_neighbors(&self, order: &Order, old: usize, new: Range<usize>) -> u32 {
        let is_same = |old: Option<usize>, new: Option<usize>| {
            let old_idx = old.filter(|it| *it < self.n_placed);
            let new_idx = new.filter(|it| *it < self.new.len());
            match (old_idx, new_idx) {
                (Some(old), Some(new)) => {
                    order.is_found(old, new) || self.old[old].words == self.new[new].words
                }
                (None, None) => true,
                _ => false,
            }
        };
        let before = is_same(old.checked_sub(1), new.start.checked_sub(1));
        let after = is_same(Some(old + 1), Some(new.end));
        u32::from(before) + u32::from(after)
    }

    /// Scenes that came back from the tray as they were.
    fn back_from_tray(&mut self) {
        let tray: Vec<usize> = (self.n_placed..self.old.len()).collect();
        self.by_key(&tray, |it, _| it.text.to_string());
        self.by_key(&tray, |it, _| renamed(it, &Renames::new()));
    }

    /// Scenes whose text is one that an old scene had before.
    fn by_earlier_text(&mut self, had: &[Vec<usize>]) {
        for (new, had) in had.iter().enumerate() {
            let is_free = |it: &&usize| !self.taken[**it];
            let old = had.iter().find(is_free).copied();
            if let Some(old) = old.filter(|_| self.found[new].is_none()) {
                self.settle(old, new, MatchKind::Similar);
            }
        }
    }

    fn by_key<K: Ord>(&mut self, old: &[usize], key: impl Fn(&Portrait, &Renames) -> K) {
        let mut groups: BTreeMap<K, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for idx in old.iter().filter(|it| !self.taken[**it]) {
            let key = key(self.old[*idx], &self.renames);
            groups.entry(key).or_default().0.push(*idx);
        }
        let none = Renames::new();
        for idx in self.open_new() {
            if let Some(group) = groups.get_mut(&key(self.new[idx], &none)) {
                group.1.push(idx);
            }
        }
        groups.retain(|_, it| !it.0.is_empty() && !it.1.is_empty());
        let is_pair = |it: &(Vec<usize>, Vec<usize>)| it.0.len() == 1 && it.1.len() == 1;
        let (pairs, doubles): (Vec<_>, Vec<_>) = groups.into_values().partition(is_pair);
        for (old, new) in pairs {
            self.settle_same(old[0], new[0]);
        }
        if doubles.is_empty() {
            return;
        }
        let order = self.order();
        for (old, new) in doubles {
            self.tell_apart(&order, &old, &new);
        }
    }

    /// Doubles between the same neighbors first, then in order.
    fn tell_apart(&mut self, order: &Order, old: &[usize], new: &[usize]) {
        if old.len().saturating_mul(new.len()) <= DOUBLES_MAX {
            let mut pairs = Vec::new();
            let numbers_hold = self.numbers_hold();
            let run = |at: usize| {
                let together = |it: &&[usize]| it.contains(&at);
                let mut runs = new.chunk_by(|a, b| a + 1 == *b);
                let run = runs.find(together).unwrap_or_default();
                run.first().map_or(at, |it| *it)..run.last().map_or(at, |it| *it) + 1
            };
            for new in new {
                for old in old.iter().filter(|it| **it < self.n_placed) {
                    let n_same = self.n_like_neighbors(order, *old, run(*new));
                    // A number that moved on by one makes a text that of the double beside it.
                    let same_text = numbers_hold && self.old[*old].text == self.new[*new].text;
                    let in_gap = order.is_in_gap(*old, *new);
                    let weight = 2 * n_same + u32::from(in_gap) + u32::from(same_text);
                    pairs.push((u32::MAX - weight, *old, *new));
                }
            }
            pairs.sort_unstable();
            for (weight, old, new) in pairs {
                if weight != u32::MAX && !self.taken[old] && self.found[new].is_none() {
                    self.settle_same(old, new);
                }
            }
        }
        let old: Vec<usize> = old.iter().copied().filter(|it| !self.taken[*it]).collect();
        let new: Vec<usize> = new
            .iter()
            .copied()
            .filter(|it| self.found[*it].is_none())
            .collect();
        for (old, new) in old.into_iter().zip(new) {
            self.settle_same(old, new);
        }
    }

    /// Pairs that are more alike than either is with any other.
    fn clearly(&mut self) {
        let scored = self.scored(&self.order());
        let mut best_of_old = vec![(0, 0, 0); self.old.len()];
        let mut best_of_new = vec![(0, 0, 0); self.new.len()];
        let improve = |best: &mut (u32, u32, usize), score: u32, other: usize| {
            if score > best.0 {
                *best = (score, best.0, other);
            } else {
                best.1 = best.1.max(score);
            }
        };
        for ((new, old), score) in &scored {
            improve(&mut best_of_old[*old], *score, *new);
            improve(&mut best_of_new[*new], *score, *old);
        }
        for (new, (score, next, old)) in best_of_new.into_iter().enumerate() {
            if score < CLEAR_MILLI {
                continue;
            }
            let (_, next_of_old, best) = best_of_old[old];
            let leads = score >= next.max(next_of_old) + CLEAR_LEAD_MILLI;
            if best == new && leads {
                self.settle(old, new, MatchKind::Similar);
            }
        }
    }

    /// The assignment with the greatest total score among pairs that score enough.
    fn at_best(&mut self) {
        let scored = self.scored(&self.order());
        let accepted = scored.iter().filter(|it| *it.1 >= ACCEPTED_MILLI);
        let cells = accepted.map(|((new, old), score)| (*score, *new, *old));
        for (new, old) in assign_sparse(cells.collect()) {
            self.settle(old, new, MatchKind::Similar);
        }
        self.scored = scored;
    }

    /// What open scenes score that share something rare, are neighbors, or have one number.
    fn scored(&self, order: &Order) -> BTreeMap<(usize, usize), u32> {
        let taken = &self.taken[..self.n_placed];
        let found = self.found.iter();
        let open = Open::new(taken, found.map(|it| it.map(|it| it.0)));
        let mut pairs: BTreeSet<(usize, usize)> = BTreeSet::new();
        let leads = self.likeness.candidates(&open.old, &open.new);
        pairs.extend(leads.into_iter().map(|(old, new)| (new, old)));
        // Where very many are open, neighbors are asked only if nothing rare leads anywhere.
        let is_led =
            |new: usize| open.is_crowded() && pairs.range((new, 0)..(new + 1, 0)).next().is_some();
        let ranks = (0..open.new.len()).filter(|rank| !is_led(open.new[*rank]));
        for rank in ranks.collect::<Vec<_>>() {
            let near = open.neighbors(rank);
            pairs.extend(near.map(|it| (open.new[rank], open.old[it])));
        }
        pairs.extend(self.numbered(&open));
        let numbers_hold = self.numbers_hold();
        let score = |(new, old)| ((new, old), self.score(order, numbers_hold, old, new));
        pairs.into_iter().map(score).collect()
    }

    /// Open scenes with the same number.
    fn numbered(&self, open: &Open) -> Vec<(usize, usize)> {
        let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
        for idx in open.old.iter().rev() {
            if let Some(number) = &self.old[*idx].number {
                waiting.insert(number, *idx);
            }
        }
        let new = open.new.iter();
        let pair = |idx: &usize| {
            let number = self.new[*idx].number.as_deref()?;
            Some((*idx, *waiting.get(number)?))
        };
        new.filter_map(pair).collect()
    }

    fn same_number(&self, old: usize, new: usize) -> bool {
        let number = &self.old[old].number;
        number.is_some() && *number == self.new[new].number
    }

    /// Whether scenes that are found have mostly kept their numbers.
    fn numbers_hold(&self) -> bool {
        let found = self.found.iter().enumerate();
        let numbered = found.filter_map(|(new, found)| {
            let (old, _) = (*found)?;
            let both = self.old[old].number.is_some() && self.new[new].number.is_some();
            both.then(|| self.same_number(old, new))
        });
        let (n, n_same) = numbered.fold((0, 0), |(n, n_same), same| {
            (n + 1, n_same + usize::from(same))
        });
        n_same * 100 >= n * NUMBERS_HOLD_PERCENT
    }

    fn score(&self, order: &Order, numbers_hold: bool, old: usize, new: usize) -> u32 {
        let alike = self.likeness.alike(old, new);
        let mut score = alike.score();
        if score < LEAST_ALIKE_MILLI {
            return 0;
        }
        if order.is_in_gap(old, new) {
            score += IN_GAP_MILLI;
            let n_others = order.n_open_in_gap(new) - 1;
            score += NARROW_GAP_MILLI.get(n_others).unwrap_or(&0);
        }
        score += order.n_same_neighbors(old, new) * NEIGHBOR_MILLI;
        let both = self.old[old].number.is_some() && self.new[new].number.is_some();
        if numbers_hold && self.same_number(old, new) {
            score += NUMBER_MILLI;
        } else if numbers_hold && both {
            score = score.saturating_sub(OTHER_NUMBER_MILLI);
        }
        score
    }

    /// Scenes of which nothing is left but their number, between the same neighbors.
    fn by_number(&mut self) {
        if !self.numbers_hold() {
            return;
        }
        let order = self.order();
        let taken = &self.taken[..self.n_placed];
        let found = self.found.iter();
        let open = Open::new(taken, found.map(|it| it.map(|it| it.0)));
        for (new, old) in self.numbered(&open) {
            // Several may have that number.
            if !self.taken[old] && order.is_in_gap(old, new) {
                self.settle(old, new, MatchKind::Number);
            }
        }
    }

    fn like_one_in_tray(&mut self) {
        let tray = (self.n_placed..self.old.len()).filter(|it| !self.taken[*it]);
        let tray: Vec<usize> = tray.collect();
        if tray.is_empty() {
            return;
        }
        let pairs = self.likeness.candidates(&tray, &self.open_new());
        let scored = pairs.into_iter().map(|(old, new)| {
            let score = self.likeness.alike(old, new).score();
            ((new, old), score)
        });
        let scored: BTreeMap<(usize, usize), u32> = scored.collect();
        let accepted = scored.iter().filter(|it| *it.1 >= TRAY_MILLI);
        let cells = accepted.map(|((new, old), score)| (*score, *new, *old));
        for (new, old) in assign_sparse(cells.collect()) {
            self.settle(old, new, MatchKind::Similar);
        }
        self.scored.extend(scored);
    }

    /// Of two parts of a scene the larger is it; of two scenes in one, the one that gave more.
    fn prefer_larger_parts(&mut self) {
        for new in 0..self.new.len() {
            if self.found[new].is_some() {
                continue;
            }
            let Some(old) = self.origin(new) else {
                continue;
            };
            let Some(whole) = self.whole[old] else {
                continue;
            };
            if self.lineage.shared(old, new) > self.lineage.shared(old, whole) {
                self.found[whole] = None;
                self.settle(old, new, MatchKind::Similar);
            }
        }
        for old in 0..self.n_placed {
            if self.taken[old] {
                continue;
            }
            let Some(new) = self.heir(old) else { continue };
            let Some((first, _)) = self.found[new] else {
                continue;
            };
            if self.lineage.shared(old, new) > self.lineage.shared(first, new) {
                (self.taken[first], self.whole[first]) = (false, None);
                self.settle(old, new, MatchKind::Similar);
            }
        }
    }

    /// The old scene that a new one was a part of.
    fn origin(&self, new: usize) -> Option<usize> {
        let near = self.near[new].get_or_init(|| {
            let leads = self.to_placed.get_or_init(|| {
                let all: Vec<usize> = (0..self.n_placed).collect();
                self.likeness.leads_to_old(&all)
            });
            let mut near = self.likeness.near_new(leads, new);
            near.retain(|old| self.lineage.may_be_part(new, *old));
            near
        });
        let is_part = |old: &usize| self.lineage.is_part(new, *old, self.whole[*old]);
        let parts = near.iter().copied().filter(is_part);
        parts.max_by_key(|old| (self.lineage.shared(*old, new), usize::MAX - old))
    }

    /// The new scene that an old one has gone into.
    fn heir(&self, old: usize) -> Option<usize> {
        let near = self.heirs[old].get_or_init(|| {
            let leads = self.to_new.get_or_init(|| self.likeness.leads_to_new());
            let mut near = self.likeness.near_old(leads, old);
            near.retain(|new| self.lineage.may_be_taken_in(old, *new));
            near
        });
        let near = near.iter().copied();
        let near = near.filter(|new| self.found[*new].is_some());
        let first = |new: usize| self.found[new].map(|it| it.0);
        let is_heir = |new: &usize| self.lineage.is_taken_in(old, *new, first(*new));
        near.filter(is_heir)
            .max_by_key(|new| (self.lineage.shared(old, *new), usize::MAX - new))
    }
}

/// The words of a scene as they are called now.
fn renamed(portrait: &Portrait, renames: &Renames) -> Vec<u32> {
    let words = portrait.words.iter();
    words.map(|it| *renames.get(it).unwrap_or(it)).collect()
}

fn likeness(old: &Portrait, new: &Portrait) -> u32 {
    Bag::new(old.words.clone()).likeness_milli(&Bag::new(new.words.clone()))
}

/// The binary logarithm of a fraction above 1, in sixteenths and at least one of them. In whole
/// numbers, so that every machine decides the same.
fn log2_sixteenths(numerator: u64, denominator: u64) -> u32 {
    let ratio = (numerator * 1_024 / denominator).max(1_024);
    let whole = ratio.ilog2();
    let rest = ((ratio << 4) >> whole) - 16;
    ((whole - 10) * 16 + u32::try_from(rest).unwrap_or(0)).max(1)
}

#[cfg(test)]
mod tests;

//! Which shot of the new text is which of the old, within one scene or between scenes that come from
//! each other: what shows the place and the same words first; then, when whoever asks has looked for
//! the same words elsewhere, the best assignment of what is alike and what stands between the same
//! neighbors. Words weigh what they tell in this film.
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
    assign::assign_sparse,
    bag::Bag,
    counts::{Weights, WordCounts},
    near::{Open, PAIRS_MAX},
    order::Order,
    portrait::{LINE_END, add_words},
    renames::Renames,
};

/// Less alike than this, shots are different unless they stand in the same gap, in thousandths.
const ALIKE_MILLI: u32 = 300;
/// At least this alike, a shot may have moved past others, in thousandths.
const MOVED_MILLI: u32 = 650;
/// What it adds to stand between the same neighbors, in thousandths.
const IN_GAP_MILLI: u32 = 150;
/// What it takes away when somebody else speaks, in thousandths.
const OTHER_SPEAKER_MILLI: u32 = 500;

/// Where fewer of the shots than this have kept their words, in percent, it is not certain that the
/// scenes are the same, and what is not certain either waits in the unplaced tray: nothing is lost
/// there, and a take on another's shot is worse.
const KEPT_PERCENT: usize = 20;
/// There, shots are the same if they are at least this alike, in thousandths.
const UNSURE_ALIKE_MILLI: u32 = 600;
/// And so much more than either is like any other, in thousandths.
const UNSURE_LEAD_MILLI: u32 = 120;
/// And what stands between the same neighbors is the same if it is this alike, in thousandths.
const UNSURE_IN_GAP_MILLI: u32 = 250;

/// What of a shot tells it from others.
#[derive(Debug, Clone)]
pub struct ShotPortrait<'a> {
    lines: &'a [IntentLine],
    /// The heading of its scene, if the shot shows the place.
    opening: Option<&'a str>,
    /// Which of the scenes that are compared it is in.
    scene: usize,
    /// Counted when they are asked for: most shots are told by equal lines.
    words: OnceCell<Vec<u32>>,
    bag: OnceCell<Bag>,
    weight: OnceCell<u32>,
}

impl<'a> ShotPortrait<'a> {
    /// Of the lines a shot covers. `opening` is its scene's heading if it shows the place, `scene`
    /// a number that it shares with the shots of the scene that its own is on the other side.
    pub fn new(
        lines: &'a [IntentLine],
        opening: Option<&'a str>,
        scene: usize,
    ) -> ShotPortrait<'a> {
        ShotPortrait {
            lines,
            opening,
            scene,
            words: OnceCell::new(),
            bag: OnceCell::new(),
            weight: OnceCell::new(),
        }
    }

    /// Whether both cover the same words.
    fn same(&self, other: &ShotPortrait<'_>) -> bool {
        self.lines == other.lines && self.opening == other.opening
    }

    /// The words as they are called now, line by line.
    fn words(&self, renames: &Renames) -> &[u32] {
        self.words.get_or_init(|| {
            let mut words = Vec::new();
            for line in self.lines {
                add_words(&mut words, line.speaker.as_deref().unwrap_or_default());
                words.push(LINE_END);
                add_words(&mut words, &line.text);
                words.push(LINE_END);
            }
            words
                .iter()
                .map(|it| *renames.get(it).unwrap_or(it))
                .collect()
        })
    }

    fn bag(&self, renames: &Renames) -> &Bag {
        self.bag
            .get_or_init(|| Bag::new(self.words(renames).to_vec()))
    }

    /// What all its words tell, in sixteenths of a bit.
    fn weight(&self, renames: &Renames, weights: &Weights<'_>) -> u32 {
        let bag = self.bag(renames);
        *self.weight.get_or_init(|| bag.weight(weights))
    }

    /// Whether both say the same, whoever speaks: names may have changed.
    fn same_texts(&self, other: &ShotPortrait<'_>) -> bool {
        let texts = |it: &ShotPortrait<'a>| it.lines.iter().map(|it| it.text.as_str());
        texts(self).eq(other.lines.iter().map(|it| it.text.as_str()))
    }

    /// Whether somebody speaks in both, or nobody in one of the paragraphs of each.
    fn shares_speaker(&self, other: &ShotPortrait<'_>, renames: &Renames, none: &Renames) -> bool {
        let (own, others) = (self.words(renames), other.words(none));
        let speakers = |words: &[u32]| -> Vec<Vec<u32>> {
            let lines = words.split(|it| *it == LINE_END).step_by(2);
            lines.map(<[u32]>::to_vec).collect()
        };
        let (mut own, mut others) = (speakers(own), speakers(others));
        // What follows the last line's end is no speaker.
        own.truncate(self.lines.len());
        others.truncate(other.lines.len());
        own.iter().any(|it| others.contains(it))
    }

    /// The hashed name of who speaks first; empty for action.
    fn speaker(&self, renames: &Renames) -> &[u32] {
        let words = self.words(renames);
        let end = words.iter().position(|it| *it == LINE_END);
        &words[..end.unwrap_or(0)]
    }
}

/// For each new shot the old one it is, if any, whatever words weigh in their film.
pub fn match_shots(
    old: Vec<ShotPortrait<'_>>,
    new: Vec<ShotPortrait<'_>>,
    renames: &Renames,
) -> Vec<Option<usize>> {
    let counts = WordCounts::default();
    let n_own = old.len();
    let mut matching = ShotMatching::new(old, n_own, new, renames);
    matching.exactly();
    matching.by_likeness(&Weights::new(&counts, renames));
    matching.found
}

/// Matching in two steps, between which others may be asked.
pub struct ShotMatching<'a> {
    old: Vec<ShotPortrait<'a>>,
    /// So many of the old ones have a place in these scenes; the others were cut from them.
    n_own: usize,
    new: Vec<ShotPortrait<'a>>,
    renames: &'a Renames,
    none: Renames,
    found: Vec<Option<usize>>,
    taken: Vec<bool>,
    /// New shots that are one from elsewhere.
    closed: Vec<bool>,
    /// So few have kept their words that the scenes may be others.
    is_unsure: bool,
}

impl<'a> ShotMatching<'a> {
    /// Nothing is matched yet. The first `n_own` of the old shots are in order; the others were cut
    /// from these scenes before.
    pub fn new(
        old: Vec<ShotPortrait<'a>>,
        n_own: usize,
        new: Vec<ShotPortrait<'a>>,
        renames: &'a Renames,
    ) -> ShotMatching<'a> {
        ShotMatching {
            found: vec![None; new.len()],
            taken: vec![false; old.len()],
            closed: vec![false; new.len()],
            is_unsure: false,
            none: Renames::new(),
            old,
            n_own,
            new,
            renames,
        }
    }

    /// For each new shot the old one it is, as far as is known.
    pub fn found(&self) -> &[Option<usize>] {
        &self.found
    }

    /// The new shot is another than those here, and not looked for any more.
    pub fn close_new(&mut self, idx: usize) {
        self.closed[idx] = true;
    }

    /// The old shot is found for a new one elsewhere.
    pub fn take_old(&mut self, idx: usize) {
        self.taken[idx] = true;
    }

    /// What shows the place, and what says the same.
    pub fn exactly(&mut self) {
        let (middle_old, middle_new) = self.ends();
        self.openings();
        if middle_old.len().saturating_mul(middle_new.len()) <= PAIRS_MAX {
            self.same_in_order(middle_old, middle_new);
        }
        self.same_words();
        self.same_texts();
    }

    /// What is alike, and what stands between the same neighbors.
    pub fn by_likeness(&mut self, weights: &Weights<'_>) {
        let n_kept = self.found.iter().flatten().count();
        let n_both = self.new.len().min(self.n_own);
        self.is_unsure = n_kept * 100 < n_both * KEPT_PERCENT;
        self.alike(weights);
        self.same_gap(weights);
    }

    /// A new shot is an old one.
    pub fn settle(&mut self, old_idx: usize, new_idx: usize) {
        self.found[new_idx] = Some(old_idx);
        self.taken[old_idx] = true;
    }

    fn open(&self) -> Open {
        let found = self.found.iter().copied();
        Open::among(&self.taken, found, |it| !self.closed[it])
    }

    fn words_of_old(&self, idx: usize) -> &[u32] {
        self.old[idx].words(self.renames)
    }

    fn words_of_new(&self, idx: usize) -> &[u32] {
        self.new[idx].words(&self.none)
    }

    /// Pairs what is the same at both ends, and returns what lies between.
    fn ends(&mut self) -> (Range<usize>, Range<usize>) {
        let (old, new) = (&self.old[..self.n_own], &self.new);
        if self.taken.contains(&true) {
            return (0..old.len(), 0..new.len());
        }
        let both = old.iter().zip(new);
        let start = both.take_while(|(old, new)| old.same(new)).count();
        let both = old[start..].iter().rev().zip(new[start..].iter().rev());
        let end = both.take_while(|(old, new)| old.same(new)).count();
        let (n_old, n_new) = (old.len(), new.len());
        for idx in 0..start {
            self.settle(idx, idx);
        }
        for back in 1..=end {
            self.settle(n_old - back, n_new - back);
        }
        (start..n_old - end, start..n_new - end)
    }

    /// What shows the place still shows it: under the same heading, or else in the same scene.
    fn openings(&mut self) {
        let open = self.open();
        let opening = |shot: &ShotPortrait<'_>| shot.opening.is_some();
        let old: Vec<usize> = open
            .old
            .into_iter()
            .filter(|it| opening(&self.old[*it]))
            .collect();
        let new: Vec<usize> = open
            .new
            .into_iter()
            .filter(|it| opening(&self.new[*it]))
            .collect();
        let mut cells = Vec::new();
        for new_idx in &new {
            for old_idx in &old {
                let (was, is) = (&self.old[*old_idx], &self.new[*new_idx]);
                let mut score = 4 * u32::from(self.same_heading(was, is));
                score += 3 * u32::from(was.scene == is.scene);
                score = 2 * score - u32::from(*old_idx >= self.n_own && score > 0);
                let same_words = self.words_of_old(*old_idx) == self.words_of_new(*new_idx);
                score += 4 * u32::from(same_words && !was.lines.is_empty());
                cells.push((if score > 4 { score } else { 0 }, *new_idx, *old_idx));
            }
        }
        for (new_idx, old_idx) in assign_sparse(cells) {
            self.settle(old_idx, new_idx);
        }
    }

    fn same_heading(&self, old: &ShotPortrait<'_>, new: &ShotPortrait<'_>) -> bool {
        let words = |shot: &ShotPortrait<'_>, renames: &Renames| -> Vec<u32> {
            let mut words = Vec::new();
            add_words(&mut words, shot.opening.unwrap_or_default());
            words
                .iter()
                .map(|it| *renames.get(it).unwrap_or(it))
                .collect()
        };
        old.opening == new.opening || words(old, self.renames) == words(new, &self.none)
    }

    /// The most shots with the same words that kept their order.
    fn same_in_order(&mut self, old: Range<usize>, new: Range<usize>) {
        let open = |taken: bool, words: &[u32]| !taken && !words.is_empty();
        let old: Vec<usize> = old
            .filter(|it| open(self.taken[*it], self.words_of_old(*it)))
            .collect();
        let new: Vec<usize> = new
            .filter(|it| open(self.found[*it].is_some(), self.words_of_new(*it)))
            .collect();
        let same = |i: usize, j: usize| self.words_of_new(new[i]) == self.words_of_old(old[j]);
        for (i, j) in longest_common(new.len(), old.len(), same) {
            self.settle(old[j], new[i]);
        }
    }

    /// Shots with the same words that have moved, the first with the first.
    fn same_words(&mut self) {
        let open = self.open();
        let mut waiting: BTreeMap<Vec<u32>, VecDeque<usize>> = BTreeMap::new();
        for old_idx in open.old {
            let words = self.words_of_old(old_idx).to_vec();
            waiting.entry(words).or_default().push_back(old_idx);
        }
        waiting.remove(&[][..]);
        for new_idx in open.new {
            let same = waiting.get_mut(self.words_of_new(new_idx));
            if let Some(old_idx) = same.and_then(VecDeque::pop_front) {
                self.settle(old_idx, new_idx);
            }
        }
    }

    /// The most shots that say the same between the same neighbors, whoever speaks: somebody may be
    /// called otherwise now.
    fn same_texts(&mut self) {
        let Open { mut old, new, .. } = self.open();
        old.retain(|it| *it < self.n_own);
        if old.len().saturating_mul(new.len()) > PAIRS_MAX {
            return;
        }
        let order = Order::new(self.n_own, self.found.iter().copied());
        let same = |i: usize, j: usize| {
            let (was, is) = (&self.old[old[j]], &self.new[new[i]]);
            !is.lines.is_empty() && was.same_texts(is) && order.is_in_gap(old[j], new[i])
        };
        for (i, j) in longest_common(new.len(), old.len(), same) {
            self.settle(old[j], new[i]);
        }
    }

    /// The best assignment of what is alike enough.
    fn alike(&mut self, weights: &Weights<'_>) {
        let open = self.open();
        let order = Order::new(self.n_own, self.found.iter().copied());
        let mut cells = Vec::new();
        for rank in 0..open.new.len() {
            let olds: Vec<usize> = if open.is_crowded() {
                open.neighbors(rank).map(|it| open.old[it]).collect()
            } else {
                open.old.clone()
            };
            let new = open.new[rank];
            let scored = olds
                .into_iter()
                .map(|old| (self.score(&order, weights, old, new), new, old));
            cells.extend(scored.filter(|it| it.0 > 0));
        }
        let leads = self.is_unsure.then(|| Leads::of(&cells));
        for (new_idx, old_idx) in assign_sparse(cells) {
            if leads
                .as_ref()
                .is_none_or(|it| it.is_clear(new_idx, old_idx))
            {
                self.settle(old_idx, new_idx);
            }
        }
    }

    fn score(&self, order: &Order, weights: &Weights<'_>, old: usize, new: usize) -> u32 {
        let (was, is) = (&self.old[old], &self.new[new]);
        let mut alike = likeness(weights, (was, self.renames), (is, &self.none));
        let speaks = was.shares_speaker(is, self.renames, &self.none);
        if !speaks {
            alike = alike.saturating_sub(OTHER_SPEAKER_MILLI);
        }
        let in_gap = old < self.n_own && order.is_in_gap(old, new);
        let least = match (in_gap, self.is_unsure) {
            (false, _) => MOVED_MILLI,
            (true, false) => ALIKE_MILLI,
            (true, true) => UNSURE_ALIKE_MILLI,
        };
        match alike >= least {
            true => alike + u32::from(in_gap) * IN_GAP_MILLI,
            false => 0,
        }
    }

    /// Between two neighbors that are known, as many old as new shots of one speaker, or without
    /// one, are the same, rewritten: `Yes.` became `No.`
    fn same_gap(&mut self, weights: &Weights<'_>) {
        let mut start = 0;
        while start < self.new.len() {
            let is_open = |it: &usize| self.found[*it].is_none() && !self.closed[*it];
            let len = (start..self.new.len()).take_while(is_open).count();
            if len > 0 {
                self.fill_gap(start..start + len, weights);
            }
            start += len + 1;
        }
    }

    fn fill_gap(&mut self, new: Range<usize>, weights: &Weights<'_>) {
        let Some(first) = (match new.start.checked_sub(1) {
            None => Some(0),
            Some(before) => self.found[before].map(|it| it + 1),
        }) else {
            return;
        };
        if first > self.n_own {
            return;
        }
        let own = &self.taken[first..self.n_own];
        let n_old = own.iter().take_while(|it| !**it).count();
        let last = match self.found.get(new.end) {
            None => self.n_own,
            Some(after) => after.unwrap_or(0),
        };
        if first + n_old != last {
            return;
        }
        type BySpeaker = BTreeMap<Vec<u32>, (Vec<usize>, Vec<usize>)>;
        let mut groups = BySpeaker::new();
        for old_idx in first..last {
            let speaker = self.old[old_idx].speaker(self.renames).to_vec();
            groups.entry(speaker).or_default().0.push(old_idx);
        }
        for new_idx in new {
            let speaker = self.new[new_idx].speaker(&self.none).to_vec();
            groups.entry(speaker).or_default().1.push(new_idx);
        }
        for (old, new) in groups.into_values().filter(|it| it.0.len() == it.1.len()) {
            for (old_idx, new_idx) in old.into_iter().zip(new) {
                if self.may_fill(weights, old_idx, new_idx) {
                    self.settle(old_idx, new_idx);
                }
            }
        }
    }

    fn may_fill(&self, weights: &Weights<'_>, old_idx: usize, new_idx: usize) -> bool {
        let (was, is) = (&self.old[old_idx], &self.new[new_idx]);
        let alike = || likeness(weights, (was, self.renames), (is, &self.none));
        was.opening.is_some() == is.opening.is_some()
            && (!self.is_unsure || alike() >= UNSURE_IN_GAP_MILLI)
    }
}

/// The scores of some pairs, and the best two of each shot.
struct Leads {
    scores: BTreeMap<(usize, usize), u32>,
    new: BTreeMap<usize, [u32; 2]>,
    old: BTreeMap<usize, [u32; 2]>,
}

impl Leads {
    fn of(cells: &[(u32, usize, usize)]) -> Leads {
        let mut leads = Leads {
            scores: BTreeMap::new(),
            new: BTreeMap::new(),
            old: BTreeMap::new(),
        };
        let enter = |best: &mut [u32; 2], score: u32| {
            let mut all = [best[0], best[1], score];
            all.sort_unstable_by(|a, b| b.cmp(a));
            *best = [all[0], all[1]];
        };
        for (score, new, old) in cells {
            leads.scores.insert((*new, *old), *score);
            enter(leads.new.entry(*new).or_default(), *score);
            enter(leads.old.entry(*old).or_default(), *score);
        }
        leads
    }

    /// Whether a pair is more alike than either of it is like any other.
    fn is_clear(&self, new: usize, old: usize) -> bool {
        let score = self.scores.get(&(new, old)).copied().unwrap_or(0);
        let rival = |best: Option<&[u32; 2]>| {
            best.map_or(0, |it| if it[0] == score { it[1] } else { it[0] })
        };
        let rival = rival(self.new.get(&new)).max(rival(self.old.get(&old)));
        score >= rival + UNSURE_LEAD_MILLI
    }
}

/// How alike two shots are by what their words tell, in thousandths.
fn likeness(
    weights: &Weights<'_>,
    (was, renames): (&ShotPortrait<'_>, &Renames),
    (is, none): (&ShotPortrait<'_>, &Renames),
) -> u32 {
    let shared = was.bag(renames).shared_weight(is.bag(none), weights);
    let both = was.weight(renames, weights) + is.weight(none, weights);
    match both {
        0 => 1_000,
        both => u32::try_from(2_000 * u64::from(shared) / u64::from(both)).unwrap_or(1_000),
    }
}

/// The longest list of pairs that both sides have in order.
fn longest_common(
    n_rows: usize,
    n_columns: usize,
    same: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let width = n_columns + 1;
    let mut best = vec![0u32; (n_rows + 1) * width];
    for i in (0..n_rows).rev() {
        for j in (0..n_columns).rev() {
            best[i * width + j] = if same(i, j) {
                1 + best[(i + 1) * width + j + 1]
            } else {
                best[(i + 1) * width + j].max(best[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < n_rows && j < n_columns {
        if same(i, j) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[(i + 1) * width + j] >= best[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

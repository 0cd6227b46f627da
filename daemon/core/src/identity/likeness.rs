//! How alike scenes are: what their words and pairs of words have in common, where what is rare in
//! the film counts more than what is in every scene.

use super::portrait::{LINE_END, Portrait};
use super::renames::Renames;

/// A part of a text that more scenes than this have does not lead from one to the other, in scenes.
const LEADS_MAX: usize = 48;
/// Scenes that are looked at more closely for each, in scenes.
const CANDIDATES_MAX: usize = 12;
/// A scene is taken for so many times as long as usual, at most.
const LONGER_MAX: u64 = 3;
/// Counts as more scenes, so that words weigh about the same in a film of few, in scenes.
const SCENES_EXTRA: usize = 8;

/// The words and pairs of words of a text, sorted, each with what it weighs here.
#[derive(Debug, Default)]
struct Features {
    list: Vec<(u32, u32)>,
    weight: u32,
    /// Of a new scene: what it would share with an old one of usual length by chance.
    chance: u32,
}

/// The features of all scenes.
#[derive(Debug)]
pub(super) struct Likeness {
    old: Vec<Features>,
    new: Vec<Features>,
    /// What an old scene weighs, on average.
    usual_weight: u32,
}

/// How much of two scenes is the same, by weight, beyond what would be by chance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Alike {
    /// Twice what they share over what they have together, in thousandths.
    pub(super) both_milli: u32,
    /// What they share over what the old one has, in thousandths.
    pub(super) of_old_milli: u32,
    /// What they share over what the new one has, in thousandths.
    pub(super) of_new_milli: u32,
    /// What they share, in bits.
    pub(super) bits: u32,
}

impl Likeness {
    pub(super) fn new(old: &[&Portrait], new: &[&Portrait], renames: &Renames) -> Likeness {
        let none = Renames::new();
        let old = old.iter().map(|it| features(it, renames));
        let new = new.iter().map(|it| features(it, &none));
        let mut likeness = Likeness {
            old: old.collect(),
            new: new.collect(),
            usual_weight: 1,
        };
        likeness.weigh();
        likeness
    }

    /// Gives every feature the bits that it tells: the fewer scenes have it, the more.
    fn weigh(&mut self) {
        let n_scenes = self.old.len().max(self.new.len()) + SCENES_EXTRA;
        let (n_old, n_new) = (counts(&self.old), counts(&self.new));
        for features in self.old.iter_mut().chain(&mut self.new) {
            let mut weight = 0;
            for (feature, bits) in &mut features.list {
                let n = n_with(&n_old, *feature).max(n_with(&n_new, *feature));
                *bits = log2_sixteenths(n_scenes, n.max(1));
                weight += *bits;
            }
            features.weight = weight;
        }
        let others = (self.old.len().max(2) - 1) as u64;
        for features in &mut self.new {
            // One of the old scenes that have it may be the scene itself.
            let shared = features.list.iter().map(|(feature, bits)| {
                u64::from(*bits) * n_with(&n_old, *feature).saturating_sub(1) as u64
            });
            let chance = shared.sum::<u64>() / others;
            features.chance = u32::try_from(chance).unwrap_or(u32::MAX);
        }
        let weights: u64 = self.old.iter().map(|it| u64::from(it.weight)).sum();
        let usual = weights / self.old.len().max(1) as u64;
        self.usual_weight = u32::try_from(usual).unwrap_or(u32::MAX).max(1);
    }

    pub(super) fn alike(&self, old: usize, new: usize) -> Alike {
        let (a, b) = (&self.old[old], &self.new[new]);
        let shared = u64::from(shared(&a.list, &b.list));
        let (of_old, of_new) = (u64::from(a.weight), u64::from(b.weight));
        // A long scene has more of everything.
        let length = of_old.min(u64::from(self.usual_weight) * LONGER_MAX);
        let chance = u64::from(b.chance) * length / u64::from(self.usual_weight);
        let chance = chance.min(of_old.min(of_new) / 2);
        let beyond = shared.saturating_sub(chance);
        let share = |of: u64| u32::try_from(beyond * 1_000 / of.max(1)).unwrap_or(1_000);
        Alike {
            both_milli: share((of_old + of_new).div_ceil(2) - chance),
            of_old_milli: share(of_old - chance),
            of_new_milli: share(of_new - chance),
            bits: u32::try_from(beyond / 16).unwrap_or(u32::MAX),
        }
    }

    /// Pairs of old and new that share something rare, for each new one those that share most, from
    /// those that are open.
    pub(super) fn candidates(&self, old: &[usize], new: &[usize]) -> Vec<(usize, usize)> {
        let mut leads: Vec<(u32, u32)> = Vec::new();
        for idx in old {
            let features = self.old[*idx].list.iter();
            leads.extend(features.map(|it| (it.0, u32::try_from(*idx).unwrap_or(u32::MAX))));
        }
        leads.sort_unstable();
        let mut shared = vec![0u32; self.old.len()];
        let mut met: Vec<usize> = Vec::new();
        let mut pairs = Vec::new();
        for new_idx in new {
            for (feature, bits) in &self.new[*new_idx].list {
                let first = leads.partition_point(|it| it.0 < *feature);
                let n = leads[first..].iter().take(LEADS_MAX + 1);
                let n = n.take_while(|it| it.0 == *feature).count();
                if n > LEADS_MAX {
                    continue;
                }
                for (_, old_idx) in &leads[first..first + n] {
                    let old_idx = *old_idx as usize;
                    if shared[old_idx] == 0 {
                        met.push(old_idx);
                    }
                    shared[old_idx] += bits;
                }
            }
            met.sort_unstable_by_key(|it| (u32::MAX - shared[*it], *it));
            pairs.extend(met.iter().take(CANDIDATES_MAX).map(|it| (*it, *new_idx)));
            met.drain(..).for_each(|it| shared[it] = 0);
        }
        pairs
    }
}

fn features(portrait: &Portrait, renames: &Renames) -> Features {
    let renamed = |word: &u32| *renames.get(word).unwrap_or(word);
    let words: Vec<u32> = portrait.words.iter().map(renamed).collect();
    let mut list: Vec<u32> = words.iter().copied().filter(|it| *it != LINE_END).collect();
    let is_pair = |it: &&[u32]| it[0] != LINE_END && it[1] != LINE_END;
    let pairs = words.windows(2).filter(is_pair);
    list.extend(pairs.map(|it| it[0].rotate_left(11).wrapping_mul(0x9E37_79B1) ^ it[1]));
    list.sort_unstable();
    list.dedup();
    Features {
        list: list.into_iter().map(|it| (it, 0)).collect(),
        ..Features::default()
    }
}

/// How many scenes have each feature, sorted.
fn counts(scenes: &[Features]) -> Vec<(u32, usize)> {
    let features = scenes.iter().flat_map(|it| &it.list);
    let mut features: Vec<u32> = features.map(|it| it.0).collect();
    features.sort_unstable();
    let runs = features.chunk_by(|a, b| a == b);
    runs.map(|it| (it[0], it.len())).collect()
}

fn n_with(counts: &[(u32, usize)], feature: u32) -> usize {
    let at = counts.binary_search_by_key(&feature, |it| it.0);
    at.map_or(0, |at| counts[at].1)
}

/// The weight that two sorted lists share.
fn shared(a: &[(u32, u32)], b: &[(u32, u32)]) -> u32 {
    let (mut i, mut j, mut shared) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].0.cmp(&b[j].0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared += a[i].1;
                i += 1;
                j += 1;
            }
        }
    }
    shared
}

/// The binary logarithm of a fraction above 1, in sixteenths and at least one of them. In whole
/// numbers, so that every machine decides the same.
fn log2_sixteenths(numerator: usize, denominator: usize) -> u32 {
    let ratio = (numerator as u64 * 1_024 / denominator as u64).max(1_024);
    let whole = ratio.ilog2();
    let rest = ((ratio << 4) >> whole) - 16;
    ((whole - 10) * 16 + u32::try_from(rest).unwrap_or(0)).max(1)
}

//! How alike scenes are: what their words and pairs of words have in common, where what is rare in
//! the film counts more than what is in every scene.

use std::cell::OnceCell;

use super::{
    log2_sixteenths,
    near::PAIRS_MAX,
    portrait::{LINE_END, Portrait},
    renames::Renames,
};

/// Where parts are compared, so much must be shared for it to tell anything, in bits.
const PART_BITS_MIN: u32 = 60;
/// A part of a text that more scenes than this have does not lead from one to the other, in scenes.
const LEADS_MAX: usize = 48;
/// Scenes that are looked at more closely for each, in scenes.
const CANDIDATES_MAX: usize = 12;
/// A scene is taken for so many times as long as usual, at most.
const LONGER_MAX: u64 = 3;
/// New scenes from which on all pairs are compared at once, in scenes.
const TABLE_SCENES_MIN: usize = 16;
/// Counts as more scenes, so that words weigh about the same in a film of few, in scenes.
const SCENES_EXTRA: usize = 8;

/// The words and pairs of words of a text: numbers of features, sorted.
#[derive(Debug, Default)]
struct Features {
    list: Vec<u32>,
    weight: u32,
    /// Of a new scene: what it would share with an old one of usual length by chance.
    chance: u32,
}

/// The scenes of one side.
#[derive(Debug, Default)]
struct Side {
    scenes: Vec<Features>,
    /// For each feature the scenes that have it.
    with: Lists,
}

/// Lists of scenes, one after the other.
#[derive(Debug, Default)]
struct Lists {
    ends: Vec<u32>,
    all: Vec<u32>,
}

impl Lists {
    fn of(&self, idx: usize) -> &[u32] {
        let start = idx.checked_sub(1).map_or(0, |it| self.ends[it]);
        &self.all[start as usize..self.ends[idx] as usize]
    }
}

/// The features of all scenes.
#[derive(Debug)]
pub(super) struct Likeness {
    old: Side,
    new: Side,
    /// What each feature tells, in sixteenths of a bit: the fewer scenes have it, the more.
    bits: Vec<u32>,
    /// What an old scene weighs, on average.
    usual_weight: u32,
    /// What each new scene shares with each old one; none if the pairs are too many.
    table: OnceCell<Option<Vec<u32>>>,
}

/// Scenes of one side that may be led to, prepared for being asked often.
#[derive(Debug)]
pub(super) struct Leads {
    is_open: Vec<bool>,
    /// For each feature how many of them have it.
    n_open: Vec<u32>,
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

impl Alike {
    /// How alike two texts are, in thousandths: by all they have, or by all of one of them, if that
    /// is enough to tell anything.
    pub(super) fn score(self) -> u32 {
        let part = self.of_old_milli * 8 / 10;
        let part = part.max(self.of_new_milli * 6 / 10);
        let tells = self.bits >= PART_BITS_MIN;
        self.both_milli.max(if tells { part } else { 0 })
    }
}

impl Likeness {
    pub(super) fn new(old: &[&Portrait], new: &[&Portrait], renames: &Renames) -> Likeness {
        let mut entries = Vec::new();
        let none = Renames::new();
        let both = old.iter().map(|it| (it, renames));
        let both = both.chain(new.iter().map(|it| (it, &none)));
        for (idx, (portrait, renames)) in (0..).zip(both) {
            enter(portrait, renames, idx, &mut entries);
        }
        entries.sort_unstable();
        entries.dedup();
        let mut likeness = Likeness {
            old: Side::empty(old.len()),
            new: Side::empty(new.len()),
            bits: Vec::new(),
            usual_weight: 1,
            table: OnceCell::new(),
        };
        for entries in entries.chunk_by(|a, b| a >> 32 == b >> 32) {
            likeness.add_feature(entries);
        }
        likeness.weigh();
        likeness
    }

    /// Takes in the scenes that have a feature: the old ones, then the new ones.
    fn add_feature(&mut self, entries: &[u64]) {
        let feature = u32::try_from(self.bits.len()).unwrap_or(u32::MAX);
        let n_scenes = self.old.scenes.len().max(self.new.scenes.len()) + SCENES_EXTRA;
        let scene = |entry: &u64| (entry & u64::from(u32::MAX)) as usize;
        let n_old = entries.partition_point(|it| scene(it) < self.old.scenes.len());
        let (old, new) = entries.split_at(n_old);
        let n_with = old.len().max(new.len()) as u64;
        self.bits.push(log2_sixteenths(n_scenes as u64, n_with));
        let first_new = self.old.scenes.len();
        self.old.add_feature(feature, old.iter().map(scene));
        let new = new.iter().map(|it| scene(it) - first_new);
        self.new.add_feature(feature, new);
    }

    fn weigh(&mut self) {
        let others = (self.old.scenes.len().max(2) - 1) as u64;
        let bits = |feature: &u32| self.bits[*feature as usize];
        for features in self.old.scenes.iter_mut().chain(&mut self.new.scenes) {
            features.weight = features.list.iter().map(bits).sum();
        }
        for features in &mut self.new.scenes {
            // One of the old scenes that have it may be the scene itself.
            let shared = features.list.iter().map(|feature| {
                let n_old = self.old.with.of(*feature as usize).len();
                u64::from(bits(feature)) * n_old.saturating_sub(1) as u64
            });
            let chance = shared.sum::<u64>() / others;
            features.chance = u32::try_from(chance).unwrap_or(u32::MAX);
        }
        let weights: u64 = self.old.scenes.iter().map(|it| u64::from(it.weight)).sum();
        let usual = weights / self.old.scenes.len().max(1) as u64;
        self.usual_weight = u32::try_from(usual).unwrap_or(u32::MAX).max(1);
    }

    pub(super) fn alike(&self, old: usize, new: usize) -> Alike {
        let (a, b) = (&self.old.scenes[old], &self.new.scenes[new]);
        let shared = match self.table.get_or_init(|| self.tabulate()) {
            Some(table) => table[new * self.old.scenes.len() + old],
            None => self.shared(&a.list, &b.list),
        };
        let shared = u64::from(shared);
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

    /// All pairs at once: what one feature adds to many pairs stands together in memory.
    fn tabulate(&self) -> Option<Vec<u32>> {
        let (n_old, n_new) = (self.old.scenes.len(), self.new.scenes.len());
        // Few pairs of many are asked for, so that merging is less work.
        if n_old.saturating_mul(n_new) > PAIRS_MAX || n_new < TABLE_SCENES_MIN {
            return None;
        }
        let mut table = vec![0; n_old * n_new];
        for (new, row) in self
            .new
            .scenes
            .iter()
            .zip(table.chunks_exact_mut(n_old.max(1)))
        {
            for feature in &new.list {
                let bits = self.bits[*feature as usize];
                for old in self.old.with.of(*feature as usize) {
                    row[*old as usize] += bits;
                }
            }
        }
        Some(table)
    }

    /// The weight that two sorted lists share.
    fn shared(&self, a: &[u32], b: &[u32]) -> u32 {
        let (mut i, mut j, mut shared) = (0, 0, 0);
        while i < a.len() && j < b.len() {
            let (x, y) = (a[i], b[j]);
            if x == y {
                shared += self.bits[x as usize];
            }
            i += usize::from(x <= y);
            j += usize::from(y <= x);
        }
        shared
    }

    /// Pairs of old and new that share something rare, for each new one those that share most, from
    /// those that are open.
    pub(super) fn candidates(&self, old: &[usize], new: &[usize]) -> Vec<(usize, usize)> {
        let leads = self.leads_to_old(old);
        let near = |new: &usize| {
            let new = *new;
            let near = self.near_new(&leads, new).into_iter();
            near.map(move |old| (old, new))
        };
        new.iter().flat_map(near).collect()
    }

    /// What leads to some old scenes.
    pub(super) fn leads_to_old(&self, old: &[usize]) -> Leads {
        self.old.leads(old, self.bits.len())
    }

    /// What leads to any new scene.
    pub(super) fn leads_to_new(&self) -> Leads {
        let all: Vec<usize> = (0..self.new.scenes.len()).collect();
        self.new.leads(&all, self.bits.len())
    }

    /// The old scenes that share most of what is rare with a new one, those that share most first.
    pub(super) fn near_new(&self, leads: &Leads, new: usize) -> Vec<usize> {
        self.near(&self.old, leads, &self.new.scenes[new])
    }

    /// The new scenes that share most of what is rare with an old one.
    pub(super) fn near_old(&self, leads: &Leads, old: usize) -> Vec<usize> {
        self.near(&self.new, leads, &self.old.scenes[old])
    }

    fn near(&self, side: &Side, leads: &Leads, of: &Features) -> Vec<usize> {
        let mut shared = vec![0u32; side.scenes.len()];
        let mut met: Vec<usize> = Vec::new();
        for feature in &of.list {
            let feature = *feature as usize;
            if leads.n_open[feature] as usize > LEADS_MAX {
                continue;
            }
            for idx in side.with.of(feature) {
                let idx = *idx as usize;
                if leads.is_open[idx] {
                    if shared[idx] == 0 {
                        met.push(idx);
                    }
                    shared[idx] += self.bits[feature];
                }
            }
        }
        let by_shared = |it: &usize| (u32::MAX - shared[*it], *it);
        if met.len() > CANDIDATES_MAX {
            met.select_nth_unstable_by_key(CANDIDATES_MAX, by_shared);
            met.truncate(CANDIDATES_MAX);
        }
        met.sort_unstable_by_key(by_shared);
        met
    }
}

impl Side {
    fn empty(n_scenes: usize) -> Side {
        Side {
            scenes: (0..n_scenes).map(|_| Features::default()).collect(),
            with: Lists::default(),
        }
    }

    fn add_feature(&mut self, feature: u32, scenes: impl Iterator<Item = usize>) {
        for idx in scenes {
            self.scenes[idx].list.push(feature);
            self.with.all.push(u32::try_from(idx).unwrap_or(u32::MAX));
        }
        let end = self.with.all.len();
        self.with.ends.push(u32::try_from(end).unwrap_or(u32::MAX));
    }

    fn leads(&self, to: &[usize], n_features: usize) -> Leads {
        let mut leads = Leads {
            is_open: vec![false; self.scenes.len()],
            n_open: vec![0; n_features],
        };
        for idx in to {
            leads.is_open[*idx] = true;
            for feature in &self.scenes[*idx].list {
                leads.n_open[*feature as usize] += 1;
            }
        }
        leads
    }
}

/// Adds the words and the pairs of words of a scene: each in the upper half, the scene in the lower.
fn enter(portrait: &Portrait, renames: &Renames, idx: u32, entries: &mut Vec<u64>) {
    let mut before = LINE_END;
    for word in &portrait.words {
        let word = *renames.get(word).unwrap_or(word);
        let mut enter = |feature: u32| entries.push(u64::from(feature) << 32 | u64::from(idx));
        if word != LINE_END {
            enter(word);
            if before != LINE_END {
                enter(before.rotate_left(11).wrapping_mul(0x9E37_79B1) ^ word);
            }
        }
        before = word;
    }
}

//! Order: which old scenes may stand at a new one's place, seen from those that are found already.

/// The places of the old scenes that are found for new ones in order, and what lies between.
#[derive(Debug)]
pub(super) struct Order {
    /// For each new scene the old one that comes before its place, and the one after, among those
    /// that kept their order.
    gaps: Vec<(Option<usize>, Option<usize>)>,
    /// For each old scene the new one it is.
    new_of: Vec<Option<usize>>,
    old_of: Vec<Option<usize>>,
}

impl Order {
    /// From what is found so far; `found` has an old place for each new scene.
    pub(super) fn new(n_old: usize, found: impl Iterator<Item = Option<usize>>) -> Order {
        let old_of: Vec<Option<usize>> = found.map(|it| it.filter(|it| *it < n_old)).collect();
        let mut new_of = vec![None; n_old];
        for (new, old) in old_of.iter().enumerate() {
            if let Some(old) = old {
                new_of[*old] = Some(new);
            }
        }
        let kept = longest_rise(&old_of);
        let mut gaps = vec![(None, None); old_of.len()];
        let mut before = None;
        for idx in 0..old_of.len() {
            gaps[idx].0 = before;
            before = if kept[idx] { old_of[idx] } else { before };
        }
        let mut after = None;
        for idx in (0..old_of.len()).rev() {
            gaps[idx].1 = after;
            after = if kept[idx] { old_of[idx] } else { after };
        }
        Order {
            gaps,
            new_of,
            old_of,
        }
    }

    /// Whether an old scene stands between the same neighbors that kept their order.
    pub(super) fn is_in_gap(&self, old: usize, new: usize) -> bool {
        let (before, after) = self.gaps[new];
        before.is_none_or(|it| it < old) && after.is_none_or(|it| old < it)
    }

    /// Between the same neighbors that kept their order: how many old scenes are open there, or new
    /// ones if that is more.
    pub(super) fn n_open_in_gap(&self, new: usize) -> usize {
        let (before, after) = self.gaps[new];
        let start = before.map_or(0, |it| it + 1);
        let old = &self.new_of[start..after.unwrap_or(self.new_of.len()).max(start)];
        let n_old = old.iter().filter(|it| it.is_none()).count();
        let is_here =
            |idx: &usize| self.gaps[*idx] == (before, after) && self.old_of[*idx].is_none();
        let n_before = (0..new).rev().take_while(is_here).count();
        let n_after = (new + 1..self.gaps.len()).take_while(is_here).count();
        n_old.max(n_before + 1 + n_after)
    }

    /// Whether a new scene is found to be an old one.
    pub(super) fn is_found(&self, old: usize, new: usize) -> bool {
        self.new_of[old] == Some(new)
    }

    /// How many of the two neighbors of both are the same scenes.
    pub(super) fn n_same_neighbors(&self, old: usize, new: usize) -> u32 {
        let before = match (old.checked_sub(1), new.checked_sub(1)) {
            (Some(old), Some(new)) => self.new_of[old] == Some(new),
            (None, None) => true,
            _ => false,
        };
        let after = match (old + 1 < self.new_of.len(), new + 1 < self.old_of.len()) {
            (true, true) => self.new_of[old + 1] == Some(new + 1),
            (false, false) => true,
            _ => false,
        };
        u32::from(before) + u32::from(after)
    }
}

/// Which of some places are in the longest list of them that only rises (Schensted, 1961).
fn longest_rise(places: &[Option<usize>]) -> Vec<bool> {
    let known = places.iter().enumerate();
    let known: Vec<(usize, usize)> = known.filter_map(|(idx, it)| Some((idx, (*it)?))).collect();
    // For each length the list of that length that ends lowest.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::new();
    for (at, (_, place)) in known.iter().enumerate() {
        let len = ends.partition_point(|it| known[*it].1 < *place);
        before.push(len.checked_sub(1).map(|it| ends[it]));
        match ends.get_mut(len) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut rises = vec![false; places.len()];
    let mut at = ends.last().copied();
    while let Some(it) = at {
        rises[known[it].0] = true;
        at = before[it];
    }
    rises
}

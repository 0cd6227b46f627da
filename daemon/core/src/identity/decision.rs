//! What was found, as decisions: how sure each is, and what else it might be.

use std::collections::BTreeMap;

use super::{ACCEPTED_MILLI, Decision, LOOSE_MILLI, Matching, RIVAL_MILLI, WEAK_MILLI, likeness};

impl Matching<'_> {
    pub(super) fn decisions(&self) -> Vec<Decision> {
        let mut merged: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for old in (0..self.n_placed).filter(|it| !self.taken[*it]) {
            if let Some(new) = self.heir(old) {
                merged.entry(new).or_default().push(old);
            }
        }
        let decision = |new: usize| Decision {
            merged_from_idx: merged.remove(&new).unwrap_or_default(),
            ..self.decision(new)
        };
        (0..self.new.len()).map(decision).collect()
    }

    fn decision(&self, new: usize) -> Decision {
        let rivals = self.scored.range((new, 0)..(new + 1, 0));
        let mut decision = Decision::new_scene();
        match self.found[new] {
            None => {
                let free = rivals.filter(|it| !self.taken[it.0.1]);
                let best = free.max_by_key(|it| (it.1, usize::MAX - it.0.1));
                if let Some(((_, old), score)) = best {
                    let below = ACCEPTED_MILLI.saturating_sub(*score);
                    decision.confidence_milli = 500 + below.min(499);
                    decision.doubtful = below < WEAK_MILLI;
                    decision.rival_idx = decision.doubtful.then_some(*old);
                }
                decision.split_from_idx = self.origin(new);
            }
            Some((old, kind)) => {
                decision.old_idx = Some(old);
                decision.kind = kind;
                decision.similarity_milli = likeness(self.old[old], self.new[new]);
                if let Some(score) = self.scored.get(&(new, old)) {
                    let others = rivals.filter(|it| it.0.1 != old && !self.taken[it.0.1]);
                    let best = others.max_by_key(|it| (it.1, usize::MAX - it.0.1));
                    let lead = best.map_or(u32::MAX, |it| score.saturating_sub(*it.1));
                    let above = score.saturating_sub(ACCEPTED_MILLI);
                    decision.confidence_milli = 500 + above.min(lead.saturating_mul(2)).min(499);
                    let is_loose = decision.similarity_milli < LOOSE_MILLI;
                    decision.doubtful = above < WEAK_MILLI || lead < RIVAL_MILLI || is_loose;
                    let is_rival = lead < RIVAL_MILLI;
                    decision.rival_idx = best.filter(|_| is_rival).map(|it| it.0.1);
                }
            }
        }
        decision
    }
}

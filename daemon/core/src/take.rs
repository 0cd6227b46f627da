//! Takes: which results a shot has, and which one is shown.

use std::sync::Arc;

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};
use storycore_schema::{
    Error,
    id::{BlobId, IntentHash, RenderKey, ShotId, TakeId},
    take::{ListTakes, Take, TakeEvent},
};

use crate::{Film, Query};

mod kept;

/// Every take of the film.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Takes {
    /// By id.
    #[serde(with = "kept")]
    pub by_id: OrdMap<TakeId, Arc<Take>>,
    /// The takes of each shot, oldest first.
    pub by_shot: OrdMap<ShotId, Vector<TakeId>>,
    by_key: OrdMap<RenderKey, BlobId>,
}

impl Takes {
    /// The picture made from this key before, by whichever shot.
    pub fn picture(&self, key: RenderKey) -> Option<BlobId> {
        self.by_key.get(&key).copied()
    }

    /// The take a shot shows: the newest that is what the script asks for, or else the newest.
    pub fn shown(&self, shot: ShotId, intent: IntentHash) -> Option<&Arc<Take>> {
        let takes = || self.of_shot(shot).rev();
        takes()
            .find(|take| take.intent_hash == intent)
            .or_else(|| takes().next())
    }

    /// The takes of a shot, oldest first.
    pub fn of_shot(&self, shot: ShotId) -> impl DoubleEndedIterator<Item = &Arc<Take>> {
        let ids = self.by_shot.get(&shot);
        ids.into_iter()
            .flat_map(Vector::iter)
            .filter_map(|id| self.by_id.get(id))
    }

    pub(crate) fn apply(&mut self, event: &TakeEvent) {
        match event {
            TakeEvent::Added { take } => {
                self.by_shot
                    .entry(take.shot)
                    .or_default()
                    .push_back(take.id);
                self.by_key.insert(take.render_key, take.asset);
                self.by_id.insert(take.id, Arc::new((**take).clone()));
            }
        }
    }
}

impl Query for ListTakes {
    fn answer(self, film: &Film) -> Result<Vec<Take>, Error> {
        let takes = &film.state.generation.takes;
        let Some(shot) = self.shot else {
            return Ok(takes.by_id.values().map(|it| (**it).clone()).collect());
        };
        film.state.project.screenplay.any_shot(shot)?;
        Ok(takes.of_shot(shot).map(|it| (**it).clone()).collect())
    }
}

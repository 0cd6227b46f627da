//! What a person says about which scene or shot is which, and how that is taken back.

use std::{collections::BTreeSet, sync::Arc};

use storycore_schema::{
    id::{SceneId, ShotId},
    script::{Correction, SceneSwap},
};

use super::{Screenplay, ScriptFile};

impl Screenplay {
    pub(super) fn correct(&mut self, correction: Correction) {
        for swap in correction.swaps {
            self.swap(swap);
        }
        for scene in correction.unplaced_scenes {
            self.scenes.remove(&scene.id);
            self.unplaced_scenes.insert(scene.id, Arc::new(scene));
        }
        for shot in correction.unplaced_shots {
            self.shots.remove(&shot.id);
            self.unplaced_shots.insert(shot.id, Arc::new(shot));
        }
        for id in &correction.dropped_scenes {
            self.scenes.remove(id);
            self.unplaced_scenes.remove(id);
        }
        for id in &correction.dropped_shots {
            self.shots.remove(id);
            self.unplaced_shots.remove(id);
        }
        for scene in correction.scenes {
            self.unplaced_scenes.remove(&scene.id);
            self.scenes.insert(scene.id, Arc::new(scene));
        }
        for shot in correction.shots {
            self.unplaced_shots.remove(&shot.id);
            self.shots.insert(shot.id, Arc::new(shot));
        }
        for id in &correction.settled {
            self.doubts.remove(id);
        }
        for doubt in correction.doubts {
            self.doubts.insert(doubt.found.scene, Arc::new(doubt));
        }
    }

    fn swap(&mut self, swap: SceneSwap) {
        let holds = |file: &Arc<ScriptFile>| file.order.index_of(&swap.was);
        let found = self
            .scripts
            .iter()
            .find_map(|(path, file)| Some((path.clone(), holds(file)?)));
        if let Some((path, at)) = found
            && let Some(file) = self.scripts.get_mut(&path)
        {
            Arc::make_mut(file).order.set(at, swap.now);
        }
    }
}

/// What takes a correction back, from the screenplay before it.
pub fn correction_back(before: &Screenplay, correction: &Correction) -> Correction {
    let swaps = correction.swaps.iter().rev();
    let mut back = Correction {
        swaps: swaps
            .map(|it| SceneSwap {
                was: it.now,
                now: it.was,
            })
            .collect(),
        ..Correction::default()
    };
    for id in scenes_of(correction) {
        if let Some(scene) = before.scenes.get(&id) {
            back.scenes.push((**scene).clone());
        } else if let Some(scene) = before.unplaced_scenes.get(&id) {
            back.unplaced_scenes.push((**scene).clone());
        } else {
            back.dropped_scenes.push(id);
        }
    }
    for id in shots_of(correction) {
        if let Some(shot) = before.shots.get(&id) {
            back.shots.push((**shot).clone());
        } else if let Some(shot) = before.unplaced_shots.get(&id) {
            back.unplaced_shots.push((**shot).clone());
        } else {
            back.dropped_shots.push(id);
        }
    }
    let doubted = correction.doubts.iter().map(|it| it.found.scene);
    let doubted: BTreeSet<SceneId> = doubted.chain(correction.settled.iter().copied()).collect();
    for id in doubted {
        match before.doubts.get(&id) {
            Some(doubt) => back.doubts.push((**doubt).clone()),
            None => back.settled.push(id),
        }
    }
    back
}

fn scenes_of(correction: &Correction) -> BTreeSet<SceneId> {
    let records = correction.scenes.iter().chain(&correction.unplaced_scenes);
    let ids = records.map(|it| it.id);
    ids.chain(correction.dropped_scenes.iter().copied())
        .collect()
}

fn shots_of(correction: &Correction) -> BTreeSet<ShotId> {
    let records = correction.shots.iter().chain(&correction.unplaced_shots);
    let ids = records.map(|it| it.id);
    ids.chain(correction.dropped_shots.iter().copied())
        .collect()
}

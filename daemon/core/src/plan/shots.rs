//! The shots of a change: which of the old each is, and their records.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use storycore_schema::{
    id::{SceneId, ShotId},
    recipe::IntentLine,
    scene::SceneRecord,
    shot::ShotRecord,
};

use super::regions::NewScene;
use crate::{
    Env, Film,
    breakdown::PlannedShot,
    identity::shots::{ShotPortrait, match_shots},
};

/// A shot with fewer words than this is not recognized by its words alone, in words.
const RESCUE_WORDS_MIN: usize = 3;

/// Which old shot each new one is, scene by scene.
pub(super) struct ShotPlan<'a> {
    film: &'a Film,
    /// For each new scene and each of its shots: the old shot it is.
    found: Vec<Vec<Option<Arc<ShotRecord>>>>,
    lines: Vec<Vec<Vec<IntentLine>>>,
    /// Placed shots that no new shot is.
    left: BTreeMap<ShotId, Arc<ShotRecord>>,
    records: Vec<ShotRecord>,
}

impl<'a> ShotPlan<'a> {
    pub(super) fn new(film: &'a Film) -> ShotPlan<'a> {
        ShotPlan {
            film,
            found: Vec::new(),
            lines: Vec::new(),
            left: BTreeMap::new(),
            records: Vec::new(),
        }
    }

    /// Matches the shots of the next new scene with those of the scene it is.
    pub(super) fn pair(&mut self, scene: &NewScene, old: Option<&SceneRecord>) {
        let screenplay = &self.film.state.project.screenplay;
        // A scene from the tray may list shots that have gone to another scene since.
        let old: Vec<_> = old
            .into_iter()
            .flat_map(|it| screenplay.own_shots(it))
            .cloned()
            .collect();
        let old_portraits: Vec<_> = old.iter().map(|it| ShotPortrait::new(&it.lines)).collect();
        let new_shots = scene.shots.iter();
        let new_portraits: Vec<_> = new_shots.map(|it| ShotPortrait::new(&it.lines)).collect();
        let found = match_shots(&old_portraits, &new_portraits);
        let taken: BTreeSet<usize> = found.iter().flatten().copied().collect();
        for (idx, shot) in old.iter().enumerate() {
            if !taken.contains(&idx) && screenplay.shots.contains_key(&shot.id) {
                self.left.insert(shot.id, shot.clone());
            }
        }
        self.found.push(
            found
                .into_iter()
                .map(|it| it.map(|idx| old[idx].clone()))
                .collect(),
        );
        self.lines
            .push(scene.shots.iter().map(|it| it.lines.clone()).collect());
    }

    /// A scene that lost its place leaves all its shots.
    pub(super) fn leave(&mut self, scene: &SceneRecord) {
        for shot in self.film.state.project.screenplay.shots_of(scene) {
            self.left.insert(shot.id, shot.clone());
        }
    }

    /// Finds shots that went to another scene, or come back from the unplaced tray, by their words.
    pub(super) fn rescue(&mut self) {
        let is_open = |found: &Vec<Option<Arc<ShotRecord>>>| found.iter().any(Option::is_none);
        if !self.found.iter().any(is_open) {
            return;
        }
        let used: BTreeSet<ShotId> = self
            .found
            .iter()
            .flatten()
            .flatten()
            .map(|it| it.id)
            .collect();
        let tray = self.film.state.project.screenplay.unplaced_shots.values();
        let tray = tray.filter(|it| !used.contains(&it.id)).cloned();
        let mut waiting: BTreeMap<String, Vec<Arc<ShotRecord>>> = BTreeMap::new();
        // What is popped first comes last: placed shots before those of the tray.
        for shot in tray.chain(self.left.values().cloned()) {
            waiting.entry(key(&shot.lines)).or_default().push(shot);
        }
        for (found, lines) in self.found.iter_mut().zip(&self.lines) {
            for (slot, lines) in found
                .iter_mut()
                .zip(lines)
                .filter(|(slot, _)| slot.is_none())
            {
                let known = waiting
                    .get_mut(&key(lines))
                    .filter(|_| n_words(lines) >= RESCUE_WORDS_MIN);
                if let Some(shot) = known.and_then(Vec::pop) {
                    self.left.remove(&shot.id);
                    *slot = Some(shot);
                }
            }
        }
    }

    /// Gives the shots of a new scene their ids, and keeps the records that are new or changed.
    pub(super) fn settle(
        &mut self,
        idx: usize,
        scene: SceneId,
        new: &NewScene,
        env: &mut Env<'_>,
    ) -> Vec<ShotId> {
        let placed = &self.film.state.project.screenplay.shots;
        let mut ids = Vec::with_capacity(new.shots.len());
        for (planned, old) in new.shots.iter().zip(&self.found[idx]) {
            let id = old.as_ref().map_or_else(|| env.fresh_id(), |it| it.id);
            let record = record(id, scene, planned);
            if placed.get(&id).map(AsRef::as_ref) != Some(&record) {
                self.records.push(record);
            }
            ids.push(id);
        }
        ids
    }

    /// The records that are new or changed, and the shots that have lost their place.
    pub(super) fn finish(self) -> (Vec<ShotRecord>, Vec<ShotId>) {
        (self.records, self.left.into_keys().collect())
    }
}

fn record(id: ShotId, scene: SceneId, planned: &PlannedShot) -> ShotRecord {
    ShotRecord {
        id,
        scene,
        framing: planned.framing,
        angle: planned.angle,
        lens_mm: planned.lens_mm,
        movement: planned.movement,
        subjects: planned.subjects.clone(),
        setting: planned.setting,
        location: planned.location.clone(),
        time_of_day: planned.time_of_day,
        lines: planned.lines.clone(),
        start: planned.span.start,
        end: planned.span.end,
        line: planned.line,
        duration_ms: planned.duration_ms,
        directed: planned.directed,
    }
}

fn key(lines: &[IntentLine]) -> String {
    format!("{lines:?}")
}

fn n_words(lines: &[IntentLine]) -> usize {
    lines
        .iter()
        .map(|it| it.text.split_whitespace().count())
        .sum()
}

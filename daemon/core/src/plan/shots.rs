//! The shots of a change: which of the old each is, and their records.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use storycore_schema::{
    craft::Framing,
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

/// A shot with fewer words than this is not recognized in another scene, in words.
const RESCUE_WORDS_MIN: usize = 3;

/// Which old shot each new one is, scene by scene.
pub(super) struct ShotPlan<'a> {
    film: &'a Film,
    /// For each new scene and each of its shots: the old shot it is.
    found: Vec<Vec<Option<Arc<ShotRecord>>>>,
    /// New shots that are none of the shots of the scene they are in.
    open: Vec<OpenShot>,
    /// Placed shots that no new shot is.
    left: BTreeMap<ShotId, Arc<ShotRecord>>,
    records: Vec<ShotRecord>,
}

/// A new shot that is none of the shots of the scene it is in.
struct OpenShot {
    /// Its scene among the new ones, and its place there.
    place: (usize, usize),
    /// Which old scene that is.
    scene: Option<SceneId>,
    framing: Framing,
    words: String,
    n_words: usize,
}

impl<'a> ShotPlan<'a> {
    pub(super) fn new(film: &'a Film) -> ShotPlan<'a> {
        ShotPlan {
            film,
            found: Vec::new(),
            open: Vec::new(),
            left: BTreeMap::new(),
            records: Vec::new(),
        }
    }

    /// Matches the shots of the next new scene with those of the scene it is.
    pub(super) fn pair(&mut self, scene: &NewScene, old: Option<&SceneRecord>) {
        let old_scene = old.map(|it| it.id);
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
        let places = found.iter().enumerate();
        let open = places.filter(|(_, found)| found.is_none());
        self.open.extend(open.map(|(idx, _)| OpenShot {
            place: (self.found.len(), idx),
            scene: old_scene,
            framing: scene.shots[idx].framing,
            words: words(&scene.shots[idx].lines),
            n_words: n_words(&scene.shots[idx].lines),
        }));
        let found = found.into_iter();
        self.found
            .push(found.map(|it| it.map(|idx| old[idx].clone())).collect());
    }

    /// A scene that lost its place leaves all its shots.
    pub(super) fn leave(&mut self, scene: &SceneRecord) {
        for shot in self.film.state.project.screenplay.shots_of(scene) {
            self.left.insert(shot.id, shot.clone());
        }
    }

    /// Finds shots that went to another scene, or come back from the unplaced tray, by their words.
    /// Few words, or none, tell a shot only in the scene that it was cut from.
    pub(super) fn rescue(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let enough = |it: &OpenShot| it.n_words >= RESCUE_WORDS_MIN;
        let left: Vec<_> = self.left.values().cloned().collect();
        self.look_in(
            &left,
            |it| words(&it.lines),
            |it| enough(it).then(|| it.words.clone()),
        );
        let tray: Vec<_> = self.free_in_tray();
        self.look_in(
            &tray,
            |it| (it.scene, it.framing, words(&it.lines)),
            |it| Some((it.scene?, it.framing, it.words.clone())),
        );
        let tray: Vec<_> = self.free_in_tray();
        self.look_in(
            &tray,
            |it| (it.scene, words(&it.lines)),
            |it| Some((it.scene?, it.words.clone())),
        );
        let tray: Vec<_> = self.free_in_tray();
        self.look_in(
            &tray,
            |it| words(&it.lines),
            |it| enough(it).then(|| it.words.clone()),
        );
    }

    fn free_in_tray(&self) -> Vec<Arc<ShotRecord>> {
        let found = self.found.iter().flatten().flatten();
        let used: BTreeSet<ShotId> = found.map(|it| it.id).collect();
        let tray = self.film.state.project.screenplay.unplaced_shots.values();
        tray.filter(|it| !used.contains(&it.id)).cloned().collect()
    }

    /// Gives open shots those of the same key, the newest first.
    fn look_in<K: Ord>(
        &mut self,
        shots: &[Arc<ShotRecord>],
        key: impl Fn(&ShotRecord) -> K,
        wanted: impl Fn(&OpenShot) -> Option<K>,
    ) {
        if shots.is_empty() {
            return;
        }
        let mut waiting: BTreeMap<K, Vec<&Arc<ShotRecord>>> = BTreeMap::new();
        for shot in shots {
            waiting.entry(key(shot)).or_default().push(shot);
        }
        let (found, left) = (&mut self.found, &mut self.left);
        self.open.retain(|open| {
            let known = wanted(open).and_then(|it| waiting.get_mut(&it)?.pop());
            if let Some(shot) = known {
                left.remove(&shot.id);
                found[open.place.0][open.place.1] = Some(shot.clone());
            }
            known.is_none()
        });
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

fn words(lines: &[IntentLine]) -> String {
    format!("{lines:?}")
}

fn n_words(lines: &[IntentLine]) -> usize {
    lines
        .iter()
        .map(|it| it.text.split_whitespace().count())
        .sum()
}

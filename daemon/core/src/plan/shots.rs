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
    identity::{
        Renames,
        shots::{ShotPortrait, match_shots},
    },
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

/// A new scene, and the old ones that it may have shots of.
pub(super) struct NewFamilyMember<'a> {
    pub(super) scene: &'a NewScene,
    pub(super) old: Option<&'a SceneRecord>,
    /// Scenes that it was a part of, or that went into it.
    pub(super) others: Vec<&'a SceneRecord>,
}

/// Old and new scenes that come from each other, both in order.
#[derive(Default)]
struct Family<'a> {
    old: Vec<&'a SceneRecord>,
    new: Vec<usize>,
}

fn families<'a>(new: &[NewFamilyMember<'a>]) -> Vec<Family<'a>> {
    let mut families: Vec<Family<'a>> = Vec::new();
    let mut family_of: BTreeMap<SceneId, usize> = BTreeMap::new();
    for (idx, member) in new.iter().enumerate() {
        let old = || member.old.into_iter().chain(member.others.iter().copied());
        let known: BTreeSet<usize> = old()
            .filter_map(|it| family_of.get(&it.id).copied())
            .collect();
        let mut joined = Family::default();
        for known in known.iter().rev() {
            let family = std::mem::take(&mut families[*known]);
            joined.new.splice(0..0, family.new);
            joined.old.splice(0..0, family.old);
        }
        joined.new.push(idx);
        for old in old() {
            if joined.old.iter().all(|it| it.id != old.id) {
                joined.old.push(old);
            }
        }
        for old in &joined.old {
            family_of.insert(old.id, families.len());
        }
        families.push(joined);
    }
    families.retain(|it| !it.new.is_empty());
    families
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

    /// Matches the shots of all new scenes, family by family.
    pub(super) fn pair(&mut self, new: &[NewFamilyMember<'_>], renames: &Renames) {
        self.found = new
            .iter()
            .map(|it| vec![None; it.scene.shots.len()])
            .collect();
        for mut family in families(new) {
            if family.old.len() > 1 {
                self.put_in_order(&mut family.old);
            }
            self.pair_family(new, &family, renames);
        }
        for (scene_idx, member) in new.iter().enumerate() {
            for (idx, shot) in member.scene.shots.iter().enumerate() {
                if self.found[scene_idx][idx].is_none() {
                    self.open.push(OpenShot {
                        place: (scene_idx, idx),
                        scene: member.old.map(|it| it.id),
                        framing: shot.framing,
                        words: words(&shot.lines),
                        n_words: n_words(&shot.lines),
                    });
                }
            }
        }
    }

    /// In the order of the film, and then those of the tray.
    fn put_in_order(&self, scenes: &mut [&SceneRecord]) {
        let placed = self.film.state.project.screenplay.scenes_in_order();
        let ids: BTreeSet<SceneId> = scenes.iter().map(|it| it.id).collect();
        let places = placed.map(|it| it.id).filter(|it| ids.contains(it));
        let places: BTreeMap<SceneId, usize> = places.zip(0..).collect();
        scenes.sort_by_key(|it| places.get(&it.id).copied().unwrap_or(usize::MAX));
    }

    fn pair_family(&mut self, new: &[NewFamilyMember<'_>], family: &Family<'_>, renames: &Renames) {
        let screenplay = &self.film.state.project.screenplay;
        let scene_of = |id: SceneId| {
            let same = |idx: &usize| new[*idx].old.is_some_and(|it| it.id == id);
            family.new.iter().copied().find(same).unwrap_or(new.len())
        };
        // A scene from the tray may list shots that have gone to another scene since.
        let mut old: Vec<(&Arc<ShotRecord>, &SceneRecord)> = Vec::new();
        for scene in &family.old {
            old.extend(screenplay.own_shots(scene).map(|shot| (shot, *scene)));
        }
        let old_portraits: Vec<_> = old
            .iter()
            .map(|(shot, scene)| {
                let opens = shot.start == 0 && !scene.heading.is_empty();
                let opening = opens.then_some(scene.heading.as_str());
                ShotPortrait::new(&shot.lines, opening, scene_of(scene.id))
            })
            .collect();
        let places: Vec<(usize, usize)> = family
            .new
            .iter()
            .flat_map(|scene| (0..new[*scene].scene.shots.len()).map(|shot| (*scene, shot)))
            .collect();
        let headings: BTreeMap<usize, String> = family
            .new
            .iter()
            .map(|it| (*it, new[*it].scene.heading()))
            .collect();
        let portrait = |(scene, idx): &(usize, usize)| {
            let shot = &new[*scene].scene.shots[*idx];
            let heading = headings.get(scene).filter(|it| !it.is_empty());
            let opening = heading.filter(|_| shot.span.start == 0);
            ShotPortrait::new(&shot.lines, opening.map(String::as_str), *scene)
        };
        let new_portraits: Vec<_> = places.iter().map(portrait).collect();
        let found = match_shots(&old_portraits, &new_portraits, renames);
        let mut taken = vec![false; old.len()];
        for ((scene, idx), found) in places.into_iter().zip(found) {
            if let Some(old_idx) = found {
                taken[old_idx] = true;
                self.found[scene][idx] = Some(old[old_idx].0.clone());
            }
        }
        for ((shot, _), taken) in old.into_iter().zip(taken) {
            if !taken && screenplay.shots.contains_key(&shot.id) {
                self.left.insert(shot.id, shot.clone());
            }
        }
    }

    /// A scene that lost its place leaves all its shots.
    pub(super) fn leave(&mut self, scene: &SceneRecord) {
        let found = self.found.iter().flatten().flatten();
        let found: BTreeSet<ShotId> = found.map(|it| it.id).collect();
        for shot in self.film.state.project.screenplay.shots_of(scene) {
            if !found.contains(&shot.id) {
                self.left.insert(shot.id, shot.clone());
            }
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

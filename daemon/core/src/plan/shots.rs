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
    bible::fold_name,
    breakdown::PlannedShot,
    identity::{
        Renames, Weights, WordCounts,
        shots::{ShotMatching, ShotPortrait},
    },
};

/// A shot with fewer words than this is not recognized in another scene, in words.
const RESCUE_WORDS_MIN: usize = 3;
/// Nor if somebody else says it, with fewer than this, in words.
const RESCUE_UNNAMED_WORDS_MIN: usize = 5;

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
    /// The shots that the old one had when it said the same, in order, if it did before.
    pub(super) had: Option<&'a [ShotId]>,
    /// Scenes that it was a part of, or that went into it.
    pub(super) others: Vec<&'a SceneRecord>,
}

/// The shots of a family.
struct Kin<'k> {
    matching: ShotMatching<'k>,
    old: Vec<&'k Arc<ShotRecord>>,
    /// For each new shot its scene among the new ones, and its place there.
    places: Vec<(usize, usize)>,
}

impl Kin<'_> {
    /// New shots of scenes that say again what they said before are the shots they had then.
    fn settle_known(&mut self, had: &BTreeMap<(usize, usize), ShotId>) {
        let idx_of: BTreeMap<ShotId, usize> = self.old.iter().map(|it| it.id).zip(0..).collect();
        for (new, place) in self.places.iter().enumerate() {
            let old = had.get(place).and_then(|it| idx_of.get(it));
            if let Some(old) = old {
                self.matching.settle(*old, new);
            }
        }
    }
}

/// For shots of scenes that say again what they said before the shots they were then.
fn had(new: &[NewFamilyMember<'_>]) -> BTreeMap<(usize, usize), ShotId> {
    let mut had = BTreeMap::new();
    for (scene, member) in new.iter().enumerate() {
        let shots = member.had.unwrap_or_default();
        // Otherwise it was read by other rules.
        if shots.len() == member.scene.shots.len() {
            let shots = shots.iter().enumerate();
            had.extend(shots.map(|(idx, id)| ((scene, idx), *id)));
        }
    }
    had
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
    lines: Vec<IntentLine>,
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

    /// Matches the shots of all new scenes: what a scene had when it said the same before; the same
    /// words within a family; the same words anywhere; what is alike within a family. Scenes that
    /// lost their place leave all their shots.
    pub(super) fn pair(
        &mut self,
        new: &[NewFamilyMember<'_>],
        left_scenes: &[Arc<SceneRecord>],
        renames: &Renames,
    ) {
        let headings: Vec<String> = new.iter().map(|it| it.scene.heading()).collect();
        let cut = self.cut_from(new);
        let mut kin: Vec<Kin<'_>> = Vec::new();
        for mut family in families(new) {
            if family.old.len() > 1 {
                self.put_in_order(&mut family.old);
            }
            kin.push(self.kin(new, &family, &headings, &cut, renames));
        }
        let had = had(new);
        for kin in &mut kin {
            kin.settle_known(&had);
            kin.matching.exactly();
        }
        self.gather(new, left_scenes, &kin);
        self.come_back(&had);
        self.rescue(&mut kin);
        let counts = self.word_counts(&kin);
        let weights = Weights::new(&counts, renames);
        kin.iter_mut()
            .for_each(|it| it.matching.by_likeness(&weights));
        self.take_over(&kin);
    }

    /// In the order of the film, and then those of the tray.
    fn put_in_order(&self, scenes: &mut [&SceneRecord]) {
        let placed = self.film.state.project.screenplay.scenes_in_order();
        let ids: BTreeSet<SceneId> = scenes.iter().map(|it| it.id).collect();
        let places = placed.map(|it| it.id).filter(|it| ids.contains(it));
        let places: BTreeMap<SceneId, usize> = places.zip(0..).collect();
        scenes.sort_by_key(|it| places.get(&it.id).copied().unwrap_or(usize::MAX));
    }

    /// Shots of the tray by the scene they were cut from, for scenes that are matched.
    fn cut_from(&self, new: &[NewFamilyMember<'_>]) -> BTreeMap<SceneId, Vec<&'a Arc<ShotRecord>>> {
        let old = new.iter().filter_map(|it| it.old);
        let scenes: BTreeSet<SceneId> = old.map(|it| it.id).collect();
        let mut cut: BTreeMap<SceneId, Vec<_>> = BTreeMap::new();
        // The newest first: of two that say the same, it is what was cut last.
        let tray = self.film.state.project.screenplay.unplaced_shots.values();
        for shot in tray.rev().filter(|it| scenes.contains(&it.scene)) {
            cut.entry(shot.scene).or_default().push(shot);
        }
        cut
    }

    fn kin<'k>(
        &self,
        new: &[NewFamilyMember<'k>],
        family: &Family<'k>,
        headings: &'k [String],
        cut: &BTreeMap<SceneId, Vec<&'a Arc<ShotRecord>>>,
        renames: &'k Renames,
    ) -> Kin<'k>
    where
        'a: 'k,
    {
        let screenplay = &self.film.state.project.screenplay;
        let scene_of = |id: SceneId| {
            let same = |idx: &usize| new[*idx].old.is_some_and(|it| it.id == id);
            family.new.iter().copied().find(same).unwrap_or(new.len())
        };
        // A scene from the tray may list shots that have gone to another scene since.
        let own = family.old.iter().flat_map(|scene| {
            let shots = screenplay.own_shots(scene);
            shots.map(|shot| (shot, *scene))
        });
        let mut old: Vec<(&'k Arc<ShotRecord>, &'k SceneRecord)> = own.collect();
        let n_own = old.len();
        let cut = family.old.iter().flat_map(|scene| {
            let shots = cut.get(&scene.id).into_iter().flatten();
            shots.map(|shot| (*shot, *scene))
        });
        let known: BTreeSet<ShotId> = old.iter().map(|it| it.0.id).collect();
        old.extend(cut.filter(|it| !known.contains(&it.0.id)));
        let portrait = |(shot, scene): &(&'k Arc<ShotRecord>, &'k SceneRecord)| {
            let opens = shot.start == 0 && !scene.heading.is_empty();
            let opening = opens.then_some(scene.heading.as_str());
            ShotPortrait::new(&shot.lines, opening, scene_of(scene.id))
        };
        let old_portraits = old.iter().map(portrait).collect();
        let places: Vec<(usize, usize)> = family
            .new
            .iter()
            .flat_map(|scene| (0..new[*scene].scene.shots.len()).map(|shot| (*scene, shot)))
            .collect();
        let portrait = |(scene, idx): &(usize, usize)| {
            let shot: &'k PlannedShot = &new[*scene].scene.shots[*idx];
            let heading = Some(headings[*scene].as_str()).filter(|it| !it.is_empty());
            let opening = heading.filter(|_| shot.span.start == 0);
            ShotPortrait::new(&shot.lines, opening, *scene)
        };
        let new_portraits = places.iter().map(portrait).collect();
        Kin {
            matching: ShotMatching::new(old_portraits, n_own, new_portraits, renames),
            old: old.into_iter().map(|it| it.0).collect(),
            places,
        }
    }

    /// What is open so far, and what old shots are left.
    fn gather(
        &mut self,
        new: &[NewFamilyMember<'_>],
        left_scenes: &[Arc<SceneRecord>],
        kin: &[Kin<'_>],
    ) {
        let screenplay = &self.film.state.project.screenplay;
        self.found = new
            .iter()
            .map(|it| vec![None; it.scene.shots.len()])
            .collect();
        for scene in left_scenes {
            let shots = screenplay.shots_of(scene);
            self.left.extend(shots.map(|it| (it.id, it.clone())));
        }
        for kin in kin {
            let placed = kin
                .old
                .iter()
                .filter(|it| screenplay.shots.contains_key(&it.id));
            self.left.extend(placed.map(|it| (it.id, (*it).clone())));
        }
        self.take_over(kin);
        for (scene_idx, member) in new.iter().enumerate() {
            for (idx, shot) in member.scene.shots.iter().enumerate() {
                if self.found[scene_idx][idx].is_none() {
                    self.open.push(OpenShot {
                        place: (scene_idx, idx),
                        lines: shot.lines.clone(),
                        n_words: n_words(&shot.lines),
                    });
                }
            }
        }
    }

    /// What the families have found.
    fn take_over(&mut self, kin: &[Kin<'_>]) {
        for kin in kin {
            for (place, found) in kin.places.iter().zip(kin.matching.found()) {
                if let Some(old) = found {
                    let shot = kin.old[*old];
                    self.left.remove(&shot.id);
                    self.found[place.0][place.1] = Some(shot.clone());
                }
            }
        }
        let found = &self.found;
        self.open
            .retain(|it| found[it.place.0][it.place.1].is_none());
    }

    /// Gives open shots of a scene that says again what it said before the shots it had then.
    fn come_back(&mut self, had: &BTreeMap<(usize, usize), ShotId>) {
        let screenplay = &self.film.state.project.screenplay;
        let used = self.used();
        let (found, left) = (&mut self.found, &mut self.left);
        self.open.retain(|open| {
            let id = had.get(&open.place).filter(|it| !used.contains(*it));
            let shot = id.and_then(|id| {
                let unplaced = screenplay.unplaced_shots.get(id).cloned();
                left.remove(id).or(unplaced)
            });
            let is_open = shot.is_none();
            if let Some(shot) = shot {
                found[open.place.0][open.place.1] = Some(shot);
            }
            is_open
        });
    }

    /// Old shots that are found for a new one.
    fn used(&self) -> BTreeSet<ShotId> {
        let found = self.found.iter().flatten().flatten();
        found.map(|it| it.id).collect()
    }

    /// Finds shots that went to another scene, or come back from the unplaced tray, by their words.
    /// Few words, or none, tell a shot only in the scene that it was cut from.
    fn rescue(&mut self, kin: &mut [Kin<'_>]) {
        if self.open.is_empty() {
            return;
        }
        let enough = |it: &OpenShot| it.n_words >= RESCUE_WORDS_MIN;
        let many = |it: &OpenShot| it.n_words >= RESCUE_UNNAMED_WORDS_MIN;
        let left: Vec<_> = self.left.values().cloned().collect();
        self.look_in(
            &left,
            |it| words(&it.lines),
            |it| enough(it).then(|| words(&it.lines)),
        );
        let tray: Vec<_> = self.free_in_tray();
        self.look_in(
            &tray,
            |it| words(&it.lines),
            |it| enough(it).then(|| words(&it.lines)),
        );
        // Who speaks may be called otherwise by now.
        let speakers = &self.film.derived.speakers;
        let is_gone = |it: &Arc<ShotRecord>| {
            let mut names = it.lines.iter().filter_map(|it| it.speaker.as_deref());
            names.any(|it| !speakers.contains_key(&fold_name(it)))
        };
        let mut all = self.free_in_tray();
        all.retain(is_gone);
        self.look_in(
            &all,
            |it| texts(&it.lines),
            |it| many(it).then(|| texts(&it.lines)),
        );
        self.tell(kin);
    }

    /// Tells the families what was found elsewhere.
    fn tell(&self, kin: &mut [Kin<'_>]) {
        let used = self.used();
        for kin in kin {
            for (idx, shot) in kin.old.iter().enumerate() {
                if used.contains(&shot.id) {
                    kin.matching.take_old(idx);
                }
            }
            for (idx, place) in kin.places.iter().enumerate() {
                if self.found[place.0][place.1].is_some() {
                    kin.matching.close_new(idx);
                }
            }
        }
    }

    /// What words tell in this film, if that is asked for.
    fn word_counts(&self, kin: &[Kin<'_>]) -> Arc<WordCounts> {
        let is_asked = !self.open.is_empty() && (!self.left.is_empty() || !kin.is_empty());
        if is_asked {
            self.film.derived.word_counts(&self.film.state)
        } else {
            Arc::default()
        }
    }

    fn free_in_tray(&self) -> Vec<Arc<ShotRecord>> {
        let used = self.used();
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

/// The same, whoever speaks.
fn texts(lines: &[IntentLine]) -> Vec<String> {
    lines.iter().map(|it| it.text.clone()).collect()
}

fn n_words(lines: &[IntentLine]) -> usize {
    lines
        .iter()
        .map(|it| it.text.split_whitespace().count())
        .sum()
}

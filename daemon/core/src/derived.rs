//! What follows from the state and is kept beside it: which shots are fresh, stale or missing and
//! why, the counts, the names the script knows. Recomputed in proportion to the change; equal to
//! what a fresh computation over the whole film gives.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use imbl::{OrdMap, OrdSet};
use storycore_schema::{
    id::{IntentHash, SceneId, ShotId, TakeId},
    quality::Grade,
    shot::{Reason, ShotRecord, Status},
    take::Take,
};

use crate::{
    bible::{fold_name, location_keys, names_of},
    identity::WordCounts,
    parts::in_parts,
    quality::{self, Standard},
    recipe,
    state::GlobalState,
    touched::Touched,
    workflow::COMFYUI,
};

/// Derived data of one film.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Derived {
    /// Of every placed shot.
    shots: OrdMap<ShotId, Arc<DerivedShot>>,
    /// Totals.
    pub counts: Counts,
    /// Names that speak in the script, folded, with the number of shots they speak in.
    pub speakers: OrdMap<String, u32>,
    /// Which shots depend on what the bible says under a folded name.
    uses: OrdMap<String, OrdSet<ShotId>>,
    words: LazyWords,
}

/// How many placed shots have each word: counted when it is first asked for, kept up to date from
/// then on. Films of one moment share it.
#[derive(Debug, Clone, Default)]
struct LazyWords(Arc<OnceLock<Arc<WordCounts>>>);

impl PartialEq for LazyWords {
    /// Whether they agree, as far as both have been counted.
    fn eq(&self, other: &LazyWords) -> bool {
        match (self.0.get(), other.0.get()) {
            (Some(own), Some(others)) => own == others,
            _ => true,
        }
    }
}

/// What follows for one shot.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedShot {
    /// What a renderer would be asked for now.
    pub intent: IntentHash,
    /// Whether its picture is what the script asks for.
    pub status: Status,
    /// Why it is stale.
    pub reasons: Vec<Reason>,
    /// The take that is shown.
    pub take: Option<TakeId>,
    /// What its checks come to, if it was looked at.
    pub grade: Option<Grade>,
}

/// Totals over all placed shots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Shots whose picture is what the script asks for.
    pub fresh: u32,
    /// Shots whose picture is out of date.
    pub stale: u32,
    /// Shots without a picture.
    pub missing: u32,
    /// Running time in milliseconds.
    pub duration_ms: u64,
}

impl Counts {
    fn of(&mut self, status: Status) -> &mut u32 {
        match status {
            Status::Fresh => &mut self.fresh,
            Status::Stale => &mut self.stale,
            Status::Missing => &mut self.missing,
        }
    }
}

static UNKNOWN: DerivedShot = DerivedShot {
    intent: IntentHash([0; 32]),
    status: Status::Missing,
    reasons: Vec::new(),
    take: None,
    grade: None,
};

impl Derived {
    /// Everything, from nothing.
    pub fn of(state: &GlobalState) -> Derived {
        let mut derived = Derived::default();
        let shots: Vec<_> = state.project.screenplay.shots.values().collect();
        let judged = in_parts(&shots, |shot| Judged::of(state, shot));
        for (shot, judged) in shots.iter().zip(judged) {
            derived.enter_judged(shot, judged);
        }
        derived
    }

    fn enter_judged(&mut self, shot: &ShotRecord, judged: Judged) {
        let Judged {
            shot: derived,
            names,
            speakers,
        } = judged;
        self.enter_names(shot, names, speakers);
        self.note(shot.id, derived);
    }

    /// What follows for a shot. One that has no place has no picture.
    pub fn shot(&self, id: ShotId) -> &DerivedShot {
        self.shots.get(&id).map_or(&UNKNOWN, |it| it)
    }

    /// Whether a shot's picture is what the script asks for.
    pub fn status(&self, id: ShotId) -> Status {
        self.shot(id).status
    }

    /// How many placed shots have each word.
    pub(crate) fn word_counts(&self, state: &GlobalState) -> Arc<WordCounts> {
        let count = || {
            let mut counts = WordCounts::default();
            for shot in state.project.screenplay.shots.values() {
                counts.enter(&shot.lines);
            }
            Arc::new(counts)
        };
        self.words.0.get_or_init(count).clone()
    }

    fn recount<'s>(
        &mut self,
        left: impl Iterator<Item = &'s Arc<ShotRecord>>,
        entered: impl Iterator<Item = &'s Arc<ShotRecord>>,
    ) {
        let words = LazyWords::default();
        if let Some(known) = self.words.0.get() {
            let mut counts = WordCounts::clone(known);
            left.for_each(|it| counts.leave(&it.lines));
            entered.for_each(|it| counts.enter(&it.lines));
            // Nobody else has it yet.
            let _ = words.0.set(Arc::new(counts));
        }
        self.words = words;
    }

    /// Goes from one state to the next, and tells which shots' status changed.
    pub fn advance(
        &mut self,
        was: &GlobalState,
        now: &GlobalState,
        touched: &Touched,
    ) -> BTreeSet<ShotId> {
        let (old, new) = (&was.project.screenplay.shots, &now.project.screenplay.shots);
        let mut affected: BTreeSet<ShotId> = touched.shots.iter().copied().collect();
        for id in &touched.shots {
            if let Some(shot) = old.get(id) {
                self.leave(shot);
            }
            if let Some(shot) = new.get(id) {
                self.enter(shot);
            }
        }
        if !touched.shots.is_empty() {
            let ids = touched.shots.iter();
            let left = ids.clone().filter_map(|it| old.get(it));
            self.recount(left, ids.filter_map(|it| new.get(it)));
        }
        affected.extend(&touched.take_shots);
        affected_by_neighbors(was, now, touched, &mut affected);
        self.affected_by_bible(was, now, touched, &mut affected);
        let mut changed = BTreeSet::new();
        for id in affected {
            let before = self.shots.get(&id).cloned();
            match new.get(&id) {
                Some(shot) => self.judge(now, shot),
                None => self.forget(id),
            }
            if self.shots.get(&id) != before.as_ref() {
                changed.insert(id);
            }
        }
        changed
    }

    fn affected_by_bible(
        &self,
        was: &GlobalState,
        now: &GlobalState,
        touched: &Touched,
        affected: &mut BTreeSet<ShotId>,
    ) {
        let paths = touched.bible.iter();
        let entries = paths.flat_map(|path| {
            [&was.project.bible, &now.project.bible].map(|bible| bible.by_path.get(path))
        });
        let entries: Vec<_> = entries.flatten().collect();
        let everywhere = entries.iter().any(|entry| {
            use storycore_schema::bible::EntryKind::{Prop, Style};
            matches!(entry.kind, Prop | Style)
        });
        // A prop may be named in any line and the style is in every picture, and holds every one
        // against its thresholds: all shots are judged
        // anew, which costs a few microseconds each and happens when such a file is saved.
        if everywhere || touched.settings || touched.workflows {
            affected.extend(now.project.screenplay.shots.keys());
        }
        for name in entries.iter().flat_map(|entry| names_of(entry)) {
            affected.extend(self.uses.get(&fold_name(name)).into_iter().flatten());
        }
    }

    fn judge(&mut self, state: &GlobalState, shot: &ShotRecord) {
        self.forget(shot.id);
        self.note(shot.id, DerivedShot::of(state, shot));
    }

    fn note(&mut self, id: ShotId, shot: DerivedShot) {
        *self.counts.of(shot.status) += 1;
        self.shots.insert(id, Arc::new(shot));
    }

    fn forget(&mut self, id: ShotId) {
        if let Some(shot) = self.shots.remove(&id) {
            *self.counts.of(shot.status) -= 1;
        }
    }

    fn enter(&mut self, shot: &ShotRecord) {
        self.enter_names(shot, used_names(shot), speakers(shot));
    }

    fn enter_names(
        &mut self,
        shot: &ShotRecord,
        names: BTreeSet<String>,
        speakers: BTreeSet<String>,
    ) {
        self.counts.duration_ms += u64::from(shot.duration_ms);
        for key in names {
            match self.uses.get_mut(&key) {
                Some(users) => {
                    users.insert(shot.id);
                }
                None => {
                    self.uses.insert(key, OrdSet::unit(shot.id));
                }
            }
        }
        for name in speakers {
            match self.speakers.get_mut(&name) {
                Some(count) => *count += 1,
                None => {
                    self.speakers.insert(name, 1);
                }
            }
        }
    }

    fn leave(&mut self, shot: &ShotRecord) {
        self.counts.duration_ms -= u64::from(shot.duration_ms);
        for key in used_names(shot) {
            if let Some(users) = self.uses.get_mut(&key) {
                users.remove(&shot.id);
                if users.is_empty() {
                    self.uses.remove(&key);
                }
            }
        }
        for name in speakers(shot) {
            if let Some(count) = self.speakers.get_mut(&name) {
                *count -= 1;
                if *count == 0 {
                    self.speakers.remove(&name);
                }
            }
        }
    }
}

/// A shot that a workflow draws continues from the one before it.
fn affected_by_neighbors(
    was: &GlobalState,
    now: &GlobalState,
    touched: &Touched,
    affected: &mut BTreeSet<ShotId>,
) {
    if now.project.card.settings.renderer != COMFYUI {
        return;
    }
    let shots = touched.shots.iter();
    let of_shots = shots.flat_map(|shot| {
        [was, now].map(|it| it.project.screenplay.shots.get(shot).map(|it| it.scene))
    });
    let scenes: BTreeSet<SceneId> = of_shots
        .flatten()
        .chain(touched.scenes.iter().copied())
        .collect();
    for scene in scenes {
        let scene = now.project.screenplay.scenes.get(&scene);
        affected.extend(scene.into_iter().flat_map(|it| &it.shots));
    }
}

impl DerivedShot {
    fn of(state: &GlobalState, shot: &ShotRecord) -> DerivedShot {
        let asked = recipe::prepare(shot, &state.project);
        let intent = recipe::intent_hash(&asked);
        let take = state.generation.takes.shown(shot.id, intent);
        let (status, reasons) = match take {
            None => (Status::Missing, Vec::new()),
            Some(take) if take.intent_hash == intent => (Status::Fresh, Vec::new()),
            Some(take) => (Status::Stale, recipe::reasons_of(take, &asked)),
        };
        DerivedShot {
            intent,
            status,
            reasons,
            take: take.map(|it| it.id),
            grade: take.and_then(|it| grade(state, it)),
        }
    }
}

/// What the checks of a take come to, if it was looked at.
fn grade(state: &GlobalState, take: &Take) -> Option<Grade> {
    let looked = state.generation.takes.looked.get(&take.id)?;
    let standard = Standard::of(&state.project.bible);
    Some(quality::grade_of(take, looked, &standard))
}

/// All that follows for one shot, by itself.
struct Judged {
    shot: DerivedShot,
    names: BTreeSet<String>,
    speakers: BTreeSet<String>,
}

impl Judged {
    fn of(state: &GlobalState, shot: &ShotRecord) -> Judged {
        Judged {
            shot: DerivedShot::of(state, shot),
            names: used_names(shot),
            speakers: speakers(shot),
        }
    }
}

fn used_names(shot: &ShotRecord) -> BTreeSet<String> {
    let subjects = shot.subjects.iter().map(|it| fold_name(it));
    let places = shot.location.iter().flat_map(|it| location_keys(it));
    subjects.chain(places).collect()
}

/// The names that speak in a shot, folded, each once.
pub(crate) fn speakers(shot: &ShotRecord) -> BTreeSet<String> {
    shot.lines
        .iter()
        .filter_map(|line| line.speaker.as_deref())
        .map(fold_name)
        .collect()
}

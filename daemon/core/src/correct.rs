//! Corrections: a person says which scene or shot of the script is which, and takes follow.

use std::collections::BTreeMap;

use storycore_schema::{
    Error, Event,
    id::{SceneId, ShotId},
    recipe::IntentLine,
    scene::{AttachScene, ConfirmScene, DetachScene, SceneRecord},
    script::{Correction, SceneSwap, ScriptEvent},
    shot::{AttachShot, ShotRecord},
    take::{Take, TakeChoice, TakeEvent},
};

use crate::{
    Decide, Env, Film, GlobalState,
    handle::Decided,
    identity::{
        Bag, Renames,
        shots::{ShotPortrait, match_shots},
    },
    scene, shot, take,
};

/// What was said so far, and the film as it is then.
struct Draft {
    film: Film,
    events: Vec<Event>,
}

impl Draft {
    fn new(film: &Film) -> Draft {
        Draft {
            film: film.clone(),
            events: Vec::new(),
        }
    }

    fn state(&self) -> &GlobalState {
        &self.film.state
    }

    fn push(&mut self, event: Event) {
        self.film.state.apply(&event);
        self.events.push(event);
    }

    fn correct(&mut self, correction: Correction) {
        self.push(Event::Script(ScriptEvent::Corrected {
            correction: Box::new(correction),
        }));
    }

    /// A take goes to another shot; if it was chosen, it is chosen there, unless another is.
    fn give(&mut self, take: &Take, shot: ShotId) {
        let takes = &self.state().generation.takes;
        let choice = takes.choices.get(&take.shot).copied();
        let choice = choice.filter(|it| it.take == take.id);
        let is_free = !takes.choices.contains_key(&shot);
        for event in take::moved(&self.film, take, shot) {
            self.push(Event::Take(event));
        }
        if let Some(choice) = choice.filter(|_| is_free) {
            self.choose(shot, choice);
        }
    }

    fn choose(&mut self, shot: ShotId, choice: TakeChoice) {
        let choice = Some(choice);
        self.push(Event::Take(TakeEvent::Chosen { shot, choice }));
    }

    fn give_all(&mut self, from: ShotId, to: ShotId) {
        let takes: Vec<Take> = self.takes_of(from);
        for take in &takes {
            self.give(take, to);
        }
    }

    fn takes_of(&self, shot: ShotId) -> Vec<Take> {
        let takes = self.state().generation.takes.of_shot(shot);
        takes.map(|it| (**it).clone()).collect()
    }

    fn scene(&self, id: SceneId) -> Result<SceneRecord, Error> {
        let scene = self.state().project.screenplay.scene(id)?;
        Ok((**scene).clone())
    }

    fn shots_of(&self, scene: &SceneRecord) -> Vec<ShotRecord> {
        let shots = self.state().project.screenplay.shots_of(scene);
        shots.map(|it| (**it).clone()).collect()
    }

    /// The place of a scene goes to a new one. The scene itself goes to the tray as it was before
    /// it was found here, or as it is now if that is not known.
    fn detach(&mut self, id: SceneId, env: &mut Env<'_>) -> Result<SceneId, Error> {
        let scene = self.scene(id)?;
        let doubt = self.state().project.screenplay.doubts.get(&id).cloned();
        let before = doubt.as_ref().and_then(|it| it.before.clone());
        let fresh: SceneId = env.fresh_id();
        let (mut correction, mut follow) = (Correction::default(), Vec::new());
        let mut shots = Vec::new();
        let known: BTreeMap<ShotId, &ShotRecord> = doubt
            .iter()
            .flat_map(|it| &it.shots)
            .map(|it| (it.id, it))
            .collect();
        for shot in self.shots_of(&scene) {
            let was_here = before.is_none() || known.contains_key(&shot.id);
            if !was_here {
                shots.push(shot.id);
                correction.shots.push(ShotRecord {
                    scene: fresh,
                    ..shot
                });
                continue;
            }
            let twin: ShotId = env.fresh_id();
            shots.push(twin);
            let takes = self.takes_of(shot.id);
            let left = known.get(&shot.id).copied();
            let made_for_now = made_for(&takes, &shot, left);
            follow.extend(made_for_now.map(|it| (it.clone(), twin)));
            let left = left.unwrap_or(&shot).clone();
            correction.unplaced_shots.push(left);
            correction.shots.push(ShotRecord {
                id: twin,
                scene: fresh,
                ..shot
            });
        }
        // Shots that the match has cut are in the tray already, or were dropped with nothing to
        // keep.
        correction
            .unplaced_scenes
            .push(before.unwrap_or_else(|| scene.clone()));
        correction.swaps.push(SceneSwap {
            was: id,
            now: fresh,
        });
        correction.settled.extend(doubt.map(|_| id));
        correction.scenes.push(SceneRecord {
            id: fresh,
            shots,
            ..scene
        });
        self.correct(correction);
        for (take, shot) in follow {
            self.give(&take, shot);
        }
        self.drop_empty(id);
        Ok(fresh)
    }

    /// A scene that the tray has nothing to keep of goes, with its shots without takes.
    fn drop_empty(&mut self, id: SceneId) {
        let screenplay = &self.state().project.screenplay;
        let Some(scene) = screenplay.unplaced_scenes.get(&id) else {
            return;
        };
        let takes = &self.state().generation.takes;
        let shots = screenplay.own_shots(scene).map(|it| it.id);
        let shots = shots.filter(|it| screenplay.unplaced_shots.contains_key(it));
        let (kept, empty): (Vec<_>, Vec<_>) = shots.partition(|it| takes.by_shot.contains_key(it));
        let dropped_scenes: Vec<SceneId> = kept.is_empty().then_some(id).into_iter().collect();
        if empty.is_empty() && dropped_scenes.is_empty() {
            return;
        }
        self.correct(Correction {
            dropped_scenes,
            dropped_shots: empty,
            ..Correction::default()
        });
    }

    /// A scene of the tray gets the place of one in the script, whose shots it takes over.
    fn attach(&mut self, id: SceneId, to: SceneId) -> Result<(), Error> {
        let place = self.scene(to)?;
        let screenplay = &self.state().project.screenplay;
        let unplaced = screenplay.unplaced_scenes.get(&id).cloned();
        let own = unplaced.iter().flat_map(|it| screenplay.own_shots(it));
        let own: Vec<ShotRecord> = own
            .filter(|it| screenplay.unplaced_shots.contains_key(&it.id))
            .map(|it| (**it).clone())
            .collect();
        let placed = self.shots_of(&place);
        let old: Vec<_> = own.iter().map(portrait).collect();
        let new: Vec<_> = placed.iter().map(portrait).collect();
        let found = match_shots(old, new, &Renames::new());
        let (mut correction, mut follow) = (Correction::default(), Vec::new());
        let mut shots = Vec::new();
        for (shot, found) in placed.into_iter().zip(found) {
            let becomes = found.map_or(shot.id, |idx| own[idx].id);
            if becomes != shot.id {
                follow.push((shot.id, becomes));
                correction.dropped_shots.push(shot.id);
            }
            shots.push(becomes);
            correction.shots.push(ShotRecord {
                id: becomes,
                scene: id,
                ..shot
            });
        }
        for (from, to) in follow {
            self.give_all(from, to);
        }
        correction.swaps.push(SceneSwap { was: to, now: id });
        correction.dropped_scenes.push(to);
        let is_doubted = self.state().project.screenplay.doubts.contains_key(&to);
        correction.settled.extend(is_doubted.then_some(to));
        correction.scenes.push(SceneRecord { id, shots, ..place });
        self.correct(correction);
        Ok(())
    }
}

/// Whatever the two headings say: a person said that it is the same scene.
fn portrait(shot: &ShotRecord) -> ShotPortrait<'_> {
    ShotPortrait::new(&shot.lines, (shot.start == 0).then_some(""), 0)
}

/// Which takes were made for what a shot is now, and not for what it was before; where that is not
/// known, the takes themselves tell if some were made for other words.
fn made_for<'a>(
    takes: &'a [Take],
    now: &'a ShotRecord,
    before: Option<&'a ShotRecord>,
) -> impl Iterator<Item = &'a Take> {
    let all_for_now = takes.iter().all(|it| lines_of(it) == now.lines);
    takes.iter().filter(move |take| match before {
        Some(before) => is_rather(take, &now.lines, &before.lines),
        None => !all_for_now && lines_of(take) == now.lines,
    })
}

/// The words a take was made for.
fn lines_of(take: &Take) -> Vec<IntentLine> {
    take.intent.read().map(|it| it.lines).unwrap_or_default()
}

/// Whether a take was rather made for some lines than for others.
fn is_rather(take: &Take, these: &[IntentLine], those: &[IntentLine]) -> bool {
    let bag = |lines: &[IntentLine]| {
        let words = lines.iter().map(|it| {
            let speaker = it.speaker.as_deref().unwrap_or_default();
            format!("{speaker} {} ", it.text)
        });
        Bag::of(&words.collect::<String>())
    };
    let made_for = bag(&lines_of(take));
    if these == those {
        return false;
    }
    made_for.likeness_milli(&bag(these)) > made_for.likeness_milli(&bag(those))
}

impl Decide for ConfirmScene {
    type Output = ();

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<()> {
        let screenplay = &film.state.project.screenplay;
        screenplay.scene(self.id)?;
        if !screenplay.doubts.contains_key(&self.id) {
            return Ok(((), Vec::new()));
        }
        let mut draft = Draft::new(film);
        draft.correct(Correction {
            settled: vec![self.id],
            ..Correction::default()
        });
        let label = format!("confirm {}", scene::label(film, self.id));
        Ok(((), env.undoable(film, &label, draft.events)))
    }
}

impl Decide for DetachScene {
    type Output = SceneId;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<SceneId> {
        let mut draft = Draft::new(film);
        let fresh = draft.detach(self.id, env)?;
        let label = format!("make {} a new scene", scene::label(film, self.id));
        Ok((fresh, env.undoable(film, &label, draft.events)))
    }
}

impl Decide for AttachScene {
    type Output = SceneId;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<SceneId> {
        let screenplay = &film.state.project.screenplay;
        screenplay.scene(self.to)?;
        let is_placed = screenplay.scenes.contains_key(&self.id);
        if !is_placed && !screenplay.unplaced_scenes.contains_key(&self.id) {
            return Err(Error::not_found("scene", self.id)
                .hint("tray/list lists the scenes that have no place, scene/list the others"));
        }
        if self.id == self.to {
            let message = format!("{} is that scene already", scene::label(film, self.to));
            return Err(Error::failed_precondition(message).hint("name another scene"));
        }
        let mut draft = Draft::new(film);
        if is_placed {
            draft.detach(self.id, env)?;
        }
        let mut to = self.to;
        let doubts = &screenplay.doubts;
        // What was wrongly taken for the scene here goes back to where it was.
        if doubts.get(&to).is_some_and(|it| it.before.is_some()) {
            to = draft.detach(to, env)?;
        }
        draft.attach(self.id, to)?;
        let label = format!("attach a scene as {}", scene::label(film, self.to));
        Ok((self.id, env.undoable(film, &label, draft.events)))
    }
}

impl Decide for AttachShot {
    type Output = ShotId;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<ShotId> {
        let screenplay = &film.state.project.screenplay;
        let place = screenplay.shot(self.to)?;
        let scene = screenplay.scene(place.scene)?;
        if !screenplay.unplaced_shots.contains_key(&self.id) {
            return Err(
                Error::not_found("shot in the unplaced tray", self.id).hint("tray/list lists them")
            );
        }
        let mut draft = Draft::new(film);
        draft.give_all(self.to, self.id);
        let swapped = |id: &ShotId| if *id == self.to { self.id } else { *id };
        draft.correct(Correction {
            scenes: vec![SceneRecord {
                shots: scene.shots.iter().map(swapped).collect(),
                ..(**scene).clone()
            }],
            shots: vec![ShotRecord {
                id: self.id,
                ..(**place).clone()
            }],
            dropped_shots: vec![self.to],
            ..Correction::default()
        });
        let label = format!("attach a shot as {}", shot::label(film, self.to));
        Ok((self.id, env.undoable(film, &label, draft.events)))
    }
}

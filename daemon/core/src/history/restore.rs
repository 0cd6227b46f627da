//! Putting a film back to how it was. What was made since is kept, in the tray where it has no
//! place.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use storycore_schema::{
    Error, Event, Seq,
    bible::BibleEvent,
    history::{Checkpoint, HistoryEvent},
    id::ShotId,
    project::{ProjectEvent, Settings},
    script::ChangeCause,
    take::TakeEvent,
};

use crate::{
    Decide, Env, Film, GlobalState, handle::Decided, screenplay::Screenplay, screenplay::between,
};

/// Puts a film back to a moment.
#[derive(Debug, Clone)]
pub struct Restore {
    /// The film as it was.
    pub then: Arc<GlobalState>,
    /// The moment.
    pub seq: Seq,
    /// The moment's name.
    pub checkpoint: Option<Arc<Checkpoint>>,
}

impl Decide for Restore {
    type Output = ();

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<()> {
        let (now, then) = (&film.state, &*self.then);
        // The bible first: a log that ends with a script is known to have read it with its names.
        let mut events = bible(now, then)?;
        events.extend(settings(now, then)?);
        let screenplay = put_back(now, then);
        let script = between(ChangeCause::Restore, &now.project.screenplay, &screenplay);
        events.extend(script.into_iter().map(Event::Script));
        events.extend(takes(now, then).into_iter().map(Event::Take));
        if events.is_empty() {
            return Ok(((), events));
        }
        events.push(Event::History(HistoryEvent::Restored {
            seq: self.seq,
            checkpoint: self.checkpoint.as_ref().map(|it| it.id),
        }));
        let label = match &self.checkpoint {
            Some(checkpoint) => format!("go back to “{}”", checkpoint.name),
            None => format!("go back to event {}", self.seq),
        };
        Ok(((), env.undoable(film, &label, events)))
    }
}

/// The screenplay of then. What has a place only now goes to the tray if it has takes; what is in
/// the tray now stays there unless it had a place then.
fn put_back(now: &GlobalState, then: &GlobalState) -> Screenplay {
    let has_takes = shots_with_takes(now, then);
    let (now, then) = (&now.project.screenplay, &then.project.screenplay);
    let mut back = then.clone();
    // The record of now comes first: what was drawn since was drawn for it.
    let shots = [&now.shots, &now.unplaced_shots, &then.unplaced_shots];
    let shots = shots.into_iter().flat_map(imbl::OrdMap::values);
    let shots = shots.filter(|it| !then.shots.contains_key(&it.id) && has_takes.contains(&it.id));
    let mut tray = BTreeMap::new();
    for shot in shots {
        tray.entry(shot.id).or_insert_with(|| shot.clone());
    }
    let needed: BTreeSet<_> = tray.values().map(|it| it.scene).collect();
    let scenes = [&now.scenes, &now.unplaced_scenes, &then.unplaced_scenes];
    let scenes = scenes.into_iter().flat_map(imbl::OrdMap::values);
    let scenes = scenes.filter(|it| !then.scenes.contains_key(&it.id) && needed.contains(&it.id));
    let mut tray_scenes = BTreeMap::new();
    for scene in scenes {
        tray_scenes.entry(scene.id).or_insert_with(|| scene.clone());
    }
    back.unplaced_shots = tray.into_iter().collect();
    back.unplaced_scenes = tray_scenes.into_iter().collect();
    back
}

/// The shots that have takes once those of then are back where they were.
fn shots_with_takes(now: &GlobalState, then: &GlobalState) -> BTreeSet<ShotId> {
    let takes = now.generation.takes.by_id.values();
    let known = &then.generation.takes.by_id;
    takes
        .map(|take| known.get(&take.id).map_or(take.shot, |it| it.shot))
        .collect()
}

fn bible(now: &GlobalState, then: &GlobalState) -> Result<Vec<Event>, Error> {
    let (now, then) = (&now.project.bible, &then.project.bible);
    let gone = now
        .by_path
        .keys()
        .filter(|it| !then.by_path.contains_key(*it));
    let mut events: Vec<Event> = gone
        .map(|path| Event::Bible(BibleEvent::Removed { path: path.clone() }))
        .collect();
    for (path, entry) in &then.by_path {
        let text = then.texts.get(path).copied();
        let is_same = now.by_path.get(path) == Some(entry);
        let images = then.images_of(path);
        let is_same = is_same && now.images_of(path) == images;
        if is_same && (text.is_none() || now.texts.get(path) == text.as_ref()) {
            continue;
        }
        if text.is_none() {
            return Err(not_kept(path));
        }
        events.push(Event::Bible(BibleEvent::Changed {
            path: path.clone(),
            entry: (**entry).clone(),
            text,
            images,
        }));
    }
    Ok(events)
}

fn settings(now: &GlobalState, then: &GlobalState) -> Result<Option<Event>, Error> {
    let (now, then) = (&now.project.card, &then.project.card);
    let is_same = now.settings == then.settings;
    let text = then.settings_text;
    if is_same && (text.is_none() || now.settings_text == text) {
        return Ok(None);
    }
    if text.is_none() && *then.settings != Settings::default() {
        return Err(not_kept("storycore.toml"));
    }
    Ok(Some(Event::Project(ProjectEvent::SettingsChanged {
        settings: (*then.settings).clone(),
        text,
    })))
}

fn not_kept(path: &str) -> Error {
    let message = format!(
        "{path} cannot be put back: an older daemon read it then, and did not keep its text"
    );
    Error::failed_precondition(message).hint(
        "nothing was changed; make the file as it was by hand, or go back to a later moment: \
         history/list lists them",
    )
}

/// Takes of then go back to their shots, with the marks and choices they had. What people said is
/// only added to, and takes made since are left alone.
fn takes(now: &GlobalState, then: &GlobalState) -> Vec<TakeEvent> {
    let screenplay = &then.project.screenplay;
    let (now, then) = (&now.generation.takes, &then.generation.takes);
    let mut events = Vec::new();
    for (id, take) in &then.by_id {
        let (id, shot) = (*id, take.shot);
        if now.by_id.get(&id).is_some_and(|it| it.shot != shot) {
            events.push(TakeEvent::Moved { id, shot });
        }
        if now.withdrawn.contains(&id) && !then.withdrawn.contains(&id) {
            events.push(TakeEvent::Returned { id });
        }
        events.extend(now.mark(id, then.marks_of(id)));
        let lost = then.comments_of(id);
        let lost = lost.filter(|it| now.comments_of(id).all(|kept| kept.id != it.id));
        events.extend(
            lost.cloned()
                .map(|comment| TakeEvent::Commented { id, comment }),
        );
    }
    let shots = screenplay
        .shots
        .keys()
        .chain(screenplay.unplaced_shots.keys());
    for shot in shots.copied() {
        let choice = then.choices.get(&shot).copied();
        if now.choices.get(&shot).copied() != choice {
            events.push(TakeEvent::Chosen { shot, choice });
        }
    }
    events
}

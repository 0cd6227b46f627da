//! Takes outlive whatever is taken back: a shot that got one meanwhile goes to the tray.

use std::collections::BTreeMap;

use storycore_schema::{
    Event,
    id::{SceneId, ShotId},
    scene::SceneRecord,
    script::{Correction, ScriptEvent},
};

use super::applied;
use crate::GlobalState;

/// The events, and after them what puts shots into the tray that would be gone though they have
/// takes.
pub(super) fn keeping(state: &GlobalState, mut events: Vec<Event>) -> Vec<Event> {
    let after = applied(state, &events);
    let correction = orphans(state, &after, dropped(&events));
    if correction != Correction::default() {
        let correction = Box::new(correction);
        events.push(Event::Script(ScriptEvent::Corrected { correction }));
    }
    events
}

fn dropped(events: &[Event]) -> impl Iterator<Item = ShotId> {
    events.iter().flat_map(|event| match event {
        Event::Script(ScriptEvent::Changed { change }) => change.dropped_shots.clone(),
        Event::Script(ScriptEvent::Corrected { correction }) => correction.dropped_shots.clone(),
        _ => Vec::new(),
    })
}

fn orphans(
    before: &GlobalState,
    after: &GlobalState,
    dropped: impl Iterator<Item = ShotId>,
) -> Correction {
    let (was, now) = (&before.project.screenplay, &after.project.screenplay);
    let mut correction = Correction::default();
    let mut scenes: BTreeMap<SceneId, SceneRecord> = BTreeMap::new();
    for id in dropped {
        // One that was withdrawn comes back together with its shot, or not at all.
        let is_orphan = after.generation.takes.of_shot(id).next().is_some();
        let Ok(shot) = was.any_shot(id) else { continue };
        if !is_orphan || now.any_shot(id).is_ok() {
            continue;
        }
        correction.unplaced_shots.push((**shot).clone());
        let known =
            now.scenes.contains_key(&shot.scene) || now.unplaced_scenes.contains_key(&shot.scene);
        let scene = was.scenes.get(&shot.scene);
        let scene = scene.or_else(|| was.unplaced_scenes.get(&shot.scene));
        if let Some(scene) = scene.filter(|_| !known) {
            scenes.insert(scene.id, (**scene).clone());
        }
    }
    correction.unplaced_scenes = scenes.into_values().collect();
    correction
}

//! What is under way this moment: how far each step is, for as long as it is.

use std::sync::Arc;

use imbl::OrdMap;
use storycore_schema::{
    Error, Event,
    work::{StepProgress, WorkEvent},
};

use crate::{Decide, Env, Film, handle::Decided};

/// Steps under way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Work {
    /// By [`key`].
    pub by_key: OrdMap<String, Arc<StepProgress>>,
}

impl Work {
    pub(crate) fn apply(&mut self, event: WorkEvent) {
        let key = key(&event);
        match event {
            WorkEvent::Progressed { progress } => {
                self.by_key.insert(key, Arc::new(progress));
            }
            WorkEvent::Left { .. } => {
                self.by_key.remove(&key);
            }
        }
    }
}

/// Under which key a step's progress is kept: `RUN:STEP:ITEM`, or `RUN:STEP` for a step that is
/// done once.
pub(crate) fn key(event: &WorkEvent) -> String {
    let (run, step, shot, scene) = match event {
        WorkEvent::Progressed { progress: it } => (it.run, &it.step, it.shot, it.scene),
        WorkEvent::Left {
            run,
            step,
            shot,
            scene,
        } => (*run, step, *shot, *scene),
    };
    let item = shot.map(|it| it.to_string());
    match item.or_else(|| scene.map(|it| it.to_string())) {
        Some(item) => format!("{run}:{step}:{item}"),
        None => format!("{run}:{step}"),
    }
}

/// Steps have come further or are no longer under way; sent by the effect that does them.
pub struct NoteWork {
    /// What happened, in order.
    pub events: Vec<WorkEvent>,
}

impl Decide for NoteWork {
    type Output = ();

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<()> {
        let known = &film.state.system.work.by_key;
        let is_news = |event: &WorkEvent| match event {
            WorkEvent::Progressed { progress } => {
                known.get(&key(event)).is_none_or(|it| **it != *progress)
            }
            WorkEvent::Left { .. } => known.contains_key(&key(event)),
        };
        let events = self.events.into_iter().filter(is_news);
        Ok::<_, Error>(((), events.map(Event::Work).collect()))
    }
}

//! Events that take back other events.

use storycore_schema::{
    Event,
    asset::AssetEvent,
    bible::BibleEvent,
    project::ProjectEvent,
    script::{ChangeCause, ScriptEvent},
    take::TakeEvent,
    workflow::WorkflowEvent,
};

use crate::{GlobalState, screenplay};

/// The events that lead back to a state from where `events` lead to, the last thing first. What
/// cannot be taken back, and need not be, such as bytes that are kept, is left out.
pub fn inverse(state: &GlobalState, events: &[Event]) -> Vec<Event> {
    let mut state = state.clone();
    let mut back = Vec::new();
    for event in events {
        let mut after = state.clone();
        after.apply(event);
        back.push(inverse_of(&state, &after, event));
        state = after;
    }
    back.into_iter().rev().flatten().collect()
}

fn inverse_of(before: &GlobalState, after: &GlobalState, event: &Event) -> Vec<Event> {
    match event {
        Event::Take(event) => {
            let back = inverse_of_take(before, event).map(Event::Take);
            back.into_iter().collect()
        }
        Event::Script(event) => {
            let (before, after) = (&before.project.screenplay, &after.project.screenplay);
            let back = match event {
                ScriptEvent::Corrected { correction } => {
                    let correction = screenplay::correction_back(before, correction);
                    let correction = Box::new(correction);
                    vec![ScriptEvent::Corrected { correction }]
                }
                ScriptEvent::Changed { .. } => {
                    screenplay::between(ChangeCause::Restore, after, before)
                }
            };
            back.into_iter().map(Event::Script).collect()
        }
        Event::Bible(BibleEvent::Changed { path, .. } | BibleEvent::Removed { path }) => {
            let bible = &before.project.bible;
            let back = match bible.by_path.get(path) {
                Some(entry) => BibleEvent::Changed {
                    path: path.clone(),
                    entry: (**entry).clone(),
                    text: bible.texts.get(path).copied(),
                    images: bible.images_of(path),
                },
                None => BibleEvent::Removed { path: path.clone() },
            };
            vec![Event::Bible(back)]
        }
        Event::Asset(AssetEvent::Tagged { id, tag, .. }) => {
            let (id, on) = (*id, before.assets.has_tag(*id, tag));
            let tag = tag.clone();
            vec![Event::Asset(AssetEvent::Tagged { id, tag, on })]
        }
        Event::Workflow(event) => vec![Event::Workflow(inverse_of_workflow(before, event))],
        Event::Project(ProjectEvent::SettingsChanged { .. }) => {
            vec![Event::Project(ProjectEvent::SettingsChanged {
                settings: (*before.project.card.settings).clone(),
                text: before.project.card.settings_text,
            })]
        }
        Event::Project(ProjectEvent::AutoRenderSet { .. }) => {
            let on = before.project.card.auto_render();
            vec![Event::Project(ProjectEvent::AutoRenderSet { on })]
        }
        Event::Project(
            ProjectEvent::Created { .. }
            | ProjectEvent::Copied { .. }
            | ProjectEvent::Branched { .. },
        )
        | Event::Asset(AssetEvent::Added { .. })
        | Event::Run(_)
        | Event::History(_)
        | Event::Diagnostic(_)
        | Event::Selection(_)
        | Event::Work(_) => Vec::new(),
    }
}

fn inverse_of_workflow(before: &GlobalState, event: &WorkflowEvent) -> WorkflowEvent {
    let path = match event {
        WorkflowEvent::Changed { file } => &file.path,
        WorkflowEvent::Removed { path } => path,
    };
    match before.project.workflows.by_path.get(path) {
        Some(file) => WorkflowEvent::Changed {
            file: Box::new((**file).clone()),
        },
        None => WorkflowEvent::Removed { path: path.clone() },
    }
}

fn inverse_of_take(before: &GlobalState, event: &TakeEvent) -> Option<TakeEvent> {
    let takes = &before.generation.takes;
    Some(match event {
        TakeEvent::Added { take } => TakeEvent::Withdrawn { id: take.id },
        TakeEvent::Chosen { shot, .. } => TakeEvent::Chosen {
            shot: *shot,
            choice: takes.choices.get(shot).copied(),
        },
        TakeEvent::Marked { id, mark, .. } => TakeEvent::Marked {
            id: *id,
            mark: *mark,
            on: takes.marks_of(*id).has(*mark),
        },
        TakeEvent::Commented { id, comment } => TakeEvent::Uncommented {
            id: *id,
            comment: comment.id,
        },
        TakeEvent::Uncommented { id, comment } => TakeEvent::Commented {
            id: *id,
            comment: takes.comments_of(*id).find(|it| it.id == *comment)?.clone(),
        },
        TakeEvent::Moved { id, .. } => TakeEvent::Moved {
            id: *id,
            shot: takes.by_id.get(id)?.shot,
        },
        TakeEvent::Withdrawn { id } => TakeEvent::Returned { id: *id },
        TakeEvent::Returned { id } => TakeEvent::Withdrawn { id: *id },
        // What was seen was seen, and what was drawn was drawn.
        TakeEvent::Checked { .. } | TakeEvent::Repeated { .. } | TakeEvent::Preferred { .. } => {
            return None;
        }
    })
}

//! History: what each client can undo and do again, named moments, branches.
//!
//! Undoing appends events that take back what was done; nothing is ever removed from the log, and
//! runs are never rewound.

use std::sync::Arc;

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};
use storycore_schema::{
    Error, ErrorKind, Event,
    history::{Branch, Checkpoint, Compensation, HistoryEvent, KeptEvents, UndoState},
    id::{CheckpointId, CompensationHash, ProjectId},
    project::ProjectEvent,
    take::TakeEvent,
};

use crate::{Decide, Env, Film, GlobalState, handle::Decided};

mod diff;
mod files;
mod inverse;
mod keep;
mod moments;
mod restore;

pub use diff::differences;
pub use files::{FileWrite, file_writes};
pub use inverse::inverse;
pub use moments::moments;
pub use restore::Restore;

/// Things a client can undo, in things. Older ones are still in the log.
pub const UNDO_LEN_MAX: usize = 200;

/// What can be undone, by whom, and the moments and branches that have a name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// By the client's name.
    pub by_actor: OrdMap<String, Stacks>,
    /// Named moments.
    pub checkpoints: OrdMap<CheckpointId, Arc<Checkpoint>>,
    /// Branches, by their own film.
    pub branches: OrdMap<ProjectId, Arc<Branch>>,
}

/// What one client can undo and do again, the last at the end.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stacks {
    /// What was done and not undone.
    pub done: Vector<Arc<Compensation>>,
    /// What was undone and not done again.
    pub undone: Vector<Arc<Compensation>>,
}

impl Stacks {
    /// As clients see it.
    pub fn describe(&self) -> UndoState {
        let labels = |stack: &Vector<Arc<Compensation>>| {
            stack.iter().rev().map(|it| it.label.clone()).collect()
        };
        UndoState {
            undo: labels(&self.done),
            redo: labels(&self.undone),
        }
    }
}

impl History {
    /// A branch begins with nothing to undo, and without branches of its own.
    pub(crate) fn note_project(&mut self, event: &ProjectEvent) {
        if let ProjectEvent::Branched { .. } = event {
            self.by_actor.clear();
            self.branches.clear();
        }
    }

    fn stacks(&mut self, actor: String) -> &mut Stacks {
        self.by_actor.entry(actor).or_default()
    }

    pub(crate) fn take_in(&mut self, event: HistoryEvent) {
        match event {
            HistoryEvent::Done {
                actor,
                compensation,
            } => {
                let stacks = self.stacks(actor);
                stacks.undone.clear();
                push(&mut stacks.done, compensation);
            }
            HistoryEvent::Undone {
                actor,
                compensation,
            } => {
                let stacks = self.stacks(actor);
                stacks.done.pop_back();
                push(&mut stacks.undone, compensation);
            }
            HistoryEvent::Redone {
                actor,
                compensation,
            } => {
                let stacks = self.stacks(actor);
                stacks.undone.pop_back();
                push(&mut stacks.done, compensation);
            }
            HistoryEvent::CheckpointMade { checkpoint } => {
                self.checkpoints.insert(checkpoint.id, Arc::new(checkpoint));
            }
            HistoryEvent::CheckpointRemoved { id } => {
                self.checkpoints.remove(&id);
            }
            HistoryEvent::BranchMade { branch } => {
                self.branches.insert(branch.project, Arc::new(branch));
            }
            HistoryEvent::Restored { .. } => {}
        }
    }
}

fn push(stack: &mut Vector<Arc<Compensation>>, compensation: Arc<Compensation>) {
    stack.push_back(compensation);
    if stack.len() > UNDO_LEN_MAX {
        stack.pop_front();
    }
}

impl Env<'_> {
    /// Events that the caller can undo: with them goes how. Nothing that changes nothing is noted.
    pub fn undoable(&self, film: &Film, label: &str, mut events: Vec<Event>) -> Vec<Event> {
        let taken_back = inverse(&film.state, &events);
        if taken_back.is_empty() {
            return events;
        }
        let after = applied(&film.state, &events);
        // What cannot be written cannot be undone; events are never of that kind.
        if let Ok(compensation) = compensation(label, &taken_back, &after) {
            let actor = self.actor.to_owned();
            events.push(Event::History(HistoryEvent::Done {
                actor,
                compensation,
            }));
        }
        events
    }
}

/// How to take something back, from the state in which it has happened.
fn compensation(
    label: &str,
    events: &[Event],
    state: &GlobalState,
) -> Result<Arc<Compensation>, serde_json::Error> {
    Ok(Arc::new(Compensation {
        label: label.to_owned(),
        events: KeptEvents::of(events)?,
        guard: guard(state, events),
    }))
}

/// The state after some events.
pub fn applied(state: &GlobalState, events: &[Event]) -> GlobalState {
    let mut state = state.clone();
    for event in events {
        state.apply(event);
    }
    state
}

/// Hash of all that taking something back would change.
fn guard(state: &GlobalState, events: &[Event]) -> CompensationHash {
    let takes = &state.generation.takes;
    // A take that would go must be as it was: somebody may have chosen it, or said something.
    let going = events.iter().filter_map(|event| match event {
        Event::Take(TakeEvent::Withdrawn { id }) => takes.by_id.get(id),
        _ => None,
    });
    let going = going.map(|take| {
        let choice = takes.choices.get(&take.shot);
        let choice = choice.filter(|it| it.take == take.id);
        let comments: Vec<_> = takes.comments_of(take.id).map(|it| it.id).collect();
        (
            take.id,
            take.shot,
            takes.marks_of(take.id),
            choice,
            comments,
        )
    });
    let going: Vec<_> = going.collect();
    // Events have string keys and no failing serializers.
    let json = serde_json::to_vec(&(inverse(state, events), going)).unwrap_or_default();
    CompensationHash(*blake3::hash(&json).as_bytes())
}

/// Which way a client goes in what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Takes back the last thing done.
    Undo,
    /// Does again the last thing undone.
    Redo,
}

/// What goes one step in a direction.
#[derive(Debug)]
pub struct Next {
    /// What was done, in a few words.
    pub label: String,
    /// What takes it back, or does it again.
    pub events: Vec<Event>,
}

/// What comes next in a direction, if it still means what it says.
pub fn next(film: &Film, actor: &str, direction: Direction) -> Result<Next, Error> {
    let stacks = film.state.project.history.by_actor.get(actor);
    let top = stacks.and_then(|it| match direction {
        Direction::Undo => it.done.back(),
        Direction::Redo => it.undone.back(),
    });
    let Some(top) = top else {
        let (what, hint) = match direction {
            Direction::Undo => (
                "undo",
                "only what this client did to the film itself can be undone, not text or runs",
            ),
            Direction::Redo => ("do again", "only what was undone last can be done again"),
        };
        return Err(Error::failed_precondition(format!("there is nothing to {what}")).hint(hint));
    };
    let label = top.label.clone();
    let events = top.events.read().map_err(|error| {
        let message = format!("how to take `{label}` back does not read: {error}");
        Error::internal(message).hint("`storycore doctor` looks through the film's log")
    })?;
    if guard(&film.state, &events) != top.guard {
        let what = match direction {
            Direction::Undo => "taken back",
            Direction::Redo => "done again",
        };
        let message =
            format!("`{label}` cannot be {what}: the same thing was changed again meanwhile");
        let hint = "look at it as it is now, and change it by hand";
        return Err(Error::new(ErrorKind::Conflict, message).hint(hint));
    }
    Ok(Next { label, events })
}

/// Goes one step in a direction, for a client.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Which way.
    pub direction: Direction,
}

impl Decide for Step {
    type Output = String;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<String> {
        let step = next(film, env.actor, self.direction)?;
        let mut events = keep::keeping(&film.state, step.events);
        let taken_back = inverse(&film.state, &events);
        let after = applied(&film.state, &events);
        let compensation = compensation(&step.label, &taken_back, &after)
            .map_err(|error| Error::internal(format!("it does not write: {error}")))?;
        let actor = env.actor.to_owned();
        events.push(Event::History(match self.direction {
            Direction::Undo => HistoryEvent::Undone {
                actor,
                compensation,
            },
            Direction::Redo => HistoryEvent::Redone {
                actor,
                compensation,
            },
        }));
        Ok((step.label, events))
    }
}

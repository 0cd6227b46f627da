//! A film at one moment: its state, what follows from it, and its place in the log.

use std::sync::Arc;

use storycore_schema::{Event, Seq, shot::ShotRecord};

use crate::{derived::Derived, state::GlobalState, touched::Touched};

/// What queries read and rules decide on. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Film {
    /// Its folder or file.
    pub path: Arc<str>,
    /// The state.
    pub state: GlobalState,
    /// What follows from it.
    pub derived: Derived,
    /// The last durable event in it.
    pub seq: Seq,
    /// Counts the changes since it was opened, durable or not.
    pub revision: u64,
}

impl Film {
    /// A film in which nothing has happened.
    pub fn new(path: &str) -> Film {
        Film {
            path: path.into(),
            state: GlobalState::default(),
            derived: Derived::default(),
            seq: Seq(0),
            revision: 0,
        }
    }

    /// A film as a snapshot holds it. What follows from its state is not
    /// known before [`Film::replay`] or [`Film::derive`].
    pub fn restored(path: &str, state: GlobalState, seq: Seq) -> Film {
        Film {
            state,
            seq,
            ..Film::new(path)
        }
    }

    /// Applies events that are in the log, then derives everything once: cheaper than deriving
    /// after each of a million events.
    pub fn replay(mut self, events: impl IntoIterator<Item = Event>) -> Film {
        for event in events {
            self.take_in(event);
        }
        self.derive();
        self
    }

    /// Applies one event of the log. What follows from it is not known before [`Film::derive`].
    pub fn take_in(&mut self, event: Event) {
        self.seq.0 += u64::from(event.is_durable());
        self.state.take_in(event);
    }

    /// Derives everything from the state.
    pub fn derive(&mut self) {
        self.derived = Derived::of(&self.state);
    }

    /// Applies one command's events. Returns what they touched, with every shot whose status
    /// changed.
    pub fn apply(&mut self, events: &[Event]) -> Touched {
        let was = self.state.clone();
        for event in events {
            self.state.apply(event);
            self.seq.0 += u64::from(event.is_durable());
        }
        let mut touched = Touched::by(events);
        touched.complete(&was);
        let changed = self.derived.advance(&was, &self.state, &touched);
        touched.shots.extend(changed);
        touched
    }

    /// Every placed shot in the order of the film.
    pub fn shots_in_order(&self) -> impl Iterator<Item = &Arc<ShotRecord>> {
        let screenplay = &self.state.project.screenplay;
        screenplay
            .scenes_in_order()
            .flat_map(|scene| screenplay.shots_of(scene))
    }
}

//! A part of the log as replay reads it: each event as far as it matters. Of what people did, only
//! the last things can be undone, and there are hundreds of thousands in a long life.

use std::collections::VecDeque;

use storycore_core::{history::UNDO_LEN_MAX, replay::Logged};
use storycore_schema::{Event, Seq};

use super::{
    LogError,
    payload::{self, Peeked},
    sqlite::Row,
    upcast,
};

/// Some events that follow each other, on their way.
#[derive(Default)]
pub(super) struct Chunk {
    logged: Vec<Logged>,
    done: Vec<Done>,
}

/// What one client did last: for each thing its place in the chunk, its place in the log, and its
/// JSON, which is not read unless it is one of the last.
struct Done {
    actor: String,
    last: VecDeque<(usize, Seq, String)>,
}

impl Chunk {
    pub(super) fn with_capacity(events: usize) -> Chunk {
        Chunk {
            logged: Vec::with_capacity(events),
            done: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, row: &Row<'_>) -> Result<(), LogError> {
        row.check_version()?;
        if !upcast::is_current(row.version, row.payload) {
            self.settle()?;
            self.logged.push(Logged::Event(row.what_happened()?));
            return Ok(());
        }
        let peeked = payload::peek(row.payload);
        if let Some(actor) = peeked.and_then(payload::who_did) {
            self.push_done(actor, row);
            return Ok(());
        }
        // Whatever else is said of a client's history is about what was done before it.
        if peeked.is_none_or(is_about_history) {
            self.settle()?;
        }
        let change = peeked.and_then(payload::read_change);
        self.logged.push(match change {
            Some(change) => Logged::Change(Box::new(change)),
            None => Logged::Event(read(row.seq, || payload::read_peeked(peeked, row.payload))?),
        });
        Ok(())
    }

    /// Notes what can be undone, in place of what no longer can be for it.
    fn push_done(&mut self, actor: &str, row: &Row<'_>) {
        let known = self.done.iter().position(|it| it.actor == actor);
        let known = known.unwrap_or_else(|| {
            self.done.push(Done {
                actor: actor.to_owned(),
                last: VecDeque::with_capacity(UNDO_LEN_MAX),
            });
            self.done.len() - 1
        });
        let last = &mut self.done[known].last;
        let passed = (last.len() == UNDO_LEN_MAX).then(|| last.pop_front());
        let mut json = passed.flatten().map(|it| it.2).unwrap_or_default();
        json.clear();
        json.push_str(row.payload);
        last.push_back((self.logged.len(), row.seq, json));
        self.logged.push(Logged::Passed);
    }

    fn settle(&mut self) -> Result<(), LogError> {
        for (place, seq, json) in self.done.drain(..).flat_map(|it| it.last) {
            self.logged[place] = Logged::Event(read(seq, || payload::read(&json))?);
        }
        Ok(())
    }

    /// How many events it has.
    pub(super) fn len(&self) -> usize {
        self.logged.len()
    }

    /// The events, in order.
    pub(super) fn end(mut self) -> Result<Vec<Logged>, LogError> {
        self.settle()?;
        Ok(self.logged)
    }
}

fn read(
    seq: Seq,
    read: impl FnOnce() -> Result<Event, serde_json::Error>,
) -> Result<Event, LogError> {
    read().map_err(|source| LogError::Event { seq, source })
}

/// What can be undone is forgotten where a branch begins.
fn is_about_history(peeked: Peeked<'_>) -> bool {
    matches!(peeked.noun, "history" | "project")
}

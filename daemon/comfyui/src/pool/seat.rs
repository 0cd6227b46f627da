//! What a job holds while it waits and runs. Each is given back when it is dropped, however the job
//! ends.

use std::sync::Arc;

use super::{Shared, state::State};
use crate::{PromptId, Server};

/// Room on a server; given back when it is dropped.
pub(super) struct Seat {
    shared: Arc<Shared>,
    pub(super) server: Server,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        if let Some(member) = state.members.get_mut(self.server.name()) {
            member.placed = member.placed.saturating_sub(1);
            if member.placed == 0 {
                member.current = None;
            }
        }
        drop(state);
        self.shared.tell_room();
    }
}

/// That somebody wants a run; not any more when it is dropped.
pub(super) struct Claim<'a> {
    shared: &'a Shared,
    id: PromptId,
    pub(super) is_kept: bool,
}

impl<'a> Claim<'a> {
    pub(super) fn new(shared: &'a Shared, server: &str, id: PromptId) -> Claim<'a> {
        shared.lock().claims.insert(id.clone(), server.to_owned());
        Claim {
            shared,
            id,
            is_kept: false,
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            self.shared.lock().claims.remove(&self.id);
        }
    }
}

/// A place in the line; given up when it is dropped.
pub(super) struct Ticket<'a> {
    shared: &'a Shared,
    pub(super) number: u64,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.shared.lock().waiting.remove(&self.number);
        self.shared.tell_room();
    }
}

impl<'a> Ticket<'a> {
    pub(super) fn new(shared: &'a Shared) -> Ticket<'a> {
        let mut state = shared.lock();
        let number = state.next_ticket;
        state.next_ticket += 1;
        state.waiting.insert(number, None);
        Ticket { shared, number }
    }
}

/// What a job that waits finds.
pub(super) enum Found {
    Seat(Seat),
    Full(String),
    Nobody(Vec<String>),
}

impl Found {
    pub(super) fn seat(shared: &Arc<Shared>, state: &mut State, name: &str) -> Found {
        let Some(member) = state.members.get_mut(name) else {
            return Found::Nobody(vec![format!("{name} was removed")]);
        };
        member.placed += 1;
        Found::Seat(Seat {
            shared: shared.clone(),
            server: member.server.clone(),
        })
    }
}

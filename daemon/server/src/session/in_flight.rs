//! The requests of one connection that are under way: counted, named, cancelable.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use storycore_schema::{Error, ErrorKind, Limits};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::message::Id;

/// What is under way, and how much of it there may be.
pub(crate) struct InFlight {
    state: Mutex<State>,
    calls_max: u64,
    bytes_max: u64,
    ended: Notify,
}

#[derive(Default)]
struct State {
    calls: u64,
    bytes: u64,
    by_id: HashMap<Arc<str>, CancellationToken>,
}

/// One call's place; given back when dropped.
pub(crate) struct Ticket {
    in_flight: Arc<InFlight>,
    id: Option<Arc<str>>,
    bytes: u64,
}

impl InFlight {
    /// Nothing is under way yet.
    pub(crate) fn new(limits: &Limits) -> Arc<InFlight> {
        Arc::new(InFlight {
            state: Mutex::default(),
            calls_max: limits.in_flight_calls_max,
            bytes_max: limits.in_flight_bytes_max,
            ended: Notify::new(),
        })
    }

    /// Makes place for a request, or says which limit is reached.
    pub(crate) fn admit(
        self: &Arc<InFlight>,
        id: &Id,
        bytes: u64,
    ) -> Result<(Ticket, CancellationToken), Error> {
        let mut state = self.lock();
        if state.by_id.contains_key(&id.text) {
            let message = format!("a request with the id {} is already under way", id.text);
            return Err(Error::new(ErrorKind::InvalidRequest, message)
                .hint("give each request an id of its own"));
        }
        self.check(&state, bytes)?;
        let cancel = CancellationToken::new();
        state.by_id.insert(id.text.clone(), cancel.clone());
        Ok((self.enter(&mut state, Some(id.text.clone()), bytes), cancel))
    }

    /// Waits for room for notifications. They cannot be refused, because nobody waits for an answer
    /// that would say so; everything behind them waits too.
    pub(crate) async fn room(&self, bytes: u64) {
        self.wait_until(|state| state.calls == 0 || self.check(state, bytes).is_ok())
            .await;
    }

    /// Makes place for a notification, after [`InFlight::room`].
    pub(crate) fn admit_notification(self: &Arc<InFlight>, bytes: u64) -> Ticket {
        self.enter(&mut self.lock(), None, bytes)
    }

    /// Asks a request to end. Unknown ids are those of requests that have ended already.
    pub(crate) fn cancel(&self, id: &Id) {
        let cancel = self.lock().by_id.get(&id.text).cloned();
        if let Some(cancel) = cancel {
            cancel.cancel();
        }
    }

    /// Waits until nothing is under way.
    pub(crate) async fn idle(&self) {
        self.wait_until(|state| state.calls == 0).await;
    }

    async fn wait_until(&self, holds: impl Fn(&State) -> bool) {
        loop {
            // Enabled before the look, so that a call that ends in between is not missed.
            let mut ended = pin!(self.ended.notified());
            ended.as_mut().enable();
            if holds(&self.lock()) {
                return;
            }
            ended.await;
        }
    }

    fn check(&self, state: &State, bytes: u64) -> Result<(), Error> {
        let exhausted = |what: String| {
            Err(Error::resource_exhausted(what)
                .hint("wait for answers before sending more requests"))
        };
        if state.calls >= self.calls_max {
            return exhausted(format!(
                "{} requests are under way, and the limit in_flight_calls_max is {}",
                state.calls, self.calls_max
            ));
        }
        if state.bytes + bytes > self.bytes_max {
            return exhausted(format!(
                "requests of {} bytes are under way, and with {bytes} more they would pass the \
                 limit in_flight_bytes_max of {}",
                state.bytes, self.bytes_max
            ));
        }
        Ok(())
    }

    fn enter(self: &Arc<InFlight>, state: &mut State, id: Option<Arc<str>>, bytes: u64) -> Ticket {
        state.calls += 1;
        state.bytes += bytes;
        Ticket {
            in_flight: self.clone(),
            id,
            bytes,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Gives the id free, so that a client that has its answer may use it again at once. The place
    /// stays taken until the answer stands in the outbox.
    pub(crate) fn answered(&mut self) {
        if let Some(id) = self.id.take() {
            self.in_flight.lock().by_id.remove(&id);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.answered();
        let mut state = self.in_flight.lock();
        state.calls -= 1;
        state.bytes -= self.bytes;
        drop(state);
        self.in_flight.ended.notify_waiters();
    }
}

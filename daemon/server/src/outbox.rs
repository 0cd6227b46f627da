//! What waits to be sent to one client: ordered, and bounded in messages and bytes.
//!
//! A reply waits for room, which stops the session from reading more requests: a client that
//! floods and never reads slows down only itself. A notification never waits, because the one who
//! sends it serves other clients too: without room it is refused, and the client is told to
//! subscribe again. Bytes count until they are written, not until they are taken for writing.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use bytes::Bytes;
use serde::Serialize;
use storycore_schema::{
    Limits,
    log::{Resync, SubscriptionKind},
    notification::Notification,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The queue of one connection.
pub struct Outbox {
    state: Mutex<State>,
    len_max: usize,
    bytes_max: usize,
    /// Wakes those who wait for room.
    freed: Notify,
    closed: CancellationToken,
}

/// There is no room, and nothing was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// One thing to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// A JSON text.
    Text(Bytes),
    /// The answer to a WebSocket ping; other transports have none.
    Pong(Bytes),
    /// The end of a WebSocket, and why.
    Close(u16, Bytes),
}

#[derive(Default)]
struct State {
    queue: VecDeque<Outgoing>,
    /// Messages queued, or taken and not yet written.
    len: usize,
    /// Their bytes.
    bytes: usize,
    /// Bytes of messages that are kept elsewhere until they may be queued.
    held_bytes: usize,
    lagging: Vec<Resync>,
    /// Nothing more will be queued; the writer stops when the queue is empty.
    finished: bool,
    /// The one writer, while it waits for something to write.
    writer: Option<Waker>,
}

impl Outbox {
    /// An empty queue with the limits `outbox_len_max` and `outbox_bytes_max`.
    pub fn new(limits: &Limits) -> Outbox {
        Outbox {
            state: Mutex::default(),
            len_max: usize::try_from(limits.outbox_len_max).unwrap_or(usize::MAX),
            bytes_max: usize::try_from(limits.outbox_bytes_max).unwrap_or(usize::MAX),
            freed: Notify::new(),
            closed: CancellationToken::new(),
        }
    }

    /// Queues a notification's JSON text, shared between all clients that get it. Never waits.
    pub fn notify(&self, message: &Bytes) -> Result<(), Full> {
        let mut state = self.lock();
        if state.finished || !self.fits(&state, message.len()) {
            return Err(Full);
        }
        state.push(Outgoing::Text(message.clone()));
        wake(state);
        Ok(())
    }

    /// Remembers that a subscription was left out; `$/resync` is sent as soon as there is room.
    pub fn lag(&self, resync: Resync) {
        let mut state = self.lock();
        let key = |it: &Resync| -> (_, SubscriptionKind) { (it.project, it.subscription) };
        // The latest word is about the latest subscription.
        state.lagging.retain(|it| key(it) != key(&resync));
        state.lagging.push(resync);
        self.send_lagging(&mut state);
        wake(state);
    }

    /// Queues a reply, once there is room for it. Dropped if the connection ends meanwhile; false
    /// then.
    pub async fn reply(&self, message: Bytes) -> bool {
        self.push(Outgoing::Text(message)).await
    }

    /// Waits until a client reads what it was sent.
    pub async fn room(&self) {
        self.wait_for_room(|state| self.fits(state, 0).then_some(()))
            .await;
    }

    /// Waits for room for a message; false when the connection ends first. Another may take it.
    pub(crate) async fn room_for(&self, bytes: usize) -> bool {
        self.wait_for_room(|state| self.fits(state, bytes).then_some(()))
            .await
    }

    /// Counts bytes that are kept elsewhere until they may be queued; together they are bounded by
    /// `outbox_bytes_max`, too.
    pub(crate) fn hold(&self, bytes: usize) -> Result<(), Full> {
        let mut state = self.lock();
        if state.finished || state.held_bytes + bytes > self.bytes_max {
            return Err(Full);
        }
        state.held_bytes += bytes;
        Ok(())
    }

    /// Bytes that were held are so no more.
    pub(crate) fn let_go(&self, bytes: usize) {
        let mut state = self.lock();
        state.held_bytes = state.held_bytes.saturating_sub(bytes);
    }

    /// Whether the connection has ended: nothing queued from now on is sent.
    pub fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    /// Waits until the connection has ended.
    pub async fn closed(&self) {
        self.closed.cancelled().await;
    }

    pub(crate) async fn push(&self, message: Outgoing) -> bool {
        let mut message = Some(message);
        let queued = self.wait_for_room(|state| {
            let fits = self.fits(state, message.as_ref().map_or(0, Outgoing::len));
            fits.then(|| message.take().map(|it| state.push(it)))
                .flatten()
        });
        let queued = queued.await;
        if queued {
            poll_fn(|context| {
                self.wake_other(context.waker());
                Poll::Ready(())
            })
            .await;
        }
        queued
    }

    /// Wakes the writer, unless it shares the present task: a session looks at its outbox at the
    /// end of each turn anyway.
    fn wake_other(&self, present: &Waker) {
        let state = self.lock();
        if !state
            .writer
            .as_ref()
            .is_some_and(|it| it.will_wake(present))
        {
            wake(state);
        }
    }

    /// Nothing more will be queued: the writer sends the rest, then stops.
    pub(crate) fn finish(&self) {
        let mut state = self.lock();
        state.finished = true;
        wake(state);
        self.freed.notify_waiters();
    }

    /// The connection is gone; what waits is dropped.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        *state = State {
            finished: true,
            writer: state.writer.take(),
            ..State::default()
        };
        wake(state);
        self.closed.cancel();
        self.freed.notify_waiters();
    }

    /// Moves what waits into an empty `batch`; false when there will be nothing more.
    pub(crate) async fn take(&self, batch: &mut VecDeque<Outgoing>) -> bool {
        poll_fn(|context| {
            let mut state = self.lock();
            if !state.queue.is_empty() {
                std::mem::swap(&mut state.queue, batch);
                return Poll::Ready(true);
            }
            if state.finished {
                return Poll::Ready(false);
            }
            match &mut state.writer {
                Some(writer) => writer.clone_from(context.waker()),
                none => *none = Some(context.waker().clone()),
            }
            Poll::Pending
        })
        .await
    }

    /// What was taken has been written.
    pub(crate) fn written(&self, len: usize, bytes: usize) {
        let mut state = self.lock();
        state.len = state.len.saturating_sub(len);
        state.bytes = state.bytes.saturating_sub(bytes);
        if self.send_lagging(&mut state) {
            wake(state);
        } else {
            drop(state);
        }
        self.freed.notify_waiters();
    }

    /// Runs `enter` now and after each time room is made, until it returns something; false when
    /// the connection ends first.
    async fn wait_for_room(&self, mut enter: impl FnMut(&mut State) -> Option<()>) -> bool {
        let mut try_enter = |state: &mut State| {
            if state.finished {
                return Some(false);
            }
            enter(state).map(|()| true)
        };
        if let Some(entered) = try_enter(&mut self.lock()) {
            return entered;
        }
        loop {
            // Enabled before the look, so that room made in between is not missed.
            let mut freed = pin!(self.freed.notified());
            freed.as_mut().enable();
            if let Some(entered) = try_enter(&mut self.lock()) {
                return entered;
            }
            freed.await;
        }
    }

    /// Whether a message has room. One that is longer than the limit has it when nothing else
    /// waits, else it could never be sent.
    fn fits(&self, state: &State, bytes: usize) -> bool {
        state.len == 0 || (state.len < self.len_max && state.bytes + bytes.max(1) <= self.bytes_max)
    }

    /// Queues every `$/resync` that has room; whether there was one.
    fn send_lagging(&self, state: &mut State) -> bool {
        let mut any = false;
        while let Some(resync) = state.lagging.first() {
            let message = notification_text(resync);
            if state.finished || !self.fits(state, message.len()) {
                break;
            }
            state.lagging.remove(0);
            state.push(Outgoing::Text(message));
            any = true;
        }
        any
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes the writer if it waits, once the queue is free to be looked at.
fn wake(mut state: MutexGuard<'_, State>) {
    let writer = state.writer.take();
    drop(state);
    if let Some(writer) = writer {
        writer.wake();
    }
}

impl Outgoing {
    /// What it counts against `outbox_bytes_max`.
    pub(crate) fn len(&self) -> usize {
        match self {
            Outgoing::Text(bytes) | Outgoing::Pong(bytes) | Outgoing::Close(_, bytes) => {
                bytes.len()
            }
        }
    }
}

impl State {
    fn push(&mut self, message: Outgoing) {
        self.len += 1;
        self.bytes += message.len();
        self.queue.push_back(message);
    }
}

/// The JSON text of a notification, made once and shared by everyone who gets it.
pub fn notification_text<N: Notification>(params: &N) -> Bytes {
    note_text(N::NAME, params)
}

/// The same, of a protocol that has its own types.
pub(crate) fn note_text<P: Serialize>(method: &str, params: &P) -> Bytes {
    #[derive(Serialize)]
    struct Text<'a, P> {
        jsonrpc: &'static str,
        method: &'a str,
        params: &'a P,
    }
    let text = Text {
        jsonrpc: "2.0",
        method,
        params,
    };
    // Wire types are plain data with string keys, which always serialize.
    serde_json::to_vec(&text).unwrap_or_default().into()
}

#[cfg(test)]
mod tests;

//! Answers of one connection that are made and not yet sent. What waits for the client to read is
//! bounded, whatever it asks for: large answers are made a few at a time, and batches, which gather
//! theirs, share a limit in bytes.
//!
//! A batch must not wait for itself, so none of its answers keeps a place; what it gathers is
//! counted instead, and refused beyond the limit.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use storycore_schema::{Error, Limits};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::call::Reply;

/// An answer of at most this many bytes is never refused, so that a command, whose answer is short,
/// is not said to have failed when it has happened. `in_flight_calls_max` bounds how many there are.
const SHORT_BYTES_MAX: u64 = 16 << 10;

/// The answers of one connection.
pub struct Answers {
    places: Arc<Semaphore>,
    gathered_bytes: AtomicU64,
    gathered_bytes_max: u64,
}

/// The right to make one large answer, until it is dropped.
pub struct Place {
    _permit: Option<OwnedSemaphorePermit>,
}

/// What one batch has gathered, counted until it is dropped.
pub(crate) struct Gathered {
    answers: Arc<Answers>,
    bytes: AtomicU64,
}

impl Answers {
    /// None yet, with the limits `large_answers_max` and `outbox_bytes_max`.
    pub fn new(limits: &Limits) -> Arc<Answers> {
        let places = usize::try_from(limits.large_answers_max).unwrap_or(usize::MAX);
        Arc::new(Answers {
            places: Arc::new(Semaphore::new(places.clamp(1, Semaphore::MAX_PERMITS))),
            gathered_bytes: AtomicU64::new(0),
            gathered_bytes_max: limits.outbox_bytes_max,
        })
    }

    /// Waits for a place for one more large answer.
    pub(crate) async fn place(&self) -> Place {
        // It is never closed.
        let permit = self.places.clone().acquire_owned().await;
        Place {
            _permit: permit.ok(),
        }
    }

    /// Begins to gather the answers of a batch.
    pub(crate) fn gather(self: &Arc<Answers>) -> Arc<Gathered> {
        Arc::new(Gathered {
            answers: self.clone(),
            bytes: AtomicU64::new(0),
        })
    }
}

impl Gathered {
    /// Takes in one outcome; a long answer beyond the limit is replaced by a refusal. One has room
    /// when nothing else waits, else it could never be sent.
    pub(crate) fn take(&self, outcome: Result<Reply, Error>) -> Result<Reply, Error> {
        let mut reply = outcome?;
        let bytes = reply.body.get().len() as u64;
        let max = self.answers.gathered_bytes_max;
        let fits = |waiting: u64| {
            let fits = bytes <= SHORT_BYTES_MAX || waiting == 0 || waiting + bytes <= max;
            fits.then_some(waiting + bytes)
        };
        let waiting = &self.answers.gathered_bytes;
        if let Err(waiting) = waiting.fetch_update(Relaxed, Relaxed, fits) {
            let message = format!(
                "answers of {waiting} bytes are gathered for batches, and {bytes} more would pass the \
                 limit outbox_bytes_max of {max}"
            );
            return Err(Error::resource_exhausted(message)
                .hint("ask for less in one batch, or send requests one by one"));
        }
        self.bytes.fetch_add(bytes, Relaxed);
        reply.place = None;
        Ok(reply)
    }
}

impl Drop for Gathered {
    fn drop(&mut self) {
        let bytes = *self.bytes.get_mut();
        self.answers.gathered_bytes.fetch_sub(bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests;

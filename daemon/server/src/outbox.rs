//! What waits to be sent to one client: ordered, and bounded in messages and bytes.

use bytes::Bytes;
use storycore_schema::log::Resync;

/// The queue of one connection.
pub struct Outbox {}

/// There is no room, and nothing was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Outbox {
    /// Queues a notification's JSON text, shared between all clients that get it. Never waits.
    pub fn notify(&self, _message: &Bytes) -> Result<(), Full> {
        Err(Full)
    }

    /// Remembers that a subscription was left out; `$/resync` is sent as soon as there is room.
    pub fn lag(&self, _resync: Resync) {}
}

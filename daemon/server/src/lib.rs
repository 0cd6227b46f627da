//! The daemon's shell: sessions, routing, and everything that touches the world.

pub mod blobs;
pub mod bus;
pub mod call;
pub mod event_log;
pub mod outbox;
pub mod owner;
mod session;
pub mod transport;
pub mod trust;

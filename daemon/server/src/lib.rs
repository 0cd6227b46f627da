//! The daemon's shell: sessions, routing, and everything that touches the world.

pub mod blobs;
pub mod bus;
pub mod call;
pub mod daemon;
pub mod discovery;
pub mod event_log;
pub mod observability;
pub mod outbox;
pub mod owner;
pub mod platform;
mod session;
pub mod settings;
pub mod transport;
pub mod trust;

//! The daemon's shell: sessions, routing, and everything that touches the world.

pub mod call;
pub mod daemon;
pub mod discovery;
pub mod observability;
pub mod outbox;
pub mod platform;
pub mod settings;

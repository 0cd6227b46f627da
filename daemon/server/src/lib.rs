//! The daemon's shell: sessions, routing, and everything that touches the world.

pub mod call;
pub mod outbox;
mod session;
pub mod transport;
pub mod trust;

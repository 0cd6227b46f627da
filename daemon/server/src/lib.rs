//! The daemon's shell: sessions, routing, and everything that touches the world.

pub mod answers;
pub mod blobs;
pub mod bus;
pub mod call;
pub mod clock;
pub mod daemon;
pub mod discovery;
pub mod effects;
pub mod event_log;
pub mod films;
pub mod folder;
pub mod middleware;
pub mod observability;
mod offload;
pub mod outbox;
pub mod owner;
pub mod picture;
pub mod platform;
pub mod read;
pub mod router;
pub mod serve;
mod session;
pub mod settings;
pub mod storyboard;
pub mod transport;
pub mod trust;

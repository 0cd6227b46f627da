//! What real servers cannot be made to do on demand: the wire formats of providers that cannot run
//! here, and everything that goes wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chains;
mod limits;
mod server;
mod stage;
mod streams;
mod structured;
mod wire;

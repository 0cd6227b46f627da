//! The contract between the daemon and every client: methods, events, errors and ids.

pub mod craft;
pub mod id;
pub mod recipe;

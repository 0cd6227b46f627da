//! The rules: from events to state, from requests to events.
//!
//! Read in this order: [`state`], [`handle`], then any noun (say [`shot`]), then [`film`].
//!
//! Absent on purpose: the disk, the network, the clock, async. Everything here is a function of
//! its arguments.

pub mod asset;
pub mod bible;
pub mod branch;
pub mod breakdown;
pub mod checkpoint;
pub mod correct;
pub mod derived;
pub mod diagnostic;
mod env;
pub mod film;
pub mod fountain;
mod handle;
pub mod history;
pub mod identity;
pub mod mirror;
mod parts;
pub mod plan;
pub mod project;
pub mod quality;
pub mod recipe;
pub mod replay;
pub mod run;
pub mod scene;
pub mod screenplay;
pub mod script;
pub mod selection;
pub mod shot;
pub mod snapshot;
pub mod state;
pub mod take;
pub mod task;
pub mod touched;
pub mod tray;
pub mod work;
pub mod workflow;

pub use env::{Env, IdSource};
pub use film::Film;
pub use handle::{Decide, Decided, Query};
pub use state::GlobalState;

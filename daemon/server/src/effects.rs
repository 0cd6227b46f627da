//! What touches the world on a film's behalf: each effect watches the film, does its work outside,
//! and comes back with a command.

pub mod checks;
pub mod export;
pub mod import;
pub mod preload;
pub mod renderer;
pub mod rewrite;
pub mod snapshots;
pub mod sources;
pub mod watch;
pub mod work;

//! What was made once: kept by content in memory, on disk and in a bucket, and found again.
//!
//! A [`Cache`] holds bytes by [`Key`], a hash of all that decides what they are. It looks in
//! memory, then on disk, then over the network, and brings what it finds into the tiers before.
//! [`Cache::get_or_make`] makes what none has, once for all who wait. An entry names what it was
//! derived from, a [`Dependency`]; [`Cache::invalidate`] drops exactly those that are derived from
//! one.
//!
//! Reading order: `key` says what entries are called; [`Cache`] is the way of a request; `memory`,
//! `disk` and `network` are the tiers, `sealed` the form that the last two share. `ticket` keeps
//! out what was dropped on its way, `flight` lets many wait for one, `breaker` rests what fails.
//!
//! Absent on purpose: what the bytes mean, and errors of tiers: a tier that fails is a miss, and
//! counted in [`Stats`].

mod breaker;
mod cache;
mod disk;
mod error;
mod flight;
mod key;
mod memory;
mod network;
mod preload;
mod sealed;
mod stats;
mod ticket;

pub use breaker::RestOptions;
pub use cache::{Cache, CacheOptions, DroppedEntries};
pub use disk::DiskOptions;
pub use error::{Error, NotMade};
pub use key::{DEPENDENCIES_MAX, DEPENDENCY_BYTES_MAX, Dependency, Key};
pub use network::{Credentials, S3Options, S3Timeouts};
pub use preload::{PRELOAD_KEYS_MAX, Preload, Preloaded};
pub use stats::{NetworkStats, Stats, TierStats};

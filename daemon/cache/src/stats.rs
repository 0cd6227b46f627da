//! What each tier counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a cache counted since it was opened, and holds now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// In memory.
    pub memory: TierStats,
    /// On disk; none if no folder was set, or it could not be used from the start.
    pub disk: Option<TierStats>,
    /// Over the network; none if none was set.
    pub network: Option<NetworkStats>,
    /// What was made because no tier had it.
    pub made: u64,
    /// What could not be made.
    pub made_failed: u64,
    /// Who waited for what was being made already.
    pub shared: u64,
    /// Entries that [`preload`](crate::Cache::preload) brought into memory.
    pub preloaded: u64,
}

/// What a tier on this machine counted since it was opened, and holds now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TierStats {
    /// Found there.
    pub hits: u64,
    /// Not found there.
    pub misses: u64,
    /// Entries now.
    pub entries: u64,
    /// What they take up now, in bytes.
    pub bytes: u64,
    /// What they may take up, in bytes.
    pub bytes_max: u64,
    /// Dropped for want of room.
    pub evictions: u64,
    /// What the system refused.
    pub errors: u64,
    /// Not as it was written, or gone. Each was a miss, and was removed.
    pub damaged: u64,
}

/// What the tier over the network counted since it was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkStats {
    /// Found there.
    pub hits: u64,
    /// Not found there, for whatever reason.
    pub misses: u64,
    /// Sent there.
    pub sent: u64,
    /// Not asked or sent as the server was left alone, or as too much was being sent.
    pub skipped: u64,
    /// What the server refused, did not answer in time, or answered without sense.
    pub errors: u64,
    /// Not as it was sent. Each was a miss.
    pub damaged: u64,
    /// Read, in bytes.
    pub bytes_in: u64,
    /// Sent, in bytes.
    pub bytes_out: u64,
    /// Whether the server is left alone now, as it failed again and again.
    pub is_resting: bool,
    /// What failed last.
    pub last_error: Option<String>,
}

/// A number that many count.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn one(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

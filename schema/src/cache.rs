//! The cache: what was made once and is found again, in memory, on disk and in a bucket.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::daemon_method;

/// Tells what the daemon's cache holds, and how often it found what was asked for since the daemon
/// was started.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetCacheStats {}

daemon_method!(GetCacheStats, "cache/stats", Viewer, Query, CacheStats);

/// Drops what the daemon's cache holds in memory and on disk; it is made again when it is needed.
/// What is in a bucket stays: others use it, too.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClearCache {}

daemon_method!(ClearCache, "cache/clear", Producer, Job, CacheCleared);

/// What the cache counted since the daemon was started, and holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheStats {
    /// In memory.
    pub memory: CacheTier,
    /// On disk; absent if the disk cannot be used.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub disk: Option<CacheTier>,
    /// In a bucket; absent if none is set up.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub network: Option<CacheNetwork>,
    /// What was made because it was nowhere.
    pub made: u64,
    /// What could not be made.
    pub made_failed: u64,
    /// Who waited for what was being made already.
    pub shared: u64,
    /// Entries brought into memory before anybody asked for them.
    pub preloaded: u64,
}

/// What one place on this machine counted, and holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheTier {
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
    /// Found damaged, and dropped.
    pub damaged: u64,
}

/// What the bucket counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheNetwork {
    /// Found there.
    pub hits: u64,
    /// Not found there, for whatever reason.
    pub misses: u64,
    /// Sent there.
    pub sent: u64,
    /// Not asked or sent, as the server was left alone or too much was being sent.
    pub skipped: u64,
    /// What the server refused, did not answer in time, or answered without sense.
    pub errors: u64,
    /// Found damaged, and not used.
    pub damaged: u64,
    /// Read, in bytes.
    pub bytes_in: u64,
    /// Sent, in bytes.
    pub bytes_out: u64,
    /// Whether the server is left alone now, as it failed again and again.
    pub resting: bool,
    /// What failed last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_error: Option<String>,
}

/// What was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheCleared {
    /// Entries from memory.
    pub in_memory: u64,
    /// Entries from disk; most were in memory, too.
    pub on_disk: u64,
}

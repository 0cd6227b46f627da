//! Pictures of unfinished results, the newest of each step, for as long as there is room and they
//! are not finished. They are in no log and on no disk.

use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use moka::sync::Cache;
use storycore_schema::id::ProjectId;

use crate::transport::assets::AssetBytes;

/// Room for previews, in bytes.
const PREVIEWS_BYTES_MAX: u64 = 32 << 20;

/// The newest preview of each step under way.
pub struct Previews {
    by_step: Cache<(ProjectId, String), AssetBytes>,
    n_kept: AtomicU32,
}

impl Previews {
    /// None yet.
    pub fn new() -> Previews {
        let by_step = Cache::builder()
            .max_capacity(PREVIEWS_BYTES_MAX)
            .weigher(|_, it: &AssetBytes| u32::try_from(it.bytes.len()).unwrap_or(u32::MAX))
            .build();
        Previews {
            by_step,
            n_kept: AtomicU32::new(0),
        }
    }

    /// Keeps a picture in the place of the one before; gives its number.
    pub fn keep(&self, film: ProjectId, step: &str, media_type: &str, bytes: Bytes) -> u32 {
        let preview = AssetBytes {
            media_type: media_type.to_owned(),
            bytes,
        };
        self.by_step.insert((film, step.to_owned()), preview);
        self.n_kept.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The newest picture of a step.
    pub fn get(&self, film: ProjectId, step: &str) -> Option<AssetBytes> {
        self.by_step.get(&(film, step.to_owned()))
    }

    /// A step has ended.
    pub fn drop_step(&self, film: ProjectId, step: &str) {
        self.by_step.invalidate(&(film, step.to_owned()));
    }
}

impl Default for Previews {
    fn default() -> Previews {
        Previews::new()
    }
}

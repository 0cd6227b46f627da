//! Pictures of unfinished results, the newest of each step, for as long as there is room and a
//! little longer than they are unfinished. They are in no log and on no disk.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use moka::{Expiry, sync::Cache};
use storycore_schema::id::ProjectId;

use crate::transport::assets::AssetBytes;

/// Room for previews, in bytes.
const PREVIEWS_BYTES_MAX: u64 = 32 << 20;

/// How long the last one is there after its step has ended: a page that was told of it just before
/// asks for it, and fades it out.
const AFTER_THE_END: Duration = Duration::from_secs(10);

/// A film, and the key of a step.
type StepKey = (ProjectId, String);

/// The newest preview of each step under way.
pub struct Previews {
    by_step: Cache<StepKey, Preview>,
    n_kept: AtomicU32,
}

#[derive(Clone)]
struct Preview {
    picture: AssetBytes,
    has_ended: bool,
}

/// Only what has ended expires.
struct EndedOnly;

impl Expiry<StepKey, Preview> for EndedOnly {
    fn expire_after_create(&self, _: &StepKey, new: &Preview, _: Instant) -> Option<Duration> {
        new.has_ended.then_some(AFTER_THE_END)
    }

    fn expire_after_update(
        &self,
        _: &StepKey,
        new: &Preview,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        new.has_ended.then_some(AFTER_THE_END)
    }
}

impl Previews {
    /// None yet.
    pub fn new() -> Previews {
        let by_step = Cache::builder()
            .max_capacity(PREVIEWS_BYTES_MAX)
            .weigher(|_, it: &Preview| u32::try_from(it.picture.bytes.len()).unwrap_or(u32::MAX))
            .expire_after(EndedOnly)
            .build();
        Previews {
            by_step,
            n_kept: AtomicU32::new(0),
        }
    }

    /// Keeps a picture in the place of the one before; gives its number.
    pub fn keep(&self, film: ProjectId, step: &str, media_type: &str, bytes: Bytes) -> u32 {
        let preview = Preview {
            picture: AssetBytes {
                media_type: media_type.to_owned(),
                bytes,
            },
            has_ended: false,
        };
        self.by_step.insert((film, step.to_owned()), preview);
        self.n_kept.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The newest picture of a step.
    pub fn get(&self, film: ProjectId, step: &str) -> Option<AssetBytes> {
        let preview = self.by_step.get(&(film, step.to_owned()))?;
        Some(preview.picture)
    }

    /// A step has ended.
    pub fn end(&self, film: ProjectId, step: &str) {
        let key = (film, step.to_owned());
        if let Some(preview) = self.by_step.get(&key) {
            let has_ended = true;
            self.by_step.insert(
                key,
                Preview {
                    has_ended,
                    ..preview
                },
            );
        }
    }
}

impl Default for Previews {
    fn default() -> Previews {
        Previews::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_ended_expires() {
        let preview = |has_ended| Preview {
            picture: AssetBytes {
                media_type: "image/jpeg".to_owned(),
                bytes: Bytes::from_static(b"half"),
            },
            has_ended,
        };
        let key = (ulid::Ulid::nil().into(), "run:panel".to_owned());
        let updated =
            |new: &Preview, left| EndedOnly.expire_after_update(&key, new, Instant::now(), left);
        assert_eq!(updated(&preview(true), None), Some(AFTER_THE_END));
        // A step that is tried again has a new one, which stays.
        assert_eq!(updated(&preview(false), Some(AFTER_THE_END)), None);
    }

    #[test]
    fn the_last_one_is_there_for_who_was_told_of_it() {
        let (previews, film) = (Previews::new(), ulid::Ulid::nil().into());
        assert_eq!(
            previews.keep(film, "a", "image/jpeg", Bytes::from_static(b"1")),
            1
        );
        assert_eq!(
            previews.keep(film, "a", "image/jpeg", Bytes::from_static(b"2")),
            2
        );
        previews.end(film, "a");
        previews.end(film, "b");
        let last = previews.get(film, "a").map(|it| it.bytes);
        assert_eq!(last, Some(Bytes::from_static(b"2")));
        assert!(previews.get(film, "b").is_none());
    }
}

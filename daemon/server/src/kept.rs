//! What this daemon made once and finds again: small pictures, and answers of language models.

use std::path::Path;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _};
use storycore_cache::{
    Cache, CacheOptions, Credentials, Dependency, DiskOptions, Key, NotMade, RestOptions,
    S3Options, S3Timeouts,
};
use storycore_llm::CacheKey;
use storycore_schema::{Error, id::BlobId};

use crate::settings::{CacheSettings, S3Settings};

/// Where it is on disk, among the daemon's own files.
const FOLDER: &str = "cache";
/// The largest entry that is kept, in bytes.
const ENTRY_BYTES_MAX: u64 = 64 << 20;

/// Opens the cache that the settings ask for. Blocks.
pub fn open(settings: &CacheSettings, state_dir: &Path) -> Result<Cache, Error> {
    let folder = settings.folder.clone();
    let disk = (settings.disk_bytes_max > 0).then(|| DiskOptions {
        folder: folder.unwrap_or_else(|| state_dir.join(FOLDER)),
        bytes_max: settings.disk_bytes_max,
    });
    let s3 = settings.s3.as_ref().map(bucket).transpose();
    let options = CacheOptions {
        memory_bytes_max: settings.memory_bytes_max,
        entry_bytes_max: ENTRY_BYTES_MAX,
        disk,
        s3: s3.map_err(unusable)?,
    };
    Cache::open(options).map_err(unusable)
}

fn bucket(settings: &S3Settings) -> Result<S3Options, storycore_cache::Error> {
    Ok(S3Options {
        endpoint: settings.endpoint.clone(),
        bucket: settings.bucket.clone(),
        region: settings.region.clone(),
        prefix: settings.prefix.clone(),
        credentials: Credentials::from_env(&settings.access_key_env, &settings.secret_key_env)?,
        timeouts: S3Timeouts::USUAL,
        rest: RestOptions::USUAL,
    })
}

fn unusable(error: storycore_cache::Error) -> Error {
    let hint = error
        .hint
        .unwrap_or_else(|| "correct [cache.s3] in daemon.toml".to_owned());
    Error::failed_precondition(format!("[cache.s3]: {}", error.message)).hint(hint)
}

/// What a small picture is called, and what it is derived from.
pub(crate) fn thumbnail(id: BlobId, side_px: u32) -> (Key, Option<Dependency>) {
    let name = id.to_string();
    let key = Key::of("thumbnail", &[name.as_bytes(), &side_px.to_le_bytes()]);
    (key, of_asset(id))
}

/// What is derived from an asset goes with it.
pub(crate) fn of_asset(id: BlobId) -> Option<Dependency> {
    Dependency::new(&format!("asset/{id}")).ok()
}

/// What a caller is told of what could not be made.
pub(crate) fn not_made(error: &NotMade) -> Error {
    let own = error.downcast_ref::<Error>().cloned();
    own.unwrap_or_else(|| {
        tracing::error!(%error, "what is kept could not be made");
        Error::internal("the daemon met a bug; nothing was changed")
            .hint("look into the daemon's log for the cause: storycore daemon logs")
    })
}

/// Answers of language models, which outlive the daemon.
pub(crate) struct KeptAnswers(pub(crate) Cache);

impl KeptAnswers {
    fn key(key: CacheKey) -> Key {
        Key::of("llm-answer", &[&key.0])
    }
}

impl storycore_llm::Cache for KeptAnswers {
    fn get(&self, key: CacheKey) -> BoxFuture<'_, Option<Bytes>> {
        self.0.get(KeptAnswers::key(key)).boxed()
    }

    fn put(&self, key: CacheKey, bytes: Bytes) -> BoxFuture<'_, ()> {
        async move { self.0.put(KeptAnswers::key(key), bytes, &[]).await }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use storycore_llm::Cache as _;

    use super::*;

    #[tokio::test]
    async fn answers_outlive_the_daemon() {
        let folder = tempfile::tempdir().unwrap();
        let settings = CacheSettings::default();
        let answers = KeptAnswers(open(&settings, folder.path()).unwrap());
        let key = CacheKey([7; 32]);
        assert_eq!(answers.get(key).await, None);
        answers.put(key, Bytes::from_static(b"{}")).await;
        drop(answers);
        let answers = KeptAnswers(open(&settings, folder.path()).unwrap());
        assert_eq!(answers.get(key).await.unwrap(), "{}");
        assert_eq!(answers.get(CacheKey([8; 32])).await, None);
    }

    #[test]
    fn a_bucket_without_its_keys_is_refused_with_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let s3 = S3Settings {
            endpoint: "https://s3.example".into(),
            bucket: "films".into(),
            region: "us-east-1".into(),
            access_key_env: "STORYCORE_NO_SUCH_KEY".into(),
            secret_key_env: "STORYCORE_NO_SUCH_SECRET".into(),
            prefix: String::new(),
        };
        let settings = CacheSettings {
            s3: Some(s3),
            ..CacheSettings::default()
        };
        let error = open(&settings, folder.path()).err().unwrap();
        assert!(
            error.message.contains("STORYCORE_NO_SUCH_KEY is not set"),
            "{error}"
        );
        assert!(error.hint.is_some());
    }
}

//! Assets for the page: read once, then kept in memory as far as there is room.

use std::sync::Arc;

use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use moka::sync::Cache;
use storycore_schema::{
    Error,
    id::{BlobId, ProjectId},
};

use super::Daemon;
use crate::{
    kept,
    offload::blocking,
    thumbnails,
    transport::assets::{AssetBytes, Assets},
};

/// Serves the films' blobs.
pub struct CachedAssets {
    daemon: Arc<Daemon>,
    cache: Cache<(ProjectId, BlobId), AssetBytes>,
}

impl CachedAssets {
    /// With room for `asset_cache_bytes_max`; small ones are in the daemon's cache.
    pub fn new(daemon: Arc<Daemon>) -> CachedAssets {
        CachedAssets {
            cache: weighed(daemon.limits.asset_cache_bytes_max),
            daemon,
        }
    }
}

fn weighed(bytes_max: u64) -> Cache<(ProjectId, BlobId), AssetBytes> {
    let weight = |asset: &AssetBytes| u32::try_from(asset.bytes.len()).unwrap_or(u32::MAX);
    Cache::builder()
        .max_capacity(bytes_max)
        .weigher(move |_, asset| weight(asset))
        .build()
}

impl Assets for CachedAssets {
    fn preview(&self, project: ProjectId, step: &str) -> Option<AssetBytes> {
        self.daemon.film(project).ok()?;
        self.daemon.films.previews().get(project, step)
    }

    fn small(
        &self,
        project: ProjectId,
        blob: BlobId,
        side_px: u32,
    ) -> BoxFuture<'static, Result<AssetBytes, Error>> {
        let daemon = self.daemon.clone();
        async move {
            let film = daemon.film(project)?;
            film.bus.film().state.assets.get(blob)?;
            let (key, derived_from) = kept::thumbnail(blob, side_px);
            let maker = daemon.clone();
            // Of those who ask for the same at once, one makes it.
            let make = move || async move {
                // Each takes up much memory while it is made.
                let place = maker.pictures.acquire().await;
                let _place = place.map_err(|_| Error::unavailable("the daemon is stopping"))?;
                let limits = maker.limits.clone();
                blocking(move || thumbnails::make(&film.blobs, blob, side_px, &limits)).await?
            };
            let made = daemon
                .cache
                .get_or_make(key, derived_from.as_slice(), make)
                .await;
            Ok(AssetBytes {
                media_type: "image/jpeg".to_owned(),
                bytes: made.map_err(|it| kept::not_made(&it))?,
            })
        }
        .boxed()
    }

    fn read(
        &self,
        project: ProjectId,
        blob: BlobId,
    ) -> BoxFuture<'static, Result<AssetBytes, Error>> {
        let film = self.daemon.film(project);
        let cache = self.cache.clone();
        async move {
            // A film that is closed gives nothing, even if its pictures are still in memory.
            let film = film?;
            if let Some(asset) = cache.get(&(project, blob)) {
                return Ok(asset);
            }
            let media_type = film.bus.film().state.assets.get(blob)?.media_type.clone();
            let blobs = film.blobs.clone();
            let bytes = blocking(move || blobs.read(blob)).await?;
            let bytes = bytes.map_err(|error| unreadable(blob, &error))?;
            let asset = AssetBytes {
                media_type,
                bytes: Bytes::from(bytes),
            };
            cache.insert((project, blob), asset.clone());
            Ok(asset)
        }
        .boxed()
    }
}

/// What to answer when an asset's bytes are not as they should be.
pub(crate) fn unreadable(blob: BlobId, error: &std::io::Error) -> Error {
    Error::unavailable(format!("the bytes of asset {blob} cannot be read: {error}"))
        .hint("if they are gone, render the shot again with --force")
}

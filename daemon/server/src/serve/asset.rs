//! `asset/get`, `asset/graph` and `asset/collect`: what needs the files themselves.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use storycore_core::Film;
use storycore_schema::{
    Error,
    asset::{AssetContent, CollectAssets, Collected, EmbeddedGraph, GetAsset, GetGraph},
    id::BlobId,
    take::TakeSource,
};

use super::{Context, Serve};
use crate::{
    collect::{Collecting, collect},
    daemon::unreadable,
    drafts::DRAFTS_FOLDER,
    kept::of_asset,
    media,
    offload::blocking,
};

impl Serve for GetAsset {
    async fn serve(self, context: &Context) -> Result<AssetContent, Error> {
        let film = context.film(self.project)?;
        let asset = (**film.bus.film().state.assets.get(self.id)?).clone();
        let wants_data = self.data.unwrap_or(false);
        let bytes_max = context.daemon.limits.asset_inline_bytes_max;
        if wants_data && asset.bytes > bytes_max {
            let message = format!(
                "asset {} has {} bytes, and the limit asset_inline_bytes_max is {bytes_max}",
                self.id, asset.bytes
            );
            let hint = format!("get it over HTTP from /assets/{}/{}", self.project, self.id);
            return Err(Error::resource_exhausted(message).hint(hint));
        }
        if wants_data {
            context.large_answer().await?;
        }
        let (blobs, id) = (film.blobs.clone(), self.id);
        let read = move || {
            let data = wants_data.then(|| blobs.read(id)).transpose();
            (data, media::media_of(&blobs, id))
        };
        let (data, described) = blocking(read).await?;
        let data = data.map_err(|error| unreadable(id, &error))?;
        let (media, problem) = match described {
            Ok(media) => (Some(media), None),
            Err(why) => (None, Some(why)),
        };
        Ok(AssetContent {
            asset,
            media,
            problem,
            data: data.map(|it| STANDARD.encode(it)),
        })
    }
}

impl Serve for GetGraph {
    async fn serve(self, context: &Context) -> Result<EmbeddedGraph, Error> {
        let film = context.film(self.project)?;
        let now = film.bus.film();
        now.state.assets.get(self.id)?;
        context.large_answer().await?;
        let (blobs, id) = (film.blobs.clone(), self.id);
        let files = with_originals(&now, id);
        let find = move || {
            let mut graphs = files.into_iter().map(|it| media::graph_of(&blobs, it));
            graphs.find_map(Result::transpose).transpose()
        };
        blocking(find).await??.ok_or_else(|| {
            Error::failed_precondition(format!("asset {id} does not say how it was made")).hint(
                "ComfyUI writes its graph into PNG, WebP, MP4, WebM, FLAC and MP3 that it saves; \
                 asset/lineage tells what the film knows of it",
            )
        })
    }
}

/// A file, and those that it was made from when they were brought in.
fn with_originals(film: &Film, id: BlobId) -> Vec<BlobId> {
    let takes = film.state.generation.takes.by_id.values();
    let originals = takes.filter_map(|take| match &take.source {
        TakeSource::Imported { original, .. } if take.asset == id => *original,
        _ => None,
    });
    let mut files = vec![id];
    for original in originals {
        if !files.contains(&original) {
            files.push(original);
        }
    }
    files
}

impl Serve for CollectAssets {
    async fn serve(self, context: &Context) -> Result<Collected, Error> {
        let film = context.film(self.project)?;
        let grace = Duration::from_millis(context.daemon.limits.collect_grace_ms);
        let collecting = Collecting {
            film: film.bus.film(),
            drafts: film.folder.data.join(DRAFTS_FOLDER),
            log: film.log.clone(),
            blobs: film.blobs.clone(),
            dry_run: self.dry_run.unwrap_or(true),
            // Without such a moment nothing is old enough.
            made_before: SystemTime::now().checked_sub(grace),
        };
        let (collected, deleted) = blocking(move || collect(&collecting)).await??;
        let gone: Vec<_> = deleted.into_iter().filter_map(of_asset).collect();
        context.daemon.cache.invalidate_all(&gone).await;
        Ok(collected)
    }
}

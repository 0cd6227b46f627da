//! `asset/get`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use storycore_schema::{
    Error,
    asset::{AssetContent, GetAsset},
};

use super::{Context, Serve};
use crate::{daemon::unreadable, offload::blocking};

impl Serve for GetAsset {
    async fn serve(self, context: &Context) -> Result<AssetContent, Error> {
        let film = context.film(self.project)?;
        let asset = (**film.bus.film().state.assets.get(self.id)?).clone();
        if !self.data.unwrap_or(false) {
            return Ok(AssetContent { asset, data: None });
        }
        let bytes_max = context.daemon.limits.asset_inline_bytes_max;
        if asset.bytes > bytes_max {
            let message = format!(
                "asset {} has {} bytes, and the limit asset_inline_bytes_max is {bytes_max}",
                self.id, asset.bytes
            );
            let hint = format!("get it over HTTP from /assets/{}/{}", self.project, self.id);
            return Err(Error::resource_exhausted(message).hint(hint));
        }
        context.large_answer().await?;
        let (blobs, id) = (film.blobs.clone(), self.id);
        let bytes = blocking(move || blobs.read(id)).await?;
        let bytes = bytes.map_err(|error| unreadable(id, &error))?;
        Ok(AssetContent {
            asset,
            data: Some(STANDARD.encode(bytes)),
        })
    }
}

//! Assets: what we keep.

use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use storycore_schema::{
    Error,
    asset::{Asset, AssetEvent},
    id::BlobId,
};

mod kept;
mod lineage;

/// Every asset of the film.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Assets {
    /// By id.
    #[serde(with = "kept")]
    pub by_id: OrdMap<BlobId, Arc<Asset>>,
}

impl Assets {
    /// One of them.
    pub fn get(&self, id: BlobId) -> Result<&Arc<Asset>, Error> {
        let missing = || Error::not_found("asset", id).hint("list takes with take/list");
        self.by_id.get(&id).ok_or_else(missing)
    }

    pub(crate) fn apply(&mut self, event: &AssetEvent) {
        match event {
            AssetEvent::Added { asset } => {
                self.by_id.insert(asset.id, Arc::new(asset.clone()));
            }
        }
    }
}

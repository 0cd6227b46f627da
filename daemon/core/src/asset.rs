//! Assets: what we keep.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};
use storycore_schema::{
    Error,
    asset::{Asset, AssetEvent},
    id::BlobId,
};

mod kept;
mod lineage;
mod search;
mod tag;

/// Every asset of the film.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Assets {
    /// By id.
    #[serde(with = "kept")]
    pub by_id: OrdMap<BlobId, Arc<Asset>>,
    /// Words that were put on some.
    #[serde(default, skip_serializing_if = "OrdMap::is_empty")]
    pub tags: OrdMap<BlobId, OrdSet<String>>,
}

impl Assets {
    /// One of them.
    pub fn get(&self, id: BlobId) -> Result<&Arc<Asset>, Error> {
        let missing = || Error::not_found("asset", id).hint("list takes with take/list");
        self.by_id.get(&id).ok_or_else(missing)
    }

    /// The words on one of them, in the order of the alphabet.
    pub fn tags_of(&self, id: BlobId) -> impl Iterator<Item = &String> {
        self.tags.get(&id).into_iter().flatten()
    }

    /// Whether this word is on it.
    pub(crate) fn has_tag(&self, id: BlobId, tag: &str) -> bool {
        self.tags.get(&id).is_some_and(|it| it.contains(tag))
    }

    fn note_tag(&mut self, id: BlobId, tag: &str, on: bool) {
        let mut tags = self.tags.get(&id).cloned().unwrap_or_default();
        if on {
            tags.insert(tag.to_owned());
        } else {
            tags.remove(tag);
        }
        if tags.is_empty() {
            self.tags.remove(&id);
        } else {
            self.tags.insert(id, tags);
        }
    }

    pub(crate) fn apply(&mut self, event: &AssetEvent) {
        match event {
            AssetEvent::Added { asset } => {
                self.by_id.insert(asset.id, Arc::new(asset.clone()));
            }
            AssetEvent::Tagged { id, tag, on } => self.note_tag(*id, tag, *on),
        }
    }
}

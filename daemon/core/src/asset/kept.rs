//! Assets as a snapshot keeps them: a film has one for nearly every take.

use std::{borrow::Cow, sync::Arc};

use imbl::OrdMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use storycore_schema::{asset::Asset, id::BlobId};

/// The asset, what it is, its size in bytes, its width and height in pixels. Names of fields would
/// weigh as much again.
#[derive(Serialize, Deserialize)]
struct KeptAsset<'a>(
    BlobId,
    #[serde(borrow)] Cow<'a, str>,
    u64,
    Option<u32>,
    Option<u32>,
);

pub(super) fn serialize<S: Serializer>(
    assets: &OrdMap<BlobId, Arc<Asset>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(assets.values().map(|it| KeptAsset::of(it)))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<OrdMap<BlobId, Arc<Asset>>, D::Error> {
    let kept = Vec::<KeptAsset<'_>>::deserialize(deserializer)?;
    let assets = kept.into_iter().map(|it| Arc::new(it.whole()));
    Ok(assets.map(|it| (it.id, it)).collect())
}

impl<'a> KeptAsset<'a> {
    fn of(asset: &'a Asset) -> KeptAsset<'a> {
        // Every field is named, so that a new one cannot be forgotten.
        let Asset {
            id,
            media_type,
            bytes,
            width_px,
            height_px,
        } = asset;
        KeptAsset(*id, media_type.into(), *bytes, *width_px, *height_px)
    }

    fn whole(self) -> Asset {
        let KeptAsset(id, media_type, bytes, width_px, height_px) = self;
        Asset {
            id,
            media_type: media_type.into_owned(),
            bytes,
            width_px,
            height_px,
        }
    }
}

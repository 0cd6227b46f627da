//! Assets: bytes we keep, named by their content.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    film_method,
    id::{BlobId, ProjectId},
};

/// A file we keep: a panel, an imported drawing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// The hash of its bytes. The daemon serves them at `/assets/{project}/{id}`.
    pub id: BlobId,
    /// What it is, such as `image/png`.
    pub media_type: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Width in pixels, if it is a picture.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub width_px: Option<u32>,
    /// Height in pixels, if it is a picture.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub height_px: Option<u32>,
}

/// What happens to assets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum AssetEvent {
    /// Bytes were kept, and are on disk.
    #[schemars(title = "AssetAdded")]
    Added {
        /// What was kept.
        asset: Asset,
    },
}

/// Returns an asset's description and, if asked, its bytes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetAsset {
    /// The film.
    pub project: ProjectId,
    /// The asset.
    pub id: BlobId,
    /// Whether to return the bytes too. Larger files come over HTTP: see [`Asset::id`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data: Option<bool>,
}

/// An asset, with its bytes if they were asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssetContent {
    /// The description.
    pub asset: Asset,
    /// The bytes in Base64 (RFC 4648 §4).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data: Option<String>,
}

film_method!(GetAsset, "asset/get", Viewer, Job, AssetContent);

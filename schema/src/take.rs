//! Takes: rendered results of a shot. Never deleted by a change of the script.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    film_method,
    id::{BlobId, IntentHash, ProjectId, RenderKey, RunId, ShotId, TakeId},
    recipe::Intent,
};

/// One rendered result of a shot, with the recipe it was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Take {
    /// The take.
    pub id: TakeId,
    /// The shot.
    pub shot: ShotId,
    /// The picture.
    pub asset: BlobId,
    /// The run that made it.
    pub run: RunId,
    /// What the renderer was asked for.
    pub intent: Intent,
    /// Hash of the intent.
    pub intent_hash: IntentHash,
    /// Intent, seed and renderer version, hashed.
    pub render_key: RenderKey,
    /// The seed; at most 2^53 − 1.
    pub seed: u64,
    /// The renderer's version.
    pub renderer_version: String,
    /// When it was made, in milliseconds since 1970 (UTC).
    pub made_ms: u64,
}

/// What happens to takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum TakeEvent {
    /// A shot has a new take.
    #[schemars(title = "TakeAdded")]
    Added {
        /// The take.
        take: Box<Take>,
    },
}

/// Lists takes, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListTakes {
    /// The film.
    pub project: ProjectId,
    /// Only those of this shot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shot: Option<ShotId>,
}

film_method!(ListTakes, "take/list", Viewer, Query, Vec<Take>);

//! The unplaced tray: scenes and shots that the script no longer has, with all they had.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    film_method,
    id::{ProjectId, SceneId, ShotId, TakeId},
};

/// Lists what the script no longer has, and what it had.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListTray {
    /// The film.
    pub project: ProjectId,
    /// Only what has all these words in its heading, its lines, its subjects, or in the comments
    /// and file names of its takes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub query: Option<String>,
}

film_method!(ListTray, "tray/list", Viewer, Query, Tray);

/// What the tray holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tray {
    /// Scenes, the first made first.
    pub scenes: Vec<TrayScene>,
    /// Shots, the first made first.
    pub shots: Vec<TrayShot>,
}

/// A scene in the tray.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrayScene {
    /// The scene.
    pub id: SceneId,
    /// The script it stood in.
    pub script: String,
    /// Its heading.
    pub heading: String,
    /// The number the writer gave it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub written_number: Option<String>,
    /// Its shots that are in the tray, in order.
    pub shots: Vec<ShotId>,
    /// How many takes those have.
    pub takes: u32,
}

/// A shot in the tray.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrayShot {
    /// The shot.
    pub id: ShotId,
    /// The scene it belonged to, which may still have its place.
    pub scene_id: SceneId,
    /// That scene's heading.
    pub heading: String,
    /// The words it covered.
    pub text: String,
    /// Its takes, oldest first.
    pub takes: Vec<TakeId>,
    /// The take to show for it: the chosen one, or the newest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub take: Option<TakeId>,
}

//! Scenes: what stands between two headings of the script.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    craft::{Setting, TimeOfDay},
    film_method,
    id::{BlobId, ProjectId, SceneId, ShotId},
};

/// A scene as the log and the state keep it. Its place among the others is the script's order
/// list, so a scene inserted above it does not change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SceneRecord {
    /// The scene.
    pub id: SceneId,
    /// The script file it stands in, relative to the film's folder.
    pub script: String,
    /// The heading without markup and number; empty for text before the first heading.
    pub heading: String,
    /// The number the writer gave it, as in `#12A#`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub written_number: Option<String>,
    /// Inside or outside.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub setting: Option<Setting>,
    /// The place the heading names.
    pub location: String,
    /// The light the heading names.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time_of_day: Option<TimeOfDay>,
    /// Its length in the file, in bytes of UTF-8.
    pub bytes: u32,
    /// Its length in the file, in line ends.
    pub lines: u32,
    /// Hash of its text.
    pub text: BlobId,
    /// Its shots, in order.
    pub shots: Vec<ShotId>,
}

/// Where something stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// First byte of UTF-8, counted from 0.
    pub start: u64,
    /// The byte after the last.
    pub end: u64,
    /// Line of the first byte, counted from 1.
    pub line: u64,
}

/// A scene as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Scene {
    /// The scene.
    pub id: SceneId,
    /// Its place in the film, counted from 0.
    pub index: u32,
    /// The number the writer gave it, or its place counted from 1.
    pub number: String,
    /// The heading without markup and number.
    pub heading: String,
    /// Inside or outside.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub setting: Option<Setting>,
    /// The place.
    pub location: String,
    /// The light.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time_of_day: Option<TimeOfDay>,
    /// The script file, relative to the film's folder.
    pub script: String,
    /// Where it stands in the script.
    pub span: Span,
    /// Its shots, in order.
    pub shots: Vec<ShotId>,
    /// Its running time in milliseconds.
    pub duration_ms: u64,
}

/// Lists the scenes in the order of the film.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListScenes {
    /// The film.
    pub project: ProjectId,
}

film_method!(ListScenes, "scene/list", Viewer, Query, Vec<Scene>);

/// Returns one scene.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetScene {
    /// The film.
    pub project: ProjectId,
    /// The scene.
    pub id: SceneId,
}

film_method!(GetScene, "scene/get", Viewer, Query, Scene);

/// Says that a scene whose match is in doubt is the scene it was taken for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmScene {
    /// The film.
    pub project: ProjectId,
    /// The scene.
    pub id: SceneId,
}

film_method!(ConfirmScene, "scene/confirm", Editor, Command, ());

/// Says that a scene of the script is really another one: one of the unplaced tray, or one that
/// was found elsewhere in the script. Its takes follow. If the other one had a place, that place
/// holds a new scene then.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttachScene {
    /// The film.
    pub project: ProjectId,
    /// The scene that it really is.
    pub id: SceneId,
    /// The scene of the script whose place it gets.
    pub to: SceneId,
}

film_method!(AttachScene, "scene/attach", Editor, Command, SceneId);

/// Says that a scene of the script is a new one, and not the scene it was taken for. That one goes
/// to the unplaced tray with its takes, as it was before. Returns the new scene.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DetachScene {
    /// The film.
    pub project: ProjectId,
    /// The scene.
    pub id: SceneId,
}

film_method!(DetachScene, "scene/detach", Editor, Command, SceneId);

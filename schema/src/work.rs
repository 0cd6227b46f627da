//! Work under way this moment: how far each step is that a server has, seen live and forgotten
//! when it ends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{RunId, SceneId, ShotId};

/// How far a step is that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepProgress {
    /// The run.
    pub run: RunId,
    /// The step's id in the workflow.
    pub step: String,
    /// Its shot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shot: Option<ShotId>,
    /// Its scene.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scene: Option<SceneId>,
    /// Which server has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server: Option<String>,
    /// How far it is, in thousandths; absent while it waits there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub done_milli: Option<u32>,
    /// What it is at, in words: `waiting behind 2 others`, `sampling`.
    pub message: String,
    /// Counts the pictures of the unfinished result: the newest is at
    /// `/previews/{project}/{run}/{step}/{shot}`. Absent as long as there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preview: Option<u32>,
    /// When this attempt began, in milliseconds since 1970 (UTC).
    pub started_ms: u64,
}

/// What happens to work under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum WorkEvent {
    /// A step has come further.
    #[schemars(title = "WorkProgressed")]
    Progressed {
        /// How far it is.
        progress: StepProgress,
    },
    /// A step is no longer under way.
    #[schemars(title = "WorkLeft")]
    Left {
        /// The run.
        run: RunId,
        /// The step's id in the workflow.
        step: String,
        /// Its shot.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        shot: Option<ShotId>,
        /// Its scene.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        scene: Option<SceneId>,
    },
}

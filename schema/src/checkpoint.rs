//! Checkpoints: moments of a film with a name, to come back to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    film_method,
    history::{Checkpoint, Restored},
    id::{CheckpointId, ProjectId},
};

/// Gives the film as it is now a name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateCheckpoint {
    /// The film.
    pub project: ProjectId,
    /// The name, 1 to 120 characters, that no other checkpoint of the film has.
    pub name: String,
}

film_method!(
    CreateCheckpoint,
    "checkpoint/create",
    Editor,
    Command,
    Checkpoint
);

/// Lists the checkpoints of a film, the oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListCheckpoints {
    /// The film.
    pub project: ProjectId,
}

film_method!(
    ListCheckpoints,
    "checkpoint/list",
    Viewer,
    Query,
    Vec<Checkpoint>
);

/// Gives up a checkpoint's name. The moment itself stays in the film's history.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteCheckpoint {
    /// The film.
    pub project: ProjectId,
    /// The checkpoint.
    pub id: CheckpointId,
}

film_method!(DeleteCheckpoint, "checkpoint/delete", Editor, Command, ());

/// Puts a film back to a checkpoint, as `history/restore` does.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestoreCheckpoint {
    /// The film.
    pub project: ProjectId,
    /// The checkpoint.
    pub id: CheckpointId,
}

film_method!(
    RestoreCheckpoint,
    "checkpoint/restore",
    Editor,
    Job,
    Restored
);

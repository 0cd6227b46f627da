//! History: what can be undone and done again, what the film was, named moments to come back to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event::{Event, Seq},
    film_method,
    id::{CheckpointId, CompensationHash, ProjectId},
};

/// What it takes to undo something, or to do it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Compensation {
    /// What was done, in a few words: `star a take of 12A`.
    pub label: String,
    /// The events that take it back.
    pub events: Vec<Event>,
    /// Hash of the events that would take those back in their turn. When they come to something
    /// else, somebody has changed the same thing meanwhile, and undoing would overwrite that.
    pub guard: CompensationHash,
}

/// A named moment of a film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// The checkpoint.
    pub id: CheckpointId,
    /// Its name: `before the rewrite`.
    pub name: String,
    /// The moment: the last event in it.
    pub seq: Seq,
    /// When it was made, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// Who made it.
    pub by: String,
}

/// A branch of a film: a film of its own, in a folder of its own, that began as a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Branch {
    /// The branch's own film.
    pub project: ProjectId,
    /// Its name: `darker ending`.
    pub name: String,
    /// Its folder when it was made.
    pub path: String,
    /// The last event of this film that is in it.
    pub seq: Seq,
    /// When it was made, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// Who made it.
    pub by: String,
}

/// What happens to a film's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum HistoryEvent {
    /// Somebody did something that can be undone. Follows the events of what was done.
    #[schemars(title = "HistoryDone")]
    Done {
        /// Who.
        actor: String,
        /// How to undo it.
        compensation: Box<Compensation>,
    },
    /// Somebody undid the last thing they did. Follows the events that did so.
    #[schemars(title = "HistoryUndone")]
    Undone {
        /// Who.
        actor: String,
        /// How to do it again.
        compensation: Box<Compensation>,
    },
    /// Somebody did again what they undid last. Follows the events that did so.
    #[schemars(title = "HistoryRedone")]
    Redone {
        /// Who.
        actor: String,
        /// How to undo it.
        compensation: Box<Compensation>,
    },
    /// A moment was given a name.
    #[schemars(title = "CheckpointMade")]
    CheckpointMade {
        /// The checkpoint.
        checkpoint: Checkpoint,
    },
    /// A moment's name was given up. The moment is still in the log.
    #[schemars(title = "CheckpointRemoved")]
    CheckpointRemoved {
        /// The checkpoint.
        id: CheckpointId,
    },
    /// The film was put back to an earlier moment. Follows the events that did so.
    #[schemars(title = "HistoryRestored")]
    Restored {
        /// The moment.
        seq: Seq,
        /// Its name, if it had one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        checkpoint: Option<CheckpointId>,
    },
    /// A branch was made.
    #[schemars(title = "BranchMade")]
    BranchMade {
        /// The branch.
        branch: Branch,
    },
}

/// What somebody can undo and do again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UndoState {
    /// What can be undone, the last first.
    pub undo: Vec<String>,
    /// What can be done again, the next first.
    pub redo: Vec<String>,
}

/// Takes back the last thing that this client did and that is not undone yet. Only changes of the
/// film are undone: takes, decisions, corrections, restored moments. Runs are never rewound, and
/// text that was typed elsewhere is never touched.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Undo {
    /// The film.
    pub project: ProjectId,
}

film_method!(Undo, "history/undo", Editor, Job, Undone);

/// Does again what this client undid last.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redo {
    /// The film.
    pub project: ProjectId,
}

film_method!(Redo, "history/redo", Editor, Job, Undone);

/// What was undone or done again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Undone {
    /// The last event of it.
    pub seq: Seq,
    /// What it was, in a few words.
    pub label: String,
}

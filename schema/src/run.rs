//! Runs: durable work that outlives its request and a restart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    film_method,
    id::{ProjectId, RunId, ShotId, TakeId},
};

/// Why a run was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunCause {
    /// Somebody asked.
    Request,
    /// The film redraws what is stale by itself.
    Automatic,
}

/// How far a run is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum RunStatus {
    /// Work is left.
    Running,
    /// All shots are done.
    Finished,
    /// All shots were tried, and some failed.
    Failed,
    /// Somebody stopped it; what was done is kept.
    Canceled,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The run.
    pub id: RunId,
    /// Why it was started.
    pub cause: RunCause,
    /// How far it is.
    pub status: RunStatus,
    /// Shots to draw.
    pub total: u32,
    /// Shots with a new take.
    pub done: u32,
    /// Of those, shots whose picture was found and not drawn again.
    pub reused: u32,
    /// Shots that could not be drawn.
    pub failed: u32,
    /// Why the last one could not be drawn.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// When it was asked for, in milliseconds since 1970 (UTC).
    pub requested_ms: u64,
}

/// What happens to runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum RunEvent {
    /// Work was asked for.
    #[schemars(title = "RunRequested")]
    Requested {
        /// The run.
        id: RunId,
        /// Why.
        cause: RunCause,
        /// The shots to draw, in order.
        shots: Vec<ShotId>,
        /// When, in milliseconds since 1970 (UTC).
        at_ms: u64,
        /// The request that caused it; what the run does carries it too, also after a restart.
        /// Empty in logs of the first daemons.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        correlation_id: String,
    },
    /// One shot is done.
    #[schemars(title = "RunStepDone")]
    StepDone {
        /// The run.
        id: RunId,
        /// The shot.
        shot: ShotId,
        /// Its new take.
        take: TakeId,
        /// Whether its picture was found and not drawn again.
        reused: bool,
    },
    /// One shot could not be drawn.
    #[schemars(title = "RunStepFailed")]
    StepFailed {
        /// The run.
        id: RunId,
        /// The shot.
        shot: ShotId,
        /// Why.
        error: String,
    },
    /// One shot is no longer in the script, and is not drawn.
    #[schemars(title = "RunStepSkipped")]
    StepSkipped {
        /// The run.
        id: RunId,
        /// The shot.
        shot: ShotId,
    },
    /// The run came to its end.
    #[schemars(title = "RunEnded")]
    Ended {
        /// The run.
        id: RunId,
        /// How.
        status: RunStatus,
    },
}

/// Lists runs, the newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListRuns {
    /// The film.
    pub project: ProjectId,
    /// Only those of this status.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<RunStatus>,
}

film_method!(ListRuns, "run/list", Viewer, Query, Vec<Run>);

/// Returns one run.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetRun {
    /// The film.
    pub project: ProjectId,
    /// The run.
    pub id: RunId,
}

film_method!(GetRun, "run/get", Viewer, Query, Run);

/// Stops a run. What it has done is kept.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelRun {
    /// The film.
    pub project: ProjectId,
    /// The run.
    pub id: RunId,
}

film_method!(CancelRun, "run/cancel", Editor, Command, Run);

//! Runs: durable work that outlives its request and a restart.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    film_method,
    id::{BlobId, ProjectId, RunId, SceneId, ShotId, StepKey, TakeId},
    workflow::Workflow,
};

/// Why a run was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunCause {
    /// Somebody asked.
    Request,
    /// The film redraws what is stale by itself.
    Automatic,
    /// A take failed its checks, and its shot is drawn again with another seed.
    Check,
}

/// How far a run is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum RunStatus {
    /// Work is left.
    Running,
    /// Work is left, and none of it is begun until somebody goes on with it.
    Paused,
    /// All steps are done.
    Finished,
    /// All steps were tried, and some failed.
    Failed,
    /// Somebody stopped it; what was done is kept.
    Canceled,
}

impl RunStatus {
    /// Whether work is left.
    pub fn is_open(self) -> bool {
        matches!(self, RunStatus::Running | RunStatus::Paused)
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The run.
    pub id: RunId,
    /// Why it was started.
    pub cause: RunCause,
    /// What people call its workflow; absent for drawing by the built-in renderer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workflow: Option<String>,
    /// What goes first: higher before lower.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub priority: i32,
    /// How far it is.
    pub status: RunStatus,
    /// Its steps: one a shot, scene or run.
    pub total: u32,
    /// Steps that are done.
    pub done: u32,
    /// Of those, steps whose result was found and not made again.
    pub reused: u32,
    /// Steps that failed for good.
    pub failed: u32,
    /// Why the last one failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// When it was asked for, in milliseconds since 1970 (UTC).
    pub requested_ms: u64,
    /// How much longer it may take, in milliseconds, if servers go on as they do now: what each kind
    /// of step took on average, for each that is left, shared by those that are at work on it.
    /// Absent for a run that is held, when nothing is left, and when several of a step are left that
    /// was never done before; of a single one, nothing is added.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub left_ms: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}

/// The one step of a run that draws with the built-in renderer.
pub const DRAW: &str = "draw";

fn draw() -> String {
    DRAW.to_owned()
}

fn is_draw(step: &str) -> bool {
    step == DRAW
}

/// The workflow of a run, as it was when the run was asked for: later changes of its file are for
/// later runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunWorkflow {
    /// Its file.
    pub path: String,
    /// What it said.
    pub workflow: Workflow,
    /// The bytes of the graphs and prompts it uses, by the name that it uses.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub files: BTreeMap<String, BlobId>,
    /// What was set of its params.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub params: BTreeMap<String, Value>,
    /// Whether to do what is done already, too.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub force: bool,
}

/// Why an attempt at a step failed, by what can be done about it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum FailureKind {
    /// What it was given is wrong: correct the workflow, the graph or the film.
    Invalid,
    /// Something it needs is not installed or not set up: a node, a model, a server.
    Missing,
    /// The server is not there, or does not answer.
    Unreachable,
    /// The server has lost the work, as it was started anew.
    Lost,
    /// The server has not enough memory.
    OutOfMemory,
    /// It took too long.
    TimedOut,
    /// The server failed at it.
    Backend,
    /// The result cannot be kept: the disk is full or cannot be written.
    Storage,
    /// Another step that it needs has failed.
    Blocked,
    /// A bug of ours.
    Internal,
}

impl FailureKind {
    /// Whether another attempt may go better.
    pub fn may_pass(self) -> bool {
        match self {
            FailureKind::Unreachable
            | FailureKind::Lost
            | FailureKind::OutOfMemory
            | FailureKind::TimedOut
            | FailureKind::Backend
            | FailureKind::Storage => true,
            FailureKind::Invalid
            | FailureKind::Missing
            | FailureKind::Blocked
            | FailureKind::Internal => false,
        }
    }
}

/// What happens to runs. A step is named by its id in the workflow and the shot or scene it is for.
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
        /// The shots it is for, in order.
        shots: Vec<ShotId>,
        /// When, in milliseconds since 1970 (UTC).
        at_ms: u64,
        /// The request that caused it; what the run does carries it too, also after a restart.
        /// Empty in logs of the first daemons.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        correlation_id: String,
        /// What is done; absent for drawing by the built-in renderer.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        workflow: Option<Box<RunWorkflow>>,
        /// The scenes of those shots, in order, if the workflow has steps for scenes.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        scenes: Vec<SceneId>,
        /// What goes first: higher before lower.
        #[serde(skip_serializing_if = "is_zero", default)]
        priority: i32,
    },
    /// A step was handed to a backend, and goes on there whatever happens to us.
    #[schemars(title = "RunStepStarted")]
    StepStarted {
        /// The run.
        id: RunId,
        /// The step.
        step: String,
        /// Its shot.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        shot: Option<ShotId>,
        /// Its scene.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        scene: Option<SceneId>,
        /// Counted from 1.
        attempt: u32,
        /// Which server it was handed to.
        server: String,
        /// The server's name for it.
        job: String,
        /// When, in milliseconds since 1970 (UTC).
        at_ms: u64,
    },
    /// A step is done.
    #[schemars(title = "RunStepDone")]
    StepDone {
        /// The run.
        id: RunId,
        /// The step.
        #[serde(skip_serializing_if = "is_draw", default = "draw")]
        step: String,
        /// Its shot.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        shot: Option<ShotId>,
        /// Its scene.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        scene: Option<SceneId>,
        /// The take it made.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        take: Option<TakeId>,
        /// Whether its result was found and not made again.
        reused: bool,
        /// Hash of all its inputs, by which its result is found again; absent for drawing by the
        /// built-in renderer, whose takes have a render key.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        key: Option<StepKey>,
        /// What it gave.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        output: Option<Value>,
        /// How long it took, in milliseconds; absent when its result was found.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        took_ms: Option<u64>,
    },
    /// An attempt at a step failed, and there is to be another one.
    #[schemars(title = "RunStepRetried")]
    StepRetried {
        /// The run.
        id: RunId,
        /// The step.
        step: String,
        /// Its shot.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        shot: Option<ShotId>,
        /// Its scene.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        scene: Option<SceneId>,
        /// The attempt that failed, counted from 1.
        attempt: u32,
        /// Why.
        error: String,
        /// By what can be done about it.
        kind: FailureKind,
        /// When the next one may begin, in milliseconds since 1970 (UTC).
        next_ms: u64,
    },
    /// A step failed for good.
    #[schemars(title = "RunStepFailed")]
    StepFailed {
        /// The run.
        id: RunId,
        /// The step.
        #[serde(skip_serializing_if = "is_draw", default = "draw")]
        step: String,
        /// Its shot.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        shot: Option<ShotId>,
        /// Its scene.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        scene: Option<SceneId>,
        /// Why.
        error: String,
        /// By what can be done about it; absent in logs of the first daemons.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        kind: Option<FailureKind>,
    },
    /// A step is left out: its shot is no longer in the script, or its condition does not hold.
    #[schemars(title = "RunStepSkipped")]
    StepSkipped {
        /// The run.
        id: RunId,
        /// The step.
        #[serde(skip_serializing_if = "is_draw", default = "draw")]
        step: String,
        /// Its shot.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        shot: Option<ShotId>,
        /// Its scene.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        scene: Option<SceneId>,
    },
    /// Nothing of the run is begun any more until it is resumed.
    #[schemars(title = "RunPaused")]
    Paused {
        /// The run.
        id: RunId,
    },
    /// The run goes on.
    #[schemars(title = "RunResumed")]
    Resumed {
        /// The run.
        id: RunId,
    },
    /// The run goes before or after others.
    #[schemars(title = "RunPrioritized")]
    Prioritized {
        /// The run.
        id: RunId,
        /// Higher before lower.
        priority: i32,
    },
    /// What failed, or was left when it was stopped, is tried again.
    #[schemars(title = "RunRetried")]
    Retried {
        /// The run.
        id: RunId,
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

/// Begins nothing more of a run until it is resumed. What is under way is finished.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PauseRun {
    /// The film.
    pub project: ProjectId,
    /// The run.
    pub id: RunId,
}

film_method!(PauseRun, "run/pause", Editor, Command, Run);

/// Goes on with a run that was paused.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResumeRun {
    /// The film.
    pub project: ProjectId,
    /// The run.
    pub id: RunId,
}

film_method!(ResumeRun, "run/resume", Editor, Command, Run);

/// Tries again what failed in a run that has ended, and what was left when it was stopped. What is
/// done stays done.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryRun {
    /// The film.
    pub project: ProjectId,
    /// The run.
    pub id: RunId,
}

film_method!(RetryRun, "run/retry", Editor, Command, Run);

/// Has a run go before or after others. Runs of one priority take turns, film by film.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrioritizeRun {
    /// The film.
    pub project: ProjectId,
    /// The run.
    pub id: RunId,
    /// Higher goes before lower; −100 to 100.
    pub priority: i32,
}

film_method!(PrioritizeRun, "run/prioritize", Editor, Command, Run);

/// Waits until a run has ended, and returns it. Giving up waiting changes nothing about the run.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WaitForRun {
    /// The film.
    pub project: ProjectId,
    /// The run.
    pub id: RunId,
}

film_method!(WaitForRun, "run/wait", Viewer, Job, Run);

/// Lists the steps of a run: what each is for, how far it is, why it failed or waits.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListSteps {
    /// The film.
    pub project: ProjectId,
    /// The run.
    pub id: RunId,
    /// Only those of this status.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<StepStatus>,
    /// The most to return; by default 200, at most 2,000.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<u32>,
    /// Steps to leave out at the start.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offset: Option<u32>,
}

film_method!(ListSteps, "run/steps", Viewer, Query, Vec<Step>);

/// How far a step is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum StepStatus {
    /// It waits for its turn, for other steps, or for its next attempt.
    Waiting,
    /// It was handed to a server.
    Started,
    /// It is done.
    Done,
    /// It failed for good.
    Failed,
    /// It was left out.
    Skipped,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its id in the workflow.
    pub step: String,
    /// Its shot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shot: Option<ShotId>,
    /// Its scene.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scene: Option<SceneId>,
    /// How far it is.
    pub status: StepStatus,
    /// Attempts that were begun or failed.
    pub attempts: u32,
    /// Steps that must be done first and are not.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub waits_for: Vec<String>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// By what can be done about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<FailureKind>,
    /// When the next attempt may begin, in milliseconds since 1970 (UTC).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_ms: Option<u64>,
    /// Which server it was handed to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server: Option<String>,
    /// The server's name for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub job: Option<String>,
    /// The take it made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub take: Option<TakeId>,
    /// Whether its result was found and not made again.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub reused: bool,
    /// What it gave.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output: Option<Value>,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub took_ms: Option<u64>,
}

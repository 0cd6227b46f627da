//! Workflows: what is done to make something of a film's shots, as steps that build on each other.
//! One file each in the film's `workflows` folder, beside the graphs and prompts that they use.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    film_method,
    id::{BlobId, ProjectId, SceneId, ShotId},
    run::Run,
    shot::{Reason, Status},
};

/// What a workflow file says: steps, each made of the results of others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Workflow {
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// What whoever starts it may set, with the value that holds otherwise. Steps say
    /// `{{ params.NAME }}`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub params: BTreeMap<String, Value>,
    /// The models that its graphs want, unless params say otherwise: for people to install. What
    /// they say is in no picture, so another note makes none stale.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub models: Vec<ModelFile>,
    /// Its steps. Their order means nothing: what a step says of others, or `needs`, does.
    pub steps: Vec<WorkflowStep>,
}

/// A model's file that a ComfyUI server has to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelFile {
    /// Its name, as the graph has it.
    pub file: String,
    /// Its folder inside the server's `models` folder, such as `checkpoints`.
    pub folder: String,
    /// What it does there, such as `reads the words`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub purpose: Option<String>,
    /// Where whoever makes it publishes it, how large it is, and what its license lets people do, in
    /// words: nothing of it is downloaded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
}

/// One step of a workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkflowStep {
    /// Its name, by which others speak of its result: small letters, digits and `_`.
    pub id: String,
    /// What it does.
    pub uses: StepKind,
    /// What it is done for; by default once for the whole run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub each: Option<StepEach>,
    /// Steps that must be done first, besides those whose results it names.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub needs: Vec<String>,
    /// A condition, such as `shot.status != "fresh"`: where it does not hold, the step and those
    /// that need it are left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub when: Option<String>,
    /// A ComfyUI graph: a file of the `workflows` folder, or the name of a shipped one. For
    /// `comfyui`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub graph: Option<String>,
    /// A prompt's file in the `workflows` folder, or the name of a shipped one. For `prompt` and
    /// `llm`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub template: Option<String>,
    /// What it is given. A text with `{{ }}` is filled in: `{{ words.positive }}` is what the step
    /// `words` gave as `positive`; one that is nothing else keeps its type.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub with: BTreeMap<String, Value>,
    /// Whether its picture becomes a take of the shot.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub take: bool,
    /// What happens when it fails.
    #[serde(skip_serializing_if = "RetryPolicy::is_default", default)]
    pub retry: RetryPolicy,
    /// Time after which an attempt counts as failed, in seconds.
    #[serde(alias = "timeout_s", skip_serializing_if = "Option::is_none", default)]
    pub timeout_s: Option<u32>,
}

/// What a step does.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum StepKind {
    /// Draws the shot with the built-in renderer, whichever the film has. Gives `picture`.
    Sketch,
    /// Writes a shot's prompt from its words, its bible entries and the style. Gives `positive`
    /// and `negative`.
    Prompt,
    /// Has a ComfyUI server run a graph. Gives `picture`, the first picture or video, and
    /// `outputs`, all of them.
    Comfyui,
    /// Asks a language model with the prompt that `template` names: a `.md` file of the `workflows`
    /// folder, or a task that is built in, such as `shot-prompt`. Gives what it answers; of
    /// `shot-prompt`, `positive` and `negative`.
    Llm,
    /// Writes a file for people when all it needs is done, once for the run: `with.format` says
    /// which (`storyboard`), `with.folder` where in the film's folder, by default in `exports`.
    /// Gives `path`, and how much is in it.
    Export,
}

impl StepKind {
    /// Its name in files and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            StepKind::Sketch => "sketch",
            StepKind::Prompt => "prompt",
            StepKind::Comfyui => "comfyui",
            StepKind::Llm => "llm",
            StepKind::Export => "export",
        }
    }
}

/// What a step is done for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum StepEach {
    /// Every shot of the run.
    Shot,
    /// Every scene with a shot of the run.
    Scene,
}

/// What happens when a step fails for a reason that may pass, such as a server that is not there.
/// A mistake in a graph is not tried again: nothing would be different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RetryPolicy {
    /// Attempts in all.
    pub attempts: u32,
    /// Pause before the second attempt, in milliseconds; each further pause is twice as long, give
    /// or take a quarter.
    #[serde(alias = "first_ms")]
    pub first_ms: u64,
    /// The longest pause, in milliseconds.
    #[serde(alias = "longest_ms")]
    pub longest_ms: u64,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            attempts: 3,
            first_ms: 1_000,
            longest_ms: 30_000,
        }
    }
}

impl RetryPolicy {
    fn is_default(&self) -> bool {
        *self == RetryPolicy::default()
    }
}

/// A file of the `workflows` folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowFile {
    /// The file, relative to the film's folder; `shipped/NAME` for those that come with StoryCore.
    pub path: String,
    /// What it says; absent for a graph or a prompt.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workflow: Option<Workflow>,
    /// Its bytes.
    pub text: BlobId,
}

/// What happens to the files of the `workflows` folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum WorkflowEvent {
    /// A file was written, and reads well.
    #[schemars(title = "WorkflowFileChanged")]
    Changed {
        /// The file.
        file: Box<WorkflowFile>,
    },
    /// A file is gone.
    #[schemars(title = "WorkflowFileRemoved")]
    Removed {
        /// The file, relative to the film's folder.
        path: String,
    },
}

/// Lists the workflows, graphs and prompts that the film has, and those that come with StoryCore.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListWorkflows {
    /// The film.
    pub project: ProjectId,
}

film_method!(
    ListWorkflows,
    "workflow/list",
    Viewer,
    Query,
    Vec<WorkflowFile>
);

/// Tells what a workflow would do, and why, without doing it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanWorkflow {
    /// The film.
    pub project: ProjectId,
    /// The workflow's file; by default the one that draws the film's shots.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workflow: Option<String>,
    /// The shots; by default every one that is stale or missing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shots: Option<Vec<ShotId>>,
    /// What to set of its params.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub params: BTreeMap<String, Value>,
    /// Whether to do what is done already, too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub force: Option<bool>,
}

film_method!(PlanWorkflow, "workflow/plan", Viewer, Job, Plan);

/// Starts a workflow, and returns its run at once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartWorkflow {
    /// The film.
    pub project: ProjectId,
    /// The workflow's file; by default the one that draws the film's shots.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workflow: Option<String>,
    /// The shots; by default every one that is stale or missing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shots: Option<Vec<ShotId>>,
    /// What to set of its params.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub params: BTreeMap<String, Value>,
    /// Whether to do what is done already, too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub force: Option<bool>,
    /// What goes first: higher before lower, 0 otherwise, −100 to 100.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub priority: Option<i32>,
}

film_method!(StartWorkflow, "workflow/start", Editor, Command, Run);

/// Copies a workflow that comes with StoryCore into the film's `workflows` folder, with the graphs
/// and prompts it uses, to be changed there: from then on its name means the copy. Nothing is
/// written over: a workflow of that name is refused, and a graph or prompt that is there already is
/// left as it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopyWorkflow {
    /// The film.
    pub project: ProjectId,
    /// The workflow, such as `flux`.
    pub name: String,
}

film_method!(CopyWorkflow, "workflow/copy", Editor, Job, CopiedWorkflow);

/// A workflow that was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CopiedWorkflow {
    /// Its file, relative to the film's folder.
    pub path: String,
    /// All files that were written.
    pub written: Vec<String>,
    /// Graphs and prompts it uses that the film had already, and that are left as they are.
    pub kept: Vec<String>,
}

/// What a workflow would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The workflow's file; absent for one that is built in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workflow: Option<String>,
    /// What people call it.
    pub name: String,
    /// In words: `12 of 318 shots, because MAYA: hair changed (9), no picture yet (3)`.
    pub summary: String,
    /// Shots that it would be done for.
    pub shots: u32,
    /// Placed shots of the film.
    pub of: u32,
    /// Shots that are left alone since a take of them is locked.
    pub locked: u32,
    /// Steps that would be done, one a shot, scene or run.
    pub steps: u32,
    /// Of those, the ones whose result is known to be there already.
    pub reused: u32,
    /// How long it may take by what was measured in this film, in milliseconds; absent when
    /// nothing was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub took_ms: Option<u64>,
    /// Pictures that graphs take by a name such as `image:maya_face`, and that the bible has for
    /// none of these shots, or not for all.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unbound: Vec<UnboundPicture>,
    /// The shots, in the order of the film.
    pub items: Vec<PlannedShot>,
}

/// A picture that a graph takes and that some shots have none for: what the graph itself says
/// counts there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnboundPicture {
    /// The step.
    pub step: String,
    /// The name it is bound by: `image:maya_face`.
    pub binding: String,
    /// Planned shots that have no such picture.
    pub shots: u32,
    /// In words, with what to do.
    pub message: String,
}

/// A shot that a workflow would be done for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedShot {
    /// The shot.
    pub shot: ShotId,
    /// Its scene.
    pub scene: SceneId,
    /// Scene number and letter: `12A`.
    pub label: String,
    /// Whether its picture is what the script asks for.
    pub status: Status,
    /// Why not, if it is stale.
    pub reasons: Vec<Reason>,
    /// Whether every result is there already.
    pub reused: bool,
}

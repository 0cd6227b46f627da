//! The state of a film as clients mirror it: a snapshot, then patches.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    asset::Asset,
    bible::BibleEntry,
    craft::{Angle, Framing, Movement, Setting, TimeOfDay},
    diagnostic::Diagnostic,
    event::Seq,
    film_method,
    history::{Branch, Checkpoint, UndoState},
    id::{BlobId, CheckpointId, ProjectId, SceneId, ShotId, TakeId},
    project::Settings,
    quality::Grade,
    recipe::IntentLine,
    run::Run,
    script::{SceneMatch, TitlePageEntry},
    selection::Selection,
    shot::{Reason, Status},
    take::{TakeChoice, TakeComment},
    work::StepProgress,
    workflow::WorkflowFile,
};

/// Everything about one film, in six slices. Orders are lists of ids; a place, a number or an
/// absolute span is counted by the reader, so a change at the top does not touch what is below.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GlobalState {
    /// Shared presence; not durable.
    pub ui: UiState,
    /// The film: settings, scripts, scenes, shots, bible.
    pub project: ProjectState,
    /// What we keep.
    pub assets: AssetsState,
    /// Takes and runs.
    pub generation: GenerationState,
    /// What add-ons keep.
    pub addons: AddonsState,
    /// What is wrong, and what the film runs on.
    pub system: SystemState,
}

/// The `ui` slice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UiState {
    /// What each client looks at.
    pub selections: BTreeMap<String, Selection>,
}

/// The `project` slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectState {
    /// The film.
    pub id: ProjectId,
    /// Its title.
    pub title: String,
    /// What `storycore.toml` says.
    pub settings: Settings,
    /// Whether stale and missing panels are redrawn at once.
    pub auto_render: bool,
    /// The scripts by file; reading order is the order of the file names.
    pub scripts: BTreeMap<String, ScriptState>,
    /// The scenes that have a place.
    pub scenes: BTreeMap<SceneId, SceneState>,
    /// The shots that have a place.
    pub shots: BTreeMap<ShotId, ShotState>,
    /// The unplaced tray: scenes the script no longer has.
    pub unplaced_scenes: BTreeMap<SceneId, SceneState>,
    /// The unplaced tray: shots the script no longer has.
    pub unplaced_shots: BTreeMap<ShotId, ShotState>,
    /// The bible by file.
    pub bible: BTreeMap<String, BibleEntry>,
    /// Workflows, graphs and prompts, by file.
    pub workflows: BTreeMap<String, WorkflowFile>,
    /// What can be undone, named moments, branches.
    pub history: HistoryState,
}

/// What can be undone, named moments, branches.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryState {
    /// What each client can undo and do again, by its name.
    pub undo: BTreeMap<String, UndoState>,
    /// Named moments, the first made first.
    pub checkpoints: BTreeMap<CheckpointId, Checkpoint>,
    /// Branches, by their own film.
    pub branches: BTreeMap<ProjectId, Branch>,
}

/// A script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScriptState {
    /// Hash of its bytes.
    pub hash: BlobId,
    /// Its title page.
    pub title_page: Vec<TitlePageEntry>,
    /// Its scenes, in order.
    pub scenes: Vec<SceneId>,
}

/// A scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SceneState {
    /// The script file.
    pub script: String,
    /// The heading without markup and number.
    pub heading: String,
    /// The number the writer gave it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub written_number: Option<String>,
    /// Inside or outside.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub setting: Option<Setting>,
    /// The place.
    pub location: String,
    /// The light.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time_of_day: Option<TimeOfDay>,
    /// Its shots, in order.
    pub shots: Vec<ShotId>,
    /// How it was found to be this scene, while that is in doubt.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub doubt: Option<SceneMatch>,
}

/// A shot, with its derived status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShotState {
    /// The scene it belongs to.
    pub scene_id: SceneId,
    /// How much of the subject the frame holds.
    pub framing: Framing,
    /// Where the camera stands.
    pub angle: Angle,
    /// Focal length in millimetres, if somebody asked for one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lens_mm: Option<u32>,
    /// How the camera moves.
    pub movement: Movement,
    /// Who or what is in frame.
    pub subjects: Vec<String>,
    /// The script's words it covers.
    pub lines: Vec<IntentLine>,
    /// How long it lasts, in milliseconds.
    pub duration_ms: u32,
    /// Whether its picture is what the script asks for.
    pub status: Status,
    /// Why it is stale.
    pub reasons: Vec<Reason>,
    /// The take that is shown for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub take: Option<TakeId>,
    /// The take that somebody chose for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub choice: Option<TakeChoice>,
    /// What the checks of the shown take come to: the worst of them. Absent while it was not looked
    /// at.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grade: Option<Grade>,
}

/// The `assets` slice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssetsState {
    /// By id.
    pub assets: BTreeMap<BlobId, Asset>,
    /// The words on those that have some.
    #[serde(default)]
    pub tags: BTreeMap<BlobId, Vec<String>>,
}

/// The `generation` slice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GenerationState {
    /// Every take, by id; recipes are in `take/list`.
    pub takes: BTreeMap<TakeId, TakeState>,
    /// Runs with work left, and the last ones that ended.
    pub runs: BTreeMap<crate::id::RunId, Run>,
}

/// A take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TakeState {
    /// The shot.
    pub shot: ShotId,
    /// The picture: `/assets/{project}/{asset}`.
    pub asset: BlobId,
    /// When it was made, in milliseconds since 1970 (UTC).
    pub made_ms: u64,
    /// The name of the file it was, if somebody brought it in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub imported: Option<String>,
    /// Whether it is a favourite.
    pub starred: bool,
    /// Whether it is not to be used.
    pub rejected: bool,
    /// What people said about it, oldest first.
    pub comments: Vec<TakeComment>,
}

/// The `addons` slice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddonsState {
    /// What each add-on keeps, by its id.
    pub states: BTreeMap<String, serde_json::Value>,
}

/// The `system` slice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemState {
    /// What is wrong in the film's files, by file.
    pub diagnostics: BTreeMap<String, Vec<Diagnostic>>,
    /// Steps that are under way, by run, step and shot or scene: `RUN:STEP:ITEM`.
    pub work: BTreeMap<String, StepProgress>,
}

/// Returns the whole state of a film.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetState {
    /// The film.
    pub project: ProjectId,
}

/// The state at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The last event in it.
    pub seq: Seq,
    /// Counts the changes since the film was opened, those that are not durable too. The next
    /// patch carries the next number; if it does not, subscribe again.
    pub revision: u64,
    /// The state.
    pub state: GlobalState,
}

film_method!(GetState, "state/get", Viewer, Query, Snapshot);

/// Returns the whole state, then keeps it true with `state/changed` notifications. Subscribing
/// again returns a new snapshot.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubscribeState {
    /// The film.
    pub project: ProjectId,
}

film_method!(SubscribeState, "state/subscribe", Viewer, Job, Snapshot);

/// Ends this connection's `state/subscribe`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnsubscribeState {
    /// The film.
    pub project: ProjectId,
}

film_method!(UnsubscribeState, "state/unsubscribe", Viewer, Job, ());

/// Notification `state/changed`: what to do to the mirrored state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StateChanged {
    /// The film.
    pub project: ProjectId,
    /// The last event in it.
    pub seq: Seq,
    /// One more than the last: see [`Snapshot::revision`].
    pub revision: u64,
    /// A JSON Patch (RFC 6902) of the state.
    pub patch: Vec<PatchOperation>,
}

/// What one operation of a patch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PatchOp {
    /// Puts a value in, or inserts it into a list.
    Add,
    /// Takes a value out.
    Remove,
    /// Puts another value in its place.
    Replace,
}

/// One operation of a JSON Patch (RFC 6902 §4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatchOperation {
    /// What it does.
    pub op: PatchOp,
    /// Where: a JSON Pointer (RFC 6901).
    pub path: String,
    /// The value; absent for `remove`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<serde_json::Value>,
}

//! Scripts: the screenplay's files, and what a change of their text means for scenes and shots.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    film_method,
    id::{BlobId, ProjectId, SceneId, ShotId},
    scene::SceneRecord,
    shot::ShotRecord,
};

/// A screenplay file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Script {
    /// The file, relative to the film's folder.
    pub path: String,
    /// Hash of its bytes.
    pub hash: BlobId,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its scenes, in order.
    pub scenes: Vec<SceneId>,
    /// Its title page.
    pub title_page: Vec<TitlePageEntry>,
}

/// One entry of a title page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TitlePageEntry {
    /// The key: `Title`, `Author`.
    pub key: String,
    /// The value; several lines are joined with line feeds.
    pub value: String,
}

/// A part of a list taken out and another put in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SceneSplice {
    /// Where, counted from 0.
    pub at: u32,
    /// How many scenes are taken out.
    pub remove: u32,
    /// The scenes put in.
    pub insert: Vec<SceneId>,
}

/// Why a script's text changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeCause {
    /// The film was opened and the file was new or had changed meanwhile.
    Open,
    /// The file was written while the film was open.
    Disk,
    /// The film was put back to an earlier moment.
    Restore,
    /// Something was brought over from a branch.
    Branch,
    /// The words mean something else now, as the bible or another script names somebody new.
    Names,
}

/// What happened to one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileChange {
    /// The file, relative to the film's folder.
    pub path: String,
    /// Its bytes before; absent for a new file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<BlobId>,
    /// Its bytes now; absent when the file is gone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<BlobId>,
    /// Its size in bytes now.
    pub bytes: u64,
    /// Version of the parser and the breakdown that read it.
    pub parser: u32,
    /// Bytes before its first scene.
    pub prelude_bytes: u32,
    /// Line ends before its first scene.
    pub prelude_lines: u32,
    /// Its title page now.
    pub title_page: Vec<TitlePageEntry>,
    /// How its list of scenes changed.
    pub order: SceneSplice,
}

/// How a scene of the new text was found to be one of the old.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum MatchKind {
    /// Both carry the same number.
    Number,
    /// Heading and text are the same.
    Exact,
    /// They are the most alike.
    Similar,
    /// It is like no other: a new scene.
    New,
}

/// A decision about one scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SceneMatch {
    /// The scene.
    pub scene: SceneId,
    /// How it was found.
    pub kind: MatchKind,
    /// How alike old and new are, in thousandths.
    pub similarity_milli: u32,
    /// Whether it came back from the unplaced tray.
    pub restored: bool,
    /// How sure it is that the decision is right, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confidence_milli: Option<u32>,
    /// The scene that a new one was cut out of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub split_from: Option<SceneId>,
    /// The scenes that went into this one, beside the scene itself.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub merged_from: Vec<SceneId>,
    /// Whether somebody should have a look: the decision might well be another.
    #[serde(skip_serializing_if = "is_false", default)]
    pub doubtful: bool,
    /// The scene that it might be as well.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rival: Option<SceneId>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a field's reference to what decides on leaving it out"
)]
fn is_false(it: &bool) -> bool {
    !*it
}

/// One accepted change of the screenplay's text, and all that it means. Replay never parses or
/// matches: what was decided stands here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScriptChange {
    /// Why.
    pub cause: ChangeCause,
    /// The files.
    pub files: Vec<FileChange>,
    /// Scenes that are new or changed.
    pub scenes: Vec<SceneRecord>,
    /// Shots that are new or changed.
    pub shots: Vec<ShotRecord>,
    /// Scenes that no longer have a place. They keep everything.
    pub unplaced_scenes: Vec<SceneId>,
    /// Shots that no longer have a place. They keep everything.
    pub unplaced_shots: Vec<ShotId>,
    /// Scenes that no longer have a place, and have nothing to keep.
    pub dropped_scenes: Vec<SceneId>,
    /// Shots that no longer have a place, and have no takes.
    pub dropped_shots: Vec<ShotId>,
    /// The decisions about scenes that are not simply untouched.
    pub matches: Vec<SceneMatch>,
}

/// One scene's place in the script given to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SceneSwap {
    /// The scene that stood there.
    pub was: SceneId,
    /// The scene that stands there now.
    pub now: SceneId,
}

/// A match that may be wrong, and what the scene was before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SceneDoubt {
    /// The match.
    pub found: SceneMatch,
    /// The scene before it; absent for a new one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<SceneRecord>,
    /// Its shots before it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub shots: Vec<ShotRecord>,
}

/// Somebody said which scene or shot is which. The text stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Correction {
    /// Places in the script that other scenes have now.
    pub swaps: Vec<SceneSwap>,
    /// Scenes with a place that are new or changed.
    pub scenes: Vec<SceneRecord>,
    /// Shots with a place that are new or changed.
    pub shots: Vec<ShotRecord>,
    /// Scenes that are in the unplaced tray now.
    pub unplaced_scenes: Vec<SceneRecord>,
    /// Shots that are in the unplaced tray now.
    pub unplaced_shots: Vec<ShotRecord>,
    /// Scenes that have no place and nothing to keep.
    pub dropped_scenes: Vec<SceneId>,
    /// Shots that have no place and nothing to keep.
    pub dropped_shots: Vec<ShotId>,
    /// Matches that are in doubt now.
    pub doubts: Vec<SceneDoubt>,
    /// Scenes whose match is in doubt no more.
    pub settled: Vec<SceneId>,
}

/// What happens to the screenplay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum ScriptEvent {
    /// Text changed.
    #[schemars(title = "ScriptChanged")]
    Changed {
        /// What it means.
        change: Box<ScriptChange>,
    },
    /// Somebody said which scene or shot is which.
    #[schemars(title = "ScriptCorrected")]
    Corrected {
        /// What it means.
        correction: Box<Correction>,
    },
}

/// Lists the film's scripts in reading order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListScripts {
    /// The film.
    pub project: ProjectId,
}

film_method!(ListScripts, "script/list", Viewer, Query, Vec<Script>);

/// Returns a script with its text as the film last read it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetScript {
    /// The film.
    pub project: ProjectId,
    /// The file, relative to the film's folder.
    pub path: String,
}

/// A script and its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScriptText {
    /// The script.
    pub script: Script,
    /// Its text.
    pub text: String,
}

film_method!(GetScript, "script/get", Viewer, Job, ScriptText);

/// Writes a script's file, whole or not at all, and reads it into the film. An editor that has the
/// script open and holds text that is not saved gets the change there instead, so that neither text
/// is lost.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteScript {
    /// The film.
    pub project: ProjectId,
    /// The file, relative to the film's folder.
    pub path: String,
    /// Hash of the text that this one grew from: if the file holds another, the answer is
    /// `conflict` and nothing is written. Absent for a file that is not there yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub if_hash: Option<BlobId>,
    /// The whole text.
    pub text: String,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WrittenScript {
    /// Hash of the text.
    pub hash: BlobId,
    /// The editor that has the text now, and has not saved it; absent when it is on disk.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub in_editor: Option<String>,
}

film_method!(WriteScript, "script/write", Editor, Job, WrittenScript);

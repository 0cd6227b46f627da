//! Shots: the unit a director plans and a renderer draws.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    craft::{Angle, Framing, Movement, Setting, TimeOfDay},
    film_method,
    id::{ProjectId, RunId, SceneId, ShotId, TakeId},
    quality::Grade,
    recipe::IntentLine,
    scene::Span,
    take::TakeChoice,
};

/// A shot as the log and the state keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShotRecord {
    /// The shot.
    pub id: ShotId,
    /// The scene it belongs to.
    pub scene: SceneId,
    /// How much of the subject the frame holds.
    pub framing: Framing,
    /// Where the camera stands.
    pub angle: Angle,
    /// Focal length in millimetres of full-frame film, if somebody asked for one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lens_mm: Option<u32>,
    /// How the camera moves.
    pub movement: Movement,
    /// Who or what is in frame, the most important first.
    pub subjects: Vec<String>,
    /// Inside or outside.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub setting: Option<Setting>,
    /// The place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<String>,
    /// The light.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time_of_day: Option<TimeOfDay>,
    /// The script's words it covers.
    pub lines: Vec<IntentLine>,
    /// First byte within the scene, counted from 0.
    pub start: u32,
    /// The byte after the last, within the scene.
    pub end: u32,
    /// Line of the first byte within the scene, counted from 0.
    pub line: u32,
    /// How long it lasts, in milliseconds.
    pub duration_ms: u32,
    /// Whether a `[[shot: …]]` note in the script directs it.
    pub directed: bool,
}

/// Whether a shot's picture is what the script asks for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// It is.
    Fresh,
    /// It was, before something it depends on changed.
    Stale,
    /// There is none yet.
    Missing,
}

/// What a stale shot's picture no longer agrees with.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ReasonKind {
    /// The script's words.
    Text,
    /// Framing, angle, lens or movement.
    Camera,
    /// Who is in frame.
    Subjects,
    /// A character's or prop's bible entry.
    Character,
    /// The place or its bible entry.
    Location,
    /// Setting or time of day.
    Light,
    /// The film's style, aspect or renderer.
    Style,
    /// The workflow that draws, or a graph or prompt it uses.
    Workflow,
}

/// Why a shot is stale.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// What changed.
    pub kind: ReasonKind,
    /// In words: `MAYA: hair changed`, `line 3 rewritten`.
    pub message: String,
}

/// A shot as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shot {
    /// The shot.
    pub id: ShotId,
    /// The scene it belongs to.
    pub scene_id: SceneId,
    /// Its place in the scene, counted from 0.
    pub index: u32,
    /// Scene number and letter: `12A`.
    pub label: String,
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
    /// The script's words it covers, for reading.
    pub text: String,
    /// How long it lasts, in milliseconds.
    pub duration_ms: u32,
    /// Where its words stand in the script.
    pub span: Span,
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
    /// The name of the file that the shown take was, if somebody brought it in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub imported: Option<String>,
    /// What the checks of the shown take come to: the worst of them. Absent while it was not looked
    /// at.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grade: Option<Grade>,
}

/// Lists shots in the order of the film.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListShots {
    /// The film.
    pub project: ProjectId,
    /// Only those of this scene.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scene: Option<SceneId>,
    /// Only those of this status.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<Status>,
}

film_method!(ListShots, "shot/list", Viewer, Query, Vec<Shot>);

/// Returns one shot.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetShot {
    /// The film.
    pub project: ProjectId,
    /// The shot.
    pub id: ShotId,
}

film_method!(GetShot, "shot/get", Viewer, Query, Shot);

/// Draws shots: all that are stale or missing, or those named. The work is a durable run that
/// survives a restart; this waits for it and sends `$/progress`. Canceling the request cancels
/// the run; disconnecting does not.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenderShots {
    /// The film.
    pub project: ProjectId,
    /// The shots; by default every one that is stale or missing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shots: Option<Vec<ShotId>>,
    /// Whether to draw shots that are fresh, too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub force: Option<bool>,
}

film_method!(RenderShots, "shot/render", Editor, Job, Rendered);

/// What a render did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rendered {
    /// The run; absent when there was nothing to do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run: Option<RunId>,
    /// Shots with a new take.
    pub done: u32,
    /// Of those, shots whose picture was found in the film's own cache and not drawn again.
    pub reused: u32,
    /// Shots that could not be drawn.
    pub failed: u32,
    /// Shots that were left as they are because a take of them is locked. Name one to draw it all
    /// the same; what is locked stays shown.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub locked: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands in a reference"
)]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// Says that a shot of the script is really one of the unplaced tray. The takes of both are its
/// takes then.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttachShot {
    /// The film.
    pub project: ProjectId,
    /// The shot in the tray.
    pub id: ShotId,
    /// The shot of the script whose place it gets.
    pub to: ShotId,
}

film_method!(AttachShot, "shot/attach", Editor, Command, ShotId);

//! Tasks that a language model does for a film. Each says who did it: a model, or the rules that
//! are built in where there are any. Nothing is changed by them but where they are told to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    bible::EntryKind,
    craft::{Angle, Framing, Movement},
    diagnostic::Severity,
    film_method,
    id::{BlobId, ProjectId, SceneId, ShotId},
};

/// Who did a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum DoneBy {
    /// A language model.
    #[schemars(title = "DoneByModel")]
    Model {
        /// The provider.
        provider: String,
        /// The model, as the provider calls it.
        model: String,
        /// Whether the answer was kept from an earlier time.
        cached: bool,
        /// Tokens that it read.
        tokens_in: u64,
        /// Tokens that it wrote.
        tokens_out: u64,
        /// What it cost, in millionths of the currency that its price is in.
        money_micro: u64,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// The rules that are built in.
    #[schemars(title = "DoneByRules")]
    Rules {
        /// Why no model did it.
        why: String,
    },
}

/// Has a language model plan the shots of a scene. Written into the script, as `[[shot: …]]` notes,
/// they are what the film goes by; without a model it tells what the rules plan.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BreakDownScene {
    /// The film.
    pub project: ProjectId,
    /// The scene.
    pub id: SceneId,
    /// What the director asks for, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wish: Option<String>,
    /// The most shots, 24 by default, 60 at most.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shots_max: Option<u32>,
    /// Whether to write the notes into the script. Where a note stands already, none is written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub apply: Option<bool>,
}

film_method!(BreakDownScene, "scene/breakdown", Editor, Job, Breakdown);

/// The shots of a scene, as somebody would plan them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Breakdown {
    /// Who planned them.
    pub by: DoneBy,
    /// The shots, in order.
    pub shots: Vec<SuggestedShot>,
    /// The script, relative to the film's folder.
    pub path: String,
    /// Hash of the text that the lines are counted in.
    pub if_hash: BlobId,
    /// What to write to have them, from the first line to the last.
    pub notes: Vec<LineNote>,
    /// Whether it was written.
    pub applied: bool,
}

/// A shot that is suggested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedShot {
    /// Line of the script that it begins on, counted from 1.
    pub line: u64,
    /// The words that it covers, for reading.
    pub text: String,
    /// How much of the subject the frame holds.
    pub framing: Framing,
    /// Where the camera stands.
    pub angle: Angle,
    /// Focal length in millimetres of full-frame film.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lens_mm: Option<u32>,
    /// How the camera moves.
    pub movement: Movement,
    /// Who or what is in frame, the most important first.
    pub subjects: Vec<String>,
    /// How long it lasts, in milliseconds.
    pub duration_ms: u32,
    /// Why it is this way, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
}

/// A note that would stand before a line, with an empty line after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineNote {
    /// Line of the script, counted from 1.
    pub line: u64,
    /// The note: `[[shot: CU MAYA, low angle, 85mm, 3s]]`.
    pub note: String,
}

/// Has a language model write what an image model is asked for a shot, or improve it. Without a
/// model it is the prompt that workflows write.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteShotPrompt {
    /// The film.
    pub project: ProjectId,
    /// The shot.
    pub id: ShotId,
    /// A prompt to improve.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub current: Option<String>,
    /// What the director asks for, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wish: Option<String>,
    /// Whether to leave models out: what workflows are given for the shot, by the template of the
    /// film.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plain: Option<bool>,
}

film_method!(WriteShotPrompt, "shot/prompt", Editor, Job, ShotPrompt);

/// What an image model is asked for a shot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShotPrompt {
    /// Who wrote it.
    pub by: DoneBy,
    /// What the picture shall be.
    pub positive: String,
    /// What it shall not be.
    pub negative: String,
    /// Why it is this way, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
}

/// Has a language model fill an entry of the bible from what the script says. It needs a model.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuggestEntry {
    /// The film.
    pub project: ProjectId,
    /// What the entry is about.
    pub kind: EntryKind,
    /// The name as the script writes it.
    pub name: String,
}

film_method!(SuggestEntry, "bible/suggest", Editor, Job, SuggestedEntry);

/// An entry of the bible that is suggested. Nothing of it contradicts what the entry says already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedEntry {
    /// Who filled it.
    pub by: DoneBy,
    /// A sentence for people.
    pub description: String,
    /// Other names that the script uses for the same.
    pub aliases: Vec<String>,
    /// What a renderer may draw.
    pub details: Vec<SuggestedDetail>,
    /// The whole as a file of the `bible` folder, with what the entry says already.
    pub toml: String,
}

/// One detail of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedDetail {
    /// What of it: `hair`.
    pub name: String,
    /// How it is: `long, dark red`.
    pub value: String,
    /// Where it is from.
    pub source: DetailSource,
}

/// Where a detail is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DetailSource {
    /// The script says so.
    Script,
    /// The script does not say, and this would fit.
    Proposed,
}

/// Has a language model look for what does not agree from shot to shot. It needs a model.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckContinuity {
    /// The film.
    pub project: ProjectId,
    /// The scene.
    pub id: SceneId,
}

film_method!(CheckContinuity, "scene/continuity", Viewer, Job, Continuity);

/// What does not agree in a scene.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Continuity {
    /// Who looked.
    pub by: DoneBy,
    /// What was found, the worst first.
    pub findings: Vec<ContinuityFinding>,
}

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContinuityFinding {
    /// The shots that do not agree with each other.
    pub shots: Vec<ShotId>,
    /// What it is about: `clothes`, `body`, `prop`, `place`, `light`, `position`, `words`, `other`.
    pub kind: String,
    /// How bad it is.
    pub severity: Severity,
    /// What does not agree.
    pub message: String,
    /// The smallest change that would help.
    pub fix: String,
}

/// Has a language model write logline and synopsis of the film. It needs a model.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteLogline {
    /// The film.
    pub project: ProjectId,
}

film_method!(WriteLogline, "project/logline", Viewer, Job, Logline);

/// A film in a sentence, and in a paragraph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Logline {
    /// Who wrote it.
    pub by: DoneBy,
    /// The film in a sentence.
    pub logline: String,
    /// The whole story with its end.
    pub synopsis: String,
}

/// Has a language model translate the dialogue of a scene. It needs a model.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TranslateScene {
    /// The film.
    pub project: ProjectId,
    /// The scene.
    pub id: SceneId,
    /// The language to translate to, in words or as a tag: `French`, `fr-CA`.
    pub to: String,
}

film_method!(TranslateScene, "scene/translate", Viewer, Job, Translation);

/// The dialogue of a scene in another language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Translation {
    /// Who translated.
    pub by: DoneBy,
    /// The speeches, in order.
    pub lines: Vec<TranslatedLine>,
}

/// A speech in two languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranslatedLine {
    /// Its shot.
    pub shot: ShotId,
    /// Who speaks.
    pub character: String,
    /// What the script has.
    pub original: String,
    /// The same in the other language.
    pub text: String,
}

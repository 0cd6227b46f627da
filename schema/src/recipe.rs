//! Recipes: everything a rendered picture depends on, so that only what changed is redone.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

use crate::{
    craft::{Angle, Framing, Movement, Setting, TimeOfDay},
    id::BlobId,
};

/// What a renderer is asked for. Its hash decides fresh or stale; the difference of two intents
/// gives the reasons.
///
/// Absent on purpose: ids, indexes, scene and shot numbers, spans, durations, labels. None of them
/// is in the pixels, so none of them may make a take stale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Intent {
    /// The renderer: `sketch` or `comfyui`.
    pub renderer: String,
    /// The workflow that draws, with the graphs and prompts it uses; absent for the built-in
    /// renderer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workflow: Option<IntentWorkflow>,
    /// Width divided by height, in thousandths: 2390 is 2.39:1.
    pub aspect_milli: u32,
    /// How much of the subject the frame holds.
    pub framing: Framing,
    /// Where the camera stands.
    pub angle: Angle,
    /// Focal length in millimetres of full-frame film.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lens_mm: Option<u32>,
    /// How the camera moves.
    pub movement: Movement,
    /// Inside or outside.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub setting: Option<Setting>,
    /// The light.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time_of_day: Option<TimeOfDay>,
    /// The place, with what the bible says about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<IntentEntry>,
    /// Who or what is in frame, the most important first, with what the bible says about them.
    pub subjects: Vec<IntentEntry>,
    /// Props of the bible that the words name, with what it says about them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub props: Vec<IntentEntry>,
    /// The script's words that the shot covers, a paragraph or speech an entry.
    pub lines: Vec<IntentLine>,
    /// The film's style, from the bible.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub style: BTreeMap<String, String>,
    /// Pictures of the film's style, by their names, where the renderer takes pictures; the
    /// built-in one does not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub style_images: BTreeMap<String, BlobId>,
    /// The shot before it in its scene, where the renderer continues from that; the built-in one
    /// does not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub previous: Option<Box<IntentPrevious>>,
}

/// The shot before another one in its scene, as far as it matters to that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IntentPrevious {
    /// How much of the subject its frame holds.
    pub framing: Framing,
    /// Who or what is in its frame.
    pub subjects: Vec<String>,
    /// The script's words it covers.
    pub lines: Vec<IntentLine>,
}

/// A workflow that a picture is made by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IntentWorkflow {
    /// What people call it.
    pub name: String,
    /// Hash of its definition, and of the bytes of the graphs and prompts it uses.
    pub hash: BlobId,
}

/// An intent as JSON, to compare others with. A film has thousands of takes with one each, and only
/// those of stale ones are ever read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptIntent(Arc<str>);

impl KeptIntent {
    /// The JSON of an intent.
    pub fn of(intent: &Intent) -> KeptIntent {
        // Structs, lists and maps of texts can always be written.
        KeptIntent(serde_json::to_string(intent).unwrap_or_default().into())
    }

    /// Takes over JSON that stands in a log of today's version. It is looked at when it is read.
    pub fn from_json(json: &RawValue) -> KeptIntent {
        KeptIntent(json.get().into())
    }

    /// The intent.
    pub fn read(&self) -> Result<Intent, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

impl Serialize for KeptIntent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let json: &RawValue = serde_json::from_str(&self.0).map_err(S::Error::custom)?;
            return json.serialize(serializer);
        }
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for KeptIntent {
    /// Of JSON by way of the intent, since it cannot be had raw of every deserializer.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<KeptIntent, D::Error> {
        if deserializer.is_human_readable() {
            return Intent::deserialize(deserializer).map(|it| KeptIntent::of(&it));
        }
        Arc::<str>::deserialize(deserializer).map(KeptIntent)
    }
}

impl JsonSchema for KeptIntent {
    fn schema_name() -> Cow<'static, str> {
        Intent::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Intent::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Intent::json_schema(generator)
    }
}

/// A subject or place, with the bible's details that a renderer may draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IntentEntry {
    /// The name as the bible or the script spells it.
    pub name: String,
    /// Details such as `hair` or `coat`; empty when the bible has no entry.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub details: BTreeMap<String, String>,
    /// Its pictures in the bible, by their names, where the renderer takes pictures; the built-in
    /// one does not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub images: BTreeMap<String, BlobId>,
}

/// One paragraph of action or one speech.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IntentLine {
    /// Who speaks; absent for action.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub speaker: Option<String>,
    /// The words, without markup, white space folded.
    pub text: String,
}

//! Exports: what we write for people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{film_method, id::ProjectId};

/// Writes the storyboard as one self-contained, printable HTML file. The file appears whole or
/// not at all.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportStoryboard {
    /// The film.
    pub project: ProjectId,
    /// The folder to write `storyboard.html` into, absolute; by default the film's `exports`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub out: Option<String>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    /// The file.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Scenes in it.
    pub scenes: u32,
    /// Shots in it.
    pub shots: u32,
    /// Shots with a picture.
    pub panels: u32,
}

film_method!(
    ExportStoryboard,
    "export/storyboard",
    Producer,
    Job,
    Exported
);

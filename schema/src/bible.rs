//! The bible: what characters, locations, props and the style look like. One entry a file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    film_method,
    id::{BlobId, ProjectId},
    quality::Quality,
};

/// What a bible entry is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum EntryKind {
    /// Somebody.
    Character,
    /// Somewhere.
    Location,
    /// Something.
    Prop,
    /// How the whole film looks.
    Style,
}

/// One file of the `bible` folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BibleEntry {
    /// What it is about.
    pub kind: EntryKind,
    /// The name as the script writes it: `MAYA`, `LIGHTHOUSE KITCHEN`.
    pub name: String,
    /// Other names of the same.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub aliases: Vec<String>,
    /// A few words for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// What a renderer may draw, such as `hair = "long, dark red"`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub details: BTreeMap<String, String>,
    /// What pictures are held against; only in a style.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quality: Option<Box<Quality>>,
}

/// What happens to the bible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum BibleEvent {
    /// A file was written, and reads well.
    #[schemars(title = "BibleEntryChanged")]
    Changed {
        /// The file, relative to the film's folder.
        path: String,
        /// What it says now.
        entry: BibleEntry,
        /// Its bytes, so that it can be put back. Absent in logs of the first daemons.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        text: Option<BlobId>,
    },
    /// A file is gone.
    #[schemars(title = "BibleEntryRemoved")]
    Removed {
        /// The file, relative to the film's folder.
        path: String,
    },
}

/// Lists the bible's entries by file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListBible {
    /// The film.
    pub project: ProjectId,
    /// Only entries of this kind.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<EntryKind>,
}

/// An entry and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BibleFile {
    /// The file, relative to the film's folder.
    pub path: String,
    /// What it says.
    pub entry: BibleEntry,
}

film_method!(ListBible, "bible/list", Viewer, Query, Vec<BibleFile>);

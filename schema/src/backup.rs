//! Backups: a film as one file that can be kept anywhere, and back again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    daemon_method,
    event::Seq,
    film_method,
    id::{BlobId, ProjectId},
};

/// Version of the file's layout.
pub const BACKUP_FORMAT: u32 = 1;

/// What a backup says of itself, in its entry `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// Version of the layout.
    pub format: u32,
    /// The film.
    pub project: ProjectId,
    /// Its title.
    pub title: String,
    /// The last event in it.
    pub seq: Seq,
    /// Digest of that event, and so of all that came before it.
    pub digest: String,
    /// The film's one script, if it was opened as a single file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub only: Option<String>,
    /// When it was made, in milliseconds since 1970 (UTC).
    pub made_ms: u64,
    /// Everything in it but this.
    pub entries: Vec<ManifestEntry>,
}

/// A file in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManifestEntry {
    /// Its name in the backup.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Hash of its bytes.
    pub hash: BlobId,
}

/// Writes the film with all its past as one file: sources, log, takes. The film stays open, and
/// the file appears whole or not at all.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportProject {
    /// The film.
    pub project: ProjectId,
    /// The file to write, absolute; its name ends in `.storycore.zip`. What is there already is not
    /// written over.
    pub path: String,
}

film_method!(
    ExportProject,
    "project/export",
    Producer,
    Job,
    ExportedProject
);

/// A backup that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedProject {
    /// The file.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Files in it.
    pub files: u32,
    /// The last event in it.
    pub seq: Seq,
}

/// Makes a film's folder of a backup. Everything is checked before anything appears. The film is
/// not opened.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportProject {
    /// The backup, absolute.
    pub path: String,
    /// The folder to make, absolute. There must be nothing of that name yet.
    pub into: String,
    /// Makes it a film of its own, with an id of its own. That happens anyway when the film is open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub as_copy: Option<bool>,
}

daemon_method!(
    ImportProject,
    "project/import",
    Producer,
    Job,
    ImportedProject
);

/// A film that came out of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportedProject {
    /// The film.
    pub id: ProjectId,
    /// Its title.
    pub title: String,
    /// What to open it by: its folder, or its one file.
    pub path: String,
    /// Files that were written.
    pub files: u32,
    /// The last event of its log.
    pub seq: Seq,
}

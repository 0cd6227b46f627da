//! Checkups: whether what we keep of a film is whole, and putting right what is not.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{daemon_method, event::Seq};

/// What something found wrong is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum FindingKind {
    /// The log's file as a whole.
    Database,
    /// Events of the log.
    Event,
    /// Bytes that events name: texts, pictures.
    Blob,
    /// Snapshots, which only save time.
    Snapshot,
    /// Files that a crash left half-written.
    HalfWritten,
}

/// Something found wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What it is about.
    pub kind: FindingKind,
    /// For a person.
    pub message: String,
    /// What was done about it; absent when it is still so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repaired: Option<String>,
    /// What to do about it, where we know.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

/// Checks what is kept of a film: the log's file, every event and its digest, the texts and
/// pictures that events name, snapshots, half-written files. With `repair` it puts right what can
/// be, and keeps a copy of everything it changes; the film must be closed for that.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckProject {
    /// The film's folder or file, absolute.
    pub path: String,
    /// Whether to put right what can be.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repair: Option<bool>,
}

daemon_method!(CheckProject, "project/check", Producer, Job, Checkup);

/// What a checkup found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checkup {
    /// The film's folder or file.
    pub path: String,
    /// The last event up to which the log is whole.
    pub seq: Seq,
    /// Texts and pictures that were looked at.
    pub blobs: u32,
    /// What is wrong, or was.
    pub findings: Vec<Finding>,
    /// Where copies of what was changed are kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub copies: Option<String>,
}

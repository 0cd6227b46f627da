//! Drafts: text that somebody has typed and not saved. It is shown to everyone as the film that it
//! would make, kept through a crash, and never part of the log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    film_method,
    id::{BlobId, ProjectId},
    state::PatchOperation,
};

/// Unsaved text of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// Who writes it, or wrote it.
    pub client: String,
    /// The file, relative to the film's folder.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was typed last, in milliseconds since 1970.
    pub at_ms: u64,
    /// Whether the client has it open; else it is what was left when the client, or the daemon,
    /// ended without a word.
    pub open: bool,
    /// Whether the file was changed by somebody else since, so that saving would replace that.
    pub conflict: bool,
}

/// Lists unsaved texts: those that are being written, and those left by clients that ended without
/// saving.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListDrafts {
    /// The film.
    pub project: ProjectId,
}

film_method!(ListDrafts, "draft/list", Viewer, Job, Vec<Draft>);

/// Returns an unsaved text.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetDraft {
    /// The film.
    pub project: ProjectId,
    /// Who writes it, or wrote it.
    pub client: String,
    /// The file, relative to the film's folder.
    pub path: String,
}

/// An unsaved text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DraftText {
    /// The draft.
    pub draft: Draft,
    /// Its text.
    pub text: String,
    /// Hash of the file's text as the film knows it; absent when it knows no such file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub saved: Option<BlobId>,
}

film_method!(GetDraft, "draft/get", Viewer, Job, DraftText);

/// Throws away an unsaved text that was left behind. One that somebody is writing is refused.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiscardDraft {
    /// The film.
    pub project: ProjectId,
    /// Who wrote it.
    pub client: String,
    /// The file, relative to the film's folder.
    pub path: String,
}

film_method!(DiscardDraft, "draft/discard", Editor, Job, ());

/// Notification `draft/changed`, to whoever subscribes to a film's state: what the film would be
/// with the text that was typed last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DraftChanged {
    /// The film.
    pub project: ProjectId,
    /// What it would be; absent when nobody has unsaved text any more.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preview: Option<DraftPreview>,
}

/// A film as an unsaved text would make it. Scenes and shots that are only there have ids that no
/// method knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DraftPreview {
    /// Who writes.
    pub client: String,
    /// The file, relative to the film's folder.
    pub path: String,
    /// The revision of the state that the patch belongs to; when the state has gone on, another
    /// notification follows.
    pub revision: u64,
    /// What makes the saved state the one that is previewed.
    pub patch: Vec<PatchOperation>,
}

//! Diagnostics: what is wrong in the film's files, where, and what to do about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{film_method, id::ProjectId};

/// How bad it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The file, or a part of it, could not be used; the last good state stays.
    Error,
    /// It was used, but probably not as meant.
    Warning,
    /// Worth knowing.
    Information,
}

/// Something wrong in a file of the film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// The file, relative to the film's folder.
    pub path: String,
    /// Line, counted from 1; absent when it is about the whole file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// Column, counted from 1 in characters (Unicode scalar values).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<u32>,
    /// How bad it is.
    pub severity: Severity,
    /// A stable name, such as `unclosedNote`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// What can be done about it with one call.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub actions: Vec<DiagnosticAction>,
}

/// Something that can be done about a diagnostic: a call that is ready to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticAction {
    /// What it does, for a button: `Same scene`.
    pub title: String,
    /// The method.
    pub method: String,
    /// Its params.
    pub params: serde_json::Value,
}

/// What happens to diagnostics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum DiagnosticEvent {
    /// A file was looked at; these are all its diagnostics now.
    #[schemars(title = "FileChecked")]
    FileChecked {
        /// The file, relative to the film's folder.
        path: String,
        /// All of them; none if the file is fine.
        diagnostics: Vec<Diagnostic>,
    },
}

/// Lists what is wrong in the film's files, by file and line.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListDiagnostics {
    /// The film.
    pub project: ProjectId,
    /// Only those of this file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
}

film_method!(
    ListDiagnostics,
    "diagnostic/list",
    Viewer,
    Query,
    Vec<Diagnostic>
);

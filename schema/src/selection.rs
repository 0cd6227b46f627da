//! Selection: what each client looks at, shared so that an editor and the page can follow each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    film_method,
    id::{ProjectId, SceneId, ShotId},
};

/// What one client looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Selection {
    /// The scene.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scene: Option<SceneId>,
    /// The shot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shot: Option<ShotId>,
}

/// What happens to selections. Never logged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum SelectionEvent {
    /// A client looks at something else.
    #[schemars(title = "SelectionChanged")]
    Changed {
        /// The client, as named in the request.
        client: String,
        /// What it looks at; absent when it looks at nothing any more.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        selection: Option<Selection>,
    },
}

/// Tells the others what this client looks at. Send neither scene nor shot to clear it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetSelection {
    /// The film.
    pub project: ProjectId,
    /// The client's name, such as `page-3`.
    pub client: String,
    /// The scene.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scene: Option<SceneId>,
    /// The shot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shot: Option<ShotId>,
}

film_method!(SetSelection, "selection/set", Viewer, Command, ());

//! Projects: a film, its folder and its settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    daemon_method,
    event::Seq,
    film_method,
    id::{BlobId, ProjectId},
};

/// What `storycore.toml` says. Every key may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// The film's title; by default the title page's, or the folder's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Frames a second, 1 to 240.
    pub fps: f64,
    /// Width to height of the picture: `2.39:1`, `16:9` or `1.85`.
    pub aspect: String,
    /// What draws the panels: `sketch`, or `comfyui`.
    pub renderer: String,
    /// The workflow that draws them with ComfyUI: a file of the `workflows` folder, or the name of
    /// a shipped one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// Languages of the script, as BCP 47 tags; the first is the main one.
    pub languages: Vec<String>,
    /// Whether stale and missing panels are redrawn at once.
    #[serde(alias = "auto_render")]
    pub auto_render: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            title: None,
            fps: 24.0,
            aspect: "16:9".to_owned(),
            renderer: "sketch".to_owned(),
            workflow: None,
            languages: Vec::new(),
            auto_render: false,
        }
    }
}

/// A film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// Its id, kept in its log: moving the folder keeps it.
    pub id: ProjectId,
    /// Its title.
    pub title: String,
    /// Its folder, or its one file.
    pub path: String,
    /// What `storycore.toml` says.
    pub settings: Settings,
    /// Whether stale and missing panels are redrawn at once, by the settings or by
    /// `project/open`.
    pub auto_render: bool,
    /// The last event of its log.
    pub seq: Seq,
    /// Scenes in the script.
    pub scenes: u32,
    /// Shots in the script.
    pub shots: u32,
    /// Shots whose newest take is what the script asks for.
    pub fresh: u32,
    /// Shots whose takes are all out of date.
    pub stale: u32,
    /// Shots without a take.
    pub missing: u32,
    /// Running time in milliseconds, by the shots' durations.
    pub duration_ms: u64,
}

/// A film the daemon knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KnownProject {
    /// The film.
    pub id: ProjectId,
    /// Its title when it was last open.
    pub title: String,
    /// Its folder or file when it was last open.
    pub path: String,
    /// Whether it is open.
    pub open: bool,
}

/// What happens to a film as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum ProjectEvent {
    /// The film was opened for the first time.
    #[schemars(title = "ProjectCreated")]
    Created {
        /// Its id.
        id: ProjectId,
        /// Its title until a settings file or title page says otherwise.
        title: String,
    },
    /// The film's folder is a copy of another film's, and became a film of its own.
    #[schemars(title = "ProjectCopied")]
    Copied {
        /// Its own id.
        id: ProjectId,
        /// The film it is a copy of.
        from: ProjectId,
    },
    /// The film is a copy of another, and goes its own way from here. The first event that is not
    /// in the other's log, too.
    #[schemars(title = "ProjectBranched")]
    Branched {
        /// Its own id.
        id: ProjectId,
        /// The film it was copied from.
        from: ProjectId,
        /// The last event that both have.
        seq: Seq,
        /// Its name: `darker ending`.
        name: String,
    },
    /// `storycore.toml` was written, and reads well; or is gone, and the defaults hold.
    #[schemars(title = "SettingsChanged")]
    SettingsChanged {
        /// What it says now.
        settings: Settings,
        /// Its bytes, so that it can be put back; absent when there is none, and in logs of the
        /// first daemons.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        text: Option<BlobId>,
    },
    /// Somebody turned automatic drawing on or off.
    #[schemars(title = "AutoRenderSet")]
    AutoRenderSet {
        /// Whether stale and missing panels are redrawn at once.
        on: bool,
    },
}

/// Opens a film: a folder with Fountain files in it, or one `.fountain` file. Opening an open film
/// is no error.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenProject {
    /// The folder or file, absolute.
    pub path: String,
    /// Turns automatic drawing of stale and missing panels on or off, and remembers it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auto_render: Option<bool>,
    /// Makes a copied folder a film of its own, with the past of the film it is a copy of: it gets
    /// an id of its own. A film that has no past yet has one anyway.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub as_copy: Option<bool>,
}

daemon_method!(OpenProject, "project/open", Producer, Job, Project);

/// Closes a film. What it was working on goes on when it is opened again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloseProject {
    /// The film.
    pub project: ProjectId,
}

daemon_method!(CloseProject, "project/close", Producer, Job, ());

/// Lists the films the daemon knows, open ones first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListProjects {}

daemon_method!(
    ListProjects,
    "project/list",
    Viewer,
    Query,
    Vec<KnownProject>
);

/// Returns an open film with its counts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetProject {
    /// The film.
    pub project: ProjectId,
}

film_method!(GetProject, "project/get", Viewer, Query, Project);

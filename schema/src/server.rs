//! Servers that draw for the daemon: ComfyUI, one or many.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::daemon_method;

/// Lists the ComfyUI servers of the daemon: whether each is there, what it has, what it does.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListServers {}

daemon_method!(ListServers, "server/list", Viewer, Query, Vec<RenderServer>);

/// Has no further work begin on a ComfyUI server, or lets it begin again. What is under way there is
/// finished.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DrainServer {
    /// Its name.
    pub name: String,
    /// Whether nothing more is to begin there.
    pub on: bool,
}

daemon_method!(DrainServer, "server/drain", Producer, Job, RenderServer);

/// Whether a server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ServerHealth {
    /// It was not asked yet.
    New,
    /// It answers.
    Up,
    /// It does not.
    Down,
}

/// A ComfyUI server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RenderServer {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Whether it answers.
    pub health: ServerHealth,
    /// Since when it has answered, or has not, in milliseconds since 1970 (UTC).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since_ms: Option<u64>,
    /// Why it does not answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Whether nothing more begins there.
    pub draining: bool,
    /// ComfyUI's version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
    /// What it computes on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device: Option<String>,
    /// Memory of that, in bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory_bytes: Option<u64>,
    /// What of it was free when last asked, in bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory_free_bytes: Option<u64>,
    /// Our work there, in jobs.
    pub placed: u32,
    /// Everything in its queue, whoever's, in jobs.
    pub queued: u32,
    /// What of that is not ours, in jobs.
    pub others: u32,
    /// The node that it is at for us.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub node: Option<String>,
    /// How far that node is, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub done_milli: Option<u32>,
    /// How long its jobs take on average, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mean_ms: Option<u64>,
    /// Jobs it has finished for us.
    pub finished: u64,
    /// The model that our last job there has loaded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
}

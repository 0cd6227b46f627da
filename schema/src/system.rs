//! The daemon itself: who it is, how it does, what it may use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{daemon_method, limits::Limits, method::Role};

/// Version of the protocol: a client and a daemon with the same one understand each other.
pub const PROTOCOL_VERSION: u32 = 1;

/// Begins a session: tells the daemon who calls, and the caller what it may do. A session that
/// leaves this out is called by its transport's name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Initialize {
    /// The client's name, which its events will carry, such as `page`.
    pub client: String,
    /// The protocol it speaks.
    pub protocol: u32,
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Initialized {
    /// The daemon's version.
    pub version: String,
    /// The protocol it speaks.
    pub protocol: u32,
    /// What this session may do.
    pub role: Role,
}

daemon_method!(Initialize, "initialize", Viewer, Job, Initialized);

/// Returns how the daemon does.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetStatus {}

/// How the daemon does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemStatus {
    /// Its version.
    pub version: String,
    /// The protocol it speaks.
    pub protocol: u32,
    /// Its process id.
    pub pid: u32,
    /// Time since it was started, in milliseconds.
    pub uptime_ms: u64,
    /// Films open.
    pub open_projects: u32,
    /// Connections now.
    pub connections: u32,
    /// Resident memory in bytes, where the system tells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory_bytes: Option<u64>,
    /// What it may use.
    pub limits: Limits,
    /// Calls so far, by method.
    pub methods: Vec<MethodMetrics>,
}

/// How one method does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MethodMetrics {
    /// The method.
    pub method: String,
    /// Calls that ended.
    pub calls: u64,
    /// Of those, calls that failed.
    pub errors: u64,
    /// Mean time from dispatch to result, in microseconds.
    pub mean_us: u64,
    /// Longest time, in microseconds.
    pub max_us: u64,
}

daemon_method!(GetStatus, "system/status", Viewer, Query, SystemStatus);

/// Changes what the daemon logs, while it runs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetLogFilter {
    /// Levels per target, such as `info,storycore_server::store=debug`. Left out, nothing changes
    /// and the present filter is returned.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub filter: Option<String>,
}

/// What the daemon logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogFilter {
    /// Levels per target.
    pub filter: String,
    /// The file it logs into, one JSON object a line; absent when it logs to the terminal only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
}

daemon_method!(SetLogFilter, "system/log", Admin, Job, LogFilter);

/// Returns an address that opens the page in a browser, good for one use and a short time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetPage {
    /// The film to show; by default the page lists them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub project: Option<crate::id::ProjectId>,
}

/// Where the page is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageAddress {
    /// The address, with its one-time token.
    pub url: String,
}

daemon_method!(GetPage, "system/page", Producer, Job, PageAddress);

/// Stops the daemon. What films were working on goes on when they are opened again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shutdown {}

daemon_method!(Shutdown, "system/shutdown", Admin, Job, ());

/// Returns the OpenRPC document of this daemon: every method with its schemas.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Discover {}

daemon_method!(Discover, "rpc.discover", Viewer, Query, serde_json::Value);

//! What the daemon sends without being asked for it each time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    draft::DraftChanged, event::LoggedEvent, llm::LlmAnswering, log::Resync, state::StateChanged,
};

/// Notification `$/progress`: how far a job is. Jobs send it while they run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The `id` of the request it belongs to.
    pub token: serde_json::Value,
    /// Steps done.
    pub done: u32,
    /// Steps in all.
    pub total: u32,
    /// What it is doing, for a person.
    pub message: String,
}

/// Client notification `$/cancelRequest`: the caller no longer wants an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelRequest {
    /// The `id` of the request.
    pub id: serde_json::Value,
}

/// A notification: its wire name and its params.
pub trait Notification: Serialize + JsonSchema {
    /// Wire name.
    const NAME: &'static str;
}

impl Notification for StateChanged {
    const NAME: &'static str = "state/changed";
}

impl Notification for DraftChanged {
    const NAME: &'static str = "draft/changed";
}

impl Notification for LoggedEvent {
    const NAME: &'static str = "event/happened";
}

impl Notification for Progress {
    const NAME: &'static str = "$/progress";
}

impl Notification for Resync {
    const NAME: &'static str = "$/resync";
}

impl Notification for LlmAnswering {
    const NAME: &'static str = "llm/answering";
}

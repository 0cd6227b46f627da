//! Language models: who there is to ask, what asking took, and what they are asked for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{daemon_method, id::ProjectId};

/// Lists the language models of the daemon. Each is asked whether it is there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListLlms {}

daemon_method!(ListLlms, "llm/list", Viewer, Job, Vec<LlmProvider>);

/// A language model, where it is, and how it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LlmProvider {
    /// What people call it.
    pub name: String,
    /// How it speaks.
    pub kind: LlmKind,
    /// Where it is.
    pub url: String,
    /// The model that is asked; absent where it is the first that the server lists.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    /// Whether it answered just now.
    pub reachable: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// Models that it lists, 200 at most.
    pub models: Vec<String>,
    /// Whether it lists the model that is asked; absent if it lists none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub has_model: Option<bool>,
    /// Time for which it is left alone after failures, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resting_ms: Option<u64>,
    /// Tokens a second that it wrote lately, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tokens_per_second_milli: Option<u64>,
    /// Tasks that it works on for us.
    pub under_way: u32,
    /// Money spent there today (UTC), in millionths of the currency that its prices are in.
    pub spent_today_micro: u64,
    /// Tokens read and written there today (UTC).
    pub tokens_today: u64,
}

/// How a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LlmKind {
    /// Ollama's own protocol.
    Ollama,
    /// The one of OpenAI, which llama.cpp, vLLM, LM Studio and many more speak.
    Openai,
    /// Anthropic's.
    Anthropic,
}

/// Tells what language models were asked for so far, and what it took.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetLlmUsage {
    /// Only for this film.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub project: Option<ProjectId>,
}

daemon_method!(GetLlmUsage, "llm/usage", Viewer, Query, Vec<LlmUsage>);

/// What the tasks of one name took for one film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LlmUsage {
    /// The film; absent for what was for none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub project: Option<ProjectId>,
    /// The task: `breakdown`.
    pub task: String,
    /// Answers, with those that were kept from an earlier time.
    pub answers: u64,
    /// Answers that were kept from an earlier time.
    pub cached: u64,
    /// Times that a provider came to nothing.
    pub failed: u64,
    /// Tokens that models read.
    pub tokens_in: u64,
    /// Tokens that they wrote.
    pub tokens_out: u64,
    /// What it cost, in millionths of the currency that the prices are in.
    pub money_micro: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Frees the memory that a model takes, where its server can. The next task loads it again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnloadLlm {
    /// The provider.
    pub name: String,
}

daemon_method!(UnloadLlm, "llm/unload", Producer, Job, LlmUnloaded);

/// What came of freeing memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LlmUnloaded {
    /// Whether the memory is free, or will be in a moment.
    pub freed: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
}

/// Notification `llm/answering`: what a model has written so far for a request, as it comes. The
/// request's answer is whole and checked; this is for people to watch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LlmAnswering {
    /// The `id` of the request it belongs to.
    pub token: serde_json::Value,
    /// The next piece of the answer.
    pub text: String,
    /// Whether what came before counts no more, as the answer begins anew.
    pub anew: bool,
}

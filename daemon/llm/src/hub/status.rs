//! What people see of the providers, and freeing the memory that a model takes.

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Hub;
use crate::{
    breaker::BreakerState,
    error::{Error, ErrorKind},
    line::Line,
    provider::Kind,
};

/// The most models that a status lists.
const MODELS_MAX: usize = 200;

/// One provider as a page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderStatus {
    /// Its name.
    pub name: String,
    /// How it speaks.
    pub kind: Kind,
    /// Where it is.
    pub base_url: String,
    /// The model that is asked for; absent if it is the first that the server lists.
    pub model: Option<String>,
    /// Whether it answered just now.
    pub is_reachable: bool,
    /// Why not, in words.
    pub why_not: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The models that it lists, the first 200.
    pub models: Vec<String>,
    /// Whether it lists the model that is asked for; absent if it lists none.
    pub has_model: Option<bool>,
    /// Whether it is left alone after failures.
    pub breaker: BreakerState,
    /// Tokens a second that it wrote lately.
    pub tokens_per_second: Option<f64>,
    /// Tasks that it works on for us.
    pub under_way: u32,
    /// Money spent there today, in millionths of the currency.
    pub spent_today_micro: u64,
    /// Tokens read and written there today.
    pub tokens_today: u64,
}

/// What came of freeing memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Unloaded {
    /// The model's memory is free, or will be in a moment.
    Freed,
    /// The model takes no memory of machines of yours.
    Elsewhere,
    /// The server has no way to do it.
    Cannot {
        /// Why.
        reason: String,
    },
}

impl Hub {
    /// Looks at every provider, all at once. Takes as long as the slowest, which is bounded by its
    /// `probe_ms`.
    pub async fn status(&self) -> Vec<ProviderStatus> {
        join_all(self.lines.iter().map(|it| self.status_of(it))).await
    }

    async fn status_of(&self, line: &Line) -> ProviderStatus {
        let listed = line.http.models().await.map_err(|it| it.error);
        let provider = &line.provider;
        let now_ms = self.options.world.now_ms();
        let spent = line.spent_today(now_ms);
        let error = listed.as_ref().err();
        // A server that answers that it has no such list is there.
        let is_reachable = error.is_none_or(|it| it.kind == ErrorKind::Misconfigured);
        let shown = error.filter(|_| !is_reachable);
        let mut models = listed
            .as_ref()
            .map(|it| it.names.clone())
            .unwrap_or_default();
        let has = |model: &String| {
            // Ollama's `llama3` is its `llama3:latest`.
            models
                .iter()
                .any(|it| it == model || it.strip_suffix(":latest") == Some(model))
        };
        let has_model = provider
            .model
            .as_ref()
            .filter(|_| !models.is_empty())
            .map(has);
        models.truncate(MODELS_MAX);
        let breaker = line.breaker().state(now_ms);
        ProviderStatus {
            name: provider.name.clone(),
            kind: provider.kind,
            base_url: provider.base_url.clone(),
            model: provider.model.clone(),
            is_reachable,
            why_not: shown.map(|it| it.message.clone()),
            hint: shown.and_then(|it| it.hint.clone()),
            models,
            has_model,
            breaker,
            tokens_per_second: line.speed(),
            under_way: line.n_under_way(),
            spent_today_micro: spent.money_micro,
            tokens_today: spent.tokens,
        }
    }

    /// Frees the memory that a provider's model takes, where its server can: before a render that
    /// needs it. The next task loads the model again.
    ///
    /// # Errors
    /// `misconfigured` if there is no such provider, and what the server says.
    pub async fn unload(&self, provider: &str) -> Result<Unloaded, Error> {
        let line = self.line(provider).ok_or_else(|| {
            Error::new(
                ErrorKind::Misconfigured,
                format!("there is no provider {provider}"),
            )
        })?;
        let under_way = line.n_under_way();
        if under_way > 0 {
            let reason = format!("it works on {under_way} tasks");
            return Ok(Unloaded::Cannot { reason });
        }
        let unloaded = match line.provider.kind {
            Kind::Anthropic => Ok(Unloaded::Elsewhere),
            Kind::Ollama => unload_ollama(line).await,
            Kind::OpenAi => unload_llama_cpp(line).await,
        };
        unloaded.map_err(|it| it.of(line.name()))
    }
}

/// An empty conversation that is kept for no time unloads the model.
async fn unload_ollama(line: &Line) -> Result<Unloaded, Error> {
    let Some(model) = &line.provider.model else {
        let reason = "its settings name no model".to_owned();
        return Ok(Unloaded::Cannot { reason });
    };
    let body = json!({ "model": model, "messages": [], "keep_alive": 0, "stream": false });
    let answer = line
        .http
        .call("/api/chat", &body)
        .await
        .map_err(|it| it.error)?;
    if answer.get("done").and_then(serde_json::Value::as_bool) == Some(true) {
        return Ok(Unloaded::Freed);
    }
    Err(Error::new(
        ErrorKind::Server,
        "it does not say that it unloaded the model",
    ))
}

/// llama.cpp can where it routes to several models, each in a process of its own.
async fn unload_llama_cpp(line: &Line) -> Result<Unloaded, Error> {
    let listed = line.http.models().await.map_err(|it| it.error)?;
    if !listed.answers_to_any_name {
        let reason = "servers of its kind have no way to unload a model".to_owned();
        return Ok(Unloaded::Cannot { reason });
    }
    let named = line.provider.model.as_ref().or(listed.names.first());
    let body = json!({ "model": named });
    match line.http.call("/models/unload", &body).await {
        Ok(_) => Ok(Unloaded::Freed),
        Err(failure) if failure.status == Some(404) => Ok(Unloaded::Cannot {
            reason: "a llama.cpp server that was started with one model keeps it: start it \
                     without --model to let it load and unload several"
                .to_owned(),
        }),
        Err(failure) => Err(failure.error),
    }
}

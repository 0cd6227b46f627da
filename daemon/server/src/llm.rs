//! The language models of this daemon: one hub for all films, and what was asked of it so far.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use storycore_cache::Cache;
use storycore_llm::{
    Answer, BreakerOptions, BuiltIn, CacheUse, Error as LlmError, ErrorKind as LlmErrorKind,
    Events, Hub, HubOptions, Prompt, RetryOptions, Secret, System, Task, Unloaded, UsageSum,
};
use storycore_schema::{Error, ErrorKind, id::ProjectId};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use crate::{
    kept::KeptAnswers,
    settings::{CHAIN_DEFAULT, DaemonSettings, LlmSettings},
};

mod accounts;
pub mod prompts;

use accounts::Accounts;

/// How often a model may repair an answer that does not fit its schema.
const REPAIRS_MAX: u32 = 2;
/// How long a render waits until the memory is free that it needs.
const UNLOAD_MAX: Duration = Duration::from_secs(10);
/// Chains that prompts may name though nobody has set them up: they ask whom `default` asks.
const CHAINS_USUAL: [&str; 2] = ["fast", "creative"];

/// What to do where there is no model.
pub const SET_UP: &str =
    "add [[llm]] with a kind, a url and a model to daemon.toml, then start the daemon again";

/// The models.
pub struct Llm {
    hub: Option<Hub>,
    accounts: Arc<Accounts>,
    /// Those whose memory is freed before a render.
    unloads: Vec<String>,
    /// Whether one of them may have its model loaded, as far as we know.
    may_be_loaded: AtomicBool,
    /// What the models are, in words that change with them.
    models: String,
    first: Option<String>,
}

/// Something to ask.
pub struct Question<'a> {
    /// What accounts call it.
    pub task: &'a str,
    /// The film it is for.
    pub film: ProjectId,
    /// How it is asked.
    pub prompt: &'a Prompt,
    /// What the prompt is filled in with.
    pub context: &'a serde_json::Value,
}

impl Llm {
    /// No model; what earlier ones were asked is still known.
    pub fn none(state_dir: &Path) -> Llm {
        Llm {
            hub: None,
            accounts: Arc::new(Accounts::open(state_dir)),
            unloads: Vec::new(),
            may_be_loaded: AtomicBool::new(false),
            models: String::new(),
            first: None,
        }
    }

    /// Looks after models from now on; none where none are set up.
    pub fn start(settings: &DaemonSettings, state_dir: &Path, cache: &Cache) -> Result<Llm, Error> {
        if settings.llm.is_empty() {
            return Ok(Llm::none(state_dir));
        }
        let accounts = Arc::new(Accounts::open(state_dir));
        let unloads = settings.llm.iter().filter(|it| it.unload);
        let unloads = unloads.map(|it| it.provider.name.clone()).collect();
        let named = settings.llm.iter();
        let named = named.map(|it| format!("{} {:?}", it.provider.base_url, it.provider.model));
        let models = named.collect::<Vec<_>>().join("; ");
        let chain = settings
            .llm_chains
            .get(CHAIN_DEFAULT)
            .and_then(|it| it.first());
        let first = chain
            .or(settings.llm.first().map(|it| &it.provider.name))
            .cloned();
        let hub = hub(settings, &accounts, cache)?;
        Ok(Llm {
            hub: Some(hub),
            accounts,
            unloads,
            may_be_loaded: AtomicBool::new(true),
            models,
            first,
        })
    }

    /// The hub, if a model is set up.
    pub fn hub(&self) -> Option<&Hub> {
        self.hub.as_ref()
    }

    /// The one that is asked first, if there is any.
    pub fn first(&self) -> Option<&str> {
        self.first.as_deref()
    }

    /// What the models are: two daemons with the same answer alike.
    pub fn models(&self) -> &str {
        &self.models
    }

    /// What all tasks took so far, also before this daemon.
    pub fn usage(&self) -> Vec<UsageSum> {
        let now = self.hub.as_ref().map(Hub::usage).unwrap_or_default();
        self.accounts.with(&now)
    }

    /// Asks.
    pub async fn ask(
        &self,
        question: &Question<'_>,
        events: Option<&Events>,
        cancel: &CancellationToken,
    ) -> Result<Answer, LlmError> {
        let Some(hub) = &self.hub else {
            let message = "no language model is set up";
            return Err(LlmError::new(LlmErrorKind::Misconfigured, message).hint(SET_UP));
        };
        let request = question.prompt.fill_in(question.context)?;
        self.may_be_loaded.store(true, Ordering::Relaxed);
        let task = Task {
            name: question.task.to_owned(),
            film: Some(question.film.to_string()),
            chain: question.prompt.chain.clone(),
            request,
            cache: CacheUse::Keep,
            limit: storycore_llm::CostLimit::default(),
        };
        hub.complete(&task, events, cancel).await
    }

    /// Frees the memory of models that share it with what draws. That it cannot be freed stops no
    /// render: the server then says itself that it has not enough.
    pub async fn make_room(&self) {
        let Some(hub) = &self.hub else {
            return;
        };
        if self.unloads.is_empty() || !self.may_be_loaded.swap(false, Ordering::Relaxed) {
            return;
        }
        for name in &self.unloads {
            match tokio::time::timeout(UNLOAD_MAX, hub.unload(name)).await {
                Ok(Ok(Unloaded::Freed)) => info!(provider = name, "its memory is free for drawing"),
                Ok(Ok(kept)) => debug!(provider = name, ?kept, "its memory stays taken"),
                Ok(Err(error)) => debug!(provider = name, %error, "its memory stays taken"),
                Err(_) => debug!(
                    provider = name,
                    "it does not say whether its memory is free"
                ),
            }
        }
    }
}

fn hub(settings: &DaemonSettings, accounts: &Arc<Accounts>, cache: &Cache) -> Result<Hub, Error> {
    let providers = settings.llm.iter().map(provider);
    let providers = providers.collect::<Result<Vec<_>, Error>>()?;
    let mut chains = settings.llm_chains.clone();
    let all = || providers.iter().map(|it| it.name.clone()).collect();
    let usual: Vec<String> = chains.get(CHAIN_DEFAULT).cloned().unwrap_or_else(all);
    for chain in [CHAIN_DEFAULT].into_iter().chain(CHAINS_USUAL) {
        chains.entry(chain.to_owned()).or_insert(usual.clone());
    }
    let options = HubOptions {
        providers,
        chains,
        day_limit: storycore_llm::CostLimit::default(),
        retry: RetryOptions::USUAL,
        breaker: BreakerOptions::USUAL,
        repairs_max: REPAIRS_MAX,
        cache: Arc::new(KeptAnswers(cache.clone())),
        sink: accounts.clone(),
        world: Arc::new(System),
    };
    let hub = Hub::new(options).map_err(|error| unusable(&error))?;
    hub.recall(accounts.today());
    Ok(hub)
}

fn provider(settings: &LlmSettings) -> Result<storycore_llm::Provider, Error> {
    let mut provider = settings.provider.clone();
    if let Some(variable) = &settings.key_env {
        let key = Secret::from_env(variable);
        provider.key = Some(key.map_err(|error| unusable(&error))?);
    }
    Ok(provider)
}

fn unusable(error: &LlmError) -> Error {
    Error::failed_precondition(error.to_string())
        .hint("correct [[llm]] in daemon.toml, then start the daemon again")
}

/// What a caller is told of a model that has no answer.
pub fn told(error: &LlmError) -> Error {
    let kind = match error.kind {
        LlmErrorKind::Canceled => ErrorKind::Cancelled,
        LlmErrorKind::ContextOverflow
        | LlmErrorKind::TooLarge
        | LlmErrorKind::CostLimit
        | LlmErrorKind::RateLimited => ErrorKind::ResourceExhausted,
        LlmErrorKind::Misconfigured
        | LlmErrorKind::Auth
        | LlmErrorKind::UnknownModel
        | LlmErrorKind::Unsupported => ErrorKind::FailedPrecondition,
        LlmErrorKind::Unreachable
        | LlmErrorKind::Overloaded
        | LlmErrorKind::Server
        | LlmErrorKind::Refused
        | LlmErrorKind::Truncated
        | LlmErrorKind::Invalid
        | LlmErrorKind::Rejected => ErrorKind::Unavailable,
    };
    let told = Error::new(kind, error.to_string());
    match &error.hint {
        Some(hint) => told.hint(hint.clone()),
        None => told,
    }
}

/// A task that is built in, by its name.
pub fn built_in(name: &str) -> Option<BuiltIn> {
    BuiltIn::ALL.iter().copied().find(|it| it.name() == name)
}

#[cfg(test)]
mod tests {
    use storycore_core::task;
    use storycore_llm::tasks::BuiltIn;

    /// The rules and the models know the same tasks by the same names.
    #[test]
    fn every_task_has_a_prompt() {
        let named: Vec<&str> = BuiltIn::ALL.iter().map(|it| it.name()).collect();
        assert_eq!(named, task::NAMES);
    }
}

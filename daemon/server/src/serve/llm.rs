//! `llm/list`, `llm/usage`, `llm/unload`: the language models.

use storycore_llm::{BreakerState, Kind, ProviderStatus, Unloaded, UsageSum};
use storycore_schema::{
    Error,
    llm::{GetLlmUsage, ListLlms, LlmKind, LlmProvider, LlmUnloaded, LlmUsage, UnloadLlm},
};

use super::{Context, Serve};
use crate::llm::told;

impl Serve for ListLlms {
    async fn serve(self, context: &Context) -> Result<Vec<LlmProvider>, Error> {
        let llm = context.daemon.films.llm();
        let Some(hub) = llm.hub() else {
            return Ok(Vec::new());
        };
        Ok(hub.status().await.into_iter().map(described).collect())
    }
}

impl Serve for GetLlmUsage {
    async fn serve(self, context: &Context) -> Result<Vec<LlmUsage>, Error> {
        let sums = context.daemon.films.llm().usage().into_iter().map(summed);
        let wanted = |it: &LlmUsage| self.project.is_none() || it.project == self.project;
        Ok(sums.filter(wanted).collect())
    }
}

impl Serve for UnloadLlm {
    async fn serve(self, context: &Context) -> Result<LlmUnloaded, Error> {
        let hub = context.daemon.films.llm().hub();
        let hub = hub.ok_or_else(|| {
            Error::not_found("language model", &self.name)
                .hint("llm/list lists them; they are set up in daemon.toml")
        })?;
        let unloaded = hub.unload(&self.name).await.map_err(|it| told(&it))?;
        let why = match unloaded {
            Unloaded::Freed => None,
            Unloaded::Elsewhere => Some("it runs on no machine of yours".to_owned()),
            Unloaded::Cannot { reason } => Some(reason),
        };
        let freed = why.is_none();
        Ok(LlmUnloaded { freed, why })
    }
}

fn described(status: ProviderStatus) -> LlmProvider {
    let resting_ms = match status.breaker {
        BreakerState::Open { for_ms } => Some(for_ms),
        BreakerState::Closed { .. } | BreakerState::Trying => None,
    };
    LlmProvider {
        name: status.name,
        kind: match status.kind {
            Kind::Ollama => LlmKind::Ollama,
            Kind::OpenAi => LlmKind::Openai,
            Kind::Anthropic => LlmKind::Anthropic,
        },
        url: status.base_url,
        model: status.model,
        reachable: status.is_reachable,
        error: status.why_not,
        hint: status.hint,
        models: status.models,
        has_model: status.has_model,
        resting_ms,
        // `as` on a float stops at the type's ends.
        tokens_per_second_milli: status.tokens_per_second.map(|it| (it * 1_000.0) as u64),
        under_way: status.under_way,
        spent_today_micro: status.spent_today_micro,
        tokens_today: status.tokens_today,
    }
}

fn summed(sum: UsageSum) -> LlmUsage {
    LlmUsage {
        project: sum.film.and_then(|it| it.parse().ok()),
        task: sum.task,
        answers: sum.answers,
        cached: sum.cached,
        failed: sum.failed,
        tokens_in: sum.tokens_in,
        tokens_out: sum.tokens_out,
        money_micro: sum.money_micro,
        took_ms: sum.ms,
    }
}

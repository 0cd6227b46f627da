//! The hub: tasks go in, and answers come out of the first provider of a chain that has one.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio_util::sync::CancellationToken;

use crate::{
    answer::{Answer, Event, Events, tell},
    backoff::{self, RetryOptions},
    breaker::{BreakerOptions, Outcome},
    budget::{Budget, Cost, CostLimit},
    cache::{self, Cache, CacheKey},
    conversation::{Tally, converse},
    error::{Error, ErrorKind},
    flight::{Boarding, Flights, follow},
    line::{Call, Line, lock},
    provider::Provider,
    request::Request,
    usage::{Ledger, UsageRecord, UsageSink, UsageSum},
    world::World,
};

mod status;

pub use status::{ProviderStatus, Unloaded};

/// What a hub is made of.
pub struct HubOptions {
    /// The providers, each with a name of its own.
    pub providers: Vec<Provider>,
    /// Chains by name: the names of providers, the first to be asked first.
    pub chains: BTreeMap<String, Vec<String>>,
    /// The most that all providers together may cost in a day (UTC).
    pub day_limit: CostLimit,
    /// Tries at one provider.
    pub retry: RetryOptions,
    /// When a provider is left alone.
    pub breaker: BreakerOptions,
    /// How often a model may repair an answer that does not fit its schema.
    pub repairs_max: u32,
    /// Where answers are kept.
    pub cache: Arc<dyn Cache>,
    /// Where records of usage go.
    pub sink: Arc<dyn UsageSink>,
    /// Time, waiting and chance.
    pub world: Arc<dyn World>,
}

/// Whether an answer from an earlier time will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// It will, and a new one is kept.
    Keep,
    /// It will not: ask for another one, and keep that.
    Renew,
    /// It will not, and the new one is not kept.
    Off,
}

/// A task for the hub.
#[derive(Debug, Clone)]
pub struct Task {
    /// What accounts call it: `breakdown`.
    pub name: String,
    /// The film it is for, if it is for one. Opaque here.
    pub film: Option<String>,
    /// The chain to ask.
    pub chain: String,
    /// What to ask.
    pub request: Request,
    /// Whether an answer from an earlier time will do.
    pub cache: CacheUse,
    /// The most that this task may cost, with all its tries and repairs.
    pub limit: CostLimit,
}

/// What followers of a flight get.
type Landed = Result<Answer, Error>;

/// Providers, chains and everything that is known of them. One a daemon.
pub struct Hub {
    options: HubOptions,
    lines: Vec<Line>,
    day: Mutex<Budget>,
    flights: Flights<(blake3::Hash, String), Landed>,
    ledger: Ledger,
}

impl Hub {
    /// A hub that has asked nobody yet.
    ///
    /// # Errors
    /// `misconfigured` or `auth`, naming the provider or chain.
    pub fn new(options: HubOptions) -> Result<Hub, Error> {
        let now_ms = options.world.now_ms();
        let mut lines: Vec<Line> = Vec::new();
        for provider in &options.providers {
            let name = provider.name.clone();
            if name.is_empty() || lines.iter().any(|it| it.name() == name) {
                return Err(Error::new(
                    ErrorKind::Misconfigured,
                    format!("two providers are named {name:?}, or one is not named at all"),
                ));
            }
            lines.push(Line::new(provider.clone(), options.breaker, now_ms)?);
        }
        for (chain, names) in &options.chains {
            let has = |name: &&String| lines.iter().any(|it| it.name() == **name);
            if let Some(missing) = names.iter().find(|it| !has(it)) {
                return Err(Error::new(
                    ErrorKind::Misconfigured,
                    format!("the chain {chain} names {missing}, which is no provider"),
                )
                .hint("add the provider, or take it out of the chain"));
            }
        }
        Ok(Hub {
            day: Mutex::new(Budget::of_day(options.day_limit)),
            flights: Flights::new(),
            ledger: Ledger::default(),
            lines,
            options,
        })
    }

    /// Counts what was used before this hub was there: today's of it counts against the limits of a
    /// day.
    pub fn recall(&self, records: &[UsageRecord]) {
        for record in records {
            self.ledger.add(record);
            let Some(line) = self.lines.iter().find(|it| it.name() == record.provider) else {
                continue;
            };
            if !record.is_cached {
                let tokens = record.tokens_in + record.tokens_out;
                let cost = Cost {
                    money_micro: record.money_micro,
                    tokens,
                };
                line.add_spent(cost, record.at_ms);
                lock(&self.day).add(cost, record.at_ms);
            }
        }
    }

    /// What all tasks took, by film and task.
    pub fn usage(&self) -> Vec<UsageSum> {
        self.ledger.sums()
    }

    /// Does a task: the first provider of its chain that has an answer gives it. Events are told
    /// while it comes, if somebody listens; a listener that is slow slows the answer. Canceling, or
    /// dropping this future, closes the connection.
    ///
    /// The same question asked twice at once is asked once; the second asker is told the answer in
    /// one piece.
    ///
    /// # Errors
    /// What the provider said that can be acted on soonest, with all others in `tried`.
    pub async fn complete(
        &self,
        task: &Task,
        events: Option<&Events>,
        cancel: &CancellationToken,
    ) -> Result<Answer, Error> {
        task.request.check()?;
        if task.cache != CacheUse::Keep {
            return self.ask_chain(task, events, cancel).await;
        }
        let key = (task.request.hash(), task.chain.clone());
        loop {
            let flight = match self.flights.board(key.clone()) {
                Boarding::Lead(lead) => {
                    let landed = self.ask_chain(task, events, cancel).await;
                    // Who cancels, or may not pay for it, does so for itself alone.
                    let failed = landed.as_ref().err().map(|it| it.kind);
                    if !matches!(failed, Some(ErrorKind::Canceled | ErrorKind::CostLimit)) {
                        lead.land(landed.clone());
                    }
                    return landed;
                }
                Boarding::Follow(flight) => flight,
            };
            let landed = tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Error::canceled()),
                landed = follow(flight) => landed,
            };
            if let Some(landed) = landed {
                let kept = landed?.into_cached();
                self.give_kept(task, events, &kept).await;
                return Ok(kept);
            }
        }
    }

    async fn ask_chain(
        &self,
        task: &Task,
        events: Option<&Events>,
        cancel: &CancellationToken,
    ) -> Result<Answer, Error> {
        let Some(names) = self.options.chains.get(&task.chain) else {
            let chains: Vec<&str> = self.options.chains.keys().map(String::as_str).collect();
            return Err(Error::new(
                ErrorKind::Misconfigured,
                format!("there is no chain {}", task.chain),
            )
            .hint(format!("the chains are: {}", chains.join(", "))));
        };
        let task_budget = Mutex::new(Budget::of_task(task.limit));
        let call = Call {
            world: &*self.options.world,
            events,
            cancel,
            task_budget: &task_budget,
            day_budget: &self.day,
            retry: self.options.retry,
            repairs_max: self.options.repairs_max,
        };
        let mut tried: Vec<Error> = Vec::new();
        for line in names.iter().filter_map(|it| self.line(it)) {
            if let Some(before) = tried.last() {
                tell(
                    events,
                    Event::Restarted {
                        reason: before.to_string(),
                    },
                )
                .await;
            }
            match self.ask_line(line, &call, task).await {
                Ok(answer) => return Ok(answer),
                Err(error) if !error.kind.falls_back() => return Err(error),
                Err(error) => {
                    let kind = error.kind;
                    tracing::info!(provider = line.name(), ?kind, "no answer: {error}");
                    tried.push(error);
                }
            }
        }
        Err(Error::of_chain(&task.chain, tried))
    }

    /// Asks one provider, as often as it makes sense.
    async fn ask_line(&self, line: &Line, call: &Call<'_>, task: &Task) -> Result<Answer, Error> {
        if let Some(model) = &line.provider.model
            && let Some(kept) = self.kept(line, call, task, model).await
        {
            return Ok(kept);
        }
        let mut tally = Tally::new();
        let begun_ms = call.world.now_ms();
        let outcome = self.try_line(line, call, task, &mut tally).await;
        tally.ms = call.world.now_ms().saturating_sub(begun_ms);
        if tally.attempts > 0 {
            let model = match &outcome {
                Ok(answer) => &answer.model,
                Err(_) => &tally.model,
            };
            let failed = outcome.as_ref().err().map(|it| it.kind);
            self.record(line.name(), model, task, &tally, failed);
        }
        let answer = outcome.map_err(|it| it.of(line.name()))?;
        let ms = if answer.is_cached { 0 } else { tally.ms };
        let answer = Answer { ms, ..answer };
        if task.cache != CacheUse::Off && !answer.is_cached {
            let key = CacheKey::of(&task.request, &line.provider, &tally.model);
            cache::keep(&*self.options.cache, key, &answer).await;
        }
        if !answer.is_cached {
            tell(
                call.events,
                Event::Finished {
                    finish: answer.finish,
                },
            )
            .await;
        }
        Ok(answer)
    }

    async fn try_line(
        &self,
        line: &Line,
        call: &Call<'_>,
        task: &Task,
        tally: &mut Tally,
    ) -> Result<Answer, Error> {
        line.refuse_too_long(&task.request)?;
        let mut n_tries = 0;
        loop {
            n_tries += 1;
            let admitted = line.admit(call.world.now_ms())?;
            tell(
                call.events,
                Event::Asked {
                    provider: line.name().to_owned(),
                },
            )
            .await;
            let outcome = self.try_once(line, call, task, tally).await;
            let seen = match &outcome {
                Ok(answer) if answer.is_cached => Outcome::Unknown,
                Err(error) if error.kind.counts_against() => Outcome::Bad,
                // Our own limits and wishes say nothing of it.
                Err(error) if is_our_own(error.kind) => Outcome::Unknown,
                // It answers, whatever it says.
                Ok(_) | Err(_) => Outcome::Good,
            };
            admitted.settle(seen, call.world.now_ms());
            let error = match outcome {
                Err(error) if error.kind.is_worth_another_try() => error,
                other => return other,
            };
            let chance = call.world.chance();
            let ms = backoff::wait_ms(call.retry, n_tries, chance, error.retry_after_ms);
            if n_tries >= call.retry.tries || ms > call.retry.max_ms {
                return Err(error);
            }
            let (provider, reason) = (line.name().to_owned(), error.to_string());
            tell(
                call.events,
                Event::Waiting {
                    provider,
                    ms,
                    reason: reason.clone(),
                },
            )
            .await;
            call.wait(ms).await?;
            tell(call.events, Event::Restarted { reason }).await;
        }
    }

    async fn try_once(
        &self,
        line: &Line,
        call: &Call<'_>,
        task: &Task,
        tally: &mut Tally,
    ) -> Result<Answer, Error> {
        tally.model = line.model(call).await?;
        if line.provider.model.is_none()
            && let Some(kept) = self.kept(line, call, task, &tally.model).await
        {
            return Ok(kept);
        }
        converse(line, call, &task.request, tally).await
    }

    async fn kept(&self, line: &Line, call: &Call<'_>, task: &Task, model: &str) -> Option<Answer> {
        if task.cache != CacheUse::Keep {
            return None;
        }
        let key = CacheKey::of(&task.request, &line.provider, model);
        let kept = cache::look_up(&*self.options.cache, key, &task.request).await?;
        self.give_kept(task, call.events, &kept).await;
        Some(kept)
    }

    /// Tells and records an answer that was there already.
    async fn give_kept(&self, task: &Task, events: Option<&Events>, kept: &Answer) {
        tell(
            events,
            Event::Delta {
                text: kept.text.clone(),
            },
        )
        .await;
        tell(
            events,
            Event::Finished {
                finish: kept.finish,
            },
        )
        .await;
        let tally = Tally {
            usage: kept.usage,
            ..Tally::new()
        };
        self.record(&kept.provider, &kept.model, task, &tally, None);
    }

    fn record(
        &self,
        provider: &str,
        model: &str,
        task: &Task,
        tally: &Tally,
        failed: Option<ErrorKind>,
    ) {
        let record = UsageRecord {
            at_ms: self.options.world.now_ms(),
            provider: provider.to_owned(),
            model: model.to_owned(),
            task: task.name.clone(),
            film: task.film.clone(),
            tokens_in: tally.usage.tokens_in,
            tokens_out: tally.usage.tokens_out,
            is_measured: tally.usage.is_measured,
            money_micro: tally.money_micro,
            ms: tally.ms,
            is_cached: tally.attempts == 0,
            attempts: tally.attempts,
            failed,
        };
        self.ledger.add(&record);
        self.options.sink.record(&record);
    }

    fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|it| it.name() == name)
    }
}

fn is_our_own(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Canceled | ErrorKind::CostLimit | ErrorKind::RateLimited
    )
}

//! The line to one provider: what the hub knows of it while it runs, and one request over it,
//! within its limits.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use tokio_util::sync::CancellationToken;

use crate::{
    answer::{Event, Events, Usage, tell},
    backoff::RetryOptions,
    breaker::{Breaker, BreakerOptions, Leave, Outcome},
    budget::{Budget, Cost, CostLimit},
    error::{Error, ErrorKind},
    http::{Failure, Heard, Http},
    provider::{Kind, Provider},
    rate::Rate,
    request::Request,
    schema::Schema,
    wire::{Ask, Listed, Rung},
    world::World,
};

/// How long a list of models is believed, in milliseconds.
const LIST_FRESH_MS: u64 = 60_000;

/// The most schemas of which a line remembers how they are held to.
const RUNGS_MAX: usize = 256;

/// What all requests of one task share.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a dyn World,
    pub(crate) events: Option<&'a Events>,
    pub(crate) cancel: &'a CancellationToken,
    pub(crate) task_budget: &'a Mutex<Budget>,
    pub(crate) day_budget: &'a Mutex<Budget>,
    pub(crate) retry: RetryOptions,
    pub(crate) repairs_max: u32,
}

impl Call<'_> {
    /// Waits, unless it is canceled meanwhile.
    pub(crate) async fn wait(&self, ms: u64) -> Result<(), Error> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Error::canceled()),
            () = self.world.wait(ms) => Ok(()),
        }
    }
}

/// What one request came to.
pub(crate) struct Sent {
    /// Whether it left this machine.
    pub(crate) was_sent: bool,
    pub(crate) heard: Heard,
    pub(crate) usage: Usage,
    pub(crate) money_micro: u64,
    pub(crate) outcome: Result<(), Failure>,
}

/// What a provider turned out to be able to do.
#[derive(Debug, Default)]
struct Learned {
    omitted: Vec<&'static str>,
    rungs: Vec<(String, Rung)>,
}

/// A provider while the hub runs.
pub(crate) struct Line {
    pub(crate) provider: Provider,
    pub(crate) http: Http,
    breaker: Mutex<Breaker>,
    rate: Mutex<Rate>,
    day: Mutex<Budget>,
    learned: Mutex<Learned>,
    listed: Mutex<Option<(u64, Listed)>>,
    /// Tokens a second, smoothed.
    speed: Mutex<Option<f64>>,
    under_way: AtomicU32,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    pub(crate) fn new(
        provider: Provider,
        breaker: BreakerOptions,
        now_ms: u64,
    ) -> Result<Line, Error> {
        let limits = provider.limits;
        Ok(Line {
            http: Http::new(&provider)?,
            breaker: Mutex::new(Breaker::new(breaker)),
            rate: Mutex::new(Rate::new(
                limits.requests_per_minute,
                limits.tokens_per_minute,
                now_ms,
            )),
            day: Mutex::new(Budget::of_day(CostLimit::of_day(limits))),
            learned: Mutex::default(),
            listed: Mutex::default(),
            speed: Mutex::default(),
            under_way: AtomicU32::new(0),
            provider,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.provider.name
    }

    /// The model to ask for.
    pub(crate) async fn model(&self, call: &Call<'_>) -> Result<String, Error> {
        let named = self.provider.model.as_deref();
        // The others refuse by themselves what they do not have.
        if let Some(model) = named.filter(|_| self.provider.kind != Kind::OpenAi) {
            return Ok(model.to_owned());
        }
        let listed = match self.listed(call).await {
            Ok(listed) => listed,
            Err(error) if error.kind == ErrorKind::Canceled => return Err(error),
            // Not every server lists its models; a named one it may have all the same. It is not
            // asked again for a while, as one that is slow to say no costs time.
            Err(error) => {
                let model = named.map(ToOwned::to_owned).ok_or(error)?;
                *lock(&self.listed) = Some((call.world.now_ms(), Listed::default()));
                return Ok(model);
            }
        };
        let Some(model) = named else {
            return listed.names.first().cloned().ok_or_else(|| {
                Error::new(ErrorKind::UnknownModel, "it lists no models")
                    .hint("install a model there, or name one in the settings")
            });
        };
        if !listed.answers_to_any_name || listed.names.iter().any(|it| it == model) {
            return Ok(model.to_owned());
        }
        let some: Vec<&str> = listed.names.iter().take(5).map(String::as_str).collect();
        Err(Error::new(
            ErrorKind::UnknownModel,
            format!("it does not have {model}, though it would answer to that name"),
        )
        .hint(format!("it has {}", some.join(", "))))
    }

    async fn listed(&self, call: &Call<'_>) -> Result<Listed, Error> {
        let now_ms = call.world.now_ms();
        if let Some((at_ms, listed)) = &*lock(&self.listed)
            && now_ms.saturating_sub(*at_ms) < LIST_FRESH_MS
        {
            return Ok(listed.clone());
        }
        let listed = tokio::select! {
            biased;
            () = call.cancel.cancelled() => return Err(Error::canceled()),
            listed = self.http.models() => listed.map_err(|it| it.error)?,
        };
        *lock(&self.listed) = Some((now_ms, listed.clone()));
        Ok(listed)
    }

    /// Leave of the breaker to ask.
    pub(crate) fn admit(&self, now_ms: u64) -> Result<Admitted<'_>, Error> {
        let leave = lock(&self.breaker).admit(now_ms).map_err(|wait_ms| {
            Error::new(
                ErrorKind::Unreachable,
                format!("it failed several times and is left alone for {wait_ms} ms"),
            )
            .retry_after_ms(wait_ms)
            .of(self.name())
        })?;
        self.under_way.fetch_add(1, Ordering::Relaxed);
        Ok(Admitted {
            line: self,
            leave: Some(leave),
            now_ms,
        })
    }

    /// One request, after its turn has come and if it may cost what it may cost.
    pub(crate) async fn send(&self, call: &Call<'_>, ask: &Ask<'_>) -> Sent {
        let tokens_in = ask.request.tokens_estimate();
        let tokens_out = u64::from(ask.request.tokens_max);
        let estimate = self.cost(tokens_in, tokens_out);
        let mut heard = Heard::default();
        let unsent = |heard, error: Error| Sent {
            was_sent: false,
            heard,
            usage: Usage {
                is_measured: true,
                ..Usage::default()
            },
            money_micro: 0,
            outcome: Err(error.into()),
        };
        let budgets = [&self.day, call.day_budget, call.task_budget];
        let mut spoken_for = match SpokenFor::take(budgets, estimate, call.world) {
            Ok(spoken_for) => spoken_for,
            Err(error) => return unsent(heard, error),
        };
        if let Err(error) = self.wait_for_turn(call, estimate.tokens).await {
            return unsent(heard, error);
        }
        // If nobody waits for the end, at least the question is paid.
        spoken_for.cost = self.cost(tokens_in, 0);
        let outcome = self
            .http
            .ask(ask, call.events, call.cancel, &mut heard)
            .await;
        let usage = used(&heard, tokens_in);
        spoken_for.cost = self.cost(usage.tokens_in, usage.tokens_out);
        let (money_micro, now_ms) = (spoken_for.cost.money_micro, call.world.now_ms());
        drop(spoken_for);
        let tokens = usage.tokens_in + usage.tokens_out;
        lock(&self.rate).correct(estimate.tokens, tokens, now_ms);
        self.learn_from(&heard, outcome.as_ref().err(), now_ms);
        if outcome.is_ok() {
            tell(call.events, Event::Used { usage }).await;
        }
        Sent {
            was_sent: true,
            heard,
            usage,
            money_micro,
            outcome,
        }
    }

    async fn wait_for_turn(&self, call: &Call<'_>, tokens: u64) -> Result<(), Error> {
        let now_ms = call.world.now_ms();
        let wait_ms = lock(&self.rate).take(tokens, now_ms);
        if wait_ms == 0 {
            return Ok(());
        }
        let reason = "its limit of requests or tokens a minute is reached";
        let outcome = if wait_ms > call.retry.max_ms {
            Err(Error::new(ErrorKind::RateLimited, reason).retry_after_ms(wait_ms))
        } else {
            let provider = self.name().to_owned();
            let reason = reason.to_owned();
            tell(
                call.events,
                Event::Waiting {
                    provider,
                    ms: wait_ms,
                    reason,
                },
            )
            .await;
            call.wait(wait_ms).await
        };
        if outcome.is_err() {
            lock(&self.rate).give_back(tokens, call.world.now_ms());
        }
        outcome
    }

    fn learn_from(&self, heard: &Heard, failure: Option<&Failure>, now_ms: u64) {
        if let Some(error) = failure.map(|it| &it.error)
            && error.kind == ErrorKind::RateLimited
        {
            lock(&self.rate).pause(error.retry_after_ms.unwrap_or(0), now_ms);
        }
        let (Some(tokens), Some(_)) = (heard.reading.tokens_out, heard.reading.finish) else {
            return;
        };
        // A few tokens in no time measure nothing.
        if tokens >= 8 && heard.writing_ms > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
            let now = tokens as f64 * 1_000.0 / heard.writing_ms as f64;
            let mut speed = lock(&self.speed);
            *speed = Some(speed.map_or(now, |before| before * 0.7 + now * 0.3));
        }
    }

    pub(crate) fn cost(&self, tokens_in: u64, tokens_out: u64) -> Cost {
        Cost {
            money_micro: self.provider.price.of(tokens_in, tokens_out),
            tokens: tokens_in.saturating_add(tokens_out),
        }
    }

    /// Adds what was spent before this hub was there.
    pub(crate) fn add_spent(&self, cost: Cost, at_ms: u64) {
        lock(&self.day).add(cost, at_ms);
    }

    pub(crate) fn spent_today(&self, now_ms: u64) -> Cost {
        lock(&self.day).spent(now_ms)
    }

    pub(crate) fn breaker(&self) -> MutexGuard<'_, Breaker> {
        lock(&self.breaker)
    }

    pub(crate) fn speed(&self) -> Option<f64> {
        *lock(&self.speed)
    }

    pub(crate) fn n_under_way(&self) -> u32 {
        self.under_way.load(Ordering::Relaxed)
    }

    pub(crate) fn omitted(&self) -> Vec<&'static str> {
        lock(&self.learned).omitted.clone()
    }

    /// Remembers a parameter that the provider does not take; whether that is news.
    pub(crate) fn omit(&self, parameter: &'static str) -> bool {
        let mut learned = lock(&self.learned);
        let is_new = !learned.omitted.contains(&parameter);
        if is_new {
            learned.omitted.push(parameter);
        }
        is_new
    }

    /// How the provider is held to schemas of a name, if it is known.
    pub(crate) fn rung(&self, schema: &Schema) -> Option<Rung> {
        let learned = lock(&self.learned);
        let known = learned.rungs.iter().find(|it| it.0 == schema.name());
        known.map(|it| it.1)
    }

    pub(crate) fn remember_rung(&self, schema: &Schema, rung: Rung) {
        let mut learned = lock(&self.learned);
        learned.rungs.retain(|it| it.0 != schema.name());
        if learned.rungs.len() >= RUNGS_MAX {
            learned.rungs.remove(0);
        }
        learned.rungs.push((schema.name().to_owned(), rung));
    }

    /// Whether a request is too long for the model beyond any doubt.
    pub(crate) fn refuse_too_long(&self, request: &Request) -> Result<(), Error> {
        let tokens = request.tokens_at_least();
        match self.provider.context_tokens {
            Some(most) if tokens > u64::from(most) => Err(Error::new(
                ErrorKind::ContextOverflow,
                format!("the request has at least {tokens} tokens; the model reads {most}"),
            )
            .hint("shorten the request, or take a model that reads more")),
            _ => Ok(()),
        }
    }
}

/// What a request took: as the provider counted it, or as far as we can tell.
fn used(heard: &Heard, tokens_in: u64) -> Usage {
    let reading = &heard.reading;
    if !heard.was_begun {
        return Usage {
            is_measured: true,
            ..Usage::default()
        };
    }
    Usage {
        tokens_in: reading.tokens_in.unwrap_or(tokens_in),
        tokens_out: reading
            .tokens_out
            .unwrap_or((reading.text.len() as u64).div_ceil(4)),
        is_measured: reading.tokens_in.is_some() && reading.tokens_out.is_some(),
    }
}

/// A request that the breaker let pass. Dropped, it says nothing of the provider.
pub(crate) struct Admitted<'a> {
    line: &'a Line,
    leave: Option<Leave>,
    now_ms: u64,
}

impl Admitted<'_> {
    pub(crate) fn settle(mut self, outcome: Outcome, now_ms: u64) {
        self.now_ms = now_ms;
        self.give_back(outcome);
    }

    fn give_back(&mut self, outcome: Outcome) {
        if let Some(leave) = self.leave.take() {
            lock(&self.line.breaker).settle(leave, outcome, self.now_ms);
            self.line.under_way.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.give_back(Outcome::Unknown);
    }
}

/// What a request may cost, taken out of every budget; dropped, `cost` is what it did.
struct SpokenFor<'a> {
    budgets: [&'a Mutex<Budget>; 3],
    estimate: Cost,
    cost: Cost,
    world: &'a dyn World,
}

impl<'a> SpokenFor<'a> {
    fn take(
        budgets: [&'a Mutex<Budget>; 3],
        estimate: Cost,
        world: &'a dyn World,
    ) -> Result<SpokenFor<'a>, Error> {
        let now_ms = world.now_ms();
        for (index, budget) in budgets.iter().enumerate() {
            if let Err(error) = lock(budget).take(estimate, now_ms) {
                for taken in &budgets[..index] {
                    lock(taken).settle(estimate, Cost::default(), now_ms);
                }
                return Err(error);
            }
        }
        Ok(SpokenFor {
            budgets,
            estimate,
            cost: Cost::default(),
            world,
        })
    }
}

impl Drop for SpokenFor<'_> {
    fn drop(&mut self) {
        for budget in self.budgets {
            lock(budget).settle(self.estimate, self.cost, self.world.now_ms());
        }
    }
}

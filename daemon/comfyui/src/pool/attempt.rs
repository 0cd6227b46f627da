//! One job, until it is done: on one server, and on another when that one fails.
//!
//! A run that was left on a server that did not answer any more is still wanted until the job is
//! begun elsewhere. If its server answers first, it is followed there; if not, it is taken out when
//! the server answers again. So nothing is made twice that somebody could still have.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    Current, Shared,
    choose::{Choice, Wish, choose},
    preflight::{self, Finding, Preflight, Problem},
    seat::{Claim, Found, Seat, Ticket},
    shape,
    state::Member,
    tend,
};
use crate::{
    Error, Event, Finished, Graph, Job, Ledger, Placement, PromptId, Server,
    job::Telling,
    run::{self, Collected, Follow},
    server::Entry,
};

/// A server takes no notice of /free before it has woken up, which it does for the next run, too.
const FREED_AFTER: Duration = Duration::from_millis(300);
/// How often files are made anew that a server names and does not have.
const RENEWED_MAX: u32 = 2;
/// How often a job may fail, for each time that it may be handed in.
const FAILURES_PER_ATTEMPT: u32 = 4;
/// How often a waiting job looks around even when nobody told of a change.
const LOOK_AROUND: Duration = Duration::from_secs(5);

/// A job, and what was tried.
pub(super) struct Attempts<'a> {
    shared: &'a Arc<Shared>,
    job: Job,
    ledger: Option<&'a dyn Ledger>,
    events: &'a mpsc::Sender<Event>,
    cancel: &'a CancellationToken,
    shape: u64,
    model: Option<String>,
    /// How often it was handed in.
    n_begun: u32,
    failures: BTreeMap<String, u32>,
    /// Servers that cannot do it, each with the reason.
    unable: BTreeMap<String, Error>,
    /// A run on a server that does not answer.
    left: Option<Placement>,
    /// Who can run it, and the version of the lists that say so.
    checked: Option<(u64, Preflight)>,
    /// Whether servers that lack something were asked whether they still do.
    is_refreshed: bool,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(
        shared: &'a Arc<Shared>,
        job: &Job,
        ledger: Option<&'a dyn Ledger>,
        events: &'a mpsc::Sender<Event>,
        cancel: &'a CancellationToken,
    ) -> Attempts<'a> {
        let mut job = job.clone();
        job.note = shared.note(&job.note);
        if !job.wanted.is_empty() {
            // The rest of the graph would only cost time.
            job.graph = job.graph.only(&job.graph.upstream(&job.wanted));
            job.uploads
                .retain(|it| job.graph.node(&it.0.node).is_some());
        }
        let (shape, model) = shape(&job.graph);
        Attempts {
            shared,
            job,
            ledger,
            events,
            cancel,
            shape,
            model,
            n_begun: 0,
            failures: BTreeMap::new(),
            unable: BTreeMap::new(),
            left: None,
            checked: None,
            is_refreshed: false,
        }
    }

    pub(super) async fn run(mut self) -> Result<Finished, Error> {
        let ended = self.until_done().await;
        // What is left somewhere is not wanted any more, however it ended.
        if let Some(left) = self.left.take() {
            self.shared.lock().claims.remove(&left.prompt);
        }
        ended
    }

    pub(super) async fn reattach(mut self, placement: Placement) -> Result<Finished, Error> {
        let mut claim = Claim::new(self.shared, &placement.server, placement.prompt.clone());
        let graph = self.job.graph.clone();
        self.n_begun = 1;
        let ended = loop {
            let seat = match self.seat_at(&placement.server).await {
                Ok(seat) => seat,
                Err(error) => break Err(error),
            };
            match self.followed(&seat.server, &graph, &placement.prompt).await {
                // It may be there again soon, and still know the run.
                Err(error @ Error::Unreachable { .. }) if !self.has_failed_enough() => {
                    self.note_failure(&placement.server, &error);
                }
                ended => break ended,
            }
        };
        claim.is_kept = matches!(ended, Err(Error::Unreachable { .. }));
        match ended? {
            Ended::Done(finished) => Ok(finished),
            // It cannot be made anew here: that would be another run.
            Ended::Stale(_, file) => Err(Error::MissingOutput {
                server: placement.server,
                file,
            }),
        }
    }

    async fn until_done(&mut self) -> Result<Finished, Error> {
        loop {
            let seat = self.seat().await?;
            let name = seat.server.name().to_owned();
            let error = match self.on_server(&seat.server).await {
                Ok(finished) => return Ok(finished),
                Err(error) => error,
            };
            drop(seat);
            if !error.is_of_server() {
                return Err(error);
            }
            warn!(server = name, %error, attempts = self.n_begun, "an attempt failed");
            self.note_failure(&name, &error);
            let is_last = self.n_begun >= self.shared.options.attempts_max && self.left.is_none();
            if is_last || self.has_failed_enough() {
                return Err(Error::GivenUp {
                    attempts: self.n_begun,
                    last: Box::new(error),
                });
            }
            self.tell(Event::Retrying {
                why: error.to_string(),
            })
            .await;
            if !error.is_transient() {
                self.unable.insert(name, error);
            }
        }
    }

    /// A server may go and come back with a run still on it, but not for ever.
    fn has_failed_enough(&self) -> bool {
        let n_failures: u32 = self.failures.values().sum();
        n_failures >= FAILURES_PER_ATTEMPT * self.shared.options.attempts_max
    }

    fn note_failure(&mut self, name: &str, error: &Error) {
        *self.failures.entry(name.to_owned()).or_default() += 1;
        match error {
            Error::Unreachable { .. } | Error::NotComfyui { .. } | Error::Refused { .. } => {
                tend::seen_down(self.shared, name, error);
            }
            // It may be a server that was restarted, with other nodes.
            Error::Lost { .. } | Error::MissingNode { .. } | Error::MissingModel { .. } => {
                let mut state = self.shared.lock();
                if let Some(member) = state.members.get_mut(name) {
                    member.is_stale = true;
                    member.wake.notify_one();
                }
            }
            _ => {}
        }
    }

    /// Waits for room on the best server that can run it, or on the one where a run of it was left.
    async fn seat(&mut self) -> Result<Seat, Error> {
        let ticket = Ticket::new(self.shared);
        let mut changed = self.shared.room.subscribe();
        let mut told = None;
        let mut nobody_since = None;
        loop {
            changed.mark_unchanged();
            let found = match self.look_for_seat(ticket.number) {
                // It may have been installed since the lists were made.
                Err(Error::NoServer { .. }) if !self.is_refreshed => {
                    self.is_refreshed = true;
                    preflight::ask(self.shared, &self.job).await;
                    continue;
                }
                found => found?,
            };
            let why = match found {
                Found::Seat(seat) => return Ok(seat),
                Found::Full(server) => {
                    nobody_since = None;
                    format!("for room on {server}")
                }
                Found::Nobody(reasons) => {
                    let since = *nobody_since.get_or_insert_with(Instant::now);
                    if since.elapsed() >= self.shared.options.wait_max {
                        return Err(Error::NoServer { reasons });
                    }
                    format!("for a server: {}", reasons.join("; "))
                }
            };
            if told.as_ref() != Some(&why) {
                self.tell(Event::Waiting { why: why.clone() }).await;
                told = Some(why);
            }
            let patience = match nobody_since {
                Some(_) => LOOK_AROUND.min(self.shared.options.wait_max / 4),
                None => LOOK_AROUND,
            };
            tokio::select! {
                () = self.cancel.cancelled() => return Err(Error::Canceled),
                _ = timeout(patience, changed.changed()) => {}
            }
        }
    }

    fn look_for_seat(&mut self, ticket: u64) -> Result<Found, Error> {
        if self.cancel.is_cancelled() {
            return Err(Error::Canceled);
        }
        let checked = self.checked().clone();
        let is_able = |it: &String| !self.unable.contains_key(it);
        let able: Vec<String> = checked.able.into_iter().filter(is_able).collect();
        let mut state = self.shared.lock();
        // Where a run of it was left, it may be done already.
        if let Some(left) = &self.left
            && state.members.get(&left.server).is_some_and(Member::is_up)
        {
            return Ok(Found::seat(self.shared, &mut state, &left.server.clone()));
        }
        let wish = Wish {
            shape: self.shape,
            model: self.model.as_deref(),
            able: &able,
            failures: &self.failures,
            ticket,
        };
        match choose(&state, &wish, self.shared.options.slots) {
            Choice::Here(name) => Ok(Found::seat(self.shared, &mut state, &name)),
            Choice::Later(name) => {
                state.waiting.insert(ticket, Some(name.clone()));
                Ok(Found::Full(name))
            }
            Choice::Nowhere => {
                state.waiting.insert(ticket, None);
                drop(state);
                self.nobody(&checked.findings)
            }
        }
    }

    /// Who can run it, as far as is known now.
    fn checked(&mut self) -> &Preflight {
        let version = self.shared.lock().lists_version;
        let is_old = |it: &(u64, Preflight)| it.0 != version;
        if self.checked.as_ref().is_none_or(is_old) {
            self.checked = None;
        }
        let (shared, job) = (self.shared, &self.job);
        let made = || (version, preflight::check(&preflight::known(shared), job));
        &self.checked.get_or_insert_with(made).1
    }

    /// Nobody can run it now. Whether somebody may, later.
    fn nobody(&mut self, findings: &[Finding]) -> Result<Found, Error> {
        let is_away =
            |it: &Finding| matches!(it.problem, Problem::Unreachable { .. } | Problem::Draining);
        let own = self.unable.iter().map(|it| it.1.to_string());
        let reasons: Vec<String> = findings
            .iter()
            .map(ToString::to_string)
            .chain(own)
            .collect();
        if findings.iter().any(is_away) || self.left.is_some() {
            return Ok(Found::Nobody(reasons));
        }
        // With one server, what it said is all there is to say.
        match self.unable.len() {
            1 if findings.is_empty() => {
                let only = self.unable.pop_first().map(|it| it.1);
                Err(only.unwrap_or(Error::NoServer { reasons }))
            }
            _ => Err(Error::NoServer { reasons }),
        }
    }

    /// Waits for one server to answer, and sits down there whether there is room or not: the run is
    /// in its queue already.
    async fn seat_at(&self, name: &str) -> Result<Seat, Error> {
        let mut changed = self.shared.room.subscribe();
        let until = Instant::now() + self.shared.options.wait_max;
        loop {
            changed.mark_unchanged();
            let why = {
                let mut state = self.shared.lock();
                match state.members.get(name) {
                    // A server that is not in the settings any more has lost whatever it had.
                    None => {
                        let server = name.to_owned();
                        return Err(Error::Lost { server });
                    }
                    Some(member) if member.is_up() => {
                        if let Found::Seat(seat) = Found::seat(self.shared, &mut state, name) {
                            return Ok(seat);
                        }
                        String::new()
                    }
                    Some(member) => member.why_down(),
                }
            };
            tokio::select! {
                () = self.cancel.cancelled() => return Err(Error::Canceled),
                _ = changed.changed() => {}
                () = tokio::time::sleep_until(until) => return Err(Error::Unreachable {
                    server: name.to_owned(),
                    why,
                    is_down: false,
                }),
            }
        }
    }

    /// Runs it on one server, again where the server can do better with a little help.
    async fn on_server(&mut self, server: &Server) -> Result<Finished, Error> {
        if let Some(finished) = self.take_up(server).await? {
            return Ok(finished);
        }
        let mut graph = tokio::select! {
            () = self.cancel.cancelled() => return Err(Error::Canceled),
            graph = run::prepare(server, &self.job) => graph?,
        };
        let mut renewed = 0;
        let mut is_freed = false;
        loop {
            match self.once(server, &graph).await {
                Ok(Ended::Done(finished)) => return Ok(finished),
                Ok(Ended::Stale(nodes, file)) => {
                    renewed += 1;
                    if renewed > RENEWED_MAX {
                        let server = server.name().to_owned();
                        return Err(Error::MissingOutput { server, file });
                    }
                    let id = PromptId::fresh();
                    if !run::rename_outputs(&mut graph, &nodes, &id) {
                        server.free(false).await?;
                        sleep(FREED_AFTER).await;
                    }
                    let why = format!("{} names {file} of an earlier run", server.name());
                    self.tell(Event::Retrying { why }).await;
                }
                Err(error @ Error::OutOfMemory { .. }) if !is_freed => {
                    is_freed = true;
                    info!(server = server.name(), %error, "unloading its models, then once more");
                    server.free(true).await?;
                    sleep(FREED_AFTER).await;
                    let why = error.to_string();
                    self.tell(Event::Retrying { why }).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// What became of the run that was left there, if one was. One left elsewhere is given up.
    async fn take_up(&mut self, server: &Server) -> Result<Option<Finished>, Error> {
        let Some(left) = self.left.clone() else {
            return Ok(None);
        };
        if left.server != server.name() {
            self.left = None;
            self.shared.lock().claims.remove(&left.prompt);
            return Ok(None);
        }
        let graph = self.job.graph.clone();
        match self.followed(server, &graph, &left.prompt).await {
            Ok(Ended::Done(finished)) => Ok(Some(finished)),
            Ok(Ended::Stale(..)) | Err(Error::Lost { .. }) => {
                self.left = None;
                self.shared.lock().claims.remove(&left.prompt);
                Ok(None)
            }
            Err(error @ Error::Unreachable { .. }) => Err(error),
            Err(error) => {
                self.left = None;
                self.shared.lock().claims.remove(&left.prompt);
                Err(error)
            }
        }
    }

    /// Hands it in once and follows it.
    async fn once(&mut self, server: &Server, graph: &Graph) -> Result<Ended, Error> {
        let id = PromptId::fresh();
        let mut claim = Claim::new(self.shared, server.name(), id.clone());
        let placement = Placement {
            server: server.name().to_owned(),
            prompt: id.clone(),
        };
        if let Some(ledger) = self.ledger {
            ledger
                .placed(placement.clone())
                .await
                .map_err(Error::Ledger)?;
        }
        self.n_begun += 1;
        let seen = self.seen(server.name(), &id);
        let telling = Telling::new(self.events, self.cancel, &seen);
        let placed = Event::Placed {
            server: server.name().to_owned(),
            prompt: id.clone(),
        };
        let follow = tokio::select! {
            () = self.cancel.cancelled() => return Err(Error::Canceled),
            follow = Follow::new(server, &id, graph, &telling) => follow,
        };
        let taken = run::submit(server, graph, &id, &self.job).await;
        if let Err(error @ Error::Unreachable { .. }) = taken {
            // It may have been taken all the same, and run when the server is there again.
            claim.is_kept = true;
            self.left = Some(placement);
            return Err(error);
        }
        taken?;
        telling.tell(placed).await;
        let ended = async {
            let entry = run::follow(follow).await?;
            self.collected(server, graph, &id, &entry, &telling).await
        };
        let ended = ended.await;
        if matches!(ended, Err(Error::Unreachable { .. })) {
            claim.is_kept = true;
            self.left = Some(placement);
        }
        ended
    }

    /// Follows a run that was handed in before.
    async fn followed(
        &self,
        server: &Server,
        graph: &Graph,
        id: &PromptId,
    ) -> Result<Ended, Error> {
        let seen = self.seen(server.name(), id);
        let telling = Telling::new(self.events, self.cancel, &seen);
        let follow = Follow::new(server, id, graph, &telling).await;
        let entry = run::follow(follow).await?;
        self.collected(server, graph, id, &entry, &telling).await
    }

    async fn collected(
        &self,
        server: &Server,
        graph: &Graph,
        id: &PromptId,
        entry: &Entry,
        telling: &Telling<'_>,
    ) -> Result<Ended, Error> {
        run::judge(server, graph, entry, telling)?;
        let outputs = match run::collect(server, graph, &self.job, entry, telling).await? {
            Collected::Whole(outputs) => outputs,
            Collected::Stale(nodes, file) => return Ok(Ended::Stale(nodes, file)),
        };
        let took = Duration::from_millis(entry.took_ms.unwrap_or_default());
        let is_new = entry.cached.len() < graph.n_nodes();
        let mut state = self.shared.lock();
        if let Some(member) = state.members.get_mut(server.name()) {
            // What was not run says nothing of how long it takes.
            if is_new && entry.took_ms.is_some() {
                member.learn(self.shape, self.model.clone(), took.as_secs_f64());
            }
            member.current = None;
        }
        Ok(Ended::Done(Finished {
            server: server.name().to_owned(),
            prompt: id.clone(),
            outputs,
            cached: entry.cached.clone(),
            took,
            attempts: self.n_begun,
        }))
    }

    /// Keeps what a server works on, for people to see.
    fn seen(&self, server: &str, id: &PromptId) -> impl Fn(&Event) + Send + Sync + use<> {
        let (shared, server, id) = (self.shared.clone(), server.to_owned(), id.clone());
        move |event| {
            let current = match event {
                Event::Started => Current {
                    prompt: id.clone(),
                    node: None,
                    fraction: None,
                },
                Event::Node { title, .. } => Current {
                    prompt: id.clone(),
                    node: Some(title.clone()),
                    fraction: None,
                },
                Event::Progress { value, max, .. } => Current {
                    prompt: id.clone(),
                    node: shared.node_of(&server, &id),
                    fraction: (*max > 0.0).then(|| (value / max).clamp(0.0, 1.0)),
                },
                _ => return,
            };
            if let Some(member) = shared.lock().members.get_mut(&server) {
                member.current = Some(current);
            }
            shared.tell_change();
        }
    }

    async fn tell(&self, event: Event) {
        Telling::new(self.events, self.cancel, &|_| {})
            .tell(event)
            .await;
    }
}

impl Shared {
    fn node_of(&self, server: &str, id: &PromptId) -> Option<String> {
        let state = self.lock();
        let current = state.members.get(server)?.current.as_ref()?;
        (current.prompt == *id).then(|| current.node.clone())?
    }
}

/// How a run ended that was not an error.
enum Ended {
    Done(Finished),
    Stale(Vec<crate::NodeId>, String),
}

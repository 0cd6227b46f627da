//! The owner of one film: the only task that changes it. It drains commands, decides and applies
//! each to a next film, appends all their events in one commit, and only then publishes and
//! replies. Nothing is acknowledged before it is on disk.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use storycore_core::{Decide, Env, Film, IdSource, touched::Touched};
use storycore_schema::{Committed, Error, ErrorKind, Event, LoggedEvent, Seq};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::{
    bus::{Bus, Commit},
    clock::Clock,
    event_log::{EventLog, LogError, StoredEvent},
    offload,
};

pub use crate::clock::now_ms;

const BUG: &str = "the daemon met a bug in this command; nothing was changed";
const BUG_HINT: &str = "storycore daemon logs shows where";

/// Who sends a command, and because of what.
#[derive(Debug, Clone)]
pub struct Origin {
    /// A client's name, or a part of the daemon.
    pub actor: Arc<str>,
    /// The request that caused it.
    pub correlation_id: Arc<str>,
}

impl Origin {
    /// A part of the daemon that acts by itself.
    pub fn daemon(part: &str, correlation_id: Arc<str>) -> Origin {
        Origin {
            actor: part.into(),
            correlation_id,
        }
    }
}

/// Sends commands to a film's owner.
#[derive(Clone)]
pub struct Owner {
    commands: mpsc::Sender<Envelope>,
}

struct Envelope {
    origin: Origin,
    if_seq: Option<Seq>,
    command: Box<dyn Pending>,
}

/// A command whose type the owner need not know.
trait Pending: Send {
    /// Decides, and keeps the result for later.
    fn decide(&mut self, film: &Film, env: &mut Env<'_>) -> Result<Vec<Event>, ()>;
    /// Replies.
    fn finish(self: Box<Self>, outcome: Result<Seq, Error>);
}

struct Waiting<C: Decide> {
    command: Option<C>,
    output: Option<Result<C::Output, Error>>,
    reply: oneshot::Sender<Result<Committed<C::Output>, Error>>,
}

impl<C: Decide> Pending for Waiting<C> {
    fn decide(&mut self, film: &Film, env: &mut Env<'_>) -> Result<Vec<Event>, ()> {
        let Some(command) = self.command.take() else {
            return Err(());
        };
        let decided = catch_unwind(AssertUnwindSafe(|| command.decide(film, env)));
        let decided = decided.unwrap_or_else(|_| {
            error!(command = std::any::type_name::<C>(), "a rule panicked");
            Err(Error::internal(BUG).hint(BUG_HINT))
        });
        match decided {
            Ok((output, events)) => {
                self.output = Some(Ok(output));
                Ok(events)
            }
            Err(error) => {
                self.output = Some(Err(error));
                Err(())
            }
        }
    }

    fn finish(self: Box<Self>, outcome: Result<Seq, Error>) {
        let reply = match (self.output, outcome) {
            (Some(Ok(value)), outcome) => outcome.map(|seq| Committed { seq, value }),
            (Some(Err(error)), _) | (None, Err(error)) => Err(error),
            (None, Ok(_)) => Err(Error::internal("nothing was decided").hint(BUG_HINT)),
        };
        // The caller may be gone; what it asked for has happened all the same.
        let _ = self.reply.send(reply);
    }
}

impl Owner {
    /// Sends a command and waits until it is on disk. Commands of one caller are decided in the
    /// order in which this is first polled.
    pub async fn submit<C: Decide>(
        &self,
        origin: Origin,
        command: C,
    ) -> Result<Committed<C::Output>, Error> {
        self.submit_if(origin, None, command).await
    }

    /// The same, unless the log has gone beyond a place when the command's turn comes: then what it
    /// was decided on is no longer so.
    pub async fn submit_if<C: Decide>(
        &self,
        origin: Origin,
        if_seq: Option<Seq>,
        command: C,
    ) -> Result<Committed<C::Output>, Error> {
        let (reply, outcome) = oneshot::channel();
        let command = Box::new(Waiting {
            command: Some(command),
            output: None,
            reply,
        });
        let closed = || Error::unavailable("the film is being closed").hint("open it again");
        self.commands
            .send(Envelope {
                origin,
                if_seq,
                command,
            })
            .await
            .map_err(|_| closed())?;
        outcome.await.map_err(|_| closed())?
    }
}

/// How an owner works.
pub struct OwnerOptions {
    /// Commands that may wait, in commands.
    pub queue_len_max: usize,
    /// Commands that share one commit, in commands.
    pub commit_commands_max: usize,
    /// Seed of the ids.
    pub id_seed: u64,
    /// What time it is.
    pub clock: Clock,
}

/// Starts the owner of a film. When the film is closing, it commits what is in its queue and ends.
pub fn start(
    log: Arc<EventLog>,
    bus: Arc<Bus>,
    closing: CancellationToken,
    options: &OwnerOptions,
) -> (Owner, tokio::task::JoinHandle<()>) {
    let (commands, queue) = mpsc::channel(options.queue_len_max.max(1));
    let task = OwnerTask {
        log,
        bus,
        closing,
        ids: IdSource::new(options.id_seed),
        clock: options.clock.clone(),
        commit_commands_max: options.commit_commands_max.max(1),
        unsure: false,
    };
    (Owner { commands }, tokio::spawn(task.run(queue)))
}

struct OwnerTask {
    log: Arc<EventLog>,
    bus: Arc<Bus>,
    closing: CancellationToken,
    ids: IdSource,
    clock: Clock,
    commit_commands_max: usize,
    /// Whether the log may hold more than the film.
    unsure: bool,
}

/// What a batch of commands comes to before it is on disk.
struct Draft {
    film: Film,
    touched: Touched,
    events: Vec<LoggedEvent>,
    decided: Vec<(Box<dyn Pending>, Seq)>,
}

impl OwnerTask {
    async fn run(mut self, mut queue: mpsc::Receiver<Envelope>) {
        let mut batch = Vec::new();
        loop {
            let received = tokio::select! {
                biased;
                n = queue.recv_many(&mut batch, self.commit_commands_max) => n,
                () = self.closing.cancelled(), if !queue.is_closed() => {
                    queue.close();
                    continue;
                }
            };
            if received == 0 {
                break;
            }
            if self.unsure {
                match self.catch_up().await {
                    Ok(()) => self.unsure = false,
                    Err(error) => {
                        for envelope in batch.drain(..) {
                            envelope.command.finish(Err(error.clone()));
                        }
                        continue;
                    }
                }
            }
            let base = self.bus.film();
            let draft = self.decide(&base, std::mem::take(&mut batch));
            self.commit(&base, draft).await;
        }
    }

    fn decide(&mut self, base: &Film, batch: Vec<Envelope>) -> Draft {
        let mut draft = Draft {
            film: base.clone(),
            touched: Touched::default(),
            events: Vec::new(),
            decided: Vec::new(),
        };
        let now_ms = self.clock.now_ms();
        for Envelope {
            origin,
            if_seq,
            mut command,
        } in batch
        {
            if let Err(error) = check_seq(if_seq, draft.film.seq) {
                command.finish(Err(error));
                continue;
            }
            let mut env = Env::new(now_ms, &mut self.ids)
                .caused_by(&origin.correlation_id)
                .by(&origin.actor);
            let Ok(events) = command.decide(&draft.film, &mut env) else {
                command.finish(Ok(draft.film.seq));
                continue;
            };
            if draft.accept(events, &origin, now_ms) {
                draft.decided.push((command, draft.film.seq));
            } else {
                command.finish(Err(Error::internal(BUG).hint(BUG_HINT)));
            }
        }
        draft
    }

    async fn commit(&mut self, base: &Film, mut draft: Draft) {
        let durable = draft
            .events
            .iter()
            .filter(|it| it.durable)
            .map(stored)
            .collect::<Vec<_>>();
        if !durable.is_empty()
            && let Err(error) = self.append(base.seq, durable).await
        {
            for (command, _) in draft.decided {
                command.finish(Err(error.clone()));
            }
            return;
        }
        if !draft.events.is_empty() {
            draft.film.revision += 1;
            let (film, events, touched) = (draft.film, draft.events, draft.touched);
            self.bus.publish(Commit {
                film,
                events,
                touched,
            });
        }
        for (command, seq) in draft.decided {
            command.finish(Ok(seq));
        }
    }

    /// After an append whose end is not known: takes over what the log holds beyond the film, so
    /// that the two agree again.
    async fn catch_up(&self) -> Result<(), Error> {
        let base = self.bus.film();
        let (log, seq) = (self.log.clone(), base.seq);
        let tail = offload::blocking(move || log.read_after(seq, usize::MAX)).await?;
        let tail = tail.map_err(|error| append_failed(&error))?;
        if tail.is_empty() {
            return Ok(());
        }
        warn!(events = tail.len(), "the log held more than the film");
        let mut film = (*base).clone();
        let events: Vec<Event> = tail.iter().map(|it| it.event.clone()).collect();
        let touched = film.apply(&events);
        film.revision += 1;
        let project = film.state.project.card.id;
        let project = project.unwrap_or(ulid::Ulid::nil().into());
        let events = tail.into_iter().map(|it| it.logged(project)).collect();
        self.bus.publish(Commit {
            film,
            events,
            touched,
        });
        Ok(())
    }

    /// Appends, and when that fails looks into the log for what really happened: an error of the
    /// disk may come after the commit.
    async fn append(&mut self, expected: Seq, events: Vec<StoredEvent>) -> Result<(), Error> {
        let Err(error) = self.log.append(expected, events.clone()).await else {
            return Ok(());
        };
        warn!(%error, "appending failed; reading the log");
        let log = self.log.clone();
        let limit = events.len() + 1;
        let tail = tokio::task::spawn_blocking(move || log.read_after(expected, limit)).await;
        match tail {
            Ok(Ok(tail)) if tail == events => Ok(()),
            Ok(Ok(tail)) if tail.is_empty() => Err(append_failed(&error)),
            _ => {
                self.unsure = true;
                Err(Error::unavailable(
                    "whether the film's log was written is not known; it is read again",
                )
                .hint("look at the film, then try again"))
            }
        }
    }
}

impl Draft {
    /// Applies a command's events; false if a reducer panicked, and then nothing has changed.
    fn accept(&mut self, events: Vec<Event>, origin: &Origin, at_ms: u64) -> bool {
        let mut seq = self.film.seq;
        let mut film = self.film.clone();
        let Ok(touched) = catch_unwind(AssertUnwindSafe(|| film.apply(&events))) else {
            error!(?events, "a reducer panicked");
            return false;
        };
        self.film = film;
        self.touched.merge(touched);
        let project = self
            .film
            .state
            .project
            .card
            .id
            .unwrap_or(ulid::Ulid::nil().into());
        for event in events {
            let durable = event.is_durable();
            seq.0 += u64::from(durable);
            self.events.push(LoggedEvent {
                project,
                seq,
                durable,
                at_ms,
                actor: origin.actor.to_string(),
                correlation_id: origin.correlation_id.to_string(),
                event,
            });
        }
        true
    }
}

/// Whether the film is still where a caller saw it.
fn check_seq(if_seq: Option<Seq>, now: Seq) -> Result<(), Error> {
    let Some(seen) = if_seq.filter(|it| *it != now) else {
        return Ok(());
    };
    if seen > now {
        let message = format!("event {seen} has not happened: the last one is {now}");
        return Err(Error::failed_precondition(message)
            .hint("is it another film, or an older copy? look at the film, then try again"));
    }
    let message = format!("the film has gone on: you saw it at event {seen}, and it is at {now}");
    Err(Error::new(ErrorKind::Conflict, message)
        .hint("look at what happened since with event/list, then try again with the new ifSeq"))
}

fn stored(logged: &LoggedEvent) -> StoredEvent {
    StoredEvent {
        seq: logged.seq,
        at_ms: logged.at_ms,
        actor: logged.actor.clone(),
        correlation_id: logged.correlation_id.clone(),
        event: logged.event.clone(),
    }
}

fn append_failed(error: &LogError) -> Error {
    match error {
        LogError::Engine(rusqlite::Error::SqliteFailure(code, _))
            if code.code == rusqlite::ErrorCode::DiskFull =>
        {
            Error::unavailable("the disk with the film is full; nothing was changed")
                .hint("free some space, then try again")
        }
        LogError::Engine(rusqlite::Error::SqliteFailure(code, _))
            if code.code == rusqlite::ErrorCode::ReadOnly =>
        {
            Error::unavailable("the film's log cannot be written; nothing was changed")
                .hint("make the film's .storycore folder writable, then try again")
        }
        _ => Error::unavailable("the film's log could not be written; nothing was changed")
            .hint("look into the daemon's log for the cause: storycore daemon logs"),
    }
}

#[cfg(test)]
mod tests;

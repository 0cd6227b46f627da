//! Methods that need more than the state of a film: jobs, subscriptions, the daemon itself.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use storycore_schema::{
    Error, ErrorKind, Method, Seq, id::ProjectId, log::SubscriptionKind, notification::Progress,
};

use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::{
    answers::Place,
    call::Call,
    daemon::Daemon,
    films::OpenFilm,
    outbox::{Outbox, notification_text},
    owner::Origin,
};

mod asset;
mod backup;
mod branch;
mod cache;
mod checkup;
mod draft;
mod export;
mod history;
mod llm;
mod log;
mod project;
mod run;
mod script;
mod server;
mod shot;
mod state;
mod system;
mod take;
mod task;
mod workflow;

/// A method that is served here.
pub trait Serve: Method {
    /// Runs it.
    fn serve(self, context: &Context) -> impl Future<Output = Result<Self::Result, Error>> + Send;
}

/// What a handler gets besides its params.
#[derive(Clone)]
pub struct Context {
    /// The daemon.
    pub daemon: Arc<Daemon>,
    /// The request.
    pub call: Arc<Call>,
    /// The last event the caller saw, if its command is not to be run on a film that has gone on.
    pub if_seq: Option<Seq>,
    after: Arc<Mutex<Option<After>>>,
    place: Arc<Mutex<Option<Place>>>,
}

type After = Box<dyn FnOnce() + Send>;

impl Context {
    /// The context of a request.
    pub fn new(call: Call, daemon: Arc<Daemon>) -> Context {
        Context {
            daemon,
            call: Arc::new(call),
            if_seq: None,
            after: Arc::default(),
            place: Arc::default(),
        }
    }

    /// Runs something once the reply stands in the client's outbox.
    pub fn after_reply(&self, after: impl FnOnce() + Send + 'static) {
        *self.after.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(after));
    }

    /// What is to run once the reply stands in the outbox.
    pub(crate) fn take_after(&self) -> Option<After> {
        self.after
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Waits until this request may make a large answer: only a few of a connection's lie in memory
    /// at once. Called before anything is read for it.
    pub async fn large_answer(&self) -> Result<(), Error> {
        let place = tokio::select! {
            biased;
            place = self.call.client.answers.place() => place,
            () = self.call.cancel.cancelled() => {
                return Err(Error::new(ErrorKind::Cancelled, "the request was canceled"));
            }
        };
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
        Ok(())
    }

    /// The answer's place, which is kept until the reply stands in the outbox.
    pub(crate) fn take_place(&self) -> Option<Place> {
        self.place
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Who commands in this request's name.
    pub fn origin(&self) -> Origin {
        let correlation_id = self.call.correlation_id.clone();
        Origin {
            actor: self.call.client.name(),
            correlation_id,
        }
    }

    /// The connection's outbox, which a subscription needs.
    pub fn outbox(&self) -> Result<Arc<Outbox>, Error> {
        self.call.client.outbox.clone().ok_or_else(|| {
            Error::failed_precondition("a subscription needs a connection that stays open")
                .hint("connect over WebSocket or the local socket")
        })
    }

    /// The connection's outbox for one more subscription, if there is room for one.
    pub fn subscriber(
        &self,
        film: &OpenFilm,
        kind: SubscriptionKind,
    ) -> Result<Arc<Outbox>, Error> {
        let outbox = self.outbox()?;
        let max = usize::try_from(self.daemon.limits.subscriptions_max).unwrap_or(usize::MAX);
        let count: usize = self
            .daemon
            .films
            .all()
            .iter()
            .map(|it| it.bus.count(&outbox))
            .sum();
        if count >= max && !film.bus.follows(&outbox, kind) {
            let message = format!(
                "this connection has {count} subscriptions, and the limit subscriptions_max is {max}"
            );
            return Err(Error::resource_exhausted(message)
                .hint("end one with state/unsubscribe or event/unsubscribe"));
        }
        Ok(outbox)
    }

    /// Tells the caller how far the job is. A client that does not keep up misses some.
    pub fn progress(&self, done: u32, total: u32, message: &str) {
        let Some(outbox) = &self.call.client.outbox else {
            return;
        };
        // There, `$/progress` has another form; editors are told of runs by the language server.
        if self.call.client.language.get().is_some() {
            return;
        }
        let token = self.call.id.clone();
        let progress = Progress {
            token,
            done,
            total,
            message: message.to_owned(),
        };
        // Progress may be left out for a slow client: the answer is what counts.
        let _ = outbox.notify(&notification_text(&progress));
    }

    /// Keeps the daemon from stopping while this request commits something.
    pub(crate) fn commit(&self) -> Result<TaskTrackerToken, Error> {
        let commit = self.daemon.begin_commit();
        commit.ok_or_else(|| {
            Error::unavailable("the daemon is stopping").hint("call again in a moment")
        })
    }

    /// The film a request names.
    pub fn film(&self, project: ProjectId) -> Result<Arc<OpenFilm>, Error> {
        self.daemon.film(project)
    }
}

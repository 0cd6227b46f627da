//! The bus of one film: what changed, to whoever listens. In log order, bounded, and never with a
//! silent gap: a client that cannot keep up is told to resync.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use storycore_core::{Film, mirror, touched::Touched};
use storycore_schema::{
    LoggedEvent, Seq, Topic,
    id::ProjectId,
    log::{Resync, SubscriptionKind},
    state::StateChanged,
};

use crate::outbox::{Outbox, notification_text};

/// Messages a subscription keeps while its snapshot or its past is still on the way, in messages.
const HELD_LEN_MAX: usize = 4_096;

/// The published film and everyone who follows it. Both stand behind one lock, so a snapshot and
/// the patches after it fit together.
pub struct Bus {
    published: ArcSwap<Film>,
    subscribers: Mutex<Vec<Subscriber>>,
    commits: tokio::sync::watch::Sender<u64>,
    cause: ArcSwap<Arc<str>>,
}

/// What a commit did.
pub struct Commit {
    /// The film after it.
    pub film: Film,
    /// Its events.
    pub events: Vec<LoggedEvent>,
    /// What they touched.
    pub touched: Touched,
}

struct Subscriber {
    outbox: Arc<Outbox>,
    kind: SubscriptionKind,
    topics: Option<BTreeSet<Topic>>,
    /// Messages that must wait for something that comes before them.
    held: Option<Vec<Bytes>>,
    sent: Seq,
}

/// A subscription whose first messages are held back until [`Bus::release`].
pub struct Held {
    /// The film at the moment of subscribing.
    pub film: Arc<Film>,
    outbox: Arc<Outbox>,
    kind: SubscriptionKind,
}

impl Bus {
    /// A bus for a film nobody follows yet.
    pub fn new(film: Film) -> Bus {
        let (commits, _) = tokio::sync::watch::channel(film.revision);
        Bus {
            published: ArcSwap::from_pointee(film),
            subscribers: Mutex::default(),
            commits,
            cause: ArcSwap::from_pointee("open".into()),
        }
    }

    /// The film as it is now.
    pub fn film(&self) -> Arc<Film> {
        self.published.load_full()
    }

    /// Follows the film inside the daemon: the receiver changes with every commit. Look at
    /// [`Bus::film`] then; several commits may be seen as one.
    pub fn watch(&self) -> tokio::sync::watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// The request, or the saved file, that last changed what shots should look like: what is
    /// redrawn by itself is redrawn because of it.
    pub fn cause(&self) -> Arc<str> {
        (**self.cause.load()).clone()
    }

    /// Publishes a commit and tells everyone.
    pub fn publish(&self, commit: Commit) {
        let changes_looks = |it: &&LoggedEvent| {
            matches!(
                it.event.topic(),
                Topic::Project | Topic::Script | Topic::Bible
            )
        };
        if let Some(event) = commit.events.iter().rfind(changes_looks) {
            self.cause
                .store(Arc::new(event.correlation_id.as_str().into()));
        }
        let was = self.published.load_full();
        let revision = commit.film.revision;
        let now = Arc::new(commit.film);
        let mut subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.published.store(now.clone());
        if !subscribers.is_empty() {
            let mut messages = Messages::new(&was, &now, &commit.events, &commit.touched);
            subscribers.retain_mut(|it| it.take(&mut messages, now.seq));
        }
        drop(subscribers);
        self.commits.send_replace(revision);
    }

    /// Begins a subscription; one connection has one of each kind, so an older one ends.
    pub fn subscribe(
        &self,
        outbox: Arc<Outbox>,
        kind: SubscriptionKind,
        topics: Option<BTreeSet<Topic>>,
    ) -> Held {
        let mut subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        subscribers.retain(|it| !it.is(&outbox, kind) && !it.outbox.is_closed());
        let film = self.published.load_full();
        let held = Some(Vec::new());
        let sent = film.seq;
        subscribers.push(Subscriber {
            outbox: outbox.clone(),
            kind,
            topics,
            held,
            sent,
        });
        Held { film, outbox, kind }
    }

    /// Sends what was held back, and from now on everything at once.
    pub fn release(&self, held: &Held) {
        let mut subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let project = project_of(&held.film);
        subscribers.retain_mut(|it| {
            if !it.is(&held.outbox, held.kind) {
                return true;
            }
            let waiting = it.held.take().unwrap_or_default();
            waiting.iter().all(|message| it.send(message, project))
        });
    }

    /// How many subscriptions a connection has here.
    pub fn count(&self, outbox: &Arc<Outbox>) -> usize {
        let subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mine = |it: &&Subscriber| Arc::ptr_eq(&it.outbox, outbox);
        subscribers.iter().filter(mine).count()
    }

    /// Whether a connection has a subscription of a kind here.
    pub fn follows(&self, outbox: &Arc<Outbox>, kind: SubscriptionKind) -> bool {
        let subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        subscribers.iter().any(|it| it.is(outbox, kind))
    }

    /// Ends a held subscription that cannot go on, and tells its client.
    pub fn give_up(&self, held: &Held) {
        let mut subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let project = project_of(&held.film);
        subscribers.retain(|it| !it.is(&held.outbox, held.kind) || it.end(project));
    }

    /// Ends every subscription, and tells everyone: nothing more comes from here.
    pub fn close(&self) {
        let mut subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let project = project_of(&self.published.load());
        for subscriber in subscribers.drain(..) {
            subscriber.end(project);
        }
    }

    /// Ends a subscription.
    pub fn unsubscribe(&self, outbox: &Arc<Outbox>, kind: SubscriptionKind) {
        let mut subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        subscribers.retain(|it| !it.is(outbox, kind));
    }
}

impl Subscriber {
    fn is(&self, outbox: &Arc<Outbox>, kind: SubscriptionKind) -> bool {
        self.kind == kind && Arc::ptr_eq(&self.outbox, outbox)
    }

    /// Takes what is for it; false when the subscription is over.
    fn take(&mut self, messages: &mut Messages<'_>, seq: Seq) -> bool {
        let project = messages.project;
        let alive = match self.kind {
            SubscriptionKind::State => messages.patch().is_none_or(|it| self.hand(&it, project)),
            SubscriptionKind::Event => {
                let events = messages.events();
                let mine = events.iter().filter(|(topic, _)| self.wants(*topic));
                mine.map(|(_, message)| message.clone())
                    .collect::<Vec<_>>()
                    .iter()
                    .all(|message| self.hand(message, project))
            }
        };
        if alive {
            self.sent = seq;
        }
        alive
    }

    fn wants(&self, topic: Topic) -> bool {
        self.topics
            .as_ref()
            .is_none_or(|topics| topics.contains(&topic))
    }

    fn hand(&mut self, message: &Bytes, project: ProjectId) -> bool {
        match &mut self.held {
            Some(held) if held.len() < HELD_LEN_MAX => {
                held.push(message.clone());
                true
            }
            Some(_) => self.end(project),
            None => self.send(message, project),
        }
    }

    fn send(&self, message: &Bytes, project: ProjectId) -> bool {
        self.outbox.notify(message).is_ok() || self.end(project)
    }

    fn end(&self, project: ProjectId) -> bool {
        self.outbox.lag(Resync {
            project,
            subscription: self.kind,
            seq: self.sent,
        });
        false
    }
}

/// The messages of one commit, made when the first subscriber wants them and shared by all.
struct Messages<'a> {
    was: &'a Film,
    now: &'a Film,
    events: &'a [LoggedEvent],
    touched: &'a Touched,
    project: ProjectId,
    patch: Option<Option<Bytes>>,
    event_messages: Option<Arc<Vec<(Topic, Bytes)>>>,
}

impl<'a> Messages<'a> {
    fn new(was: &'a Film, now: &'a Film, events: &'a [LoggedEvent], touched: &'a Touched) -> Self {
        let project = project_of(now);
        Messages {
            was,
            now,
            events,
            touched,
            project,
            patch: None,
            event_messages: None,
        }
    }

    fn patch(&mut self) -> Option<Bytes> {
        let make = || {
            let patch = mirror::patch(self.was, self.now, self.touched);
            let (project, seq, revision) = (self.project, self.now.seq, self.now.revision);
            Some(notification_text(&StateChanged {
                project,
                seq,
                revision,
                patch,
            }))
        };
        self.patch.get_or_insert_with(make).clone()
    }

    fn events(&mut self) -> Arc<Vec<(Topic, Bytes)>> {
        let all = self
            .events
            .iter()
            .map(|it| (it.event.topic(), notification_text(it)));
        self.event_messages
            .get_or_insert_with(|| Arc::new(all.collect()))
            .clone()
    }
}

fn project_of(film: &Film) -> ProjectId {
    film.state
        .project
        .card
        .id
        .unwrap_or(ulid::Ulid::nil().into())
}

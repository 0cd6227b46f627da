//! The bus of one film: what changed, to whoever listens. In log order, bounded, and never with a
//! silent gap: a client that cannot keep up is told to resync.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
/// Their bytes are bounded by `outbox_bytes_max`, over all subscriptions of a connection.
const HELD_LEN_MAX: usize = 4_096;

/// The published film and everyone who follows it. Both stand behind one lock, so a snapshot and
/// the patches after it fit together.
pub struct Bus {
    published: ArcSwap<Film>,
    followers: Mutex<Followers>,
    commits: tokio::sync::watch::Sender<u64>,
    cause: ArcSwap<Arc<str>>,
}

#[derive(Default)]
struct Followers {
    subscribers: Vec<Subscriber>,
    /// The number of the latest subscription.
    latest: u64,
    /// Nothing more comes from here, so nobody may wait for it.
    closed: bool,
}

/// The film was closed; there is nothing to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

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
    /// Tells it from an earlier one of the same connection and kind.
    number: u64,
    outbox: Arc<Outbox>,
    kind: SubscriptionKind,
    topics: Option<BTreeSet<Topic>>,
    /// Messages that must wait for something that comes before them.
    held: Option<Waiting>,
    /// All up to here was sent: a client that begins anew after it misses nothing.
    sent: Seq,
}

/// Messages that wait, counted in their outbox.
struct Waiting {
    outbox: Arc<Outbox>,
    messages: Vec<(Seq, Bytes)>,
    bytes: usize,
}

/// A subscription whose first messages are held back until [`Held::release`]. Dropped before that
/// it cannot go on: it ends, and its client is told.
pub struct Held {
    /// The film at the moment of subscribing.
    pub film: Arc<Film>,
    bus: Arc<Bus>,
    outbox: Arc<Outbox>,
    number: u64,
}

impl Bus {
    /// A bus for a film nobody follows yet.
    pub fn new(film: Film) -> Bus {
        let (commits, _) = tokio::sync::watch::channel(film.revision);
        Bus {
            published: ArcSwap::from_pointee(film),
            followers: Mutex::default(),
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
        let mut followers = self.lock();
        self.published.store(now.clone());
        if !followers.subscribers.is_empty() {
            let mut messages = Messages::new(&was, &now, &commit.events, &commit.touched);
            followers
                .subscribers
                .retain_mut(|it| it.take(&mut messages));
        }
        drop(followers);
        self.commits.send_replace(revision);
    }

    /// Begins a subscription; one connection has one of each kind, so an older one ends. The
    /// client has everything up to `after`, by default all that has happened.
    pub fn subscribe(
        self: &Arc<Bus>,
        outbox: Arc<Outbox>,
        kind: SubscriptionKind,
        after: Option<Seq>,
        topics: Option<BTreeSet<Topic>>,
    ) -> Result<Held, Closed> {
        let mut followers = self.lock();
        if followers.closed {
            return Err(Closed);
        }
        followers
            .subscribers
            .retain(|it| !it.is(&outbox, kind) && !it.outbox.is_closed());
        followers.latest += 1;
        let number = followers.latest;
        let film = self.published.load_full();
        followers.subscribers.push(Subscriber {
            number,
            outbox: outbox.clone(),
            kind,
            topics,
            held: Some(Waiting::new(outbox.clone())),
            sent: after.unwrap_or(film.seq),
        });
        Ok(Held {
            film,
            bus: self.clone(),
            outbox,
            number,
        })
    }

    /// Whether somebody mirrors the state.
    pub fn is_mirrored(&self) -> bool {
        let followers = self.lock();
        let mut kinds = followers.subscribers.iter().map(|it| it.kind);
        kinds.any(|it| it == SubscriptionKind::State)
    }

    /// Tells everyone who mirrors the state something that is not part of it.
    pub fn tell_mirrors(&self, message: &Bytes) {
        let mut followers = self.lock();
        let film = self.published.load();
        let project = project_of(&film);
        followers.subscribers.retain_mut(|it| {
            it.kind != SubscriptionKind::State || it.hand(film.seq, message, project)
        });
    }

    /// How many subscriptions a connection has here.
    pub fn count(&self, outbox: &Arc<Outbox>) -> usize {
        let followers = self.lock();
        let mine = |it: &&Subscriber| Arc::ptr_eq(&it.outbox, outbox);
        followers.subscribers.iter().filter(mine).count()
    }

    /// Whether a connection has a subscription of a kind here.
    pub fn follows(&self, outbox: &Arc<Outbox>, kind: SubscriptionKind) -> bool {
        let followers = self.lock();
        followers.subscribers.iter().any(|it| it.is(outbox, kind))
    }

    /// Ends every subscription, and tells everyone: nothing more comes from here.
    pub fn close(&self) {
        let mut followers = self.lock();
        followers.closed = true;
        let project = project_of(&self.published.load());
        for subscriber in followers.subscribers.drain(..) {
            subscriber.end(project);
        }
    }

    /// Ends a subscription; what of its past is not yet in the outbox is not sent.
    pub fn unsubscribe(&self, outbox: &Arc<Outbox>, kind: SubscriptionKind) {
        self.lock().subscribers.retain(|it| !it.is(outbox, kind));
    }

    fn lock(&self) -> MutexGuard<'_, Followers> {
        self.followers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Whether the subscription still stands: it was neither ended nor begun anew.
    pub fn is_current(&self) -> bool {
        self.bus.lock().find(self.number).is_some()
    }

    /// Sends something that comes before what is held back, once there is room for it; false when
    /// the subscription is over.
    pub async fn send(&self, seq: Seq, message: &Bytes) -> bool {
        while self.outbox.room_for(message.len()).await {
            let mut followers = self.bus.lock();
            let Some(subscriber) = followers.find(self.number) else {
                return false;
            };
            // Somebody else may have taken the room.
            if subscriber.outbox.notify(message).is_ok() {
                subscriber.sent = seq;
                return true;
            }
        }
        false
    }

    /// Sends what was held back, and from now on everything at once. All that comes before it has
    /// been sent.
    pub fn release(self) {
        let mut followers = self.bus.lock();
        let project = project_of(&self.film);
        followers
            .subscribers
            .retain_mut(|it| it.number != self.number || it.go_on(self.film.seq, project));
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let project = project_of(&self.film);
        let gives_up = |it: &Subscriber| it.number == self.number && it.held.is_some();
        self.bus
            .lock()
            .subscribers
            .retain(|it| !gives_up(it) || it.end(project));
    }
}

impl Followers {
    fn find(&mut self, number: u64) -> Option<&mut Subscriber> {
        self.subscribers.iter_mut().find(|it| it.number == number)
    }
}

impl Subscriber {
    fn is(&self, outbox: &Arc<Outbox>, kind: SubscriptionKind) -> bool {
        self.kind == kind && Arc::ptr_eq(&self.outbox, outbox)
    }

    /// Takes what is for it; false when the subscription is over.
    fn take(&mut self, messages: &mut Messages<'_>) -> bool {
        let project = messages.project;
        match self.kind {
            SubscriptionKind::State => messages
                .patch()
                .is_none_or(|it| self.hand(messages.now.seq, &it, project)),
            SubscriptionKind::Event => {
                for it in messages.events().iter() {
                    if self.wants(it.topic) && !self.hand(it.seq, &it.text, project) {
                        return false;
                    }
                }
                true
            }
        }
    }

    fn wants(&self, topic: Topic) -> bool {
        self.topics
            .as_ref()
            .is_none_or(|topics| topics.contains(&topic))
    }

    fn hand(&mut self, seq: Seq, message: &Bytes, project: ProjectId) -> bool {
        match &mut self.held {
            Some(held) => held.push(seq, message) || self.end(project),
            None => self.send(seq, message, project),
        }
    }

    /// Sends what waits, everything up to `seq` having been sent; false when the subscription is
    /// over.
    fn go_on(&mut self, seq: Seq, project: ProjectId) -> bool {
        self.sent = self.sent.max(seq);
        let Some(waiting) = self.held.take() else {
            return true;
        };
        waiting
            .messages
            .iter()
            .all(|(seq, message)| self.send(*seq, message, project))
    }

    fn send(&mut self, seq: Seq, message: &Bytes, project: ProjectId) -> bool {
        if self.outbox.notify(message).is_err() {
            return self.end(project);
        }
        self.sent = seq;
        true
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

impl Waiting {
    fn new(outbox: Arc<Outbox>) -> Waiting {
        Waiting {
            outbox,
            messages: Vec::new(),
            bytes: 0,
        }
    }

    /// Keeps a message; false if there is no room.
    fn push(&mut self, seq: Seq, message: &Bytes) -> bool {
        if self.messages.len() >= HELD_LEN_MAX || self.outbox.hold(message.len()).is_err() {
            return false;
        }
        self.bytes += message.len();
        self.messages.push((seq, message.clone()));
        true
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.outbox.let_go(self.bytes);
    }
}

/// The message of one event.
struct EventMessage {
    topic: Topic,
    seq: Seq,
    text: Bytes,
}

/// The messages of one commit, made when the first subscriber wants them and shared by all.
struct Messages<'a> {
    was: &'a Film,
    now: &'a Film,
    events: &'a [LoggedEvent],
    touched: &'a Touched,
    project: ProjectId,
    patch: Option<Option<Bytes>>,
    event_messages: Option<Arc<Vec<EventMessage>>>,
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

    fn events(&mut self) -> Arc<Vec<EventMessage>> {
        let all = self.events.iter().map(|it| EventMessage {
            topic: it.event.topic(),
            seq: it.seq,
            text: notification_text(it),
        });
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

#[cfg(test)]
mod tests;

//! Follows a run to its end. The socket says what happens, when it says anything; looking over HTTP
//! says what is true. The end is always read from the history.

use std::{future::pending, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::debug;

use super::{Whereabouts, stop, whereabouts};
use crate::{
    Error, Event, Graph, PromptId, Server,
    graph::NodeId,
    job::Telling,
    server::{Entry, Message, Socket},
};

/// A server whose port refuses connections is gone sooner than one that is only silent.
const DOWN_AFTER: Duration = Duration::from_secs(3);
/// After it was told that a run is over: how soon to look if nothing else is told.
const AFTER_END: Duration = Duration::from_millis(100);
/// How long the history may lag behind the news that a run is over.
const HISTORY_LAG_MAX: Duration = Duration::from_secs(5);
/// A socket that is silent for so long, while its run is at work, may be deaf.
const DEAF_AFTER: Duration = Duration::from_secs(10);
/// How long a run waits for its socket before it is handed in without one.
const OPEN_MAX: Duration = Duration::from_secs(2);
/// Between two tries to open a socket.
const REOPEN_AFTER: Duration = Duration::from_millis(300);
const REOPEN_AFTER_MAX: Duration = Duration::from_secs(10);
/// The queue changes often while many are in it.
const LOOK_APART: Duration = Duration::from_millis(200);

/// What is known of a run, and how it is known.
pub(crate) struct Follow<'a> {
    server: &'a Server,
    id: &'a PromptId,
    graph: &'a Graph,
    telling: &'a Telling<'a>,
    socket: Option<Socket>,
    opening: Option<BoxFuture<'a, Option<Socket>>>,
    looking: Option<BoxFuture<'a, Result<Whereabouts, Error>>>,
    times: Moments,
    position: Option<usize>,
    node: Option<NodeId>,
    progress: Option<(NodeId, u64, u64)>,
    is_started: bool,
    is_down: bool,
}

/// When what was seen last, and is due next.
struct Moments {
    answer: Instant,
    message: Instant,
    progress: Instant,
    began: Option<Instant>,
    looked: Instant,
    look: Instant,
    open: Instant,
    reopen_after: Duration,
    deaf_after: Duration,
}

impl<'a> Follow<'a> {
    /// Opens a socket, if that can be done: before the run is handed in, so that nothing is missed.
    pub(crate) async fn new(
        server: &'a Server,
        id: &'a PromptId,
        graph: &'a Graph,
        telling: &'a Telling<'a>,
    ) -> Follow<'a> {
        let now = Instant::now();
        let mut follow = Follow {
            server,
            id,
            graph,
            telling,
            socket: None,
            opening: None,
            looking: None,
            times: Moments {
                answer: now,
                message: now,
                progress: now,
                began: None,
                looked: now,
                look: now,
                open: now + REOPEN_AFTER,
                reopen_after: REOPEN_AFTER,
                deaf_after: DEAF_AFTER,
            },
            position: None,
            node: None,
            progress: None,
            is_started: false,
            is_down: false,
        };
        // One that does not open soon is opened while the run is followed.
        let patience = server.options().times.connect_max.min(OPEN_MAX);
        let opened = tokio::time::timeout(patience, Socket::open(server, &id.0)).await;
        follow.socket = opened.ok().and_then(Result::ok);
        follow
    }

    /// Closes the socket, so that the server sees it go.
    async fn close(self) {
        if let Some(socket) = self.socket {
            socket.close().await;
        }
    }
}

/// Follows a run that was handed in until it is over.
pub(crate) async fn follow(mut follow: Follow<'_>) -> Result<Entry, Error> {
    let now = Instant::now();
    follow.times.answer = now;
    follow.times.progress = now;
    follow.times.look = now + first_look(&follow);
    let ended = to_the_end(&mut follow).await;
    let (server, id) = (follow.server, follow.id);
    // The run is over or given up: nobody waits for the server to say good-bye.
    if matches!(ended, Err(Error::Canceled | Error::Stalled { .. })) {
        follow.close().await;
        if let Err(error) = stop(server, id).await {
            debug!(server = server.name(), %id, %error, "a run could not be stopped");
        }
    }
    ended
}

/// A run that is watched need not be looked at at once.
fn first_look(follow: &Follow<'_>) -> Duration {
    let times = &follow.server.options().times;
    match follow.socket {
        Some(_) => LOOK_APART.min(times.look_every),
        None => times.look_often.min(LOOK_APART),
    }
}

async fn to_the_end(follow: &mut Follow<'_>) -> Result<Entry, Error> {
    loop {
        start_due(follow);
        let deadline = deadline(follow);
        tokio::select! {
            biased;
            () = follow.telling.cancel.cancelled() => return Err(Error::Canceled),
            message = next_message(&mut follow.socket) => match message {
                Some(message) => heard(follow, message).await,
                None => closed(follow),
            },
            looked = done(&mut follow.looking) => {
                follow.looking = None;
                if let Some(entry) = looked_at(follow, looked).await? {
                    return Ok(entry);
                }
            }
            opened = done(&mut follow.opening) => {
                follow.opening = None;
                reopened(follow, opened);
            }
            () = sleep_until(deadline) => check_patience(follow)?,
        }
    }
}

async fn next_message(socket: &mut Option<Socket>) -> Option<Message> {
    match socket {
        Some(socket) => socket.next().await,
        None => pending().await,
    }
}

async fn done<T>(future: &mut Option<BoxFuture<'_, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => pending().await,
    }
}

/// Starts the look and the opening that are due.
fn start_due(follow: &mut Follow<'_>) {
    let now = Instant::now();
    let (server, id) = (follow.server, follow.id);
    if follow.looking.is_none() && now >= follow.times.look {
        follow.times.looked = now;
        follow.looking = Some(whereabouts(server, id).boxed());
    }
    let has_socket = follow.socket.is_some() || follow.opening.is_some();
    if !has_socket && now >= follow.times.open {
        follow.opening = Some(Socket::open(server, &id.0).map(Result::ok).boxed());
    }
    let is_deaf = follow.is_started && now >= follow.times.message + follow.times.deaf_after;
    if is_deaf && let Some(socket) = follow.socket.take() {
        debug!(server = server.name(), %id, "the socket is silent, another may not be");
        follow.times.deaf_after = (follow.times.deaf_after * 2).min(Duration::from_secs(300));
        follow.times.message = now;
        // The server has to see the old one go first, or it forgets the new one.
        let again = async move {
            socket.close().await;
            Socket::open(server, &id.0).await.ok()
        };
        follow.opening = Some(again.boxed());
    }
}

/// When something is due at the latest.
fn deadline(follow: &Follow<'_>) -> Instant {
    let moments = &follow.times;
    let mut deadline = moments.answer + gone_after(follow);
    if follow.looking.is_none() {
        deadline = deadline.min(moments.look);
    }
    if follow.socket.is_none() && follow.opening.is_none() {
        deadline = deadline.min(moments.open);
    }
    if follow.is_started {
        deadline = deadline.min(moments.message + moments.deaf_after);
        deadline = deadline.min(moments.progress + follow.server.options().times.stuck_after);
    }
    deadline
}

fn gone_after(follow: &Follow<'_>) -> Duration {
    let gone_after = follow.server.options().times.gone_after;
    match follow.is_down {
        true => gone_after.min(DOWN_AFTER),
        false => gone_after,
    }
}

fn check_patience(follow: &Follow<'_>) -> Result<(), Error> {
    let now = Instant::now();
    let times = &follow.server.options().times;
    let name = follow.server.name();
    let silent = now - follow.times.answer;
    if silent >= gone_after(follow) {
        return Err(Error::silent(name, silent));
    }
    let stalled = |why: String| Error::Stalled {
        server: name.to_owned(),
        why,
    };
    let at = follow.node.as_ref().map_or_else(String::new, |it| {
        format!(" at node {}", follow.graph.called(it))
    });
    if follow.is_started && now - follow.times.progress >= times.stuck_after {
        let waited = times.stuck_after.as_secs_f64();
        return Err(stalled(format!("no progress{at} for {waited:.1} s")));
    }
    if follow
        .times
        .began
        .is_some_and(|it| now - it >= times.run_max)
    {
        let waited = times.run_max.as_secs_f64();
        return Err(stalled(format!("not done{at} after {waited:.1} s")));
    }
    Ok(())
}

fn look_by(follow: &mut Follow<'_>, at: Instant) {
    follow.times.look = follow.times.look.min(at);
}

/// A message is a sign of life, and may say what to tell.
async fn heard(follow: &mut Follow<'_>, message: Message) {
    let now = Instant::now();
    follow.times.answer = now;
    follow.times.message = now;
    follow.is_down = false;
    let is_ours = |it: &PromptId| it == follow.id;
    match message {
        Message::Status if !follow.is_started => {
            let at = now.max(follow.times.looked + LOOK_APART);
            look_by(follow, at);
        }
        Message::Start(id) if is_ours(&id) => started(follow).await,
        Message::Cached(id, nodes) if is_ours(&id) => {
            started(follow).await;
            follow.telling.tell(Event::Cached { nodes }).await;
        }
        Message::Executing(id, Some(node)) if id.as_ref().is_none_or(is_ours) => {
            at_node(follow, node).await;
        }
        Message::Executing(Some(id), None) if is_ours(&id) => over(follow),
        Message::Ended(id) if is_ours(&id) => look_by(follow, now + AFTER_END),
        Message::Executed(id, _) if is_ours(&id) => follow.times.progress = now,
        Message::Progress {
            id,
            node,
            value,
            max,
        } if id.as_ref().is_none_or(is_ours) => {
            progressed(follow, node, value, max);
        }
        // The socket is this run's alone, so a preview that does not say whose it is, is.
        Message::Preview {
            id,
            node,
            image,
            bytes,
        } if id.as_ref().is_none_or(is_ours) => {
            follow.times.progress = now;
            let node = node.or_else(|| follow.node.clone());
            follow.telling.hint(Event::Preview { node, image, bytes });
        }
        _ => {}
    }
}

async fn started(follow: &mut Follow<'_>) {
    if follow.is_started {
        return;
    }
    let now = Instant::now();
    follow.is_started = true;
    follow.times.began = Some(now);
    follow.times.progress = now;
    follow.telling.tell(Event::Started).await;
}

async fn at_node(follow: &mut Follow<'_>, node: NodeId) {
    started(follow).await;
    follow.times.progress = Instant::now();
    if follow.node.as_ref() == Some(&node) {
        return;
    }
    let known = follow.graph.node(&node);
    let title = known.map_or_else(|| node.to_string(), |it| it.label().to_owned());
    follow.node = Some(node.clone());
    follow.telling.tell(Event::Node { node, title }).await;
}

fn progressed(follow: &mut Follow<'_>, node: NodeId, value: f64, max: f64) {
    follow.times.progress = Instant::now();
    // Most versions tell it twice, in two ways.
    let same = (node.clone(), value.to_bits(), max.to_bits());
    if follow.progress.as_ref() != Some(&same) {
        follow.progress = Some(same);
        follow.telling.hint(Event::Progress { node, value, max });
    }
}

/// The run is over; the history may not know yet.
fn over(follow: &mut Follow<'_>) {
    let (server, id) = (follow.server, follow.id);
    follow.times.looked = Instant::now();
    follow.looking = Some(from_history(server, id).boxed());
}

async fn from_history(server: &Server, id: &PromptId) -> Result<Whereabouts, Error> {
    let until = Instant::now() + HISTORY_LAG_MAX;
    let mut pause = Duration::from_millis(2);
    while Instant::now() < until {
        if let Some(entry) = server.history(id).await? {
            return Ok(Whereabouts::Over(Box::new(entry)));
        }
        sleep(pause).await;
        pause *= 2;
    }
    whereabouts(server, id).await
}

fn closed(follow: &mut Follow<'_>) {
    let now = Instant::now();
    debug!(server = follow.server.name(), id = %follow.id, "the socket is gone");
    follow.socket = None;
    follow.times.open = now + follow.times.reopen_after;
    // It may be the server that is gone, or the run that is over.
    look_by(follow, now);
}

fn reopened(follow: &mut Follow<'_>, socket: Option<Socket>) {
    let now = Instant::now();
    match socket {
        Some(_) => {
            follow.times.reopen_after = REOPEN_AFTER;
            follow.times.message = now;
        }
        None => {
            follow.times.reopen_after = (follow.times.reopen_after * 2).min(REOPEN_AFTER_MAX);
            follow.times.open = now + follow.times.reopen_after;
        }
    }
    follow.socket = socket;
    // What was missed in between.
    look_by(follow, now);
}

async fn looked_at(
    follow: &mut Follow<'_>,
    looked: Result<Whereabouts, Error>,
) -> Result<Option<Entry>, Error> {
    let now = Instant::now();
    let times = &follow.server.options().times;
    let pause = match follow.socket {
        Some(_) => times.look_every,
        None => times.look_often,
    };
    follow.times.look = now + pause;
    match looked {
        Ok(whereabouts) => {
            follow.times.answer = now;
            follow.is_down = false;
            match whereabouts {
                Whereabouts::Over(entry) => return Ok(Some(*entry)),
                Whereabouts::Lost => {
                    let server = follow.server.name().to_owned();
                    return Err(Error::Lost { server });
                }
                Whereabouts::Running => started(follow).await,
                Whereabouts::Queued(position) if follow.position != Some(position) => {
                    follow.position = Some(position);
                    follow.telling.tell(Event::Queued { position }).await;
                }
                Whereabouts::Queued(_) => {}
            }
        }
        Err(error @ (Error::Unreachable { .. } | Error::NotComfyui { .. })) => {
            debug!(%error, id = %follow.id, "a look failed");
            follow.is_down = error.is_down();
            follow.times.look = now + times.look_often;
            check_patience(follow)?;
        }
        Err(error) => return Err(error),
    }
    check_patience(follow)?;
    Ok(None)
}

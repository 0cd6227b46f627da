//! One client's conversation, the same over every transport that stays connected.
//!
//! Messages start in the order they came. A request then runs beside the others; a notification
//! holds back all that comes after it until it is done. `$/cancelRequest` waits for nobody. A
//! disconnect cancels nothing: what was asked for goes on, and only its answer is dropped.
//!
//! Absent on purpose: methods and roles, which are the router's, and bytes, which are the
//! transport's.

use std::{pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};
use storycore_schema::{Error, Limits, Role, notification::CancelRequest};
use tokio::io::AsyncWrite;
use tokio_util::sync::CancellationToken;

use crate::{
    answers::Place,
    call::{Call, Client, Dispatch},
    outbox::{Outbox, Outgoing},
    transport::Context,
};

use correlation::Correlation;
use in_flight::{InFlight, Ticket};
use lane::Lane;
use message::{Entry, Id, Invocation, Message};
use run::{Outcome, Started};
use writer::Framing;

pub(crate) mod correlation;
mod in_flight;
mod lane;
pub(crate) mod message;
pub(crate) mod run;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod writer;

/// How long a client that has closed its side still gets the answers it asked for.
const LINGER: Duration = Duration::from_millis(1_000);

/// Where a session's messages come from.
pub(crate) trait Frames: Send {
    /// The next frame. Only dropped for good, so it need not be safe to cancel.
    fn next(&mut self) -> impl Future<Output = Frame> + Send;
}

/// What arrives.
#[derive(Debug)]
pub(crate) enum Frame {
    /// One JSON text.
    Text(Bytes),
    /// Asks for a pong.
    Ping(Bytes),
    /// Nothing more comes; answers may still be read.
    End,
    /// The client has closed the conversation; it is told with this code.
    Closed(u16),
    /// The stream cannot be understood any further, and why.
    Broken(Broken),
}

/// Why a conversation is ended by us.
#[derive(Debug)]
pub(crate) struct Broken {
    /// For a client that reads JSON.
    pub(crate) error: Error,
    /// For one that reads WebSocket frames (RFC 6455 §7.4.1).
    pub(crate) close_code: u16,
}

/// The one notification that waits for nobody.
const CANCEL: &str = "$/cancelRequest";

struct Session {
    client: Arc<Client>,
    outbox: Arc<Outbox>,
    dispatch: Arc<dyn Dispatch>,
    limits: Arc<Limits>,
    correlation: Correlation,
    in_flight: Arc<InFlight>,
    lane: Lane<Work>,
    framing: Framing,
}

/// A message that may start: its places are taken.
enum Work {
    Single(Admitted),
    Batch(Vec<Result<Admitted, Bytes>>),
}

/// A call with its place.
struct Admitted {
    call: Call,
    ticket: Ticket,
    /// Whom to answer; absent for a notification.
    id: Option<Id>,
}

/// What must end before the next message may start.
type Gate = BoxFuture<'static, ()>;

/// Talks with one client until it leaves, the daemon stops or the stream breaks.
pub(crate) async fn run<F, W>(context: &Context, peer: Peer, mut frames: F, writer: W)
where
    F: Frames,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let outbox = Arc::new(Outbox::new(&context.limits));
    let session = Arc::new(Session {
        client: Client::new(peer.name, peer.role, Some(outbox.clone()), &context.limits),
        outbox: outbox.clone(),
        dispatch: context.dispatch.clone(),
        limits: context.limits.clone(),
        correlation: Correlation::new(),
        in_flight: InFlight::new(&context.limits),
        lane: Lane::new(),
        framing: peer.framing,
    });
    // Reading and writing share one task: an answer that is ready at once is written in the same
    // turn, and wakes nobody. So what fills the outbox comes first, here and at the end.
    let mut writing = pin!(writer::run(&outbox, writer, peer.framing));
    let went_away = tokio::select! {
        biased;
        () = session.read(&mut frames) => false,
        () = &mut writing => true,
        () = context.shutdown.cancelled() => false,
    };
    if !went_away {
        // A client that reads gets what it was promised; one that does not is not waited for.
        let ending = async { tokio::join!(biased; session.end(context), &mut writing) };
        let _ = tokio::time::timeout(LINGER, ending).await;
    }
    outbox.close();
}

/// Who is at the other end.
pub(crate) struct Peer {
    /// The transport, by which the client is called until it says its name.
    pub(crate) name: &'static str,
    /// What it may do.
    pub(crate) role: Role,
    /// How its messages are marked.
    pub(crate) framing: Framing,
}

impl Session {
    async fn end(&self, context: &Context) {
        if context.shutdown.is_cancelled() {
            // What was asked for before is answered first.
            self.in_flight.idle().await;
            self.close_frame(1001, "the daemon stops").await;
        }
        self.outbox.finish();
    }

    async fn read<F: Frames>(self: &Arc<Session>, frames: &mut F) {
        loop {
            // A client that does not read its answers is not read from either.
            self.outbox.room().await;
            match frames.next().await {
                Frame::Text(text) => self.receive(&text).await,
                Frame::Ping(payload) => {
                    self.outbox.push(Outgoing::Pong(payload)).await;
                }
                Frame::End => {
                    let _ = tokio::time::timeout(LINGER, self.in_flight.idle()).await;
                    return;
                }
                Frame::Closed(code) => return self.close_frame(code, "").await,
                Frame::Broken(broken) => return self.give_up(&broken).await,
            }
        }
    }

    async fn receive(self: &Arc<Session>, text: &[u8]) {
        let bytes = text.len() as u64;
        let work = match message::parse(text, self.limits.batch_calls_max) {
            Ok(Message::Single(entry)) => {
                if entry.holds_back() {
                    self.in_flight.room(bytes).await;
                }
                match self.admit(entry, bytes) {
                    Some(Ok(admitted)) => Work::Single(admitted),
                    Some(Err(refusal)) => return self.send(refusal).await,
                    None => return,
                }
            }
            Ok(Message::Batch(entries)) => self.admit_batch(entries, bytes).await,
            Err(error) => return self.send(self.refusal(&Id::null(), &error)).await,
        };
        let Some(work) = self.lane.line_up(work) else {
            return;
        };
        if let Some(gate) = self.start(work).await {
            self.lane.take();
            let session = self.clone();
            tokio::spawn(async move {
                gate.await;
                while let Some(work) = session.lane.next() {
                    if let Some(gate) = session.start(work).await {
                        gate.await;
                    }
                }
            });
        }
    }

    /// Makes place for one entry: a call to start, a refusal to send, or nothing to do.
    fn admit(&self, entry: Entry, bytes: u64) -> Option<Result<Admitted, Bytes>> {
        match entry {
            Entry::Request(id, invocation) => Some(match self.in_flight.admit(&id, bytes) {
                Ok((ticket, cancel)) => Ok(Admitted {
                    call: self.call(invocation, id.value.clone(), cancel),
                    ticket,
                    id: Some(id),
                }),
                Err(error) => Err(self.refusal(&id, &error)),
            }),
            Entry::Notification(invocation) if invocation.method == CANCEL => {
                self.cancel(&invocation);
                None
            }
            Entry::Notification(invocation) => {
                let ticket = self.in_flight.admit_notification(bytes);
                let cancel = CancellationToken::new();
                Some(Ok(Admitted {
                    call: self.call(invocation, serde_json::Value::Null, cancel),
                    ticket,
                    id: None,
                }))
            }
            Entry::Response(response) => {
                self.dispatch.respond(&self.client, &response);
                None
            }
            Entry::Invalid(id, error) => Some(Err(self.refusal(&id, &error))),
        }
    }

    async fn admit_batch(&self, entries: Vec<Entry>, bytes: u64) -> Work {
        let share = bytes / entries.len().max(1) as u64;
        // Only before the first of them takes its place: a batch must not wait for itself.
        if entries.iter().any(Entry::holds_back) {
            self.in_flight.room(bytes).await;
        }
        let members = entries.into_iter();
        Work::Batch(members.filter_map(|it| self.admit(it, share)).collect())
    }

    fn cancel(&self, invocation: &Invocation) {
        let params = invocation.params.as_ref().map_or("null", |it| it.get());
        match serde_json::from_str::<CancelRequest>(params) {
            Ok(params) => self.in_flight.cancel(&Id::from(params.id)),
            Err(error) => tracing::debug!(%error, "a $/cancelRequest names no request"),
        }
    }

    fn call(
        &self,
        invocation: Invocation,
        id: serde_json::Value,
        cancel: CancellationToken,
    ) -> Call {
        Call {
            client: self.client.clone(),
            method: invocation.method,
            params: invocation.params,
            id,
            correlation_id: self.correlation.next(),
            cancel,
        }
    }

    async fn start(self: &Arc<Session>, work: Work) -> Option<Gate> {
        match work {
            Work::Single(admitted) => self.start_one(admitted).await,
            Work::Batch(members) => self.start_batch(members).await,
        }
    }

    async fn start_one(self: &Arc<Session>, admitted: Admitted) -> Option<Gate> {
        let Admitted { call, ticket, id } = admitted;
        let correlation_id = call.correlation_id.clone();
        match (run::start(&*self.dispatch, call).await, id) {
            (Started::Done(outcome), Some(id)) => {
                self.answer(&id, outcome, &correlation_id, ticket).await;
                None
            }
            (Started::Waiting(outcome), Some(id)) => {
                let session = self.clone();
                tokio::spawn(async move {
                    let outcome = outcome.await;
                    session.answer(&id, outcome, &correlation_id, ticket).await;
                });
                None
            }
            (Started::Done(outcome), None) => {
                note(outcome, &correlation_id);
                None
            }
            (Started::Waiting(outcome), None) => Some(
                async move {
                    note(outcome.await, &correlation_id);
                    drop(ticket);
                }
                .boxed(),
            ),
        }
    }

    /// Starts all calls of a batch, in order; their answers go out together. With a notification
    /// among them, what comes after the batch waits for all of it.
    async fn start_batch(
        self: &Arc<Session>,
        members: Vec<Result<Admitted, Bytes>>,
    ) -> Option<Gate> {
        let gathered = self.client.answers.gather();
        let mut running = Vec::with_capacity(members.len());
        let mut gated = false;
        for member in members {
            running.push(match member {
                Err(refusal) => ready((Some(Answer::short(refusal)), None)).boxed(),
                Ok(Admitted { call, ticket, id }) => {
                    let correlation_id = call.correlation_id.clone();
                    let started = run::start(&*self.dispatch, call).await;
                    gated |= id.is_none() && matches!(started, Started::Waiting(_));
                    let gathered = gathered.clone();
                    let answer = move |outcome: Outcome| {
                        let outcome = gathered.take(outcome);
                        (answer_text(id, outcome, &correlation_id), Some(ticket))
                    };
                    match started {
                        Started::Done(outcome) => ready(answer(outcome)).boxed(),
                        Started::Waiting(outcome) => outcome.map(answer).boxed(),
                    }
                }
            });
        }
        let session = self.clone();
        let mut rest = async move {
            let (answers, tickets): (Vec<_>, Vec<_>) =
                futures::future::join_all(running).await.into_iter().unzip();
            session.answer_batch(answers, tickets).await;
            drop(gathered);
        }
        .boxed();
        if futures::poll!(&mut rest).is_ready() {
            None
        } else if gated {
            Some(rest)
        } else {
            tokio::spawn(rest);
            None
        }
    }

    async fn answer(&self, id: &Id, outcome: Outcome, correlation_id: &str, mut ticket: Ticket) {
        let Answer { text, after, place } = outcome_text(id, outcome, correlation_id);
        ticket.answered();
        let queued = self.outbox.reply(text).await;
        drop(place);
        if queued && let Some(after) = after {
            after();
        }
    }

    async fn answer_batch(&self, answers: Vec<Option<Answer>>, tickets: Vec<Option<Ticket>>) {
        let answers = answers.into_iter().flatten();
        let (texts, afters): (Vec<_>, Vec<_>) = answers.map(|it| (it.text, it.after)).unzip();
        let Some(text) = message::batch_text(&texts) else {
            return;
        };
        let mut tickets: Vec<Ticket> = tickets.into_iter().flatten().collect();
        tickets.iter_mut().for_each(Ticket::answered);
        if self.outbox.reply(text).await {
            afters.into_iter().flatten().for_each(|after| after());
        }
    }

    fn refusal(&self, id: &Id, error: &Error) -> Bytes {
        message::error_text(id, error, &self.correlation.next())
    }

    async fn send(&self, text: Bytes) {
        self.outbox.reply(text).await;
    }

    async fn give_up(&self, broken: &Broken) {
        tracing::debug!(error = %broken.error, client = %self.client.name(), "a stream broke");
        self.send(self.refusal(&Id::null(), &broken.error)).await;
        self.close_frame(broken.close_code, &broken.error.message)
            .await;
    }

    /// Says goodbye where the transport has a word for it.
    async fn close_frame(&self, code: u16, reason: &str) {
        if self.framing == Framing::WebSocket {
            // A control frame carries at most 125 bytes, two of them for the code.
            let reason = &reason[..reason.floor_char_boundary(123)];
            let reason = Bytes::copy_from_slice(reason.as_bytes());
            self.outbox.push(Outgoing::Close(code, reason)).await;
        }
    }
}

impl Entry {
    /// Whether what comes after it has to wait until it is done.
    fn holds_back(&self) -> bool {
        matches!(self, Entry::Notification(invocation) if invocation.method != CANCEL)
    }
}

/// A reply as it is sent, and what goes with it.
struct Answer {
    text: Bytes,
    after: Option<Box<dyn FnOnce() + Send>>,
    place: Option<Place>,
}

impl Answer {
    fn short(text: Bytes) -> Answer {
        Answer {
            text,
            after: None,
            place: None,
        }
    }
}

fn outcome_text(id: &Id, outcome: Outcome, correlation_id: &str) -> Answer {
    match outcome {
        Ok(reply) => Answer {
            text: message::result_text(id, &reply.body),
            after: reply.after,
            place: reply.place,
        },
        Err(error) => Answer::short(message::error_text(id, &error, correlation_id)),
    }
}

fn answer_text(id: Option<Id>, outcome: Outcome, correlation_id: &str) -> Option<Answer> {
    match id {
        Some(id) => Some(outcome_text(&id, outcome, correlation_id)),
        None => {
            note(outcome, correlation_id);
            None
        }
    }
}

/// A notification's outcome, which nobody gets.
fn note(outcome: Outcome, correlation_id: &str) {
    match outcome {
        Ok(reply) => {
            if let Some(after) = reply.after {
                after();
            }
        }
        Err(error) => tracing::debug!(correlation_id, %error, "a notification failed"),
    }
}

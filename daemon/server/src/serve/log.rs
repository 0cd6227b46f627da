//! `event/*`: pages of the past, then what happens now.

use std::{collections::BTreeSet, sync::Arc};

use storycore_schema::{
    Error, LoggedEvent, Seq, Topic,
    log::{
        EventPage, ListEvents, SubscribeEvents, Subscribed, SubscriptionKind, UnsubscribeEvents,
    },
};
use tracing::warn;

use super::{Context, Serve};
use crate::{
    event_log::{EventLog, LogError, StoredEvent},
    films::OpenFilm,
    offload::blocking,
    outbox::{Outbox, notification_text},
};

impl Serve for ListEvents {
    async fn serve(self, context: &Context) -> Result<EventPage, Error> {
        let film = context.film(self.project)?;
        let max = context.daemon.limits.event_page_len_max;
        let limit = self.limit.map_or(max, |it| u64::from(it).min(max));
        let head = film.bus.film().seq;
        let events = page(&film, self.after.unwrap_or_default(), head, limit).await?;
        Ok(EventPage { events, head })
    }
}

impl Serve for SubscribeEvents {
    async fn serve(self, context: &Context) -> Result<Subscribed, Error> {
        let film = context.film(self.project)?;
        let outbox = context.subscriber(&film, SubscriptionKind::Event)?;
        let head = film.bus.film().seq;
        if let Some(after) = self.after.filter(|it| *it > head) {
            let message = format!("event {after} has not happened: the last one is {head}");
            return Err(Error::failed_precondition(message)
                .hint("is it another film, or an older copy? subscribe without `after`"));
        }
        let topics: Option<BTreeSet<Topic>> = self.topics.map(|it| it.into_iter().collect());
        let held = film
            .bus
            .subscribe(outbox.clone(), SubscriptionKind::Event, topics.clone());
        let past = Past {
            from: self.after.unwrap_or(held.film.seq),
            to: held.film.seq,
            page_len: context.daemon.limits.event_page_len_max,
            topics,
            outbox,
            film: film.clone(),
        };
        let head = held.film.seq;
        context.after_reply(move || {
            if past.from == past.to {
                return film.bus.release(&held);
            }
            tokio::spawn(async move {
                match past.send().await {
                    Ok(()) => film.bus.release(&held),
                    Err(error) => {
                        warn!(%error, "the past could not be sent; the client is told to resync");
                        film.bus.give_up(&held);
                    }
                }
            });
        });
        Ok(Subscribed { head })
    }
}

impl Serve for UnsubscribeEvents {
    async fn serve(self, context: &Context) -> Result<(), Error> {
        let film = context.film(self.project)?;
        film.bus
            .unsubscribe(&context.outbox()?, SubscriptionKind::Event);
        Ok(())
    }
}

/// Events that happened before the subscription, and that the client asked for.
struct Past {
    from: Seq,
    to: Seq,
    page_len: u64,
    topics: Option<BTreeSet<Topic>>,
    outbox: Arc<Outbox>,
    film: Arc<OpenFilm>,
}

impl Past {
    /// Sends them as fast as the client reads.
    async fn send(&self) -> Result<(), Error> {
        let mut after = self.from;
        while after < self.to {
            let events = page(&self.film, after, self.to, self.page_len).await?;
            let Some(last) = events.last() else { break };
            after = last.seq;
            for event in &events {
                let wanted = self
                    .topics
                    .as_ref()
                    .is_none_or(|it| it.contains(&event.event.topic()));
                if wanted && !self.outbox.reply(notification_text(event)).await {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// At most `limit` events after a place, and up to another.
async fn page(film: &OpenFilm, after: Seq, to: Seq, limit: u64) -> Result<Vec<LoggedEvent>, Error> {
    let (log, project) = (film.log.clone(), film.id);
    let limit = limit.min(to.0.saturating_sub(after.0));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let stored = blocking(move || EventLog::read_after(&log, after, limit)).await?;
    let stored = stored.map_err(|error| unreadable(&error))?;
    let logged = |it: StoredEvent| LoggedEvent {
        project,
        seq: it.seq,
        durable: true,
        at_ms: it.at_ms,
        actor: it.actor,
        correlation_id: it.correlation_id,
        event: it.event,
    };
    Ok(stored.into_iter().map(logged).collect())
}

fn unreadable(error: &LogError) -> Error {
    Error::unavailable(format!("the film's log cannot be read: {error}"))
        .hint("check the disk, then try again")
}

//! `event/*`: pages of the past, then what happens now.

use std::{collections::BTreeSet, sync::Arc};

use storycore_schema::{
    Error, Limits, LoggedEvent, Seq, Topic,
    log::{
        EventPage, ListEvents, SubscribeEvents, Subscribed, SubscriptionKind, UnsubscribeEvents,
    },
};
use tracing::warn;

use super::{Context, Serve};
use crate::{
    answers::Answers,
    bus::{Closed, Held},
    event_log::LogError,
    films::OpenFilm,
    offload::blocking,
    outbox::notification_text,
};

impl Serve for ListEvents {
    async fn serve(self, context: &Context) -> Result<EventPage, Error> {
        let film = context.film(self.project)?;
        context.large_answer().await?;
        let mut page = PageLimits::new(&context.daemon.limits);
        if let Some(limit) = self.limit {
            page.len_max = page.len_max.min(u64::from(limit));
        }
        let head = film.bus.film().seq;
        let events = page
            .read(&film, self.after.unwrap_or_default(), head)
            .await?;
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
            .subscribe(outbox, SubscriptionKind::Event, self.after, topics.clone())
            .map_err(|Closed| film.closed_error())?;
        let head = held.film.seq;
        let past = Past {
            after: self.after.unwrap_or(head),
            topics,
            page: PageLimits::new(&context.daemon.limits),
            answers: context.call.client.answers.clone(),
            film,
            held,
        };
        context.after_reply(move || {
            if past.after == head {
                past.held.release();
            } else {
                tokio::spawn(past.send());
            }
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
    after: Seq,
    topics: Option<BTreeSet<Topic>>,
    page: PageLimits,
    answers: Arc<Answers>,
    film: Arc<OpenFilm>,
    held: Held,
}

impl Past {
    /// Sends them as fast as the client reads, then what has happened since.
    async fn send(mut self) {
        let to = self.held.film.seq;
        while self.after < to && self.held.is_current() {
            match self.send_page(to).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    warn!(%error, "the past could not be sent; the client is told to resync");
                    return;
                }
            }
        }
        self.held.release();
    }

    /// False when the subscription is over.
    async fn send_page(&mut self, to: Seq) -> Result<bool, Error> {
        let _place = self.answers.place().await;
        let events = self.page.read(&self.film, self.after, to).await?;
        let last = events.last().map(|it| it.seq);
        for event in events {
            let topic = event.event.topic();
            let wanted = self.topics.as_ref().is_none_or(|it| it.contains(&topic));
            if wanted && !self.held.send(event.seq, &notification_text(&event)).await {
                return Ok(false);
            }
        }
        self.after = last.ok_or_else(|| {
            Error::unavailable(format!("the log ends after {}, not at {to}", self.after))
        })?;
        Ok(true)
    }
}

/// Where a page of the log ends.
struct PageLimits {
    len_max: u64,
    bytes_max: u64,
}

impl PageLimits {
    fn new(limits: &Limits) -> PageLimits {
        PageLimits {
            len_max: limits.event_page_len_max,
            bytes_max: limits.outbox_bytes_max,
        }
    }

    /// A page after a place, and up to another.
    async fn read(&self, film: &OpenFilm, after: Seq, to: Seq) -> Result<Vec<LoggedEvent>, Error> {
        let (log, project) = (film.log.clone(), film.id);
        let count = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
        let len_max = count(self.len_max.min(to.0.saturating_sub(after.0)));
        let bytes_max = count(self.bytes_max);
        let stored = blocking(move || log.read_page(after, len_max, bytes_max)).await?;
        let stored = stored.map_err(|error| unreadable(&error))?;
        Ok(stored.into_iter().map(|it| it.logged(project)).collect())
    }
}

fn unreadable(error: &LogError) -> Error {
    Error::unavailable(format!("the film's log cannot be read: {error}"))
        .hint("check the disk, then try again")
}

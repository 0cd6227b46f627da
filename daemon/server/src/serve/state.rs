//! `state/*`: a snapshot, then patches.

use storycore_core::mirror;
use storycore_schema::{
    Error,
    log::SubscriptionKind,
    state::{Snapshot, SubscribeState, UnsubscribeState},
};

use super::{Context, Serve};
use crate::bus::Closed;

impl Serve for SubscribeState {
    async fn serve(self, context: &Context) -> Result<Snapshot, Error> {
        let film = context.film(self.project)?;
        let outbox = context.subscriber(&film, SubscriptionKind::State)?;
        let held = film
            .bus
            .subscribe(outbox, SubscriptionKind::State, None, None)
            .map_err(|Closed| film.closed_error())?;
        let snapshot = mirror::snapshot(&held.film);
        let drafts = film.drafts.clone();
        context.after_reply(move || {
            held.release();
            // Whoever comes while somebody writes sees that, too.
            tokio::task::spawn_blocking(move || drafts.show_latest());
        });
        Ok(snapshot)
    }
}

impl Serve for UnsubscribeState {
    async fn serve(self, context: &Context) -> Result<(), Error> {
        let film = context.film(self.project)?;
        film.bus
            .unsubscribe(&context.outbox()?, SubscriptionKind::State);
        Ok(())
    }
}

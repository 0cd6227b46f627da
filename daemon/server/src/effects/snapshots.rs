//! Writes the film's state down now and then, away from its owner, and when it closes: so opening
//! it costs what has happened since, and not all there is.

use std::sync::Arc;

use storycore_core::Film;
use storycore_schema::Seq;
use tokio_util::sync::CancellationToken;

use crate::{
    bus::Bus,
    event_log::{LastSnapshot, Past},
    offload::blocking,
};

/// Events since the last snapshot that are worth one when the film closes, in events. Fewer are
/// read as fast as a snapshot is.
const CLOSING_EVENTS_MIN: u64 = 1_000;

/// What writing snapshots needs.
pub struct SnapshotEffect {
    /// The log, and where snapshots are.
    pub past: Past,
    /// The film.
    pub bus: Arc<Bus>,
    /// Where the last one was made.
    pub(crate) last: LastSnapshot,
    /// Canceled when the film changes no more.
    pub closing: CancellationToken,
}

impl SnapshotEffect {
    /// Runs until the film closes.
    pub async fn run(mut self) {
        let mut commits = self.bus.watch();
        let mut tried = self.last.seq;
        loop {
            commits.borrow_and_update();
            let film = self.bus.film();
            if since(&film, tried) >= self.past.snapshots.every_events {
                tried = film.seq;
                self.write(film).await;
            }
            tokio::select! {
                changed = commits.changed() => if changed.is_err() { break },
                () = self.closing.cancelled() => break,
            }
        }
        let film = self.bus.film();
        if since(&film, self.last.seq) >= CLOSING_EVENTS_MIN {
            self.write(film).await;
        }
    }

    async fn write(&mut self, film: Arc<Film>) {
        let (past, last) = (self.past.clone(), self.last);
        let written = blocking(move || past.snapshot(&film, &last)).await;
        if let Ok(Some(written)) = written {
            self.last = written;
        }
    }
}

fn since(film: &Film, seq: Seq) -> u64 {
    film.seq.0.saturating_sub(seq.0)
}

//! Writes the film's state down now and then, away from its owner, and when it closes: so opening
//! it costs what has happened since, and not all there is. Where one is missing for looking back,
//! it is made afterwards.

use std::{sync::Arc, time::Duration};

use storycore_core::Film;
use storycore_schema::Seq;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    bus::Bus,
    event_log::{LastSnapshot, Past},
    offload::blocking,
};

/// Events since the last snapshot that are worth one when the film closes, in events. Fewer are
/// read as fast as a snapshot is.
const CLOSING_EVENTS_MIN: u64 = 1_000;
/// How long a film that was opened without any snapshot, as after an upgrade, is left alone before
/// those of its past are made again.
const REMAKE_DELAY: Duration = Duration::from_secs(3);
/// How many are made again at most, the whole past in equal parts, in snapshots.
const REMADE_MAX: u64 = 20;
/// How many places may wait for a snapshot, in places. It only saves time, so more are forgotten.
const MISSED_MAX: usize = 4;

/// What writing snapshots needs.
pub struct SnapshotEffect {
    /// The log, and where snapshots are.
    pub past: Past,
    /// The film.
    pub bus: Arc<Bus>,
    /// Where the last one was made.
    pub(crate) last: LastSnapshot,
    /// Places far from any, which somebody looked at.
    pub missed: mpsc::Receiver<Seq>,
    /// Canceled when the film changes no more.
    pub closing: CancellationToken,
}

/// Where to tell the places at which snapshots are missing, and where that is heard.
pub fn missed() -> (mpsc::Sender<Seq>, mpsc::Receiver<Seq>) {
    mpsc::channel(MISSED_MAX)
}

impl SnapshotEffect {
    /// Runs until the film closes.
    pub async fn run(mut self) {
        let mut commits = self.bus.watch();
        let mut tried = self.last.seq;
        let mut remade = self.past_without_any();
        let remake_at = Instant::now() + REMAKE_DELAY;
        loop {
            commits.borrow_and_update();
            let film = self.bus.film();
            if since(&film, tried) >= self.past.snapshots.every_events {
                tried = film.seq;
                self.write(film).await;
            }
            tokio::select! {
                changed = commits.changed() => if changed.is_err() { break },
                Some(place) = self.missed.recv() => self.make(vec![place]).await,
                () = sleep_until(remake_at), if !remade.is_empty() => {
                    self.make(std::mem::take(&mut remade)).await;
                }
                () = self.closing.cancelled() => break,
            }
        }
        let film = self.bus.film();
        if since(&film, self.last.seq) >= CLOSING_EVENTS_MIN {
            self.write(film).await;
        }
    }

    /// The places of the past at which to make them, if opening the film found none.
    fn past_without_any(&self) -> Vec<Seq> {
        if self.last.seq > Seq(0) {
            return Vec::new();
        }
        let every = self.past.snapshots.every_events;
        remade_places(self.bus.film().seq, every)
    }

    async fn write(&mut self, film: Arc<Film>) {
        let (past, last) = (self.past.clone(), self.last);
        let written = blocking(move || past.snapshot(&film, &last)).await;
        if let Ok(Some(written)) = written {
            self.last = written;
        }
    }

    async fn make(&self, places: Vec<Seq>) {
        let (past, closing) = (self.past.clone(), self.closing.clone());
        let made = blocking(move || past.make(&places, || !closing.is_cancelled())).await;
        if let Ok(Err(error)) = made {
            warn!(%error, "snapshots of the past could not be made");
        }
    }
}

fn since(film: &Film, seq: Seq) -> u64 {
    film.seq.0.saturating_sub(seq.0)
}

/// Equal parts of a film's past, whose ends are multiples of the distance of snapshots.
fn remade_places(head: Seq, every: u64) -> Vec<Seq> {
    let distance = every * head.0.div_ceil(every * REMADE_MAX).max(1);
    let n_places = head.0.saturating_sub(1) / distance;
    (1..=n_places).map(|n| Seq(n * distance)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_cut_into_parts_that_grow_with_it() {
        let places = |head, every| -> Vec<u64> {
            let places = remade_places(Seq(head), every);
            places.into_iter().map(|it| it.0).collect()
        };
        assert!(places(0, 10).is_empty() && places(10, 10).is_empty());
        assert_eq!(places(11, 10), [10]);
        assert_eq!(places(35, 10), [10, 20, 30]);
        let long = places(1_001, 10);
        assert_eq!((long[0], long[1], long.len()), (60, 120, 16));
        assert!(places(1_000_000, 5_000).len() < 20);
    }
}

//! The film at any place of its log: from the nearest snapshot before it, and the events since.

use std::sync::Arc;

use storycore_core::{
    Film, GlobalState,
    replay::{Logged, Replay, Unreadable},
};
use storycore_schema::{Event, Seq};
use tracing::warn;

use super::{EventLog, Head, LogError, Snapshots, replay, snapshots::Snapshot, sqlite};

/// Reads the past of one film.
#[derive(Clone)]
pub struct Past {
    /// What happened.
    pub log: Arc<EventLog>,
    /// Where reading may begin.
    pub snapshots: Arc<Snapshots>,
    /// The film's folder or file, as it is shown.
    pub shown: Arc<str>,
}

/// A film as its log has it.
pub struct Opened {
    /// The film.
    pub film: Film,
    /// The last event in it.
    pub head: Head,
    /// Whether, of the events about the bible or the scripts, the last one is about the bible.
    pub ends_with_bible: bool,
    /// The place of the snapshot it was read from; 0 if there was none.
    pub snapshot: Seq,
}

/// A film as it was.
pub struct PastFilm {
    /// The film.
    pub film: Film,
    /// Where a snapshot would spare the next who comes here most of the way, if it was far.
    pub missed: Option<Seq>,
}

impl Opened {
    /// Where the last snapshot was made. What the tail says of the bible stands in the log, so it
    /// may stand here already.
    pub(crate) fn last_snapshot(&self) -> LastSnapshot {
        LastSnapshot {
            seq: self.snapshot,
            ends_with_bible: self.ends_with_bible,
        }
    }
}

impl Past {
    /// The film as it is. Blocks.
    pub fn open(&self) -> Result<Opened, LogError> {
        let head = self.log.last()?;
        let base = self.snapshots.newest(&self.log, head.seq);
        let snapshot = base.as_ref().map_or(Seq(0), |it| it.seq);
        let mut reading = self.from(base);
        reading.go_on(&self.log, head.seq)?;
        Ok(Opened {
            ends_with_bible: reading.ends_with_bible,
            film: reading.replay.end()?,
            head,
            snapshot,
        })
    }

    /// The film as it was when an event had just happened. What is not in the log, such as what
    /// people look at, is not in it. Blocks.
    pub fn film_at(&self, seq: Seq) -> Result<PastFilm, LogError> {
        let base = self.snapshots.newest(&self.log, seq);
        let begin = base.as_ref().map_or(0, |it| it.seq.0);
        let mut reading = self.from(base);
        reading.go_on(&self.log, seq)?;
        let every = self.snapshots.every_events;
        let mark = seq.0 - seq.0 % every;
        Ok(PastFilm {
            film: reading.replay.end()?,
            missed: (mark > begin && seq.0 - begin > every).then_some(Seq(mark)),
        })
    }

    /// Makes the snapshots of some places, in order, while it may go on. Blocks.
    pub(crate) fn make(&self, places: &[Seq], go_on: impl Fn() -> bool) -> Result<(), LogError> {
        let Some(first) = places.first() else {
            return Ok(());
        };
        let mut reading = self.from(self.snapshots.newest(&self.log, *first));
        for seq in places {
            if !go_on() {
                break;
            }
            reading.go_on(&self.log, *seq)?;
            let state = reading.replay.here()?.state.clone();
            self.keep(*seq, state, reading.ends_with_bible);
        }
        Ok(())
    }

    /// Makes a snapshot of a state that the log has, given the last snapshot before it. Blocks.
    pub(crate) fn snapshot(&self, film: &Film, before: &LastSnapshot) -> Option<LastSnapshot> {
        let reader = sqlite::open_reader(self.log.path()).ok()?;
        let ends_with_bible = sqlite::ends_with_bible(&reader, before.seq, film.seq).ok()?;
        let last = LastSnapshot {
            seq: film.seq,
            ends_with_bible: ends_with_bible.unwrap_or(before.ends_with_bible),
        };
        self.keep(last.seq, film.state.clone(), last.ends_with_bible)
            .then_some(last)
    }

    /// Snapshots only save time, so one that cannot be written is no reason to fail.
    fn keep(&self, seq: Seq, state: GlobalState, ends_with_bible: bool) -> bool {
        let snapshot = Snapshot {
            seq,
            state,
            ends_with_bible,
        };
        let written = self.snapshots.write(&self.log, &snapshot);
        if let Err(error) = &written {
            warn!(%seq, %error, "a snapshot could not be written");
        }
        written.is_ok()
    }

    fn from(&self, base: Option<Snapshot>) -> Reading {
        let (film, ends_with_bible) = match base {
            Some(Snapshot {
                seq,
                state,
                ends_with_bible,
            }) => (Film::restored(&self.shown, state, seq), ends_with_bible),
            None => (Film::new(&self.shown), false),
        };
        Reading {
            replay: Replay::of(film),
            ends_with_bible,
        }
    }
}

/// A film that is being read from its log.
struct Reading {
    replay: Replay,
    ends_with_bible: bool,
}

impl Reading {
    /// Reads on to a place.
    fn go_on(&mut self, log: &EventLog, to: Seq) -> Result<(), LogError> {
        replay::events(log.path(), self.replay.seq(), to, &mut |logged| {
            match &logged {
                Logged::Event(Event::Bible(_)) => self.ends_with_bible = true,
                Logged::Event(Event::Script(_)) | Logged::Change(_) => self.ends_with_bible = false,
                Logged::Event(_) | Logged::Passed => {}
            }
            Ok(self.replay.take_in(logged)?)
        })
    }
}

impl From<Unreadable> for LogError {
    fn from(Unreadable { seq, source }: Unreadable) -> LogError {
        LogError::Event { seq, source }
    }
}

/// Where the last snapshot was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LastSnapshot {
    pub(crate) seq: Seq,
    pub(crate) ends_with_bible: bool,
}

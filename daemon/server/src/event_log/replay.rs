//! Replay: every event after a place, read on several threads and handed over in order. Reading
//! JSON is most of the work, and the digests let each part of the log be checked by itself.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use storycore_core::replay::Logged;
use storycore_schema::Seq;

use super::{LogError, chunk::Chunk, sqlite};

/// Events that one thread reads at once, in events. The more, the less is read for nothing; the
/// fewer, the sooner the work is shared.
const CHUNK_EVENTS_MAX: u64 = 2_000;
const CHUNK_EVENTS_MIN: u64 = 250;
/// Parts in which a short replay is read, in chunks.
const CHUNKS_MIN: u64 = 16;
/// Chunks that may be read ahead of the one that is wanted, in chunks.
const AHEAD_CHUNKS_MAX: u64 = 6;
/// Threads that read besides the one that applies, in threads.
const READERS_MAX: usize = 3;

/// Hands over every event after a place and up to another, in order. Blocks.
pub(super) fn events(
    path: &Path,
    after: Seq,
    to: Seq,
    each: &mut dyn FnMut(Logged) -> Result<(), LogError>,
) -> Result<(), LogError> {
    let events = to.0.saturating_sub(after.0);
    let chunk_events = (events / CHUNKS_MIN).clamp(CHUNK_EVENTS_MIN, CHUNK_EVENTS_MAX);
    let total = events.div_ceil(chunk_events);
    let work = Work {
        path,
        after,
        to,
        chunk_events,
        total,
        progress: Mutex::default(),
        changed: Condvar::new(),
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let readers = READERS_MAX.min(cores.saturating_sub(1)).min(total as usize);
    // One chunk is read sooner than a thread is started.
    let readers = if total > 1 { readers } else { 0 };
    thread::scope(|scope| {
        for _ in 0..readers {
            scope.spawn(|| work.read_ahead());
        }
        // Also when it panics: the readers would wait for ever, and the scope for them.
        let _stop = Stop(&work);
        work.hand_over(each)
    })
}

struct Stop<'a>(&'a Work<'a>);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.lock().stopped = true;
        self.0.changed.notify_all();
    }
}

struct Work<'a> {
    path: &'a Path,
    after: Seq,
    to: Seq,
    chunk_events: u64,
    total: u64,
    progress: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Default)]
struct Progress {
    /// The chunk that is handed over next.
    wanted: u64,
    /// The next that nobody reads yet.
    unclaimed: u64,
    read: BTreeMap<u64, Result<Vec<Logged>, LogError>>,
    stopped: bool,
}

impl Work<'_> {
    fn hand_over(
        &self,
        each: &mut dyn FnMut(Logged) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        let reader = sqlite::open_reader(self.path)?;
        for chunk in 0..self.total {
            for logged in self.chunk(chunk, &reader)? {
                each(logged)?;
            }
            self.lock().wanted = chunk + 1;
            self.changed.notify_all();
        }
        Ok(())
    }

    /// A chunk that somebody has read, or else reads it, or one that is wanted soon.
    fn chunk(&self, wanted: u64, reader: &rusqlite::Connection) -> Result<Vec<Logged>, LogError> {
        let mut progress = self.lock();
        loop {
            if let Some(read) = progress.read.remove(&wanted) {
                return read;
            }
            progress = match self.claim(&mut progress) {
                Some(chunk) => {
                    drop(progress);
                    let read = self.read(chunk, reader);
                    let mut progress = self.lock();
                    progress.read.insert(chunk, read);
                    progress
                }
                None => self.wait(progress),
            };
        }
    }

    fn read_ahead(&self) {
        let reader = sqlite::open_reader(self.path);
        let mut progress = self.lock();
        while !progress.stopped && progress.unclaimed < self.total {
            progress = match (&reader, self.claim(&mut progress)) {
                (Ok(reader), Some(chunk)) => {
                    drop(progress);
                    // Whoever waits for the chunk must hear of a bug, and not wait for ever.
                    let read = catch_unwind(AssertUnwindSafe(|| self.read(chunk, reader)));
                    let bug = |_| Err(LogError::Format("reading it met a bug".to_owned()));
                    let mut progress = self.lock();
                    progress.read.insert(chunk, read.unwrap_or_else(bug));
                    self.changed.notify_all();
                    progress
                }
                // The one that hands over reads all by itself then.
                (Err(_), _) => return,
                (Ok(_), None) => self.wait(progress),
            };
        }
    }

    fn claim(&self, progress: &mut Progress) -> Option<u64> {
        let chunk = progress.unclaimed;
        let is_near = chunk <= progress.wanted + AHEAD_CHUNKS_MAX;
        (chunk < self.total && is_near).then(|| {
            progress.unclaimed += 1;
            chunk
        })
    }

    fn read(&self, chunk: u64, reader: &rusqlite::Connection) -> Result<Vec<Logged>, LogError> {
        let after = self.after.0 + chunk * self.chunk_events;
        let to = (after + self.chunk_events).min(self.to.0);
        let mut events = Chunk::with_capacity((to - after) as usize);
        sqlite::read(reader, Seq(after), Seq(to), |row| {
            events.push(&row)?;
            Ok(ControlFlow::Continue(()))
        })?;
        let last = after + events.len() as u64;
        if last < to {
            let why = "it is missing";
            return Err(LogError::Damaged {
                seq: Seq(last + 1),
                why,
            });
        }
        events.end()
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, progress: MutexGuard<'a, Progress>) -> MutexGuard<'a, Progress> {
        self.changed
            .wait(progress)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

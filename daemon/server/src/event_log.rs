//! The event log of one film: what is in it has happened.
//!
//! One embedded engine today, SQLite; what the owner of a film needs of it is these few methods,
//! so that another engine can stand behind them later.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use storycore_schema::{Event, LoggedEvent, Seq, id::ProjectId};
use tokio::sync::oneshot;

mod chunk;
mod digest;
mod past;
mod payload;
mod replay;
mod salvage;
mod snapshots;
mod sqlite;
mod upcast;

pub use digest::{Digest, hex as digest_hex};
pub(crate) use past::LastSnapshot;
pub use past::{Opened, Past, PastFilm};
pub use salvage::{Examined, Salvage};
pub use snapshots::{Snapshot, Snapshots};
pub use upcast::{EVENT_VERSION, read as read_event, to_current};

/// The last event of a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// Its place; 0 before the first.
    pub seq: Seq,
    /// When it happened, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// Its digest, which is one of all that came before it, too.
    pub digest: Digest,
}

/// An event on its way into the log, or out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Its place.
    pub seq: Seq,
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// Who.
    pub actor: String,
    /// The request that caused it.
    pub correlation_id: String,
    /// What happened.
    pub event: Event,
}

impl StoredEvent {
    /// As clients see it.
    pub fn logged(self, project: ProjectId) -> LoggedEvent {
        LoggedEvent {
            project,
            seq: self.seq,
            durable: true,
            at_ms: self.at_ms,
            actor: self.actor,
            correlation_id: self.correlation_id,
            event: self.event,
        }
    }
}

/// Why the log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The engine or the disk failed. Whether an append was kept is not known.
    #[error("{0}")]
    Engine(#[from] rusqlite::Error),
    /// Somebody else has appended: the log ends elsewhere than expected. Nothing was appended.
    #[error("the log ends at {actual}, not at {expected}")]
    Conflict {
        /// Where it should have ended.
        expected: Seq,
        /// Where it ends.
        actual: Seq,
    },
    /// The file is not what was written.
    #[error("event {seq} is damaged: {why}")]
    Damaged {
        /// The first place that is not whole.
        seq: Seq,
        /// What is wrong there.
        why: &'static str,
    },
    /// An event does not read.
    #[error("event {seq} does not read: {source}")]
    Event {
        /// Its place.
        seq: Seq,
        /// Why.
        source: serde_json::Error,
    },
    /// The file was made by a newer version, or is no log at all.
    #[error("{0}")]
    Format(String),
    /// The writer has stopped.
    #[error("the log is closed")]
    Closed,
}

impl LogError {
    /// Whether the file is not what was written, so that a repair is what helps.
    pub fn is_damage(&self) -> bool {
        use rusqlite::{Error, ErrorCode};
        match self {
            LogError::Damaged { .. } | LogError::Event { .. } => true,
            LogError::Engine(Error::SqliteFailure(code, _)) => matches!(
                code.code,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase
            ),
            // A row that reads, with something in it that we never write.
            LogError::Engine(
                Error::Utf8Error(..)
                | Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::InvalidColumnType(..),
            ) => true,
            _ => false,
        }
    }
}

/// A film's log. Appends go through one writer thread, so that the film's owner never waits on the
/// disk in its own task.
pub struct EventLog {
    path: PathBuf,
    appends: std::sync::mpsc::Sender<Append>,
    writer: Option<std::thread::JoinHandle<()>>,
}

struct Append {
    expected: Seq,
    events: Vec<StoredEvent>,
    done: oneshot::Sender<Result<(), LogError>>,
}

impl EventLog {
    /// Opens a log, or begins one. Blocks.
    pub fn open(path: &Path) -> Result<EventLog, LogError> {
        let mut connection = sqlite::open(path)?;
        let (appends, queue) = std::sync::mpsc::channel::<Append>();
        let writer = std::thread::Builder::new()
            .name("event-log".to_owned())
            .spawn(move || {
                while let Ok(append) = queue.recv() {
                    let outcome = sqlite::append(&mut connection, append.expected, &append.events);
                    // The owner may be gone; what is on disk stays.
                    let _ = append.done.send(outcome);
                }
            });
        let writer =
            writer.map_err(|error| LogError::Format(format!("no writer thread: {error}")))?;
        Ok(EventLog {
            path: path.to_owned(),
            appends,
            writer: Some(writer),
        })
    }

    /// Appends events after `expected`, all or none; returns when they are on disk.
    pub async fn append(&self, expected: Seq, events: Vec<StoredEvent>) -> Result<(), LogError> {
        let (done, outcome) = oneshot::channel();
        let append = Append {
            expected,
            events,
            done,
        };
        self.appends.send(append).map_err(|_| LogError::Closed)?;
        outcome.await.map_err(|_| LogError::Closed)?
    }

    /// The same, for who may block.
    pub fn append_blocking(&self, expected: Seq, events: Vec<StoredEvent>) -> Result<(), LogError> {
        let (done, outcome) = oneshot::channel();
        let append = Append {
            expected,
            events,
            done,
        };
        self.appends.send(append).map_err(|_| LogError::Closed)?;
        outcome.blocking_recv().map_err(|_| LogError::Closed)?
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the log ends. Blocks.
    pub fn head(&self) -> Result<Seq, LogError> {
        Ok(self.last()?.seq)
    }

    /// Its last event. Blocks.
    pub fn last(&self) -> Result<Head, LogError> {
        sqlite::head(&sqlite::open_reader(&self.path)?)
    }

    /// The digest of an event; none if it is not there. Blocks.
    pub fn digest_at(&self, seq: Seq) -> Result<Option<Digest>, LogError> {
        sqlite::digest_at(&sqlite::open_reader(&self.path)?, seq)
    }

    /// Writes a copy of the log as it is at one moment, while others append, to a new file. Blocks.
    pub fn copy_to(&self, path: &Path) -> Result<(), LogError> {
        sqlite::copy(&sqlite::open_reader(&self.path)?, path)
    }

    /// At most `limit` events after a place. Blocks.
    pub fn read_after(&self, after: Seq, limit: usize) -> Result<Vec<StoredEvent>, LogError> {
        self.read_page(after, limit, usize::MAX)
    }

    /// At most `limit` events after a place, and no more than fit into `bytes_max` as JSON; but one
    /// at least, if there is one. Blocks.
    pub fn read_page(
        &self,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let mut page = Vec::new();
        let mut left = bytes_max;
        let reader = sqlite::open_reader(&self.path)?;
        // Not past the head: where the log ends, there is nothing to follow.
        let head = sqlite::head(&reader)?.seq;
        let to = Seq(after.0.saturating_add(limit as u64).min(head.0));
        if to <= after {
            return Ok(page);
        }
        sqlite::read(&reader, after, to, |row| {
            let bytes = row.payload.len();
            if bytes > left && !page.is_empty() {
                return Ok(ControlFlow::Break(()));
            }
            left = left.saturating_sub(bytes);
            page.push(row.event()?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(page)
    }

    /// The JSON of every event, oldest first, whatever its version. Blocks.
    pub fn each_payload(&self, mut each: impl FnMut(&str)) -> Result<(), LogError> {
        let reader = sqlite::open_reader(&self.path)?;
        sqlite::read(&reader, Seq(0), Seq(u64::MAX), |row| {
            each(row.payload);
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Every event, oldest first. Blocks.
    pub fn replay(&self, mut each: impl FnMut(StoredEvent)) -> Result<(), LogError> {
        let reader = sqlite::open_reader(&self.path)?;
        sqlite::read(&reader, Seq(0), Seq(u64::MAX), |row| {
            each(row.event()?);
            Ok(ControlFlow::Continue(()))
        })
    }
}

/// Where the log in a file ends, without opening it for writing. Blocks.
pub fn head_of(path: &Path) -> Result<Head, LogError> {
    sqlite::head(&sqlite::open_reader(path)?)
}

/// Refuses a file of unknown origin that is not just a log: SQL that stands in a file, such as a
/// trigger, is run by whoever writes to it. Blocks.
pub fn check_tables(path: &Path) -> Result<(), LogError> {
    sqlite::check_tables(&sqlite::open_reader(path)?)
}

impl Drop for EventLog {
    fn drop(&mut self) {
        // Closing the channel ends the writer after what was handed to it; the lock on the film
        // must not be given back before that.
        let (closed, _) = std::sync::mpsc::channel();
        self.appends = closed;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

#[cfg(test)]
mod tests;

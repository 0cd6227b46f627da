//! The log in SQLite: write-ahead log, `synchronous=FULL`. Only FULL loses nothing that was
//! acknowledged when the power goes (SQLite documentation, "PRAGMA synchronous").

use std::{ops::ControlFlow, path::Path};

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};
use storycore_schema::{Seq, Topic};

use super::{
    Head, LogError, StoredEvent,
    digest::{self, Chain, Digest},
    upcast::{self, EVENT_VERSION},
};

/// Marks the file as ours (`PRAGMA application_id`): "SCor".
pub(super) const APPLICATION_ID: i32 = 0x5343_6f72;
/// Version of the tables (`PRAGMA user_version`). The first had no digests.
pub(super) const TABLES_VERSION: i32 = 2;
/// How long to wait for a reader that holds the file, in milliseconds.
const BUSY_MS: u64 = 5_000;
/// Problems of one file that are told, in problems.
const PROBLEMS_MAX: usize = 20;
/// Rows that are read at once while digests are added to an old file, in rows.
const MIGRATED_ROWS_MAX: i64 = 1_000;

const TABLES: &str = "
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        topic TEXT NOT NULL,
        version INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        actor TEXT NOT NULL,
        correlation_id TEXT NOT NULL,
        payload TEXT NOT NULL,
        digest BLOB NOT NULL DEFAULT x''
    ) STRICT;
";

/// An event as it stands in its row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) seq: Seq,
    pub(super) topic: &'a str,
    pub(super) version: u32,
    pub(super) at_ms: u64,
    pub(super) actor: &'a str,
    pub(super) correlation_id: &'a str,
    pub(super) payload: &'a str,
}

pub(super) fn open(path: &Path) -> Result<Connection, LogError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    check_format(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    bring_up_to_date(&mut connection)?;
    Ok(connection)
}

/// A reader never waits for the writer and never writes.
pub(super) fn open_reader(path: &Path) -> Result<Connection, LogError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    Ok(connection)
}

/// A copy of the file at one moment, whole and on disk.
pub(super) fn copy(connection: &Connection, path: &Path) -> Result<(), LogError> {
    connection.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
    // SQLite leaves that to whoever wants it to outlive a power cut.
    let synced = std::fs::File::open(path).and_then(|it| it.sync_all());
    synced.map_err(|error| LogError::Format(format!("the copy could not be kept: {error}")))
}

pub(super) fn check_format(connection: &Connection) -> Result<(), LogError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let empty = application == 0 && version == 0;
    if !empty && application != APPLICATION_ID {
        return Err(LogError::Format(
            "it is the database of another program".to_owned(),
        ));
    }
    if version > TABLES_VERSION {
        let message = format!("it was written by a newer version (format {version})");
        return Err(LogError::Format(message));
    }
    Ok(())
}

/// Nothing but our one table is in it, and the engine finds it in order.
pub(super) fn check_tables(connection: &Connection) -> Result<(), LogError> {
    connection.pragma_update(None, "trusted_schema", false)?;
    check_format(connection)?;
    let mut select = connection.prepare("SELECT type, name FROM sqlite_schema")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
    if found != [("table".to_owned(), "events".to_owned())] {
        return Err(LogError::Format(
            "it holds more or less than a log".to_owned(),
        ));
    }
    match problems(connection)?.first() {
        Some(problem) => Err(LogError::Format(problem.clone())),
        None => Ok(()),
    }
}

/// What the engine finds wrong with the file.
pub(super) fn problems(connection: &Connection) -> Result<Vec<String>, LogError> {
    let mut check = connection.prepare(&format!("PRAGMA integrity_check({PROBLEMS_MAX})"))?;
    let rows = check.query_map([], |row| row.get::<_, String>(0))?;
    let found: Vec<String> = rows.collect::<Result<_, _>>()?;
    Ok(found.into_iter().filter(|it| it != "ok").collect())
}

/// Makes the tables, or lifts those of an older version; all of it or, when the power goes,
/// nothing.
fn bring_up_to_date(connection: &mut Connection) -> Result<(), LogError> {
    let version = |connection: &Connection| {
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0))
    };
    if version(connection)? == TABLES_VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match version(&transaction)? {
        0 => {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
        1 => {
            let digests = "ALTER TABLE events ADD COLUMN digest BLOB NOT NULL DEFAULT x''";
            transaction.execute_batch(digests)?;
            add_digests(&transaction)?;
        }
        _ => {}
    }
    transaction.pragma_update(None, "user_version", TABLES_VERSION)?;
    transaction.commit()?;
    Ok(())
}

fn add_digests(connection: &Connection) -> Result<(), LogError> {
    let mut select = connection.prepare(
        "SELECT seq, topic, version, at_ms, actor, correlation_id, payload FROM events
         WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut update = connection.prepare("UPDATE events SET digest = ?2 WHERE seq = ?1")?;
    let (mut chain, mut digest, mut after) = (Chain::default(), digest::START, 0_i64);
    loop {
        let mut page = Vec::new();
        let mut rows = select.query(params![after, MIGRATED_ROWS_MAX])?;
        while let Some(row) = rows.next()? {
            digest = chain.next(&digest, &columns(row)?);
            after = row.get(0)?;
            page.push((after, digest));
        }
        if page.is_empty() {
            return Ok(());
        }
        for (seq, digest) in page {
            update.execute(params![seq, digest])?;
        }
    }
}

/// The columns of `seq, topic, version, at_ms, actor, correlation_id, payload`.
pub(super) fn columns<'a>(row: &'a rusqlite::Row<'_>) -> Result<Row<'a>, LogError> {
    let text = |column| -> Result<&str, LogError> {
        Ok(row
            .get_ref(column)?
            .as_str()
            .map_err(rusqlite::Error::from)?)
    };
    Ok(Row {
        seq: Seq(row.get::<_, i64>(0)?.cast_unsigned()),
        topic: text(1)?,
        version: row.get(2)?,
        at_ms: row.get::<_, i64>(3)?.cast_unsigned(),
        actor: text(4)?,
        correlation_id: text(5)?,
        payload: text(6)?,
    })
}

pub(super) fn head(connection: &Connection) -> Result<Head, LogError> {
    let head = "SELECT seq, at_ms, digest FROM events ORDER BY seq DESC LIMIT 1";
    let mut head = connection.prepare_cached(head)?;
    let head = head.query_row([], |row| {
        Ok(Head {
            seq: Seq(row.get::<_, i64>(0)?.cast_unsigned()),
            at_ms: row.get::<_, i64>(1)?.cast_unsigned(),
            digest: row.get(2)?,
        })
    });
    Ok(head.optional()?.unwrap_or_default())
}

/// The digest of an event; of the place before all events, too.
pub(super) fn digest_at(connection: &Connection, seq: Seq) -> Result<Option<Digest>, LogError> {
    if seq == Seq(0) {
        return Ok(Some(digest::START));
    }
    let mut select = connection.prepare_cached("SELECT digest FROM events WHERE seq = ?1")?;
    let digest = select.query_row([seq.0.cast_signed()], |row| row.get(0));
    Ok(digest.optional()?)
}

/// Whether the last event of a range that is about the bible or a script is about the bible; none
/// if there is no such event.
pub(super) fn ends_with_bible(
    connection: &Connection,
    after: Seq,
    to: Seq,
) -> Result<Option<bool>, LogError> {
    let last = "SELECT topic = 'bible' FROM events WHERE seq > ?1 AND seq <= ?2
         AND topic IN ('bible', 'script') ORDER BY seq DESC LIMIT 1";
    let range = params![after.0.cast_signed(), to.0.cast_signed()];
    let is_bible = connection.query_row(last, range, |row| row.get(0));
    Ok(is_bible.optional()?)
}

pub(super) fn append(
    connection: &mut Connection,
    expected: Seq,
    events: &[StoredEvent],
) -> Result<(), LogError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let head = head(&transaction)?;
    if head.seq != expected {
        return Err(LogError::Conflict {
            expected,
            actual: head.seq,
        });
    }
    let (mut chain, mut digest, mut payload) = (Chain::default(), head.digest, Vec::new());
    for stored in events {
        let row = row_of(stored, &mut payload)?;
        digest = chain.next(&digest, &row);
        insert(&transaction, &row, &digest)?;
    }
    transaction.commit()?;
    Ok(())
}

pub(super) fn insert(
    connection: &Connection,
    row: &Row<'_>,
    digest: &Digest,
) -> Result<(), LogError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO events (seq, topic, version, at_ms, actor, correlation_id, payload, digest)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    insert.execute(params![
        row.seq.0.cast_signed(),
        row.topic,
        row.version,
        row.at_ms.cast_signed(),
        row.actor,
        row.correlation_id,
        row.payload,
        digest,
    ])?;
    Ok(())
}

fn row_of<'a>(stored: &'a StoredEvent, payload: &'a mut Vec<u8>) -> Result<Row<'a>, LogError> {
    let broken = |source| LogError::Event {
        seq: stored.seq,
        source,
    };
    payload.clear();
    serde_json::to_writer(&mut *payload, &stored.event).map_err(broken)?;
    Ok(Row {
        seq: stored.seq,
        topic: topic_name(stored.event.topic()),
        version: EVENT_VERSION,
        at_ms: stored.at_ms,
        actor: &stored.actor,
        correlation_id: &stored.correlation_id,
        payload: std::str::from_utf8(payload)
            .map_err(|error| broken(serde::ser::Error::custom(error)))?,
    })
}

fn topic_name(topic: Topic) -> &'static str {
    match topic {
        Topic::Project => "project",
        Topic::Script => "script",
        Topic::Bible => "bible",
        Topic::Workflow => "workflow",
        Topic::Asset => "asset",
        Topic::Take => "take",
        Topic::Run => "run",
        Topic::History => "history",
        Topic::Diagnostic => "diagnostic",
        Topic::Selection => "selection",
        Topic::Work => "work",
    }
}

/// Gives `each` every row after a place and up to another, whole and in order: each digest fits
/// the one before, and none is missing.
pub(super) fn read(
    connection: &Connection,
    after: Seq,
    to: Seq,
    mut each: impl FnMut(Row<'_>) -> Result<ControlFlow<()>, LogError>,
) -> Result<(), LogError> {
    let damaged = |seq: u64, why| LogError::Damaged { seq: Seq(seq), why };
    let before = digest_at(connection, after)?;
    let mut before = before.ok_or_else(|| damaged(after.0, "it is missing"))?;
    let mut select = connection.prepare_cached(
        "SELECT seq, topic, version, at_ms, actor, correlation_id, payload, digest FROM events
         WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
    )?;
    let (mut chain, mut last) = (Chain::default(), after.0);
    let mut rows = select.query(params![
        after.0.cast_signed(),
        to.0.min(SEQ_MAX).cast_signed()
    ])?;
    while let Some(row) = rows.next()? {
        let columns = columns(row)?;
        if columns.seq.0 != last + 1 {
            return Err(damaged(last + 1, "it is missing"));
        }
        last = columns.seq.0;
        let digest = chain.next(&before, &columns);
        if row.get_ref(7)?.as_blob().ok() != Some(&digest) {
            return Err(damaged(last, "it does not fit its digest"));
        }
        before = digest;
        if each(columns)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// The last place a file can have.
const SEQ_MAX: u64 = i64::MAX.cast_unsigned();

impl Row<'_> {
    /// The event in it.
    pub(super) fn event(&self) -> Result<StoredEvent, LogError> {
        Ok(StoredEvent {
            seq: self.seq,
            at_ms: self.at_ms,
            actor: self.actor.to_owned(),
            correlation_id: self.correlation_id.to_owned(),
            event: self.what_happened()?,
        })
    }

    /// Refuses what we cannot know the meaning of.
    pub(super) fn check_version(&self) -> Result<(), LogError> {
        if self.version > EVENT_VERSION {
            let message = format!(
                "event {} was written by a newer version (events {})",
                self.seq, self.version
            );
            return Err(LogError::Format(message));
        }
        Ok(())
    }

    /// What happened, without who and when.
    pub(super) fn what_happened(&self) -> Result<storycore_schema::Event, LogError> {
        self.check_version()?;
        upcast::read(self.version, self.payload).map_err(|source| LogError::Event {
            seq: self.seq,
            source,
        })
    }
}

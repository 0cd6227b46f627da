//! The log in SQLite: write-ahead log, `synchronous=FULL`. Only FULL loses nothing that was
//! acknowledged when the power goes (SQLite documentation, "PRAGMA synchronous").

use std::{ops::ControlFlow, path::Path};

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};
use storycore_schema::Seq;

use super::{EVENT_VERSION, LogError, StoredEvent};

/// Marks the file as ours (`PRAGMA application_id`): "SCor".
const APPLICATION_ID: i32 = 0x5343_6f72;
/// Version of the tables (`PRAGMA user_version`).
const TABLES_VERSION: i32 = 1;
/// How long to wait for a reader that holds the file, in milliseconds.
const BUSY_MS: u64 = 5_000;

const TABLES: &str = "
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        topic TEXT NOT NULL,
        version INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        actor TEXT NOT NULL,
        correlation_id TEXT NOT NULL,
        payload TEXT NOT NULL
    ) STRICT;
";

pub(super) fn open(path: &Path) -> Result<Connection, LogError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    check_format(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    create_tables(&mut connection)?;
    Ok(connection)
}

/// A reader never waits for the writer and never writes.
pub(super) fn open_reader(path: &Path) -> Result<Connection, LogError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    Ok(connection)
}

fn check_format(connection: &Connection) -> Result<(), LogError> {
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

fn create_tables(connection: &mut Connection) -> Result<(), LogError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", TABLES_VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}

pub(super) fn head(connection: &Connection) -> Result<Seq, LogError> {
    let head = "SELECT seq FROM events ORDER BY seq DESC LIMIT 1";
    let seq: Option<i64> = connection
        .query_row(head, [], |row| row.get(0))
        .optional()?;
    Ok(Seq(seq.unwrap_or(0).cast_unsigned()))
}

pub(super) fn append(
    connection: &mut Connection,
    expected: Seq,
    events: &[StoredEvent],
) -> Result<(), LogError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let actual = head(&transaction)?;
    if actual != expected {
        return Err(LogError::Conflict { expected, actual });
    }
    {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO events (seq, topic, version, at_ms, actor, correlation_id, payload)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for stored in events {
            insert_event(&mut insert, stored)?;
        }
    }
    transaction.commit()?;
    Ok(())
}

fn insert_event(
    insert: &mut rusqlite::CachedStatement<'_>,
    stored: &StoredEvent,
) -> Result<(), LogError> {
    let broken = |source| LogError::Event {
        seq: stored.seq,
        source,
    };
    let payload = serde_json::to_string(&stored.event).map_err(broken)?;
    let topic = format!("{:?}", stored.event.topic()).to_lowercase();
    insert.execute(params![
        stored.seq.0.cast_signed(),
        topic,
        EVENT_VERSION,
        stored.at_ms.cast_signed(),
        stored.actor,
        stored.correlation_id,
        payload,
    ])?;
    Ok(())
}

/// Gives `each` the length of every event's JSON in bytes, and the way to read it.
pub(super) fn read(
    connection: &Connection,
    after: Seq,
    limit: usize,
    mut each: impl FnMut(usize, Reader<'_>) -> Result<ControlFlow<()>, LogError>,
) -> Result<(), LogError> {
    let mut select = connection.prepare_cached(
        "SELECT seq, at_ms, actor, correlation_id, payload FROM events
         WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = select.query(params![after.0.cast_signed(), limit])?;
    while let Some(row) = rows.next()? {
        let seq = Seq(row.get::<_, i64>(0)?.cast_unsigned());
        let payload = row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?;
        let read = || {
            let event =
                serde_json::from_str(payload).map_err(|source| LogError::Event { seq, source })?;
            Ok(StoredEvent {
                seq,
                at_ms: row.get::<_, i64>(1)?.cast_unsigned(),
                actor: row.get(2)?,
                correlation_id: row.get(3)?,
                event,
            })
        };
        if each(payload.len(), &read)?.is_break() {
            break;
        }
    }
    Ok(())
}

type Reader<'a> = &'a dyn Fn() -> Result<StoredEvent, LogError>;

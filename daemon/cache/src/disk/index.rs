//! What lies in the folder: in a small SQLite file that outlives the daemon, and in memory, where
//! it is looked up. Readers wait for the part in memory only, never for SQLite.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, params};

use crate::{
    key::{Dependencies, Dependency, Key},
    sealed::SEAL_BYTES,
    ticket::Dropped,
};

const FILE: &str = "index.db";
/// Another version's index is thrown away, with what it names.
const VERSION: i64 = 1;
const TABLES: &str = "
CREATE TABLE entry (
    key BLOB PRIMARY KEY, number INTEGER NOT NULL, bytes INTEGER NOT NULL, seal BLOB NOT NULL,
    used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE derived (
    key BLOB NOT NULL, dependency TEXT NOT NULL, PRIMARY KEY (key, dependency)
) WITHOUT ROWID;
CREATE TABLE invalidated (dependency TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
";
/// So many uses are noted in memory before they are written; a crash forgets no more of them.
const USED_MAX: usize = 1_024;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Part of the file's name: no two files of one folder have it.
    pub(super) number: u64,
    /// The file's length.
    pub(super) bytes: u64,
    pub(super) seal: [u8; SEAL_BYTES],
    pub(super) dependencies: Dependencies,
    used: u64,
}

/// A file that is in the index no more.
pub(super) type Removed = (Key, u64);

#[derive(Debug, Default)]
struct Rows {
    by_key: HashMap<Key, Row>,
    /// From the least recently used.
    by_use: BTreeMap<u64, Key>,
    by_dependency: HashMap<Dependency, HashSet<Key>>,
    bytes: u64,
    uses: u64,
    /// Used since that was last written.
    used: HashSet<Key>,
}

/// The index of one folder.
#[derive(Debug)]
pub(super) struct Index {
    /// Taken before `rows`, and held while SQLite writes.
    database: Mutex<Connection>,
    rows: Mutex<Rows>,
}

/// An index, and what else it says when it is opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) index: Index,
    /// When dependencies were invalidated last, in Unix milliseconds.
    pub(super) invalidated: Vec<(Dependency, u64)>,
    /// Whether an unusable one was thrown away.
    pub(super) was_damaged: bool,
}

impl Index {
    /// Opens it, or a new one in place of one that is unusable.
    pub(super) fn open(folder: &Path) -> rusqlite::Result<Opened> {
        let opened = connect(folder).and_then(load);
        match opened {
            Ok((index, invalidated)) => Ok(Opened {
                index,
                invalidated,
                was_damaged: false,
            }),
            Err(error) => {
                tracing::warn!(%error, "the index of the cache is unusable: the cache is empty");
                for end in ["", "-wal", "-shm"] {
                    let _ = fs::remove_file(folder.join(format!("{FILE}{end}")));
                }
                let (index, invalidated) = connect(folder).and_then(load)?;
                Ok(Opened {
                    index,
                    invalidated,
                    was_damaged: true,
                })
            }
        }
    }

    /// An entry that is about to be read: it counts as used.
    pub(super) fn use_row(&self, key: Key) -> Option<Row> {
        let mut rows = self.rows();
        let row = rows.by_key.get(&key)?.clone();
        rows.touch(key);
        Some(row)
    }

    /// Puts a file in, unless `is_void` says that it was dropped on its way, and takes out what
    /// must go for it: its predecessor, and the least recently used until all fits.
    pub(super) fn put(
        &self,
        key: Key,
        row: &Row,
        bytes_max: u64,
        is_void: &dyn Fn() -> bool,
    ) -> rusqlite::Result<Put> {
        let mut database = self.database();
        if is_void() {
            return Ok(Put::Void);
        }
        let evicted = self.rows().evictable(key, row.bytes, bytes_max);
        let used = self.rows().next_use();
        let transaction = database.transaction()?;
        for key in &evicted {
            delete(&transaction, *key)?;
        }
        delete(&transaction, key)?;
        transaction
            .prepare_cached("INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                key.as_bytes(),
                row.number.cast_signed(),
                row.bytes.cast_signed(),
                row.seal,
                used.cast_signed()
            ])?;
        for dependency in row.dependencies.iter() {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO derived VALUES (?1, ?2)")?
                .execute(params![key.as_bytes(), dependency.as_str()])?;
        }
        transaction.commit()?;
        let mut rows = self.rows();
        let n_evicted = evicted.len() as u64;
        let removed = evicted.into_iter().chain([key]);
        let removed = removed.filter_map(|it| rows.remove(it)).collect();
        let row = Row {
            used,
            ..row.clone()
        };
        rows.insert(key, row);
        Ok(Put::Done { removed, n_evicted })
    }

    /// Takes entries out, for good also when the power fails right after. Also when SQLite refuses,
    /// readers find them no more, and their files are to be deleted.
    pub(super) fn take_out(
        &self,
        dropped: Dropped<'_>,
        now_ms: u64,
    ) -> (Vec<Removed>, rusqlite::Result<()>) {
        let mut database = self.database();
        let removed: Vec<Removed> = {
            let mut rows = self.rows();
            let keys = rows.taken_by(dropped);
            keys.iter().filter_map(|it| rows.remove(*it)).collect()
        };
        let written = write_dropped(&mut database, dropped, &removed, now_ms);
        let usual = database.pragma_update(None, "synchronous", "NORMAL");
        (removed, written.and(usual))
    }

    /// Takes one file out, if it still is that one.
    pub(super) fn remove_damaged(&self, key: Key, number: u64) -> rusqlite::Result<bool> {
        let database = self.database();
        let is_that = |it: &Row| it.number == number;
        if !self.rows().by_key.get(&key).is_some_and(is_that) {
            return Ok(false);
        }
        self.rows().remove(key);
        delete(&database, key)?;
        Ok(true)
    }

    /// Takes out what has no file, and says which files have no entry.
    pub(super) fn reconcile(&self, files: &HashSet<Removed>) -> rusqlite::Result<Vec<Removed>> {
        let mut database = self.database();
        let mut rows = self.rows();
        let is_gone = |(key, row): &(&Key, &Row)| !files.contains(&(**key, row.number));
        let gone: Vec<Key> = rows.by_key.iter().filter(is_gone).map(|it| *it.0).collect();
        let transaction = database.transaction()?;
        for key in gone {
            rows.remove(key);
            delete(&transaction, key)?;
        }
        transaction.commit()?;
        let is_known =
            |(key, number): &&Removed| rows.by_key.get(key).is_some_and(|it| it.number == *number);
        Ok(files.iter().filter(|it| !is_known(it)).copied().collect())
    }

    /// Writes down what was used, if that is worth it by now or `all` is asked for.
    pub(super) fn note_uses(&self, all: bool) -> rusqlite::Result<()> {
        let n_used = self.rows().used.len();
        if n_used == 0 || (!all && n_used < USED_MAX) {
            return Ok(());
        }
        let mut database = self.database();
        let uses: Vec<(Key, u64)> = {
            let mut rows = self.rows();
            let keys = std::mem::take(&mut rows.used).into_iter();
            keys.filter_map(|key| Some((key, rows.by_key.get(&key)?.used)))
                .collect()
        };
        let transaction = database.transaction()?;
        for (key, used) in uses {
            transaction
                .prepare_cached("UPDATE entry SET used = ?2 WHERE key = ?1")?
                .execute(params![key.as_bytes(), used.cast_signed()])?;
        }
        transaction.commit()
    }

    /// How many entries, and how many bytes.
    pub(super) fn size(&self) -> (u64, u64) {
        let rows = self.rows();
        (rows.by_key.len() as u64, rows.bytes)
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn database(&self) -> MutexGuard<'_, Connection> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of putting a file in.
#[derive(Debug)]
pub(super) enum Put {
    /// It was dropped on its way.
    Void,
    /// It is in, and these files are out.
    Done {
        removed: Vec<Removed>,
        n_evicted: u64,
    },
}

impl Row {
    pub(super) fn new(
        number: u64,
        bytes: u64,
        seal: [u8; SEAL_BYTES],
        dependencies: Dependencies,
    ) -> Row {
        Row {
            number,
            bytes,
            seal,
            dependencies,
            used: 0,
        }
    }
}

impl Rows {
    fn next_use(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }

    fn touch(&mut self, key: Key) {
        let used = self.next_use();
        if let Some(row) = self.by_key.get_mut(&key) {
            self.by_use.remove(&row.used);
            row.used = used;
            self.by_use.insert(used, key);
            self.used.insert(key);
        }
    }

    fn insert(&mut self, key: Key, row: Row) {
        self.uses = self.uses.max(row.used);
        self.bytes += row.bytes;
        self.by_use.insert(row.used, key);
        for dependency in row.dependencies.iter() {
            let keys = self.by_dependency.entry(dependency.clone()).or_default();
            keys.insert(key);
        }
        self.by_key.insert(key, row);
    }

    fn remove(&mut self, key: Key) -> Option<Removed> {
        let row = self.by_key.remove(&key)?;
        self.bytes -= row.bytes;
        self.by_use.remove(&row.used);
        self.used.remove(&key);
        for dependency in row.dependencies.iter() {
            if let Some(keys) = self.by_dependency.get_mut(dependency) {
                keys.remove(&key);
                if keys.is_empty() {
                    self.by_dependency.remove(dependency);
                }
            }
        }
        Some((key, row.number))
    }

    /// What must go so that so many bytes more fit, in place of `key`: a sixteenth more than that,
    /// so that not every entry drives out another one.
    fn evictable(&self, key: Key, more: u64, bytes_max: u64) -> Vec<Key> {
        let replaced = self.by_key.get(&key).map_or(0, |it| it.bytes);
        let mut left = self.bytes - replaced + more;
        let mut evicted = Vec::new();
        if left <= bytes_max {
            return evicted;
        }
        let wanted = (bytes_max - bytes_max / 16).max(more);
        for it in self.by_use.values().filter(|it| **it != key) {
            if left <= wanted {
                break;
            }
            left -= self.by_key.get(it).map_or(0, |it| it.bytes);
            evicted.push(*it);
        }
        evicted
    }

    fn taken_by(&self, dropped: Dropped<'_>) -> Vec<Key> {
        match dropped {
            Dropped::Key(key) => self
                .by_key
                .contains_key(&key)
                .then_some(key)
                .into_iter()
                .collect(),
            Dropped::DerivedFrom(any) => {
                let keys = any.iter().filter_map(|it| self.by_dependency.get(it));
                let keys: HashSet<Key> = keys.flatten().copied().collect();
                keys.into_iter().collect()
            }
            Dropped::All => self.by_key.keys().copied().collect(),
        }
    }
}

fn connect(folder: &Path) -> rusqlite::Result<Connection> {
    let database = Connection::open(folder.join(FILE))?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    // What is lost when the power fails is made again; what is left is whole.
    database.pragma_update(None, "synchronous", "NORMAL")?;
    let version: i64 = database.pragma_query_value(None, "user_version", |it| it.get(0))?;
    if version == 0 {
        database.execute_batch(&format!(
            "BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"
        ))?;
    } else if version != VERSION {
        return Err(rusqlite::Error::InvalidQuery);
    }
    Ok(database)
}

fn load(database: Connection) -> rusqlite::Result<(Index, Vec<(Dependency, u64)>)> {
    let mut dependencies: HashMap<Key, Vec<Dependency>> = HashMap::new();
    let mut names: HashSet<Dependency> = HashSet::new();
    let mut rows = Rows::default();
    let mut invalidated = Vec::new();
    {
        let mut read = database.prepare("SELECT key, dependency FROM derived")?;
        let mut found = read.query([])?;
        while let Some(row) = found.next()? {
            let name: String = row.get(1)?;
            let name = dependency(&name)?;
            let name = names.get(&name).cloned().unwrap_or(name);
            names.insert(name.clone());
            dependencies
                .entry(Key::from_bytes(row.get(0)?))
                .or_default()
                .push(name);
        }
        let mut read = database.prepare("SELECT key, number, bytes, seal, used FROM entry")?;
        let mut found = read.query([])?;
        while let Some(row) = found.next()? {
            let key = Key::from_bytes(row.get(0)?);
            let derived_from = dependencies.remove(&key).unwrap_or_default();
            let unsigned = |at: usize| row.get(at).map(i64::cast_unsigned);
            let mut entry = Row::new(unsigned(1)?, unsigned(2)?, row.get(3)?, derived_from.into());
            entry.used = unsigned(4)?;
            rows.insert(key, entry);
        }
        let mut read = database.prepare("SELECT dependency, at_ms FROM invalidated")?;
        let mut found = read.query([])?;
        while let Some(row) = found.next()? {
            let name: String = row.get(0)?;
            invalidated.push((dependency(&name)?, row.get(1).map(i64::cast_unsigned)?));
        }
    }
    let index = Index {
        database: Mutex::new(database),
        rows: Mutex::new(rows),
    };
    Ok((index, invalidated))
}

fn dependency(name: &str) -> rusqlite::Result<Dependency> {
    Dependency::new(name).map_err(|_| rusqlite::Error::InvalidQuery)
}

fn write_dropped(
    database: &mut Connection,
    dropped: Dropped<'_>,
    removed: &[Removed],
    now_ms: u64,
) -> rusqlite::Result<()> {
    database.pragma_update(None, "synchronous", "FULL")?;
    let transaction = database.transaction()?;
    for (key, _) in removed {
        delete(&transaction, *key)?;
    }
    if let Dropped::DerivedFrom(any) = dropped {
        for dependency in any {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO invalidated VALUES (?1, ?2)")?
                .execute(params![dependency.as_str(), now_ms.cast_signed()])?;
        }
    }
    transaction.commit()
}

fn delete(database: &Connection, key: Key) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM entry WHERE key = ?1",
        "DELETE FROM derived WHERE key = ?1",
    ] {
        database.prepare_cached(sql)?.execute([key.as_bytes()])?;
    }
    Ok(())
}

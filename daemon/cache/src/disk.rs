//! The second tier: a folder of sealed files, named by key, up to a number of bytes.
//!
//! A file is written beside, renamed into its place, then entered in the index; what is not in the
//! index does not exist and is removed at the next start. A file's name is never used again, so a
//! file that is being deleted is never one that was just written.

use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tracing::{debug, info, warn};

use crate::{
    breaker::{Breaker, RestOptions},
    key::{Dependencies, Dependency, Key},
    sealed::{self, Opened, SEAL_BYTES},
    stats::{Count, TierStats},
    ticket::{Dropped, Ticket},
};

mod index;

use index::{Index, Put, Removed, Row};

/// Where files are written before they are renamed.
const NEW: &str = "new";
const LOCK: &str = "lock";
const LOCK_WAIT: Duration = Duration::from_millis(500);
/// After a write that failed: a disk that is full stays so for a while.
const REST: RestOptions = RestOptions {
    failures_max: 1,
    rest_ms: 10_000,
    rest_ms_max: 300_000,
};

/// Where files are kept, and how much of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskOptions {
    /// The folder. It is made if need be, and nothing else may be in it.
    pub folder: PathBuf,
    /// The most bytes of all files in it.
    pub bytes_max: u64,
}

#[derive(Debug)]
pub(crate) struct Disk {
    folder: PathBuf,
    bytes_max: u64,
    entry_bytes_max: u64,
    index: Index,
    number: AtomicU64,
    /// Held as long as this lives: two daemons in one folder would delete each other's files.
    _lock: File,
    rest: Mutex<Breaker>,
    began: Instant,
    is_told: AtomicBool,
    hits: Count,
    misses: Count,
    evictions: Count,
    errors: Count,
    damaged: Count,
}

/// When dependencies were invalidated last, in Unix milliseconds.
pub(crate) type Invalidated = Vec<(Dependency, u64)>;

impl Disk {
    /// Opens the folder and tidies up what a crash left. Blocks.
    pub(crate) fn open(
        options: &DiskOptions,
        entry_bytes_max: u64,
    ) -> io::Result<(Disk, Invalidated)> {
        let folder = options.folder.clone();
        create_private(&folder)?;
        let lock = lock(&folder)?;
        // What was being written when the last daemon ended.
        let _ = fs::remove_dir_all(folder.join(NEW));
        fs::create_dir(folder.join(NEW))?;
        let opened = Index::open(&folder).map_err(io::Error::other)?;
        let index = opened.index;
        let files = list(&folder)?;
        let last = files.iter().map(|it| it.1).max().unwrap_or(0);
        let strays = index.reconcile(&files).map_err(io::Error::other)?;
        let disk = Disk {
            folder,
            bytes_max: options.bytes_max,
            entry_bytes_max,
            index,
            number: AtomicU64::new(last + 1),
            _lock: lock,
            rest: Mutex::new(Breaker::new(REST)),
            began: Instant::now(),
            is_told: AtomicBool::new(false),
            hits: Count::default(),
            misses: Count::default(),
            evictions: Count::default(),
            errors: Count::default(),
            damaged: Count::default(),
        };
        disk.damaged.add(u64::from(opened.was_damaged));
        disk.delete(&strays);
        Ok((disk, opened.invalidated))
    }

    /// An entry, as it was written or not at all. Blocks.
    pub(crate) fn get(&self, key: Key) -> Option<Opened> {
        let found = self.index.use_row(key).and_then(|row| self.read(key, &row));
        match found {
            Some(_) => self.hits.one(),
            None => self.misses.one(),
        }
        if let Err(error) = self.index.note_uses(false) {
            self.tell(&error);
        }
        found
    }

    fn read(&self, key: Key, row: &Row) -> Option<Opened> {
        let path = self.path(key, row.number);
        let why = match read(&path, row.bytes) {
            Ok(Some(bytes)) if bytes[..SEAL_BYTES] != row.seal => "it is another file",
            Ok(Some(bytes)) => match sealed::open(key, bytes, self.entry_bytes_max) {
                Ok(opened) => return Some(opened),
                Err(damaged) => damaged.0,
            },
            Ok(None) => "it has another length",
            Err(error) if error.kind() == io::ErrorKind::NotFound => "it is gone",
            Err(error) => {
                self.errors.one();
                debug!(%key, %error, "an entry of the cache cannot be read");
                return None;
            }
        };
        // One that was dropped or replaced meanwhile is not damaged.
        match self.index.remove_damaged(key, row.number) {
            Ok(true) => {
                self.damaged.one();
                warn!(%key, why, "an entry of the cache is damaged, and made again when needed");
            }
            Ok(false) => {}
            Err(error) => self.tell(&error),
        }
        self.delete(&[(key, row.number)]);
        None
    }

    /// Keeps an entry, unless its ticket is void, it is larger than the folder may be, or the disk
    /// refuses; the last is counted and told once. Blocks.
    pub(crate) fn put(&self, key: Key, sealed: &[u8], dependencies: Dependencies, ticket: &Ticket) {
        let bytes = sealed.len() as u64;
        if bytes > self.bytes_max || ticket.is_void() || !self.may_write() {
            return;
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let mut seal = [0; SEAL_BYTES];
        seal.copy_from_slice(&sealed[..SEAL_BYTES]);
        let row = Row::new(number, bytes, seal, dependencies);
        if let Err(error) = self.write(key, number, sealed) {
            self.delete(&[(key, number)]);
            self.tell(&error);
            return;
        }
        match self
            .index
            .put(key, &row, self.bytes_max, &|| ticket.is_void())
        {
            Ok(Put::Void) => self.delete(&[(key, number)]),
            Ok(Put::Done { removed, n_evicted }) => {
                self.evictions.add(n_evicted);
                self.delete(&removed);
                self.is_well();
            }
            Err(error) => {
                self.delete(&[(key, number)]);
                self.tell(&error);
            }
        }
    }

    /// Drops entries and says how many. Blocks.
    pub(crate) fn take_out(&self, dropped: Dropped<'_>, now_ms: u64) -> u64 {
        let (removed, written) = self.index.take_out(dropped, now_ms);
        self.delete(&removed);
        if let Err(error) = written {
            self.tell(&error);
        }
        removed.len() as u64
    }

    /// Writes down what was used last. Blocks.
    pub(crate) fn note_uses(&self) {
        if let Err(error) = self.index.note_uses(true) {
            self.tell(&error);
        }
    }

    pub(crate) fn stats(&self) -> TierStats {
        let (entries, bytes) = self.index.size();
        TierStats {
            hits: self.hits.get(),
            misses: self.misses.get(),
            entries,
            bytes,
            bytes_max: self.bytes_max,
            evictions: self.evictions.get(),
            errors: self.errors.get(),
            damaged: self.damaged.get(),
        }
    }

    /// Not synced: what the power takes is noticed by its seal, and made again.
    fn write(&self, key: Key, number: u64, sealed: &[u8]) -> io::Result<()> {
        let beside = self.folder.join(NEW).join(number.to_string());
        let path = self.path(key, number);
        let written = fs::write(&beside, sealed).and_then(|()| match fs::rename(&beside, &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
                fs::rename(&beside, &path)
            }
            renamed => renamed,
        });
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }

    fn path(&self, key: Key, number: u64) -> PathBuf {
        let name = key.to_string();
        self.folder
            .join(&name[..2])
            .join(format!("{name}-{number}"))
    }

    /// What cannot be deleted now is deleted at the next start.
    fn delete(&self, files: &[Removed]) {
        for (key, number) in files {
            let _ = fs::remove_file(self.path(*key, *number));
        }
    }

    fn may_write(&self) -> bool {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.admits(self.now_ms())
    }

    /// Says once, until it works again, that nothing can be kept on disk.
    fn tell(&self, error: &dyn std::error::Error) {
        self.errors.one();
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.failed(self.now_ms());
        if !self.is_told.swap(true, Ordering::Relaxed) {
            let folder = self.folder.display();
            warn!(%folder, %error, "the disk keeps nothing of the cache: memory alone does");
        }
    }

    fn is_well(&self) {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.went_well();
        if self.is_told.swap(false, Ordering::Relaxed) {
            info!(folder = %self.folder.display(), "the disk keeps the cache again");
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.index.note_uses(true);
    }
}

/// What is kept may be nobody else's business.
fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Takes the folder, for which a daemon that is just ending gets a moment.
fn lock(folder: &Path) -> io::Result<File> {
    let lock = File::create(folder.join(LOCK))?;
    let began = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if began.elapsed() < LOCK_WAIT => {
                thread::sleep(LOCK_WAIT / 20);
            }
            Err(TryLockError::WouldBlock) => {
                let message = "another daemon uses this folder";
                return Err(io::Error::new(io::ErrorKind::WouldBlock, message));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// A file's bytes, if there are as many as there should be: one that grew is not read.
fn read(path: &Path, bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() != bytes || bytes < SEAL_BYTES as u64 {
        return Ok(None);
    }
    let mut read = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
    io::Read::read_to_end(&mut io::Read::take(&mut file, bytes), &mut read)?;
    Ok((read.len() as u64 == bytes).then_some(read))
}

/// The files of entries by their names. Others are none of ours and stay.
fn list(folder: &Path) -> io::Result<HashSet<Removed>> {
    let mut files = HashSet::new();
    for shelf in fs::read_dir(folder)? {
        let shelf = shelf?;
        if shelf.file_name().len() != 2 || !shelf.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(shelf.path())? {
            files.extend(file?.file_name().to_str().and_then(parse_name));
        }
    }
    Ok(files)
}

fn parse_name(name: &str) -> Option<Removed> {
    let (key, number) = name.split_once('-')?;
    let key = blake3::Hash::from_hex(key).ok()?;
    Some((Key::from_bytes(*key.as_bytes()), number.parse().ok()?))
}

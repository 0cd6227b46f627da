//! From a file to a folder. The file may come from anywhere, so nothing it says is believed before
//! it is checked, and nothing is seen before all of it was.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, BufReader, Read as _},
    path::{Path, PathBuf},
};

use storycore_core::{Decide as _, Env, Film, IdSource, project::CopyFilm};
use storycore_schema::{
    Error, ErrorKind, Limits, Seq,
    backup::{BACKUP_FORMAT, Manifest, ManifestEntry},
    id::{BlobId, ProjectId},
};
use zip::{CompressionMethod, ZipArchive, result::ZipError};

use super::{
    Follow, MANIFEST, MANIFEST_BYTES_MAX, copy_hashed,
    names::{self, Place},
};
use crate::{
    clock::Clock,
    event_log::{self, EventLog, StoredEvent},
    folder::LOG_FILE,
    platform::{self, FileLock},
    trust::token,
};

/// Bytes that one packed byte may come to. Real films come to ten.
const RATIO_MAX: u64 = 1_100;

/// What to read, and where to.
pub struct ImportOptions<'a> {
    /// The backup.
    pub path: PathBuf,
    /// The folder to make.
    pub into: PathBuf,
    /// Whether it becomes a film of its own, given the id that it has.
    pub as_copy: &'a dyn Fn(ProjectId) -> bool,
    /// Who asked.
    pub actor: &'a str,
    /// Because of what.
    pub correlation_id: &'a str,
    /// How much there may be.
    pub limits: &'a Limits,
}

/// A film that came out of a backup.
pub struct Imported {
    /// The film.
    pub id: ProjectId,
    /// Its title.
    pub title: String,
    /// What to open it by.
    pub path: PathBuf,
    /// Files that were written.
    pub files: u32,
    /// The last event of its log.
    pub seq: Seq,
}

/// Makes a folder of a backup, whole or not at all. Blocks.
pub fn import(options: &ImportOptions<'_>, follow: &dyn Follow) -> Result<Imported, Error> {
    check_target(&options.into)?;
    let backup = Backup::open(&options.path, options.limits)?;
    let folder = Unfinished::beside(&options.into)?;
    let mut backup = backup;
    let data = match &backup.manifest.only {
        None => folder.film.join(".storycore"),
        Some(name) => folder.film.join(".storycore/files").join(name),
    };
    backup.unpack(&folder.film, &data, follow)?;
    let Backup { manifest, .. } = backup;
    let (id, seq) = check_log(options, &manifest, &data)?;
    sync_all(&folder.film).map_err(|error| cannot_write(&options.into, &error))?;
    folder.put_in_place(&options.into)?;
    let path = manifest
        .only
        .as_ref()
        .map_or_else(|| options.into.clone(), |it| options.into.join(it));
    Ok(Imported {
        id,
        title: manifest.title,
        path,
        files: u32::try_from(manifest.entries.len()).unwrap_or(u32::MAX),
        seq,
    })
}

fn check_target(into: &Path) -> Result<(), Error> {
    let shown = into.display();
    if !into.is_absolute() || into.file_name().is_none() {
        return Err(
            Error::invalid_params(format!("the path {shown} is not absolute"))
                .hint("give the whole path: the daemon stands in another folder than you"),
        );
    }
    if into.symlink_metadata().is_ok() {
        return Err(exists(into));
    }
    Ok(())
}

fn exists(into: &Path) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("{} is there already", into.display()),
    )
    .hint("choose another name: an import writes over nothing")
}

fn cannot_write(into: &Path, error: &io::Error) -> Error {
    let message = format!("{} could not be written: {error}", into.display());
    let hint = match error.kind() {
        io::ErrorKind::StorageFull => "free some space, or choose another disk",
        io::ErrorKind::NotFound => "make the folder above it first",
        _ => "check the folder and who may write there",
    };
    Error::unavailable(message).hint(hint)
}

/// A backup whose names and sizes are in order.
struct Backup {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    manifest: Manifest,
}

impl Backup {
    fn open(path: &Path, limits: &Limits) -> Result<Backup, Error> {
        if !path.is_absolute() {
            return Err(Error::invalid_params(format!(
                "the path {} is not absolute",
                path.display()
            ))
            .hint("give the whole path: the daemon stands in another folder than you"));
        }
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::not_found("backup", path.display())
                .hint("give a file that project/export wrote"),
            _ => Error::failed_precondition(format!("{} cannot be read: {error}", path.display()))
                .hint("check who may read it"),
        })?;
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|it| no_zip(path, &it))?;
        if zip.len() as u64 > limits.backup_entries_max.saturating_add(1) {
            let max = limits.backup_entries_max;
            return Err(too_much(
                path,
                &format!("more than {max} files"),
                "backup_entries_max",
            ));
        }
        let manifest = read_manifest(path, &mut zip)?;
        let mut backup = Backup {
            path: path.to_owned(),
            zip,
            manifest,
        };
        backup.check_names()?;
        backup.check_sizes(limits)?;
        Ok(backup)
    }

    /// Every file is described once, and everything that is described is there.
    fn check_names(&mut self) -> Result<(), Error> {
        let overlaps = self.zip.has_overlapping_files().unwrap_or(true);
        if self.zip.has_duplicate_names() || overlaps {
            return Err(self.refuse("a name is in it twice"));
        }
        if let Some(only) = &self.manifest.only
            && (names::place(&format!("film/{only}")).is_err() || only.contains('/'))
        {
            return Err(self.refuse(&format!("`{only}` is no name for a script")));
        }
        let mut described = BTreeSet::new();
        for entry in &self.manifest.entries {
            if let Err(why) = names::place(&entry.path) {
                return Err(self.refuse(&format!("the name `{}`: {why}", shown(&entry.path))));
            }
            if !described.insert(entry.path.clone()) {
                return Err(self.refuse(&format!("`{}` is described twice", shown(&entry.path))));
            }
        }
        for index in 0..self.zip.len() {
            let entry = self
                .zip
                .by_index_raw(index)
                .map_err(|it| no_zip(&self.path, &it))?;
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            let plain = entry.is_file() && !entry.is_symlink() && !entry.encrypted();
            drop(entry);
            if !plain {
                let what = "is a link, a folder or encrypted, and not a plain file";
                return Err(self.refuse(&format!("`{}` {what}", shown(&name))));
            }
            if name != MANIFEST && !described.remove(&name) {
                // Its own reason first: such names are why one looks.
                let why = names::place(&name)
                    .err()
                    .unwrap_or("the manifest does not name it");
                return Err(self.refuse(&format!("the name `{}`: {why}", shown(&name))));
            }
        }
        match described.first() {
            Some(missing) => Err(self.refuse(&format!("`{}` is missing", shown(missing)))),
            None => Ok(()),
        }
    }

    fn check_sizes(&mut self, limits: &Limits) -> Result<(), Error> {
        let mut total = 0_u64;
        for entry in &self.manifest.entries {
            total = total.saturating_add(entry.bytes);
            if entry.bytes > limits.backup_entry_bytes_max {
                let what = format!("`{}` with {} bytes", shown(&entry.path), entry.bytes);
                return Err(too_much(&self.path, &what, "backup_entry_bytes_max"));
            }
        }
        if total > limits.backup_bytes_max {
            return Err(too_much(
                &self.path,
                &format!("{total} bytes"),
                "backup_bytes_max",
            ));
        }
        for entry in &self.manifest.entries {
            let file = self
                .zip
                .by_name(&entry.path)
                .map_err(|it| no_zip(&self.path, &it))?;
            let (declared, packed) = (file.size(), file.compressed_size());
            let known = matches!(
                file.compression(),
                CompressionMethod::Stored | CompressionMethod::Deflated
            );
            drop(file);
            if !known || declared != entry.bytes || declared / RATIO_MAX > packed {
                let what = format!("`{}` is not packed as a backup packs", shown(&entry.path));
                return Err(refusal(&self.path, &what));
            }
        }
        Ok(())
    }

    fn unpack(&mut self, film: &Path, data: &Path, follow: &dyn Follow) -> Result<(), Error> {
        let total = u32::try_from(self.manifest.entries.len()).unwrap_or(u32::MAX);
        let entries: Vec<ManifestEntry> = self.manifest.entries.clone();
        for (done, entry) in (0..).zip(&entries) {
            follow.step(done, total)?;
            let place = names::place(&entry.path).map_err(|why| self.refuse(why))?;
            let to = match &place {
                Place::Film(path) => film.join(path),
                Place::Log => data.join(LOG_FILE),
                Place::Blob(path) => data.join("blobs").join(path),
            };
            self.unpack_entry(entry, &to)?;
            if let Place::Blob(path) = place {
                let name = path.to_string_lossy().replace('/', "");
                if name != entry.hash.to_string() {
                    return Err(self.refuse(&format!("`{}` is not what its name says", entry.path)));
                }
            }
        }
        follow.step(total, total)
    }

    fn unpack_entry(&mut self, entry: &ManifestEntry, to: &Path) -> Result<(), Error> {
        let cannot = |error: &io::Error| cannot_write(to, error);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(|it| cannot(&it))?;
        }
        let mut file = File::create_new(to).map_err(|it| cannot(&it))?;
        let from = self
            .zip
            .by_name(&entry.path)
            .map_err(|it| no_zip(&self.path, &it))?;
        // One byte more would show that it holds more than it says.
        let mut from = Checked(from.take(entry.bytes.saturating_add(1)), None);
        let copied = copy_hashed(&mut from, &mut file, entry.bytes);
        let broken = from.1.take();
        let wrong = |what: &str| refusal(&self.path, &format!("`{}` {what}", shown(&entry.path)));
        let (bytes, hash) = match copied {
            Ok(copied) => copied,
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(wrong("holds more than it says"));
            }
            Err(_) if broken.is_some() => return Err(wrong("is damaged or cut off")),
            Err(error) => return Err(cannot(&error)),
        };
        if bytes != entry.bytes || BlobId(*hash.as_bytes()) != entry.hash {
            return Err(wrong("is not what was put in: its hash is another"));
        }
        file.sync_all().map_err(|it| cannot(&it))
    }

    fn refuse(&self, what: &str) -> Error {
        refusal(&self.path, what)
    }
}

/// Tells a mistake of what is read from one of the disk that is written to.
struct Checked<R>(R, Option<io::ErrorKind>);

impl<R: io::Read> io::Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer);
        self.1 = read.as_ref().err().map(io::Error::kind);
        read
    }
}

fn read_manifest(path: &Path, zip: &mut ZipArchive<BufReader<File>>) -> Result<Manifest, Error> {
    let foreign = || {
        Error::failed_precondition(format!("{} is no backup of a film", path.display()))
            .hint("give a file that project/export wrote: it holds a manifest.json")
    };
    let file = match zip.by_name(MANIFEST) {
        Err(ZipError::FileNotFound) => return Err(foreign()),
        other => other.map_err(|it| no_zip(path, &it))?,
    };
    let mut text = Vec::new();
    let read = file.take(MANIFEST_BYTES_MAX).read_to_end(&mut text);
    read.map_err(|_| refusal(path, "its manifest is damaged"))?;
    // The version first: a newer manifest may say things that ours does not know.
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(|_| foreign())?;
    let format = value["format"].as_u64().ok_or_else(foreign)?;
    if format > u64::from(BACKUP_FORMAT) {
        let message = format!(
            "{} was made by a newer version (backup format {format})",
            path.display()
        );
        return Err(Error::failed_precondition(message).hint(format!(
            "use that version: this one knows formats up to {BACKUP_FORMAT}"
        )));
    }
    serde_json::from_value(value)
        .map_err(|error| refusal(path, &format!("its manifest does not read: {error}")))
}

fn no_zip(path: &Path, error: &ZipError) -> Error {
    let message = format!(
        "{} is no zip file, or only a part of one: {error}",
        path.display()
    );
    Error::failed_precondition(message)
        .hint("copy it again from where it is kept, or use an older one")
}

fn refusal(path: &Path, what: &str) -> Error {
    let message = format!("{} is damaged or was tampered with: {what}", path.display());
    Error::failed_precondition(message)
        .hint("nothing was written; copy it again from where it is kept, or use an older one")
}

fn too_much(path: &Path, what: &str, limit: &str) -> Error {
    let message = format!(
        "{} holds {what}, which is above the limit {limit}",
        path.display()
    );
    Error::resource_exhausted(message)
        .hint("nothing was written; raise the limit if you trust the file")
}

/// A name for people: short, and without what could move the cursor.
fn shown(name: &str) -> String {
    let visible = name.chars().filter(|it| !it.is_control());
    visible.take(200).collect()
}

/// Replays the log and compares it with what the manifest says; makes it another film's if need be.
fn check_log(
    options: &ImportOptions<'_>,
    manifest: &Manifest,
    data: &Path,
) -> Result<(ProjectId, Seq), Error> {
    let wrong = |what: String| refusal(&options.path, &what);
    let path = data.join(LOG_FILE);
    event_log::check_tables(&path).map_err(|it| wrong(format!("its log: {it}")))?;
    let log = EventLog::open(&path).map_err(|it| wrong(format!("its log: {it}")))?;
    let mut film = Film::new("");
    let replayed = log.replay(|stored| film.take_in(stored.event));
    replayed.map_err(|it| wrong(format!("its log: {it}")))?;
    let head = log.last().map_err(|it| wrong(format!("its log: {it}")))?;
    let digest = event_log::digest_hex(&head.digest);
    let id = film.state.project.card.id;
    if (head.seq, digest.as_str(), id) != (manifest.seq, &manifest.digest, Some(manifest.project)) {
        return Err(wrong(
            "its log is another than its manifest says".to_owned(),
        ));
    }
    check_blobs(manifest, &film).map_err(wrong)?;
    if !(options.as_copy)(manifest.project) {
        return Ok((manifest.project, head.seq));
    }
    copy(&log, &film, &head, options)
        .map_err(|error| cannot_write(&options.into, &io::Error::other(error)))
}

/// The film's texts and pictures are there. Those of its past may have been missing already.
fn check_blobs(manifest: &Manifest, film: &Film) -> Result<(), String> {
    let kept: BTreeMap<BlobId, ()> = manifest.entries.iter().map(|it| (it.hash, ())).collect();
    let scripts = film.state.project.screenplay.scripts.iter();
    for (path, script) in scripts {
        if !kept.contains_key(&script.hash) {
            return Err(format!("the text of {path} is missing"));
        }
    }
    Ok(())
}

/// Appends that the film is one of its own now.
fn copy(
    log: &EventLog,
    film: &Film,
    head: &event_log::Head,
    options: &ImportOptions<'_>,
) -> Result<(ProjectId, Seq), Box<dyn std::error::Error + Send + Sync>> {
    let now_ms = Clock::after(head.at_ms).now_ms();
    let mut ids = IdSource::new(u64::from_le_bytes(token::random()));
    let mut env = Env::new(now_ms, &mut ids);
    let (id, events) = CopyFilm.decide(film, &mut env)?;
    let stored = |(seq, event)| StoredEvent {
        seq: Seq(seq),
        at_ms: now_ms,
        actor: options.actor.to_owned(),
        correlation_id: options.correlation_id.to_owned(),
        event,
    };
    let events: Vec<_> = (head.seq.0 + 1..).zip(events).map(stored).collect();
    let seq = Seq(head.seq.0 + events.len() as u64);
    log.append_blocking(head.seq, events)?;
    Ok((id, seq))
}

/// A folder beside the one that will be, which goes away unless it is put in place.
struct Unfinished {
    film: PathBuf,
    lock_path: PathBuf,
    _lock: FileLock,
}

impl Unfinished {
    fn beside(into: &Path) -> Result<Unfinished, Error> {
        let name = into.file_name().unwrap_or_default().to_string_lossy();
        let hidden = |part: &str| into.with_file_name(format!(".{name}.{part}"));
        let (film, lock_path) = (hidden("importing"), hidden("importing.lock"));
        let cannot = |error: io::Error| cannot_write(into, &error);
        let above = into.parent().unwrap_or(Path::new("/"));
        if let Some(kind) = platform::network_mount(above) {
            let message = format!("{} is on a network folder ({kind})", above.display());
            return Err(Error::failed_precondition(message)
                .hint("a film's log is not safe there: choose a disk of this machine"));
        }
        let lock = FileLock::try_acquire(&lock_path).map_err(cannot)?;
        let Some(lock) = lock else {
            let message = format!(
                "something is being imported into {} already",
                into.display()
            );
            return Err(Error::new(ErrorKind::AlreadyExists, message)
                .hint("wait until it is done, or choose another name"));
        };
        // What a crash left behind: nobody holds the lock, so it is nobody's.
        match fs::remove_dir_all(&film) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot(error)),
            _ => {}
        }
        fs::create_dir(&film).map_err(cannot)?;
        Ok(Unfinished {
            film,
            lock_path,
            _lock: lock,
        })
    }

    fn put_in_place(self, into: &Path) -> Result<(), Error> {
        let cannot = |error: io::Error| cannot_write(into, &error);
        // Unlike a plain rename, this one does not take the place of an empty folder.
        let placed = rustix::fs::renameat_with(
            rustix::fs::CWD,
            &self.film,
            rustix::fs::CWD,
            into,
            rustix::fs::RenameFlags::NOREPLACE,
        );
        match placed {
            Err(rustix::io::Errno::EXIST) => return Err(exists(into)),
            // Not every file system knows that flag.
            Err(rustix::io::Errno::INVAL) => fs::rename(&self.film, into).map_err(cannot)?,
            other => other.map_err(|it| cannot(it.into()))?,
        }
        platform::sync_folder(into.parent().unwrap_or(Path::new("/"))).map_err(cannot)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Put in place, it is no longer here.
        let _ = fs::remove_dir_all(&self.film);
        let _ = fs::remove_file(&self.lock_path);
    }
}

/// Puts the names of all files on disk; their bytes are.
fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all(&entry.path())?;
        }
    }
    platform::sync_folder(folder)
}

//! From an open film to a file. The log is copied as it is at one moment; texts and pictures are on
//! disk before any event names them, so they are there.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use storycore_schema::{
    Error, ErrorKind, Limits,
    backup::{BACKUP_FORMAT, ExportedProject, Manifest, ManifestEntry},
    id::{BlobId, ProjectId},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{BLOBS, EXTENSION, FILM, Follow, LOG, MANIFEST, copy_hashed};
use crate::{
    clock::now_ms,
    event_log::{self, EventLog},
    folder::FilmFolder,
    platform,
};

/// Folders whose files go along besides the sources.
const FOLDERS: [&str; 2] = ["workflows", "assets"];
/// How deep they are looked into, in folders.
const DEPTH_MAX: usize = 16;
/// What gains nothing by being packed once more.
const PACKED: [&str; 8] = [
    "png",
    "jpg",
    "jpeg",
    "webp",
    "mp4",
    "mov",
    "zip",
    "safetensors",
];

/// What to write, and where.
pub struct ExportOptions<'a> {
    /// The film.
    pub project: ProjectId,
    /// Its title.
    pub title: String,
    /// Its folder.
    pub folder: &'a FilmFolder,
    /// Its log.
    pub log: &'a EventLog,
    /// The file.
    pub path: PathBuf,
    /// How much there may be.
    pub limits: &'a Limits,
}

/// Writes a film as one file, whole or not at all. Blocks.
pub fn export(options: &ExportOptions<'_>, follow: &dyn Follow) -> Result<ExportedProject, Error> {
    let path = &options.path;
    check_path(path)?;
    let unfinished = Unfinished::beside(path);
    options.log.copy_to(&unfinished.log).map_err(|error| {
        let message = format!("the film's log could not be copied: {error}");
        Error::unavailable(message).hint("check the room on the disk, then try again")
    })?;
    let files = collect(options, &unfinished)?;
    let cannot = |error: io::Error| cannot_write(path, &error);
    let file = File::create(&unfinished.zip).map_err(cannot)?;
    let mut zip = ZipWriter::new(BufWriter::new(file));
    let total = u32::try_from(files.len()).unwrap_or(u32::MAX);
    let mut entries = Vec::new();
    for (done, file) in (0..).zip(files) {
        follow.step(done, total)?;
        entries.extend(add(&mut zip, file, options.limits)?);
    }
    let manifest = manifest(options, &unfinished, entries)?;
    let text = serde_json::to_vec_pretty(&manifest).map_err(|it| cannot(it.into()))?;
    let begun = zip.start_file(MANIFEST, packing(true));
    begun.map_err(|it| cannot(it.into()))?;
    zip.write_all(&text).map_err(cannot)?;
    let file = zip.finish().map_err(|it| cannot(it.into()))?;
    let file = file.into_inner().map_err(|it| cannot(it.into_error()))?;
    file.sync_all().map_err(cannot)?;
    let bytes = file.metadata().map_err(cannot)?.len();
    follow.step(total, total)?;
    // Nothing is written over, also if somebody else was faster: a link fails where there is a file.
    fs::hard_link(&unfinished.zip, path).map_err(cannot)?;
    platform::sync_folder(path.parent().unwrap_or(Path::new("/"))).map_err(cannot)?;
    Ok(ExportedProject {
        path: path.to_string_lossy().into_owned(),
        bytes,
        files: u32::try_from(manifest.entries.len()).unwrap_or(u32::MAX),
        seq: manifest.seq,
    })
}

fn check_path(path: &Path) -> Result<(), Error> {
    let shown = path.display();
    if !path.is_absolute() {
        return Err(
            Error::invalid_params(format!("the path {shown} is not absolute"))
                .hint("give the whole path: the daemon stands in another folder than you"),
        );
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !name.ends_with(EXTENSION) || name.len() == EXTENSION.len() {
        let message = format!("{shown} is no name for a backup");
        return Err(Error::invalid_params(message).hint(format!("let it end in {EXTENSION}")));
    }
    if path.symlink_metadata().is_ok() {
        return Err(exists(path));
    }
    Ok(())
}

fn exists(path: &Path) -> Error {
    let message = format!("{} is there already", path.display());
    Error::new(ErrorKind::AlreadyExists, message)
        .hint("choose another name, or move it away: a backup is never written over")
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return exists(path);
    }
    let message = format!("{} could not be written: {error}", path.display());
    let hint = match error.kind() {
        io::ErrorKind::StorageFull => "free some space, or choose another disk",
        io::ErrorKind::NotFound => "make the folder first",
        _ => "check the folder and who may write there",
    };
    Error::unavailable(message).hint(hint)
}

/// Files that are there only while the backup is written.
struct Unfinished {
    zip: PathBuf,
    log: PathBuf,
}

impl Unfinished {
    fn beside(path: &Path) -> Unfinished {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let own = format!("{}-{:x}", std::process::id(), now_ms());
        let hidden = |part: &str| path.with_file_name(format!(".{name}.{own}.{part}"));
        Unfinished {
            zip: hidden("zip"),
            log: hidden("log"),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for path in [&self.zip, &self.log] {
            let _ = fs::remove_file(path);
        }
    }
}

/// A file that goes in, under a name.
struct Included {
    name: String,
    path: PathBuf,
    /// It may go away while we look; what the log names may not.
    may_be_gone: bool,
}

fn collect(options: &ExportOptions<'_>, unfinished: &Unfinished) -> Result<Vec<Included>, Error> {
    let folder = options.folder;
    let mut files = vec![Included {
        name: LOG.to_owned(),
        path: unfinished.log.clone(),
        may_be_gone: false,
    }];
    for source in folder.sources(options.limits)?.sources {
        files.push(Included {
            name: format!("{FILM}{}", source.path),
            path: folder.root.join(&source.path),
            may_be_gone: true,
        });
    }
    if folder.only.is_none() {
        for name in FOLDERS {
            walk(
                &folder.root.join(name),
                &format!("{FILM}{name}"),
                DEPTH_MAX,
                &mut files,
            );
        }
    }
    let blobs = folder.data.join("blobs");
    let shards = fs::read_dir(&blobs).into_iter().flatten().flatten();
    for shard in shards.filter(|it| it.file_name().len() == 2) {
        let name = shard.file_name().to_string_lossy().into_owned();
        walk(&shard.path(), &format!("{BLOBS}{name}"), 0, &mut files);
    }
    let max = options.limits.backup_entries_max;
    if files.len() as u64 > max {
        let message = format!("the film has more than {max} files");
        return Err(Error::resource_exhausted(message).hint("raise the limit backup_entries_max"));
    }
    files[1..].sort_by(|a, b| a.name.cmp(&b.name));
    files.dedup_by(|a, b| a.name == b.name);
    Ok(files)
}

/// Plain files below a folder. Links are left out: they lead to what is not the film's.
fn walk(folder: &Path, name: &str, depth: usize, files: &mut Vec<Included>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (Ok(kind), Some(own)) = (
            entry.file_type(),
            entry.file_name().to_str().map(str::to_owned),
        ) else {
            continue;
        };
        let name = format!("{name}/{own}");
        if own.starts_with('.') || super::names::place(&name).is_err() && !kind.is_dir() {
            continue;
        }
        if kind.is_dir() && depth > 0 {
            walk(&entry.path(), &name, depth - 1, files);
        } else if kind.is_file() {
            files.push(Included {
                name,
                path: entry.path(),
                may_be_gone: true,
            });
        }
    }
}

type Zip = ZipWriter<BufWriter<File>>;

fn add(zip: &mut Zip, file: Included, limits: &Limits) -> Result<Option<ManifestEntry>, Error> {
    let cannot = |error: &io::Error| {
        let message = format!("{} could not be put in: {error}", file.path.display());
        Error::unavailable(message).hint("check the disk and its room, then try again")
    };
    let mut from = match File::open(&file.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && file.may_be_gone => {
            return Ok(None);
        }
        other => other.map_err(|it| cannot(&it))?,
    };
    let extension = file
        .path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    // Pictures are most of what is kept, and have no extension.
    let packs = !PACKED.contains(&extension.as_str()) && !file.name.starts_with(BLOBS);
    let begun = zip.start_file(&*file.name, packing(packs));
    begun.map_err(|it| cannot(&it.into()))?;
    let max = limits.backup_entry_bytes_max;
    let (bytes, hash) = copy_hashed(&mut from, zip, max).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => {
            let message = format!("{} has more than {max} bytes", file.path.display());
            Error::resource_exhausted(message).hint("raise the limit backup_entry_bytes_max")
        }
        _ => cannot(&error),
    })?;
    Ok(Some(ManifestEntry {
        path: file.name,
        bytes,
        hash: BlobId(*hash.as_bytes()),
    }))
}

fn packing(packs: bool) -> SimpleFileOptions {
    let method = if packs {
        CompressionMethod::Deflated
    } else {
        CompressionMethod::Stored
    };
    let options = SimpleFileOptions::default().compression_method(method);
    options.large_file(true).unix_permissions(0o644)
}

fn manifest(
    options: &ExportOptions<'_>,
    unfinished: &Unfinished,
    entries: Vec<ManifestEntry>,
) -> Result<Manifest, Error> {
    let head = event_log::head_of(&unfinished.log).map_err(|error| {
        Error::unavailable(format!("the copy of the log cannot be read: {error}"))
            .hint("check the disk, then try again")
    })?;
    Ok(Manifest {
        format: BACKUP_FORMAT,
        project: options.project,
        title: options.title.clone(),
        seq: head.seq,
        digest: event_log::digest_hex(&head.digest),
        only: options.folder.only.clone(),
        made_ms: now_ms(),
        entries,
    })
}

//! Brings in a file from outside: reads it, looks at it, keeps it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use storycore_core::take::BringIn;
use storycore_schema::{Error, ErrorKind, Limits, asset::Asset, id::ShotId};

use crate::{blobs::Blobs, picture};

/// The longest name of a file that is kept with its take, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// Where a file comes from.
pub enum Source {
    /// From this machine.
    Path(PathBuf),
    /// From the one who calls.
    Bytes(Vec<u8>),
}

/// A file to bring in.
pub struct Import {
    /// The shot.
    pub shot: ShotId,
    /// The file.
    pub source: Source,
    /// Its name.
    pub name: String,
    /// Whether no automatic work may replace it.
    pub lock: bool,
}

/// A file that is kept, and what to tell of it.
pub struct Kept {
    /// What makes it a take.
    pub command: BringIn,
    /// What it is.
    pub media_type: &'static str,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// Reads a file and keeps its bytes. Nothing is kept of one that is refused. Blocks.
pub fn keep(import: Import, blobs: &Blobs, limits: &Limits) -> Result<Kept, Error> {
    let Import {
        shot,
        source,
        name,
        lock,
    } = import;
    let bytes = match source {
        Source::Path(path) => read(&path, limits.import_bytes_max)?,
        Source::Bytes(bytes) => bytes,
    };
    check_bytes(&name, bytes.len() as u64, limits.import_bytes_max)?;
    let looked = picture::look(&bytes, &name, limits)?;
    let write = |bytes: &[u8], media_type: &str| -> Result<Asset, Error> {
        let id = blobs.write(bytes).map_err(|error| unkept(&name, &error))?;
        Ok(Asset {
            id,
            media_type: media_type.to_owned(),
            bytes: bytes.len() as u64,
            width_px: Some(looked.width_px),
            height_px: Some(looked.height_px),
        })
    };
    let file = write(&bytes, looked.media_type)?;
    let (asset, original) = match &looked.shown {
        Some(png) => (write(png, "image/png")?, Some(file)),
        None => (file, None),
    };
    Ok(Kept {
        command: BringIn {
            shot,
            asset,
            original,
            name,
            lock,
        },
        media_type: looked.media_type,
        notes: looked.notes,
    })
}

/// The name of a file without its folder, as browsers of any system give it.
pub fn file_name(given: &str) -> Result<String, Error> {
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let fits = !name.is_empty() && name.len() <= NAME_BYTES_MAX;
    if fits && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    let message = format!("the file's name has to have 1 to {NAME_BYTES_MAX} bytes, all readable");
    Err(Error::invalid_params(message).hint("give it a `name` such as `harbor.png`"))
}

/// Refuses a file that is too large.
pub fn check_bytes(name: &str, bytes: u64, bytes_max: u64) -> Result<(), Error> {
    if bytes <= bytes_max {
        return Ok(());
    }
    let message =
        format!("`{name}` has {bytes} bytes, and the limit import_bytes_max is {bytes_max}");
    Err(Error::resource_exhausted(message)
        .hint("save it smaller, or raise import_bytes_max in daemon.toml"))
}

fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Error> {
    let failed = |error: io::Error| unreadable(path, &error);
    // Opening a pipe would wait for somebody to write into it.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(nonblocking)
        .open(path);
    let mut file = file.map_err(failed)?;
    let before = file.metadata().map_err(failed)?;
    let shown = path.display();
    if !before.is_file() {
        let what = if before.is_dir() {
            "a folder"
        } else {
            "no file"
        };
        return Err(Error::invalid_params(format!("{shown} is {what}")).hint("name one picture"));
    }
    check_bytes(&shown.to_string(), before.len(), bytes_max)?;
    let mut bytes = Vec::new();
    let read = Read::by_ref(&mut file)
        .take(bytes_max + 1)
        .read_to_end(&mut bytes);
    read.map_err(failed)?;
    if !is_unchanged(&file, &before, bytes.len()).map_err(failed)? {
        let message = format!("{shown} was changed while it was read");
        return Err(
            Error::new(ErrorKind::Conflict, message).hint("bring it in again when it is saved")
        );
    }
    Ok(bytes)
}

fn is_unchanged(file: &File, before: &fs::Metadata, read: usize) -> io::Result<bool> {
    let after = file.metadata()?;
    let moment = |it: &fs::Metadata| (it.len(), it.mtime(), it.mtime_nsec());
    Ok(moment(before) == moment(&after) && after.len() == read as u64)
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Error::not_found("file", shown).hint("look at the path again"),
        io::ErrorKind::PermissionDenied => {
            let message = format!("{shown} may not be read by you");
            Error::new(ErrorKind::FailedPrecondition, message)
                .hint(format!("allow it: chmod u+r '{shown}'"))
        }
        _ => Error::failed_precondition(format!("{shown} cannot be read: {error}"))
            .hint("look at the path again, or copy the file elsewhere"),
    }
}

fn unkept(name: &str, error: &io::Error) -> Error {
    tracing::warn!(%error, "a file that was brought in could not be kept");
    Error::unavailable(format!("`{name}` could not be kept: {error}"))
        .hint("free some space and make the film's folder writable, then bring it in again")
}

//! Backups: a film with all its past as one zip file, written while it is open, and made a folder
//! again only after everything in it was checked.

mod export;
mod import;
mod names;

use std::io::{self, Read, Write};

use storycore_schema::Error;

pub use export::{ExportOptions, export};
pub use import::{ImportOptions, Imported, import};

/// What a backup's name ends in.
pub const EXTENSION: &str = ".storycore.zip";
/// The entry that describes the others.
const MANIFEST: &str = "manifest.json";
/// The longest manifest, in bytes.
const MANIFEST_BYTES_MAX: u64 = 512 << 20;
/// The folder of the film's own files.
const FILM: &str = "film/";
/// The log.
const LOG: &str = "log/project.db";
/// The folder of texts and pictures.
const BLOBS: &str = "blobs/";
/// Bytes that are copied at once.
const CHUNK_BYTES: usize = 256 << 10;

/// Told how far it is, and asked whether to go on.
pub trait Follow {
    /// So many of so many files are done. An error stops the work.
    fn step(&self, done: u32, total: u32) -> Result<(), Error>;
}

/// Copies bytes and hashes them on the way; how many there were.
fn copy_hashed(
    from: &mut impl Read,
    to: &mut impl Write,
    bytes_max: u64,
) -> io::Result<(u64, blake3::Hash)> {
    let (mut hasher, mut bytes) = (blake3::Hasher::new(), 0_u64);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = match from.read(&mut chunk) {
            Ok(0) => return Ok((bytes, hasher.finalize())),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        bytes += length as u64;
        if bytes > bytes_max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        hasher.update(&chunk[..length]);
        to.write_all(&chunk[..length])?;
    }
}

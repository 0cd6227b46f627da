//! Writes files for people. A file appears whole or not at all.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use storycore_core::Film;
use storycore_schema::{Error, export::Exported};

use crate::{
    blobs::Blobs,
    platform::{make_lasting_dir, sync_folder},
    storyboard,
};

/// The storyboard's file.
const STORYBOARD: &str = "storyboard.html";
/// Counts exports, so that each has a file of its own until it is whole.
static EXPORTS: AtomicU64 = AtomicU64::new(0);

/// Writes the storyboard into a folder, which is made if it is not there. Blocks.
pub fn storyboard(film: &Film, blobs: &Blobs, folder: &Path) -> Result<Exported, Error> {
    let path = folder.join(STORYBOARD);
    // Two exports may run at once, here and in another daemon.
    let number = EXPORTS.fetch_add(1, Ordering::Relaxed);
    let beside = folder.join(format!(".{STORYBOARD}.{}.{number}", std::process::id()));
    let written = make_lasting_dir(folder)
        .and_then(|()| write(film, blobs, &beside))
        .and_then(|it| {
            fs::rename(&beside, &path)?;
            sync_folder(folder)?;
            Ok((it, fs::metadata(&path)?.len()))
        });
    match written {
        Ok((counts, bytes)) => Ok(Exported {
            path: path.to_string_lossy().into_owned(),
            bytes,
            scenes: counts.scenes,
            shots: counts.shots,
            panels: counts.panels,
        }),
        Err(error) => {
            let _ = fs::remove_file(&beside);
            let message = format!("{} could not be written: {error}", path.display());
            Err(Error::unavailable(message)
                .hint("check that the folder can be written and the disk has room, or choose another with --out"))
        }
    }
}

fn write(film: &Film, blobs: &Blobs, path: &Path) -> io::Result<storyboard::Counts> {
    let mut out = BufWriter::new(File::create(path)?);
    let counts = storyboard::write(film, &mut |id| blobs.read(id), &mut out)?;
    out.flush()?;
    out.get_ref().sync_all()?;
    Ok(counts)
}

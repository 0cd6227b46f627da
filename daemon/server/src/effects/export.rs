//! Writes files for people. A file appears whole or not at all.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use storycore_core::Film;
use storycore_schema::{Error, export::Exported};
use tracing::info;

use crate::{
    blobs::Blobs,
    platform::{self, make_lasting_dir, sync_folder},
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
        .and_then(|()| {
            clear_leftovers(folder);
            write(film, blobs, &beside)
        })
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
                .hint("check that the folder can be written and the disk has room, or choose another folder"))
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

/// Deletes what exports left half-written whose daemon was killed. Nothing else is touched; what
/// cannot be deleted does no harm.
fn clear_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let writer = name.to_str().and_then(writer_of);
        let is_file = entry.file_type().is_ok_and(|it| it.is_file());
        if is_file && writer.is_some_and(|pid| !platform::may_run(pid)) {
            let deleted = fs::remove_file(entry.path());
            info!(path = %entry.path().display(), ?deleted, "half an export was left behind");
        }
    }
}

/// The process that writes a file of such a name: `.storyboard.html.<pid>.<number>`.
fn writer_of(name: &str) -> Option<u32> {
    let rest = name.strip_prefix('.')?.strip_prefix(STORYBOARD)?;
    let (pid, number) = rest.strip_prefix('.')?.split_once('.')?;
    let (pid, number): (u32, u64) = (pid.parse().ok()?, number.parse().ok()?);
    // Only as we write it: no sign, no zero in front.
    (name == format!(".{STORYBOARD}.{pid}.{number}")).then_some(pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_daemon_left_is_cleared_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let (dead, own) = (child.id(), std::process::id());
        child.wait().unwrap();
        let gone = format!(".storyboard.html.{dead}.7");
        let kept = [
            format!(".storyboard.html.{own}.7"),
            format!(".storyboard.html.{dead}"),
            format!(".storyboard.html.{dead}.7.html"),
            format!(".storyboard.html.+{dead}.7"),
            format!(".storyboard.html.0{dead}.7"),
            format!("storyboard.html.{dead}.7"),
            ".storyboard.html.0.7".to_owned(),
            ".storyboard.html.4294967295.7".to_owned(),
        ];
        for name in kept.iter().chain([&gone]) {
            fs::write(folder.path().join(name), "half").unwrap();
        }
        let nested = folder.path().join(format!(".storyboard.html.{dead}.8"));
        fs::create_dir(&nested).unwrap();
        clear_leftovers(folder.path());
        assert!(!folder.path().join(gone).exists());
        for name in kept {
            assert!(folder.path().join(&name).exists(), "{name} is gone");
        }
        assert!(nested.exists());
    }
}

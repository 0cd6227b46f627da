//! Writes files of a film: all of them or none, each whole, and none that somebody else changed.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use storycore_core::{GlobalState, history::FileWrite};
use storycore_schema::{Error, ErrorKind, id::BlobId};

use crate::{
    blobs::Blobs,
    folder::FilmFolder,
    platform::{sync_folder, write_synced},
};

/// Files that were written, so that they can be put back.
pub(super) struct Written {
    root: PathBuf,
    done: Vec<FileWrite>,
}

impl Written {
    /// Writes and removes files. Everything is looked at and laid ready first. Blocks.
    pub(super) fn write(
        folder: &FilmFolder,
        blobs: &Blobs,
        writes: &[FileWrite],
    ) -> Result<Written, Error> {
        let root = folder.root.clone();
        for write in writes {
            check_path(&write.path)?;
            check_unchanged(&root, write)?;
            check_kept(blobs, write)?;
        }
        let mut written = Written {
            root,
            done: Vec::new(),
        };
        let laid_ready = writes
            .iter()
            .try_for_each(|it| written.lay_ready(blobs, it));
        let outcome = laid_ready.and_then(|()| {
            for write in writes {
                check_unchanged(&written.root, write)?;
                written.put(write)?;
                written.done.push(write.clone());
            }
            Ok(())
        });
        for write in writes {
            let _ = fs::remove_file(written.beside(&write.path));
        }
        if let Err(error) = outcome {
            written.undo(blobs, |_| false)?;
            return Err(error);
        }
        Ok(written)
    }

    /// Puts back what was written, but for what a film says now. Blocks.
    pub(super) fn take_back(mut self, blobs: &Blobs, film: &GlobalState) -> Result<(), Error> {
        let text = |write: &FileWrite| {
            let (project, path) = (&film.project, &write.path);
            let script = project.screenplay.scripts.get(path).map(|it| it.hash);
            let text = script.or_else(|| project.bible.texts.get(path).copied());
            let picture = || project.bible.picture_files().get(path.as_str()).copied();
            text.or_else(picture).or_else(|| {
                let settings = project.card.settings_text;
                settings.filter(|_| path == "storycore.toml")
            })
        };
        self.undo(blobs, |write| text(write) == write.after)
    }

    fn undo(&mut self, blobs: &Blobs, is_so: impl Fn(&FileWrite) -> bool) -> Result<(), Error> {
        for write in std::mem::take(&mut self.done).into_iter().rev() {
            let back = FileWrite {
                before: write.after,
                after: write.before,
                path: write.path.clone(),
            };
            // What somebody has changed since is theirs.
            if is_so(&write) || check_unchanged(&self.root, &back).is_err() {
                continue;
            }
            self.lay_ready(blobs, &back)?;
            self.put(&back)?;
        }
        Ok(())
    }

    /// Writes the new bytes beside the file, and its folder if there is none.
    fn lay_ready(&self, blobs: &Blobs, write: &FileWrite) -> Result<(), Error> {
        let Some(after) = write.after else {
            return Ok(());
        };
        let (place, beside) = (self.place(&write.path), self.beside(&write.path));
        let ready = || -> io::Result<()> {
            let bytes = blobs.read(after)?;
            if let Some(folder) = beside.parent() {
                fs::create_dir_all(folder)?;
            }
            write_synced(&beside, &[&bytes])?;
            match fs::metadata(&place) {
                Ok(known) => fs::set_permissions(&beside, known.permissions()),
                Err(_) => Ok(()),
            }
        };
        ready().map_err(|error| not_written(&write.path, &error))
    }

    fn put(&self, write: &FileWrite) -> Result<(), Error> {
        let place = self.place(&write.path);
        let put = match write.after {
            Some(_) => fs::rename(self.beside(&write.path), &place),
            None => fs::remove_file(&place),
        };
        put.and_then(|()| place.parent().map_or(Ok(()), sync_folder))
            .map_err(|error| not_written(&write.path, &error))
    }

    /// Where the bytes are: a symbolic link stays one.
    fn place(&self, path: &str) -> PathBuf {
        let place = self.root.join(path);
        place.canonicalize().unwrap_or(place)
    }

    /// Hidden, so that nobody takes it for a script.
    fn beside(&self, path: &str) -> PathBuf {
        let place = self.place(path);
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        place.with_file_name(format!(".{name}.storycore-new"))
    }
}

/// A path of the log leads nowhere but into the film's folder.
fn check_path(path: &str) -> Result<(), Error> {
    let mut parts = Path::new(path).components();
    if !path.is_empty() && parts.all(|it| matches!(it, Component::Normal(_))) {
        return Ok(());
    }
    Err(
        Error::failed_precondition(format!("{path} is no file of a film"))
            .hint("the film's log was not written by this program; nothing was changed"),
    )
}

fn check_unchanged(root: &Path, write: &FileWrite) -> Result<(), Error> {
    let place = root.join(&write.path);
    let found = match fs::metadata(&place) {
        Ok(it) if it.is_file() => fs::read(&place).map(|bytes| Some(Blobs::id_of(&bytes))),
        Ok(_) => Err(io::Error::other("it is no regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    let found: Option<BlobId> = found.map_err(|error| {
        let message = format!("{} cannot be looked at: {error}", write.path);
        Error::unavailable(message).hint("nothing was changed; put the file right, then try again")
    })?;
    if found == write.before {
        return Ok(());
    }
    let how = match (found, write.before) {
        (None, _) => "is gone from the disk",
        (Some(_), None) => "is on disk, and the film does not know it",
        (Some(_), Some(_)) => "is other on disk than the film has read it",
    };
    let message = format!("{} {how}; nothing was written", write.path);
    Err(Error::new(ErrorKind::Conflict, message).hint(
        "it is read in a moment: look at it, then try again. If it does not read, \
         diagnostic/list says why",
    ))
}

/// What is written must be there, and what is overwritten or removed must be kept.
fn check_kept(blobs: &Blobs, write: &FileWrite) -> Result<(), Error> {
    for id in [write.after, write.before].into_iter().flatten() {
        blobs.read(id).map_err(|error| {
            let message = format!(
                "the text of {} is not among what the film has kept: {error}",
                write.path
            );
            Error::failed_precondition(message)
                .hint("nothing was changed; storycore doctor looks for what is missing")
        })?;
    }
    Ok(())
}

fn not_written(path: &str, error: &io::Error) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full: free some space, then try again",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "give yourself the right to write into the film's folder, then try again"
        }
        _ => "check the disk, then try again",
    };
    Error::unavailable(format!(
        "{path} could not be written: {error}; nothing was changed"
    ))
    .hint(hint)
}

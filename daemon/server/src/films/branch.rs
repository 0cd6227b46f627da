//! Makes a branch: a whole copy of a film in a folder of its own. It is made beside its place and
//! gets its name when it is complete, so a kill leaves nothing that looks like a film.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use storycore_core::{Env, IdSource, branch::NoteBranch};
use storycore_schema::{
    Error, ErrorKind, Event, Limits, Seq,
    history::Branch,
    id::ProjectId,
    project::ProjectEvent,
    run::{RunEvent, RunStatus},
};

use super::OpenFilm;
use crate::{
    event_log::{EventLog, LogError, Past, Snapshots, StoredEvent},
    folder::{LOG_FILE, SNAPSHOTS_FOLDER},
    offload::blocking,
    owner::{Origin, now_ms},
    platform::sync_folder,
    references,
    trust::token,
};

/// Folders with things of the film that are no sources.
const MORE_FOLDERS: [&str; 2] = ["assets", "workflows"];
/// How deep these are looked into, in folders.
const DEPTH_MAX: usize = 16;

/// What a new branch is to be.
pub struct NewBranch {
    /// Its name.
    pub name: String,
    /// Its folder; by default one beside the film's.
    pub path: Option<PathBuf>,
}

impl OpenFilm {
    /// Makes a branch of the film as it is. What is made meanwhile may be in it, too.
    pub async fn make_branch(
        self: &Arc<OpenFilm>,
        new: NewBranch,
        limits: Arc<Limits>,
        origin: Origin,
    ) -> Result<Branch, Error> {
        if self.folder.only.is_some() {
            return Err(
                Error::failed_precondition("a film of one file has no branches")
                    .hint("put the file into a folder of its own and open that"),
            );
        }
        let name = self.bus.film().branch_name(&new.name)?;
        let place = self.place(&name, new.path)?;
        // Read first, so that the copied files are what the copied log says.
        self.sources.sync(origin.correlation_id.clone()).await?;
        let hold = self.sources.hold().await?;
        let (film, origin_of_copy) = (self.clone(), origin.clone());
        let (named, at) = (name.clone(), place.clone());
        let copy = blocking(move || Copying::new(&film, at).make(&named, &limits, &origin_of_copy));
        let copied = copy.await?;
        drop(hold);
        let (project, seq) = copied?;
        let path = place.to_string_lossy().into_owned();
        let note = NoteBranch {
            project,
            name,
            path,
            seq,
        };
        Ok(self.owner.submit(origin, note).await?.value)
    }

    /// Where a branch goes: nothing may be there yet.
    fn place(&self, name: &str, path: Option<PathBuf>) -> Result<PathBuf, Error> {
        let root = &self.folder.root;
        let place = match path {
            Some(path) if !path.is_absolute() => {
                let message = format!("the path {} is not absolute", path.display());
                return Err(Error::invalid_params(message)
                    .hint("give the whole path: the daemon stands in another folder than you"));
            }
            Some(path) => path,
            None => {
                if name.contains(['/', '\\']) || name.starts_with('.') {
                    let message = format!("“{name}” cannot be the name of a folder");
                    return Err(Error::invalid_params(message)
                        .hint("take a name without / and \\, or give the folder with `path`"));
                }
                let own = root.file_name().unwrap_or_default().to_string_lossy();
                root.with_file_name(format!("{own} - {name}"))
            }
        };
        if fs::symlink_metadata(&place).is_ok() {
            let message = format!("{} is there already", place.display());
            return Err(Error::new(ErrorKind::AlreadyExists, message)
                .hint("take another name, or give another folder with `path`"));
        }
        if place.starts_with(root) {
            let message = format!("{} is in the film’s own folder", place.display());
            return Err(Error::invalid_params(message).hint("give a folder beside it"));
        }
        Ok(place)
    }
}

/// A copy in the making.
struct Copying<'a> {
    film: &'a OpenFilm,
    place: PathBuf,
    /// Where it is made.
    unfinished: PathBuf,
}

impl<'a> Copying<'a> {
    fn new(film: &'a OpenFilm, place: PathBuf) -> Copying<'a> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = place.with_file_name(format!(".{name}.storycore-new"));
        Copying {
            film,
            place,
            unfinished,
        }
    }

    /// Its id, and the last event that both have. Blocks.
    fn make(self, name: &str, limits: &Limits, origin: &Origin) -> Result<(ProjectId, Seq), Error> {
        let made = self.copy(limits).and_then(|()| {
            let begun = self.begin(name, limits, origin)?;
            self.put_in_place().map_err(|error| self.not_made(&error))?;
            Ok(begun)
        });
        if made.is_err() {
            // What is left is hidden, and the next attempt takes it away.
            let _ = fs::remove_dir_all(&self.unfinished);
        }
        made
    }

    fn not_made(&self, error: &io::Error) -> Error {
        let hint = match error.kind() {
            io::ErrorKind::StorageFull => "the disk is full: free some space, then try again",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "give another folder with `path`, one that you may write into"
            }
            _ => "check the folder and the disk, then try again",
        };
        let place = self.place.display();
        Error::unavailable(format!("the branch could not be made in {place}: {error}")).hint(hint)
    }

    fn copy(&self, limits: &Limits) -> Result<(), Error> {
        let listing = self.film.folder.sources(limits)?;
        let copy = || -> io::Result<()> {
            if self.unfinished.exists() {
                fs::remove_dir_all(&self.unfinished)?;
            }
            fs::create_dir_all(&self.unfinished)?;
            let root = &self.film.folder.root;
            for source in listing.sources {
                copy_file(
                    &root.join(&source.path),
                    &self.unfinished.join(&source.path),
                )?;
            }
            for folder in MORE_FOLDERS {
                let (from, to) = (root.join(folder), self.unfinished.join(folder));
                copy_folder(&from, &to, &copy_file, DEPTH_MAX)?;
            }
            self.copy_pictures(root)?;
            fs::create_dir_all(self.data())
        };
        copy().map_err(|error| self.not_made(&error))?;
        let log = self.film.log.copy_to(&self.data().join(LOG_FILE));
        log.map_err(|error| self.log_error(&error))?;
        // After the log: whatever it names is there.
        let rest = || -> io::Result<()> {
            let blobs = self.film.blobs.folder();
            copy_folder(blobs, &self.data().join("blobs"), &link_file, DEPTH_MAX)?;
            let snapshots = self.film.folder.data.join(SNAPSHOTS_FOLDER);
            copy_folder(
                &snapshots,
                &self.data().join(SNAPSHOTS_FOLDER),
                &link_file,
                1,
            )
        };
        rest().map_err(|error| self.not_made(&error))
    }

    /// Pictures that the bible names and that are in none of these folders.
    fn copy_pictures(&self, root: &Path) -> io::Result<()> {
        let film = self.film.bus.film();
        for path in film.state.project.bible.picture_files().into_keys() {
            let (from, to) = (root.join(path), self.unfinished.join(path));
            if references::is_inside(path) && from.is_file() && !to.exists() {
                copy_file(&from, &to)?;
            }
        }
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.unfinished.join(".storycore")
    }

    fn log_error(&self, error: &LogError) -> Error {
        let place = self.place.display();
        Error::unavailable(format!("the branch could not be made in {place}: {error}"))
            .hint("check the disk, then try again")
    }

    /// The first events that are not in the film's own log.
    fn begin(
        &self,
        name: &str,
        limits: &Limits,
        origin: &Origin,
    ) -> Result<(ProjectId, Seq), Error> {
        let log = EventLog::open(&self.data().join(LOG_FILE));
        let past = Past {
            log: Arc::new(log.map_err(|error| self.log_error(&error))?),
            snapshots: Arc::new(Snapshots::at(self.data().join(SNAPSHOTS_FOLDER), limits)),
            shown: self.place.to_string_lossy().into(),
        };
        let opened = past.open().map_err(|error| self.log_error(&error))?;
        let head = opened.head;
        let at_ms = now_ms().max(head.at_ms);
        let mut ids = IdSource::new(u64::from_le_bytes(token::random()));
        let id: ProjectId = Env::new(at_ms, &mut ids).fresh_id();
        let branched = ProjectEvent::Branched {
            id,
            from: self.film.id,
            seq: head.seq,
            name: name.to_owned(),
        };
        // What the film is drawing, it draws for itself.
        let running = opened.film.state.generation.runs.open();
        let ended = running.map(|it| {
            Event::Run(RunEvent::Ended {
                id: it.run.id,
                status: RunStatus::Canceled,
            })
        });
        let events = std::iter::once(Event::Project(branched)).chain(ended);
        let stored = (head.seq.0 + 1..)
            .zip(events)
            .map(|(seq, event)| StoredEvent {
                seq: Seq(seq),
                at_ms,
                actor: origin.actor.to_string(),
                correlation_id: origin.correlation_id.to_string(),
                event,
            });
        let append = past.log.append(head.seq, stored.collect());
        let appended = tokio::runtime::Handle::current().block_on(append);
        appended.map_err(|error| self.log_error(&error))?;
        Ok((id, head.seq))
    }

    fn put_in_place(&self) -> io::Result<()> {
        sync_folders(&self.unfinished, DEPTH_MAX)?;
        // Renaming onto an empty folder would succeed.
        if fs::symlink_metadata(&self.place).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&self.unfinished, &self.place)?;
        self.place.parent().map_or(Ok(()), sync_folder)
    }
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to)?;
    fs::File::open(to)?.sync_all()
}

/// Bytes that never change can be shared, where the disk can do that.
fn link_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to).or_else(|_| copy_file(from, to))
}

/// Copies the files of a folder, if it is there; what is no file or folder is left out.
fn copy_folder(
    from: &Path,
    to: &Path,
    copy: &dyn Fn(&Path, &Path) -> io::Result<()>,
    depth: usize,
) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    fs::create_dir_all(to)?;
    for entry in entries {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 && entry.file_name() != "unfinished" {
            copy_folder(&from, &to, copy, depth - 1)?;
        } else if kind.is_file() {
            copy(&from, &to)?;
        }
    }
    Ok(())
}

/// Puts the names in a folder, and in those below it, on disk.
fn sync_folders(folder: &Path, depth: usize) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && depth > 0 {
            sync_folders(&entry.path(), depth - 1)?;
        }
    }
    sync_folder(folder)
}

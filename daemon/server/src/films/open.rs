//! One open film: its lock, its log, its owner and its effects.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use storycore_core::{Film, Query, project::CreateFilm};
use storycore_schema::{
    Error, ErrorKind, Event, Limits,
    id::ProjectId,
    project::{GetProject, Project},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::{
    blobs::Blobs,
    bus::Bus,
    effects::{
        render::RenderEffect,
        renderer::Renderers,
        sources::{self, Sources, SourcesEffect},
    },
    event_log::{EventLog, LogError},
    folder::{FilmFolder, LOG_FILE},
    offload::blocking,
    owner::{self, Origin, Owner, OwnerOptions},
    platform::{FileLock, make_lasting_dir},
    trust::token,
};

/// A film that is open in this daemon, and in no other.
pub struct OpenFilm {
    /// The film.
    pub id: ProjectId,
    /// Where it is.
    pub folder: FilmFolder,
    /// Takes commands.
    pub owner: Owner,
    /// The film as it is, and who follows it.
    pub bus: Arc<Bus>,
    /// What happened.
    pub log: Arc<EventLog>,
    /// Its files.
    pub blobs: Arc<Blobs>,
    /// Reads its sources.
    pub sources: Sources,
    /// Canceled when it closes: whoever waits for something here ends.
    pub closing: CancellationToken,
    /// Canceled when its effects have ended, and the owner may.
    owner_closing: CancellationToken,
    tasks: Mutex<Option<Tasks>>,
}

/// What must end before somebody else may have the film.
struct Tasks {
    effects: Vec<JoinHandle<()>>,
    owner: JoinHandle<()>,
    lock: FileLock,
}

/// What opening comes to before anything runs.
struct Opened {
    lock: FileLock,
    log: EventLog,
    blobs: Blobs,
    film: Film,
    names_unsure: bool,
}

/// What the tasks of a film share.
struct Parts {
    log: Arc<EventLog>,
    blobs: Arc<Blobs>,
    bus: Arc<Bus>,
    folder: FilmFolder,
    limits: Arc<Limits>,
    renderers: Arc<Renderers>,
    names_unsure: bool,
    closing: CancellationToken,
    owner_closing: CancellationToken,
}

impl Parts {
    async fn start(self, lock: FileLock, correlation_id: Arc<str>) -> Result<OpenFilm, Error> {
        let seed = u64::from_le_bytes(token::random());
        let (owner, owning) = self.start_owner(seed);
        let created = CreateFilm {
            title: self.folder.title(),
        };
        let origin = Origin::daemon("daemon", correlation_id.clone());
        let id = match owner.submit(origin, created).await {
            Ok(created) => created.value,
            Err(error) => {
                self.owner_closing.cancel();
                note_end(owning.await);
                return Err(error);
            }
        };
        // Another seed than the owner's: both make ids.
        let (sources, reading) = sources::start(self.sources_effect(&owner), !seed, correlation_id);
        let drawing = tokio::spawn(self.render_effect(&owner).run());
        let tasks = Tasks {
            effects: vec![reading, drawing],
            owner: owning,
            lock,
        };
        Ok(OpenFilm {
            id,
            folder: self.folder,
            owner,
            bus: self.bus,
            log: self.log,
            blobs: self.blobs,
            sources,
            closing: self.closing,
            owner_closing: self.owner_closing,
            tasks: Mutex::new(Some(tasks)),
        })
    }

    fn start_owner(&self, id_seed: u64) -> (Owner, JoinHandle<()>) {
        let options = OwnerOptions {
            queue_len_max: count(self.limits.command_queue_len_max),
            commit_commands_max: count(self.limits.commit_commands_max),
            id_seed,
        };
        let closing = self.owner_closing.clone();
        owner::start(self.log.clone(), self.bus.clone(), closing, &options)
    }

    fn sources_effect(&self, owner: &Owner) -> SourcesEffect {
        SourcesEffect {
            folder: self.folder.clone(),
            owner: owner.clone(),
            bus: self.bus.clone(),
            blobs: self.blobs.clone(),
            renderers: self.renderers.clone(),
            names_unsure: self.names_unsure,
            limits: self.limits.clone(),
            closing: self.closing.clone(),
        }
    }

    fn render_effect(&self, owner: &Owner) -> RenderEffect {
        RenderEffect {
            owner: owner.clone(),
            bus: self.bus.clone(),
            blobs: self.blobs.clone(),
            renderers: self.renderers.clone(),
            workers_max: count(self.limits.render_workers_max).max(1),
            closing: self.closing.clone(),
        }
    }
}

fn count(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

impl OpenFilm {
    /// Takes the film's lock, reads its log and starts its tasks. Its files are read at the first
    /// [`Sources::sync`].
    pub(super) async fn open(
        folder: FilmFolder,
        limits: Arc<Limits>,
        renderers: Arc<Renderers>,
        correlation_id: Arc<str>,
    ) -> Result<OpenFilm, Error> {
        let at = folder.clone();
        let opened = blocking(move || open_files(&at)).await??;
        let parts = Parts {
            log: Arc::new(opened.log),
            blobs: Arc::new(opened.blobs),
            bus: Arc::new(Bus::new(opened.film)),
            folder,
            limits,
            renderers,
            names_unsure: opened.names_unsure,
            closing: CancellationToken::new(),
            owner_closing: CancellationToken::new(),
        };
        parts.start(opened.lock, correlation_id).await
    }

    /// The film with its counts.
    pub fn describe(&self) -> Result<Project, Error> {
        GetProject { project: self.id }.answer(&self.bus.film())
    }

    /// What to answer whoever waits when the film closes.
    pub fn closed_error(&self) -> Error {
        Error::unavailable("the film was closed").hint("open it again; its runs go on then")
    }

    /// Ends its tasks; what was accepted is on disk then, and another may have the film.
    pub(super) async fn close(&self) {
        let tasks = self
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(Tasks {
            effects,
            owner,
            lock,
        }) = tasks
        else {
            return;
        };
        self.closing.cancel();
        for effect in effects {
            note_end(effect.await);
        }
        // Effects may still have something to commit, so the owner goes after them.
        self.owner_closing.cancel();
        note_end(owner.await);
        self.bus.close();
        drop(lock);
    }
}

fn note_end(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        error!(%error, "a task of a film was cut off");
    }
}

/// Blocks.
fn open_files(folder: &FilmFolder) -> Result<Opened, Error> {
    let data = &folder.data;
    make_lasting_dir(data).map_err(|error| cannot_write(data, &error))?;
    let lock_path = data.join("lock");
    let lock = FileLock::try_acquire(&lock_path).map_err(|error| cannot_write(data, &error))?;
    let Some(mut lock) = lock else {
        return Err(in_use(folder, &lock_path));
    };
    lock.sign(std::process::id())
        .map_err(|error| cannot_write(data, &error))?;
    let blobs = Blobs::open(&data.join("blobs")).map_err(|error| cannot_write(data, &error))?;
    let path = data.join(LOG_FILE);
    let log = EventLog::open(&path).map_err(|error| log_error(&path, &error))?;
    let shown = folder.path().to_string_lossy().into_owned();
    let mut events = Vec::new();
    log.replay(|stored| events.push(stored.event))
        .map_err(|error| log_error(&path, &error))?;
    let names_unsure = ends_with_bible(&events);
    let film = Film::new(&shown).replay(events);
    Ok(Opened {
        lock,
        log,
        blobs,
        film,
        names_unsure,
    })
}

/// Whether the bible has changed and the scripts have not since. Mostly that meant nothing to them;
/// or the daemon was killed just then.
fn ends_with_bible(events: &[Event]) -> bool {
    let last = events.iter().rev();
    let mut last = last.filter(|it| matches!(it, Event::Bible(_) | Event::Script(_)));
    matches!(last.next(), Some(Event::Bible(_)))
}

fn in_use(folder: &FilmFolder, lock: &Path) -> Error {
    let by = FileLock::signed_by(lock).map_or_else(String::new, |pid| format!(" (process {pid})"));
    let message = format!("{} is open in another daemon{by}", folder.path().display());
    Error::new(ErrorKind::AlreadyExists, message)
        .hint("close it there, or stop that daemon, then open it again")
}

fn cannot_write(data: &Path, error: &io::Error) -> Error {
    let message = format!("{} cannot be written: {error}", data.display());
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "takes and history are kept there: give yourself the right to write, or copy the film \
             to a folder that can be written"
        }
        io::ErrorKind::StorageFull => "the disk is full: free some space, then open it again",
        _ => "check the disk, then open it again",
    };
    Error::unavailable(message).hint(hint)
}

fn log_error(path: &Path, error: &LogError) -> Error {
    let message = format!(
        "the film's log {} cannot be opened: {error}",
        path.display()
    );
    let damaged = matches!(
        error,
        LogError::Engine(rusqlite::Error::SqliteFailure(code, _)) if matches!(
            code.code,
            rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase
        )
    );
    let hint = match error {
        _ if damaged => {
            "the file is damaged: put back a copy of the .storycore folder, or move project.db \
             away to begin the film anew; the script and the bible are untouched"
        }
        LogError::Format(_) => "open it with the program or the version that wrote it",
        LogError::Event { .. } => "it may come from a newer version: use that one",
        _ => "check that the disk has room and the folder can be written; nothing was changed",
    };
    Error::unavailable(message).hint(hint)
}

//! One open film: its lock, its log, its owner and its effects.

use crate::shared_results::SharedResults;
use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use storycore_core::{
    Film, Query,
    project::{CopyFilm, CreateFilm},
};
use storycore_schema::{
    Error, ErrorKind, Limits, Seq,
    id::ProjectId,
    project::{GetProject, Project},
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::{
    blobs::Blobs,
    bus::Bus,
    checkup,
    clock::Clock,
    comfyui::Comfyui,
    drafts::Drafts,
    effects::{
        checks::ChecksEffect,
        preload::PreloadEffect,
        renderer::Renderers,
        snapshots::{self, SnapshotEffect},
        sources::{self, Sources, SourcesEffect},
        work::{WorkEffect, gate::Gates},
    },
    event_log::{EventLog, LastSnapshot, LogError, Opened as OpenedLog, Past, Snapshots},
    folder::{FilmFolder, LOG_FILE, SNAPSHOTS_FOLDER},
    llm::Llm,
    offload::blocking,
    owner::{self, Origin, Owner, OwnerOptions},
    parsed::ParsedTexts,
    platform::{self, FileLock, make_lasting_dir},
    previews::Previews,
    trust::token,
};

/// How many look into the past of one film at once, in readers: each holds a whole film.
const PAST_READERS_MAX: usize = 2;

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
    past: Past,
    past_readers: Semaphore,
    missed_snapshots: mpsc::Sender<Seq>,
    /// Its files.
    pub blobs: Arc<Blobs>,
    /// Its texts, as they are looked through.
    pub parsed: ParsedTexts,
    /// What is typed and not saved.
    pub drafts: Arc<Drafts>,
    /// Reads its sources.
    pub sources: Sources,
    /// What can draw its panels.
    pub renderers: Arc<Renderers>,
    /// Canceled when it closes: whoever waits for something here ends.
    pub closing: CancellationToken,
    /// Canceled when its effects have ended, and the owner may.
    owner_closing: CancellationToken,
    /// Canceled when the owner has ended, and the film changes no more.
    snapshots_closing: CancellationToken,
    tasks: Mutex<Option<Tasks>>,
}

/// What must end before somebody else may have the film.
struct Tasks {
    effects: Vec<JoinHandle<()>>,
    owner: JoinHandle<()>,
    snapshots: JoinHandle<()>,
    lock: FileLock,
}

/// What makes things for films; all films have the same.
#[derive(Clone)]
pub(super) struct Makers {
    pub(super) renderers: Arc<Renderers>,
    pub(super) gates: Arc<Gates>,
    pub(super) comfyui: Arc<Comfyui>,
    pub(super) llm: Arc<Llm>,
    pub(super) shared: SharedResults,
    pub(super) previews: Arc<Previews>,
    /// How many pictures may be checked at once.
    pub(super) checks: Arc<Semaphore>,
}

/// What opening comes to before anything runs.
struct Opened {
    lock: FileLock,
    blobs: Blobs,
    past: Past,
    log: OpenedLog,
}

/// What the tasks of a film share.
struct Parts {
    past: Past,
    clock: Clock,
    last_snapshot: LastSnapshot,
    blobs: Arc<Blobs>,
    bus: Arc<Bus>,
    folder: FilmFolder,
    limits: Arc<Limits>,
    makers: Makers,
    /// Whether the film is to have an id of its own.
    as_copy: bool,
    names_unsure: bool,
    closing: CancellationToken,
    owner_closing: CancellationToken,
    snapshots_closing: CancellationToken,
}

impl Parts {
    async fn start(self, lock: FileLock, correlation_id: Arc<str>) -> Result<OpenFilm, Error> {
        let seed = u64::from_le_bytes(token::random());
        let (owner, owning) = self.start_owner(seed);
        let origin = Origin::daemon("daemon", correlation_id.clone());
        let id = match self.identify(&owner, origin).await {
            Ok(id) => id,
            Err(error) => {
                self.owner_closing.cancel();
                note_end(owning.await);
                return Err(error);
            }
        };
        // Another seed than the owner's: both make ids.
        let (sources, reading) = sources::start(self.sources_effect(&owner), !seed, correlation_id);
        let working = tokio::spawn(self.work_effect(&owner, id).run());
        let checking = tokio::spawn(self.checks_effect(&owner).run());
        let preloading = self.preload_effect().map(|it| tokio::spawn(it.run()));
        let (missed_snapshots, missed) = snapshots::missed();
        let tasks = Tasks {
            effects: [reading, working, checking]
                .into_iter()
                .chain(preloading)
                .collect(),
            owner: owning,
            snapshots: tokio::spawn(self.snapshot_effect(missed).run()),
            lock,
        };
        let drafts = Drafts::new(id, self.bus.clone(), self.blobs.clone(), &self.folder.data);
        Ok(OpenFilm {
            renderers: self.makers.renderers,
            id,
            folder: self.folder,
            owner,
            bus: self.bus,
            log: self.past.log.clone(),
            past: self.past,
            past_readers: Semaphore::new(PAST_READERS_MAX),
            missed_snapshots,
            parsed: ParsedTexts::new(),
            drafts: Arc::new(drafts),
            blobs: self.blobs,
            sources,
            closing: self.closing,
            owner_closing: self.owner_closing,
            snapshots_closing: self.snapshots_closing,
            tasks: Mutex::new(Some(tasks)),
        })
    }

    /// The film's id; a new film gets one, and so does a copy that is to be a film of its own.
    async fn identify(&self, owner: &Owner, origin: Origin) -> Result<ProjectId, Error> {
        let is_new = self.bus.film().seq == Seq(0);
        let created = CreateFilm {
            title: self.folder.title(),
        };
        let id = owner.submit(origin.clone(), created).await?.value;
        if self.as_copy && !is_new {
            return Ok(owner.submit(origin, CopyFilm).await?.value);
        }
        Ok(id)
    }

    fn start_owner(&self, id_seed: u64) -> (Owner, JoinHandle<()>) {
        let options = OwnerOptions {
            queue_len_max: count(self.limits.command_queue_len_max),
            commit_commands_max: count(self.limits.commit_commands_max),
            id_seed,
            clock: self.clock.clone(),
        };
        let closing = self.owner_closing.clone();
        owner::start(self.past.log.clone(), self.bus.clone(), closing, &options)
    }

    fn sources_effect(&self, owner: &Owner) -> SourcesEffect {
        SourcesEffect {
            folder: self.folder.clone(),
            owner: owner.clone(),
            bus: self.bus.clone(),
            blobs: self.blobs.clone(),
            renderers: self.makers.renderers.clone(),
            names_unsure: self.names_unsure,
            clock: self.clock.clone(),
            limits: self.limits.clone(),
            closing: self.closing.clone(),
        }
    }

    fn snapshot_effect(&self, missed: mpsc::Receiver<Seq>) -> SnapshotEffect {
        SnapshotEffect {
            past: self.past.clone(),
            bus: self.bus.clone(),
            last: self.last_snapshot,
            missed,
            closing: self.snapshots_closing.clone(),
        }
    }

    fn checks_effect(&self, owner: &Owner) -> ChecksEffect {
        ChecksEffect {
            owner: owner.clone(),
            bus: self.bus.clone(),
            blobs: self.blobs.clone(),
            looking: self.makers.checks.clone(),
            limits: self.limits.clone(),
            closing: self.closing.clone(),
        }
    }

    /// None where nothing is kept.
    fn preload_effect(&self) -> Option<PreloadEffect> {
        Some(PreloadEffect {
            bus: self.bus.clone(),
            cache: self.makers.shared.cache()?.clone(),
            closing: self.closing.clone(),
        })
    }

    fn work_effect(&self, owner: &Owner, project: ProjectId) -> WorkEffect {
        WorkEffect {
            project,
            owner: owner.clone(),
            bus: self.bus.clone(),
            blobs: self.blobs.clone(),
            renderers: self.makers.renderers.clone(),
            gates: self.makers.gates.clone(),
            folder: self.folder.root.clone(),
            comfyui: self.makers.comfyui.clone(),
            llm: self.makers.llm.clone(),
            shared: self.makers.shared.clone(),
            previews: self.makers.previews.clone(),
            clock: self.clock.clone(),
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
        makers: Makers,
        as_copy: bool,
        correlation_id: Arc<str>,
    ) -> Result<OpenFilm, Error> {
        let at = folder.clone();
        let at_limits = limits.clone();
        let opened = blocking(move || open_files(&at, &at_limits)).await??;
        let log = opened.log;
        let parts = Parts {
            past: opened.past,
            clock: Clock::after(log.head.at_ms),
            last_snapshot: log.last_snapshot(),
            blobs: Arc::new(opened.blobs),
            bus: Arc::new(Bus::new(log.film)),
            folder,
            limits,
            makers,
            as_copy,
            // The scripts may not know of what the bible said last; mostly that meant nothing to
            // them, or the daemon was killed just then.
            names_unsure: log.ends_with_bible,
            closing: CancellationToken::new(),
            owner_closing: CancellationToken::new(),
            snapshots_closing: CancellationToken::new(),
        };
        parts.start(opened.lock, correlation_id).await
    }

    /// The film with its counts.
    pub fn describe(&self) -> Result<Project, Error> {
        GetProject { project: self.id }.answer(&self.bus.film())
    }

    /// The film as it was when an event had just happened. What is not in the log, such as what
    /// people look at, is not in it.
    pub async fn film_at(&self, seq: Seq) -> Result<Film, Error> {
        let now = self.bus.film();
        if seq > now.seq {
            let message = format!("event {seq} has not happened: the last one is {}", now.seq);
            return Err(Error::failed_precondition(message)
                .hint("is it another film, or an older copy? event/list lists what happened"));
        }
        if seq == now.seq {
            let mut film = (*now).clone();
            (film.state.ui, film.state.system) = Default::default();
            return Ok(film);
        }
        let _reader = tokio::select! {
            reader = self.past_readers.acquire() => reader,
            () = self.closing.cancelled() => return Err(self.closed_error()),
        };
        let past = self.past.clone();
        let then = blocking(move || past.film_at(seq)).await?;
        let then = then.map_err(|error| log_error(self.log.path(), &error))?;
        if let Some(missed) = then.missed {
            // When many wait, this one is made when somebody comes here again.
            let _ = self.missed_snapshots.try_send(missed);
        }
        Ok(then.film)
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
            snapshots,
            lock,
        }) = tasks
        else {
            return;
        };
        self.closing.cancel();
        let drafts = self.drafts.clone();
        if let Err(error) = blocking(move || drafts.close()).await {
            error!(%error, "drafts were not kept");
        }
        for effect in effects {
            note_end(effect.await);
        }
        // Effects may still have something to commit, so the owner goes after them.
        self.owner_closing.cancel();
        note_end(owner.await);
        self.snapshots_closing.cancel();
        note_end(snapshots.await);
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
fn open_files(folder: &FilmFolder, limits: &Limits) -> Result<Opened, Error> {
    let data = &folder.data;
    if let Some(kind) = platform::network_mount(&folder.root) {
        return Err(on_a_network(folder, &kind));
    }
    make_lasting_dir(data).map_err(|error| cannot_write(data, &error))?;
    let lock = lock(folder)?;
    checkup::finish_repair(data).map_err(|error| cannot_write(data, &error))?;
    let blobs = Blobs::open(&data.join("blobs")).map_err(|error| cannot_write(data, &error))?;
    let path = data.join(LOG_FILE);
    let log = EventLog::open(&path).map_err(|error| log_error(&path, &error))?;
    let snapshots = Snapshots::at(data.join(SNAPSHOTS_FOLDER), limits);
    snapshots.tidy();
    let past = Past {
        log: Arc::new(log),
        snapshots: Arc::new(snapshots),
        shown: folder.path().to_string_lossy().into(),
    };
    let log = past.open().map_err(|error| log_error(&path, &error))?;
    Ok(Opened {
        lock,
        blobs,
        past,
        log,
    })
}

/// Takes the film for this process, so that no other has it. Blocks.
pub(super) fn lock(folder: &FilmFolder) -> Result<FileLock, Error> {
    let data = &folder.data;
    let path = data.join("lock");
    let lock = FileLock::try_acquire(&path).map_err(|error| cannot_write(data, &error))?;
    let Some(mut lock) = lock else {
        return Err(in_use(folder, &path));
    };
    lock.sign(std::process::id())
        .map_err(|error| cannot_write(data, &error))?;
    Ok(lock)
}

fn in_use(folder: &FilmFolder, lock: &Path) -> Error {
    let by = match FileLock::holder(lock) {
        Some((pid, Some(host))) => format!(" (process {pid} on {host})"),
        Some((pid, None)) => format!(" (process {pid})"),
        None => String::new(),
    };
    let message = format!("{} is open in another daemon{by}", folder.path().display());
    Error::new(ErrorKind::AlreadyExists, message)
        .hint("close it there, or stop that daemon, then open it again")
}

fn on_a_network(folder: &FilmFolder, kind: &str) -> Error {
    let shown = folder.path();
    let message = format!("{} is on a network folder ({kind})", shown.display());
    Error::failed_precondition(message).hint(
        "a film's log is not safe there: keep the film on a disk of this machine; \
         project/export writes it as one file that can be kept anywhere",
    )
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
    let hint = match error {
        _ if error.is_damage() => {
            "the file is damaged: `storycore doctor PATH` tells what can be saved, and with --repair \
             saves it and keeps a copy; the script and the bible are untouched"
        }
        LogError::Format(_) => "open it with the program or the version that wrote it",
        _ => "check that the disk has room and the folder can be written; nothing was changed",
    };
    Error::unavailable(message).hint(hint)
}

//! The films that are open, and those that were: who has which folder, and how one is opened and
//! closed so that nothing it holds is lost or written by two.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use storycore_cache::Cache;
use storycore_core::project::SetAutoRender;
use storycore_schema::{
    Error, ErrorKind, Limits,
    checkup::Checkup,
    id::ProjectId,
    project::{KnownProject, Project},
};
use tokio::sync::{Semaphore, SemaphorePermit, TryAcquireError};
use tracing::info;

use crate::{
    checkup::{self, CheckOptions},
    comfyui::Comfyui,
    effects::{renderer::Renderers, work::gate::Gates},
    folder::FilmFolder,
    llm::Llm,
    offload::blocking,
    owner::Origin,
    previews::Previews,
    shared_results::SharedResults,
};

mod branch;
mod known;
mod open;
mod turns;

pub use branch::NewBranch;
pub(crate) use known::KnownFilms;
use open::Makers;
pub use open::OpenFilm;
use turns::Turns;

/// Every film of this daemon.
pub struct Films {
    open: ArcSwap<HashMap<ProjectId, Arc<OpenFilm>>>,
    /// Held while a folder's film is opened or closed: it must not be taken twice. One that takes
    /// its time is in nobody else's way.
    turns: Turns,
    /// How many more may be opened.
    slots: Semaphore,
    known: Arc<KnownFilms>,
    shared: SharedResults,
    limits: Arc<Limits>,
    renderers: Arc<Renderers>,
    gates: Arc<Gates>,
    comfyui: Arc<Comfyui>,
    llm: Arc<Llm>,
    previews: Arc<Previews>,
    checks: Arc<Semaphore>,
}

/// What does the work of films, beside the built-in renderer.
pub struct Backends {
    /// The ComfyUI servers.
    pub comfyui: Arc<Comfyui>,
    /// The language models.
    pub llm: Arc<Llm>,
    /// Where films find what others have made; without it each knows its own.
    pub cache: Option<Cache>,
}

impl Backends {
    /// No servers, no models, and every film by itself; what models need of a folder is in this
    /// one.
    pub fn none(folder: &Path) -> Backends {
        Backends {
            comfyui: Arc::new(Comfyui::none()),
            llm: Arc::new(Llm::none(folder)),
            cache: None,
        }
    }
}

/// How a film is opened.
#[derive(Debug, Clone, Copy)]
pub struct OpenOptions {
    /// Turns automatic drawing on or off.
    pub auto_render: Option<bool>,
    /// Whether it becomes a film of its own, with an id of its own.
    pub as_copy: bool,
}

impl Films {
    /// No film is open yet; those known before stand in the state folder.
    pub fn new(limits: Arc<Limits>, state_dir: &Path, backends: Backends) -> Films {
        let Backends {
            comfyui,
            llm,
            cache,
        } = backends;
        let known = Arc::new(KnownFilms::at(state_dir.join("films.json")));
        let width = u32::try_from(limits.panel_width_px).unwrap_or(u32::MAX);
        Films {
            open: ArcSwap::default(),
            turns: Turns::default(),
            slots: Semaphore::new(open_max(&limits).min(Semaphore::MAX_PERMITS)),
            shared: SharedResults::new(cache, known.clone()),
            known,
            renderers: Arc::new(Renderers::built_in(width)),
            gates: Arc::new(Gates::new(sketches_at_once(&limits), comfyui.places())),
            comfyui,
            llm,
            previews: Arc::default(),
            checks: Arc::new(Semaphore::new(checks_at_once(&limits))),
            limits,
        }
    }

    /// The ComfyUI servers.
    pub fn comfyui(&self) -> &Arc<Comfyui> {
        &self.comfyui
    }

    /// The language models.
    pub fn llm(&self) -> &Arc<Llm> {
        &self.llm
    }

    /// Pictures of what is not finished.
    pub fn previews(&self) -> &Arc<Previews> {
        &self.previews
    }

    /// An open film.
    pub fn get(&self, id: ProjectId) -> Result<Arc<OpenFilm>, Error> {
        self.open.load().get(&id).cloned().ok_or_else(|| {
            Error::not_found("open film", id)
                .hint("open it with project/open; project/list lists the films the daemon knows")
        })
    }

    fn makers(&self) -> Makers {
        Makers {
            renderers: self.renderers.clone(),
            gates: self.gates.clone(),
            comfyui: self.comfyui.clone(),
            llm: self.llm.clone(),
            shared: self.shared.clone(),
            previews: self.previews.clone(),
            checks: self.checks.clone(),
        }
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open.load().len()
    }

    /// Every one that is open.
    pub fn all(&self) -> Vec<Arc<OpenFilm>> {
        self.open.load().values().cloned().collect()
    }

    /// Whether a run is under way somewhere.
    pub fn is_working(&self) -> bool {
        let works = |it: &Arc<OpenFilm>| {
            it.bus
                .film()
                .state
                .generation
                .runs
                .running()
                .next()
                .is_some()
        };
        self.open.load().values().any(works)
    }

    /// Checks what is kept of a film, and puts right what can be, if that is wanted.
    pub async fn check(&self, path: PathBuf, repair: bool) -> Result<Checkup, Error> {
        if !path.is_absolute() {
            return Err(Error::invalid_params(format!(
                "the path {} is not absolute",
                path.display()
            ))
            .hint("give the whole path: the daemon stands in another folder than you"));
        }
        let folder = blocking(move || FilmFolder::at(&path)).await??;
        let _turn = self.turns.of(&folder.data).await;
        if repair && self.open_at(&folder).is_some() {
            let message = format!("{} is open", folder.path().display());
            return Err(Error::failed_precondition(message)
                .hint("close it with project/close, then let it be repaired"));
        }
        let (renderers, limits) = (self.renderers.clone(), self.limits.clone());
        blocking(move || {
            let _lock = if repair {
                Some(open::lock(&folder)?)
            } else {
                None
            };
            checkup::check(&CheckOptions {
                folder: &folder,
                repair,
                renderers: &renderers,
                limits: &limits,
            })
        })
        .await?
    }

    /// Opens a film, reads what changed in its files, and describes it. An open one is read again.
    pub async fn open(
        &self,
        path: &str,
        auto_render: Option<bool>,
        origin: Origin,
    ) -> Result<Project, Error> {
        let options = OpenOptions {
            auto_render,
            as_copy: false,
        };
        self.open_with(path, options, origin).await
    }

    /// The same, in other ways.
    pub async fn open_with(
        &self,
        path: &str,
        options: OpenOptions,
        origin: Origin,
    ) -> Result<Project, Error> {
        let path = PathBuf::from(path);
        if !path.is_absolute() {
            return Err(Error::invalid_params(format!(
                "the path {} is not absolute",
                path.display()
            ))
            .hint("give the whole path: the daemon stands in another folder than you"));
        }
        let folder = blocking(move || FilmFolder::at(&path)).await??;
        let film = self.open_and_read(folder, options.as_copy, &origin).await?;
        // Whatever comes of the rest, the film is open, and can be found.
        self.known.remember(&film.describe()?);
        if let Some(on) = options.auto_render {
            film.owner.submit(origin, SetAutoRender { on }).await?;
        }
        film.describe()
    }

    async fn open_and_read(
        &self,
        folder: FilmFolder,
        as_copy: bool,
        origin: &Origin,
    ) -> Result<Arc<OpenFilm>, Error> {
        let _turn = self.turns.of(&folder.data).await;
        let Some(film) = self.open_at(&folder) else {
            return self.open_anew(folder, as_copy, origin).await;
        };
        if as_copy {
            let message = format!("{} is open, as the film it is", folder.path().display());
            return Err(Error::failed_precondition(message)
                .hint("close it with project/close first; or open it without `asCopy`"));
        }
        film.sources.sync(origin.correlation_id.clone()).await?;
        Ok(film)
    }

    fn open_at(&self, folder: &FilmFolder) -> Option<Arc<OpenFilm>> {
        let open = self.open.load();
        open.values().find(|it| it.folder == *folder).cloned()
    }

    async fn open_anew(
        &self,
        folder: FilmFolder,
        as_copy: bool,
        origin: &Origin,
    ) -> Result<Arc<OpenFilm>, Error> {
        let slot = self.slot()?;
        let shown = folder.path();
        let film = OpenFilm::open(
            folder,
            self.limits.clone(),
            self.makers(),
            as_copy,
            origin.correlation_id.clone(),
        )
        .await?;
        let film = Arc::new(film);
        if let Some(twin) = self.insert(&film) {
            film.close().await;
            return Err(is_a_copy(&shown, &twin));
        }
        slot.forget();
        // A film whose files cannot be read would stay open without anybody knowing it.
        if let Err(error) = film.sources.sync(origin.correlation_id.clone()).await {
            self.end(&film).await;
            return Err(error);
        }
        info!(project = %film.id, path = %shown.display(), "opened");
        Ok(film)
    }

    /// Room for one film more; given back unless it is forgotten.
    fn slot(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.slots.try_acquire().map_err(|error| match error {
            TryAcquireError::Closed => {
                Error::unavailable("the daemon is stopping").hint("call again in a moment")
            }
            TryAcquireError::NoPermits => {
                let max = open_max(&self.limits);
                let message =
                    format!("{max} films are open, and the limit open_projects_max is {max}");
                Error::resource_exhausted(message).hint("close one with project/close")
            }
        })
    }

    /// Takes a film in, unless one with its id is open: that one.
    fn insert(&self, film: &Arc<OpenFilm>) -> Option<Arc<OpenFilm>> {
        let before = self.open.rcu(|open| {
            let mut open = HashMap::clone(open);
            open.entry(film.id).or_insert_with(|| film.clone());
            open
        });
        before.get(&film.id).cloned()
    }

    /// Closes a film; what it was working on goes on when it is opened again.
    pub async fn close(&self, id: ProjectId) -> Result<(), Error> {
        let _turn = self.turns.of(&self.get(id)?.folder.data).await;
        // It may have been closed meanwhile.
        let film = self.get(id)?;
        self.end(&film).await;
        info!(project = %id, "closed");
        Ok(())
    }

    async fn end(&self, film: &OpenFilm) {
        // Closed before it is forgotten: nobody may open it while it still writes.
        film.close().await;
        self.open.rcu(|open| {
            let mut open = HashMap::clone(open);
            open.remove(&film.id);
            open
        });
        self.slots.add_permits(1);
    }

    /// Closes every film, for good.
    pub async fn close_all(&self) {
        // No other is opened from now on, and those that are being opened come first.
        self.slots.close();
        self.turns.all().await;
        let ids: Vec<ProjectId> = self.open.load().keys().copied().collect();
        for id in ids {
            // It may have been closed meanwhile.
            let _ = self.close(id).await;
        }
    }

    /// Where a film was last.
    pub fn known_path(&self, id: ProjectId) -> Option<String> {
        self.known.path_of(id)
    }

    /// The films the daemon knows, open ones first.
    pub fn list(&self) -> Vec<KnownProject> {
        let open = self.open.load();
        let mut films = self.known.list();
        for film in &mut films {
            film.open = open.contains_key(&film.id);
        }
        films.sort_by_key(|it| !it.open);
        films
    }
}

fn checks_at_once(limits: &Limits) -> usize {
    let most = usize::try_from(limits.check_workers_max).unwrap_or(usize::MAX);
    most.clamp(1, Semaphore::MAX_PERMITS)
}

fn sketches_at_once(limits: &Limits) -> usize {
    usize::try_from(limits.render_workers_max)
        .unwrap_or(usize::MAX)
        .max(1)
}

fn open_max(limits: &Limits) -> usize {
    usize::try_from(limits.open_projects_max).unwrap_or(usize::MAX)
}

fn is_a_copy(path: &Path, twin: &OpenFilm) -> Error {
    let message = format!(
        "{} is a copy of {}, which is open: both are the same film to the daemon",
        path.display(),
        twin.folder.path().display()
    );
    Error::new(ErrorKind::AlreadyExists, message).hint(
        "close the other one with project/close; or, to make this a film of its own with the same \
         past, open it with project/open and `asCopy`",
    )
}

#[cfg(test)]
mod tests;

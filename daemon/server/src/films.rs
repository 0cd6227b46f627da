//! The films that are open, and those that were: who has which folder, and how one is opened and
//! closed so that nothing it holds is lost or written by two.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use storycore_core::project::SetAutoRender;
use storycore_schema::{
    Error, ErrorKind, Limits,
    id::ProjectId,
    project::{KnownProject, Project},
};
use tokio::sync::Mutex;
use tracing::info;

use crate::{effects::renderer::Renderers, folder::FilmFolder, offload::blocking, owner::Origin};

mod known;
mod open;

use known::KnownFilms;
pub use open::OpenFilm;

/// Every film of this daemon.
pub struct Films {
    open: ArcSwap<HashMap<ProjectId, Arc<OpenFilm>>>,
    /// Held while one is opened or closed: a folder must not be taken twice.
    changing: Mutex<()>,
    known: KnownFilms,
    limits: Arc<Limits>,
    renderers: Arc<Renderers>,
}

impl Films {
    /// No film is open yet; those known before stand in the state folder.
    pub fn new(limits: Arc<Limits>, state_dir: &Path) -> Films {
        let width = u32::try_from(limits.panel_width_px).unwrap_or(u32::MAX);
        Films {
            open: ArcSwap::default(),
            changing: Mutex::default(),
            known: KnownFilms::at(state_dir.join("films.json")),
            renderers: Arc::new(Renderers::built_in(width)),
            limits,
        }
    }

    /// An open film.
    pub fn get(&self, id: ProjectId) -> Result<Arc<OpenFilm>, Error> {
        self.open.load().get(&id).cloned().ok_or_else(|| {
            Error::not_found("open film", id)
                .hint("open it with project/open; project/list lists the films the daemon knows")
        })
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

    /// Opens a film, reads what changed in its files, and describes it. An open one is read again.
    pub async fn open(
        &self,
        path: &str,
        auto_render: Option<bool>,
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
        let film = {
            let _changing = self.changing.lock().await;
            match self.open_at(&folder) {
                Some(film) => film,
                None => self.open_anew(folder, &origin).await?,
            }
        };
        film.sources.sync(origin.correlation_id.clone()).await?;
        if let Some(on) = auto_render {
            film.owner.submit(origin, SetAutoRender { on }).await?;
        }
        let project = film.describe()?;
        self.known.remember(&project);
        Ok(project)
    }

    fn open_at(&self, folder: &FilmFolder) -> Option<Arc<OpenFilm>> {
        let open = self.open.load();
        open.values().find(|it| it.folder == *folder).cloned()
    }

    async fn open_anew(&self, folder: FilmFolder, origin: &Origin) -> Result<Arc<OpenFilm>, Error> {
        let open = self.open.load_full();
        let max = usize::try_from(self.limits.open_projects_max).unwrap_or(usize::MAX);
        if open.len() >= max {
            let message = format!("{max} films are open, and the limit open_projects_max is {max}");
            return Err(Error::resource_exhausted(message).hint("close one with project/close"));
        }
        let shown = folder.path();
        let film = OpenFilm::open(
            folder,
            self.limits.clone(),
            self.renderers.clone(),
            origin.correlation_id.clone(),
        )
        .await?;
        if let Some(twin) = open.get(&film.id) {
            let error = is_a_copy(&shown, twin);
            film.close().await;
            return Err(error);
        }
        info!(project = %film.id, path = %shown.display(), "opened");
        let film = Arc::new(film);
        let mut open = (*open).clone();
        open.insert(film.id, film.clone());
        self.open.store(Arc::new(open));
        Ok(film)
    }

    /// Closes a film; what it was working on goes on when it is opened again.
    pub async fn close(&self, id: ProjectId) -> Result<(), Error> {
        let _changing = self.changing.lock().await;
        let film = self.get(id)?;
        // Closed before it is forgotten: nobody may open it while it still writes.
        film.close().await;
        let mut open = (*self.open.load_full()).clone();
        open.remove(&id);
        self.open.store(Arc::new(open));
        info!(project = %id, "closed");
        Ok(())
    }

    /// Closes every film.
    pub async fn close_all(&self) {
        let ids: Vec<ProjectId> = self.open.load().keys().copied().collect();
        for id in ids {
            // It may have been closed meanwhile.
            let _ = self.close(id).await;
        }
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

fn is_a_copy(path: &Path, twin: &OpenFilm) -> Error {
    let message = format!(
        "{} is a copy of {}, which is open: both are the same film to the daemon",
        path.display(),
        twin.folder.path().display()
    );
    Error::new(ErrorKind::AlreadyExists, message).hint(
        "close the other one with project/close; or, for a film of its own, delete the copy's \
         .storycore folder",
    )
}

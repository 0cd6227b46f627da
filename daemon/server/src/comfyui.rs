//! The ComfyUI servers of this daemon: one pool for all films, and what of theirs is on a server,
//! kept so that the next daemon finds it there.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use storycore_comfyui::{Auth, Placement, Pool, PoolOptions, PromptId, Secret, ServerOptions};
use storycore_schema::{Error, id::ProjectId};
use tracing::warn;

use crate::{platform::write_synced, settings::ComfyuiSettings, trust::token};

/// What is kept of the servers, in the daemon's state folder.
const FILE: &str = "comfyui.json";

/// The servers.
pub struct Comfyui {
    pool: Option<Pool>,
    places: usize,
    kept: Mutex<Kept>,
    path: PathBuf,
}

/// What the next daemon must know.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// Whose runs ours are, on a server that others use, too.
    owner: String,
    /// Where runs are, by the server's name for them.
    runs: BTreeMap<String, Place>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place {
    server: String,
    film: ProjectId,
}

impl Comfyui {
    /// None: drawing with ComfyUI says so.
    pub fn none() -> Comfyui {
        Comfyui {
            pool: None,
            places: 0,
            kept: Mutex::default(),
            path: PathBuf::new(),
        }
    }

    /// Looks after servers from now on. Needs a tokio runtime.
    pub fn start(settings: &[ComfyuiSettings], state_dir: &Path) -> Result<Comfyui, Error> {
        if settings.is_empty() {
            return Ok(Comfyui::none());
        }
        let path = state_dir.join(FILE);
        let mut kept = read(&path);
        if kept.owner.is_empty() {
            kept.owner = format!("{:016x}", u64::from_le_bytes(token::random()));
        }
        let options = PoolOptions::usual(kept.owner.clone());
        let places = settings.len() * options.slots;
        let servers: Result<Vec<_>, Error> = settings.iter().map(server).collect();
        let runs = kept.runs.iter().map(|(prompt, place)| Placement {
            server: place.server.clone(),
            prompt: PromptId(prompt.clone()),
        });
        let pool = Pool::start(options, servers?, runs.collect());
        let pool = pool.map_err(|error| {
            Error::failed_precondition(error.to_string())
                .hint("correct [[comfyui]] in daemon.toml, then start the daemon again")
        })?;
        let comfyui = Comfyui {
            pool: Some(pool),
            places,
            kept: Mutex::new(kept),
            path,
        };
        comfyui.write();
        Ok(comfyui)
    }

    /// The servers, if any are set up.
    pub fn pool(&self) -> Option<&Pool> {
        self.pool.as_ref()
    }

    /// Jobs that the servers take at once.
    pub fn places(&self) -> usize {
        self.places
    }

    /// A server has something of a film.
    pub(crate) fn keep(&self, film: ProjectId, placement: &Placement) {
        let place = Place {
            server: placement.server.clone(),
            film,
        };
        self.kept().runs.insert(placement.prompt.0.clone(), place);
        self.write();
    }

    /// It is done there, or not wanted any more.
    pub(crate) fn let_go(&self, prompt: &PromptId) {
        let known = self.kept().runs.remove(&prompt.0).is_some();
        if known {
            self.write();
        }
    }

    /// A film is closed: what servers have of it goes on there until it is opened again.
    pub(crate) fn leave(&self, film: ProjectId) {
        let Some(pool) = &self.pool else {
            return;
        };
        for (prompt, place) in &self.kept().runs {
            if place.film == film {
                pool.keep(Placement {
                    server: place.server.clone(),
                    prompt: PromptId(prompt.clone()),
                });
            }
        }
    }

    /// What servers still have of a film and it does not want any more, as it was closed
    /// meanwhile: that is taken from them.
    pub(crate) fn forget_others(&self, film: ProjectId, wanted: impl Fn(&str) -> bool) {
        let runs = self.kept().runs.clone();
        for (prompt, place) in runs {
            if place.film == film && !wanted(&prompt) {
                let prompt = PromptId(prompt);
                if let Some(pool) = &self.pool {
                    pool.forget(&prompt);
                }
                self.let_go(&prompt);
            }
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Losing it costs a picture that is drawn once more, and so nothing fails with it.
    fn write(&self) {
        if let Err(error) = self.try_write() {
            warn!(%error, "where work is on ComfyUI servers could not be kept");
        }
    }

    fn try_write(&self) -> io::Result<()> {
        let kept = self.kept();
        let json = serde_json::to_vec_pretty(&*kept)?;
        let new = self.path.with_extension("json.new");
        write_synced(&new, &[&json])?;
        fs::rename(&new, &self.path)
    }
}

fn read(path: &Path) -> Kept {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            warn!(%error, path = %path.display(), "it does not read, and is begun anew");
            Kept::default()
        }),
        Err(_) => Kept::default(),
    }
}

fn server(settings: &ComfyuiSettings) -> Result<ServerOptions, Error> {
    let secret = |variable: &str| {
        std::env::var(variable).map(Secret).map_err(|_| {
            let message = format!(
                "ComfyUI server {} wants the environment variable {variable}, which is not set",
                settings.name
            );
            Error::failed_precondition(message).hint("set it, then start the daemon again")
        })
    };
    let auth = match (&settings.user, &settings.password_env, &settings.token_env) {
        (_, _, Some(variable)) => Auth::Bearer(secret(variable)?),
        (Some(user), Some(variable), None) => Auth::Basic {
            user: user.clone(),
            password: secret(variable)?,
        },
        _ => Auth::None,
    };
    let extra_roots_pem = match &settings.certificate {
        Some(path) => Some(fs::read(path).map_err(|error| {
            Error::failed_precondition(format!("certificate {path} cannot be read: {error}"))
                .hint("correct [[comfyui]] in daemon.toml, then start the daemon again")
        })?),
        None => None,
    };
    let options = ServerOptions::new(settings.name.clone(), settings.url.clone());
    Ok(ServerOptions {
        auth,
        extra_roots_pem,
        ..options
    })
}

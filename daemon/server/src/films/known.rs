//! Which films the daemon has seen, and where: a convenience, so a list that cannot be read or
//! written is begun anew and never in anybody's way.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use storycore_schema::{
    id::ProjectId,
    project::{KnownProject, Project},
};
use tracing::warn;

use crate::platform;

/// How many are remembered, in films.
const FILMS_MAX: usize = 1_000;

/// The list, the last opened film first.
pub(crate) struct KnownFilms {
    path: PathBuf,
    films: Mutex<Vec<KnownProject>>,
}

impl KnownFilms {
    /// The list in a file.
    pub(super) fn at(path: PathBuf) -> KnownFilms {
        let films = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                warn!(path = %path.display(), %error, "the list of films does not read; beginning anew");
                Vec::new()
            }),
            Err(_) => Vec::new(),
        };
        KnownFilms {
            path,
            films: Mutex::new(films),
        }
    }

    pub(super) fn list(&self) -> Vec<KnownProject> {
        self.films
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Where a film was when it was last opened.
    pub(crate) fn path_of(&self, id: ProjectId) -> Option<String> {
        let films = self.films.lock().unwrap_or_else(PoisonError::into_inner);
        let known = films.iter().find(|it| it.id == id);
        known.map(|it| it.path.clone())
    }

    pub(super) fn remember(&self, project: &Project) {
        let mut films = self.films.lock().unwrap_or_else(PoisonError::into_inner);
        let film = KnownProject {
            id: project.id,
            title: project.title.clone(),
            path: project.path.clone(),
            open: false,
        };
        if films.first() == Some(&film) {
            return;
        }
        films.retain(|it| it.id != film.id && it.path != film.path);
        films.insert(0, film);
        films.truncate(FILMS_MAX);
        let written = serde_json::to_vec_pretty(&*films)
            .map_err(std::io::Error::from)
            .and_then(|bytes| platform::write_private(&self.path, &bytes));
        if let Err(error) = written {
            warn!(path = %self.path.display(), %error, "the list of films could not be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(id: &str, path: &str) -> Project {
        let id = id.parse().unwrap();
        Project {
            id,
            title: path.to_uppercase(),
            path: path.to_owned(),
            settings: Default::default(),
            auto_render: false,
            seq: Default::default(),
            scenes: 0,
            shots: 0,
            fresh: 0,
            stale: 0,
            missing: 0,
            duration_ms: 0,
        }
    }

    #[test]
    fn films_are_remembered_and_one_that_moved_is_no_second_one() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("films.json");
        let (a, b) = ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW");
        let known = KnownFilms::at(path.clone());
        known.remember(&project(a, "one"));
        known.remember(&project(b, "two"));
        known.remember(&project(a, "moved"));
        let paths = |known: &KnownFilms| {
            known
                .list()
                .into_iter()
                .map(|it| it.path)
                .collect::<Vec<_>>()
        };
        assert_eq!(paths(&known), ["moved", "two"]);
        assert_eq!(paths(&KnownFilms::at(path.clone())), ["moved", "two"]);
        std::fs::write(&path, "{").unwrap();
        assert_eq!(paths(&KnownFilms::at(path)), [] as [&str; 0]);
    }
}

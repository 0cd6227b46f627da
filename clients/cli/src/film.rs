//! Which film is meant: an id, a path, or the folder one stands in.

use std::path::{Path, PathBuf};

use storycore_schema::{
    Error,
    id::ProjectId,
    project::{ListProjects, OpenProject, Project},
};

use storycore_server::folder::{FILM_MARKS, film_above};

use crate::{client::Client, failure::Failure};

/// A film, as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FilmName {
    /// By its id.
    Id(ProjectId),
    /// By its folder or file, absolute.
    Path(PathBuf),
}

impl FilmName {
    /// What `--project` says; by default the folder one stands in.
    pub(crate) fn parse(given: Option<&str>) -> Result<FilmName, Failure> {
        match given.map(str::parse) {
            Some(Ok(id)) => Ok(FilmName::Id(id)),
            _ => film_path(Path::new(given.unwrap_or("."))).map(FilmName::Path),
        }
    }

    /// The film's id. A film named by its path is opened; opening an open one costs nothing.
    pub(crate) fn open(&self, client: &mut Client) -> Result<ProjectId, Failure> {
        match self {
            FilmName::Id(id) => Ok(*id),
            FilmName::Path(path) => Ok(open(client, path, None)?.id),
        }
    }

    /// The film's id if the daemon knows it: a film is not opened to be closed.
    pub(crate) fn find(&self, client: &mut Client) -> Result<ProjectId, Failure> {
        let path = match self {
            FilmName::Id(id) => return Ok(*id),
            FilmName::Path(path) => path,
        };
        let known = client.ask(&ListProjects {})?;
        let film = known.iter().find(|it| Path::new(&it.path) == path);
        film.map(|it| it.id).ok_or_else(|| {
            let error = Error::not_found("film", path.display());
            Failure::Failed(error.hint("`storycore project list` lists the films"))
        })
    }
}

/// Opens the film at a path.
pub(crate) fn open(
    client: &mut Client,
    path: &Path,
    auto_render: Option<bool>,
) -> Result<Project, Failure> {
    let path = path.to_str().ok_or_else(|| {
        let message = format!("the path {} is not UTF-8", path.display());
        Failure::Failed(Error::invalid_params(message).hint("rename the folder"))
    })?;
    client.ask(&OpenProject {
        path: path.to_owned(),
        auto_render,
        as_copy: None,
    })
}

/// The film that a path lies in: the nearest folder above it, or it itself, that has been made a
/// film's; else just the path.
pub(crate) fn film_path(path: &Path) -> Result<PathBuf, Failure> {
    let path = path.canonicalize().map_err(|error| {
        Failure::Failed(
            Error::not_found("folder or file", format!("{}: {error}", path.display()))
                .hint("give a film's folder or one `.fountain` file"),
        )
    })?;
    // A single file is a film of its own, even where one has been opened beside it: only
    // settings, which a person wrote, make it part of another.
    let marks = if path.is_file() {
        &FILM_MARKS[..1]
    } else {
        &FILM_MARKS
    };
    Ok(film_above(&path, marks).unwrap_or(&path).to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_path_inside_a_film_is_the_film() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        let of = |path: &str| film_path(&root.join(path)).unwrap();
        for dir in [
            "film/bible",
            "film/.storycore",
            "loose/.storycore/files",
            "set/a",
        ] {
            fs::create_dir_all(root.join(dir)).unwrap();
        }
        for file in [
            "film/a.fountain",
            "film/.storycore/project.db",
            "loose/b.fountain",
            "set/storycore.toml",
            "set/a/c.fountain",
        ] {
            fs::write(root.join(file), "").unwrap();
        }
        assert_eq!(of("film/bible"), root.join("film"));
        assert_eq!(of("film"), root.join("film"));
        assert_eq!(of("film/a.fountain"), root.join("film/a.fountain"));
        assert_eq!(of("loose/.storycore"), root.join("loose/.storycore"));
        assert_eq!(of("loose/b.fountain"), root.join("loose/b.fountain"));
        assert_eq!(of("set/a/c.fountain"), root.join("set"));
    }

    #[test]
    fn an_id_is_an_id_and_nothing_there_is_an_error() {
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        let expected = FilmName::Id(id.parse().unwrap());
        assert_eq!(FilmName::parse(Some(id)).unwrap(), expected);
        let failure = FilmName::parse(Some("/no/such/film")).unwrap_err();
        assert!(
            failure
                .object()
                .unwrap()
                .message
                .starts_with("no folder or file /no/such/film")
        );
    }
}

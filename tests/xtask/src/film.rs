//! The sample film.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, bail};

use crate::root;

/// The one folder under `tests/films` that has a `storycore.toml`.
pub(crate) fn sample() -> anyhow::Result<PathBuf> {
    let films = root::root().join("tests/films");
    let entries = fs::read_dir(&films).with_context(|| format!("read {}", films.display()))?;
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|it| it.path())
        .filter(|it| it.join("storycore.toml").is_file())
        .collect();
    found.sort();
    match found.as_slice() {
        [film] => Ok(film.clone()),
        [] => bail!("tests/films has no film with a storycore.toml"),
        _ => bail!("tests/films has more than one film with a storycore.toml"),
    }
}

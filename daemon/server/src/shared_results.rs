//! What steps made in any film of this machine, by all that they were given: a branch, or a copy, of
//! a film finds what the other has made since they parted, and takes its files over.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use storycore_cache::{Cache, Key};
use storycore_schema::{
    asset::Asset,
    id::{BlobId, ProjectId, StepKey},
};
use tracing::{debug, info};

use crate::{blobs::Blobs, films::KnownFilms, folder::FilmFolder, offload::blocking};

/// Where results are looked up that are not the film's own.
#[derive(Clone)]
pub(crate) struct SharedResults {
    cache: Option<Cache>,
    films: Arc<KnownFilms>,
}

/// A result, and the film that has its files. No path is kept: a film may move, and what is kept
/// may be in a bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SharedResult {
    /// The film.
    pub(crate) film: ProjectId,
    /// What the step gave.
    pub(crate) output: Value,
    /// The files it made.
    pub(crate) assets: Vec<Asset>,
}

impl SharedResults {
    /// Results that are kept in a cache, of films whose places are known.
    pub(crate) fn new(cache: Option<Cache>, films: Arc<KnownFilms>) -> SharedResults {
        SharedResults { cache, films }
    }

    /// The cache that they are kept in.
    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// Remembers what a step made.
    pub(crate) async fn remember(&self, key: StepKey, result: &SharedResult) {
        let Some(cache) = &self.cache else {
            return;
        };
        // A result can always be written.
        let json = serde_json::to_vec(result).unwrap_or_default();
        cache.put(name_of(key), Bytes::from(json), &[]).await;
    }

    /// What the same step made in another film, with its files taken over; none if there is nothing,
    /// or its files are not whole any more.
    pub(crate) async fn find(
        &self,
        own: ProjectId,
        blobs: &Arc<Blobs>,
        key: StepKey,
    ) -> Option<SharedResult> {
        let kept = self.cache.as_ref()?.get(name_of(key)).await?;
        let result: SharedResult = serde_json::from_slice(&kept).ok()?;
        // What the film itself knows, it has looked for before.
        if result.film == own {
            return None;
        }
        let (films, blobs) = (self.films.clone(), blobs.clone());
        let taking = blocking(move || {
            let folder = blobs_of(&films, result.film)?;
            let taken = take_over(&folder, &blobs, &result.assets);
            match taken {
                Ok(()) => Some(result),
                Err(error) => {
                    debug!(film = %result.film, %error, "a result of another film is not whole");
                    None
                }
            }
        });
        let found = taking.await.ok()??;
        info!(film = %found.film, "a step was done in another film already");
        Some(found)
    }
}

fn name_of(key: StepKey) -> Key {
    Key::of("step-result", &[&key.0])
}

fn blobs_of(films: &KnownFilms, film: ProjectId) -> Option<PathBuf> {
    let path = films.path_of(film)?;
    let folder = FilmFolder::at(Path::new(&path)).ok()?;
    Some(folder.data.join("blobs"))
}

/// Copies files whose bytes are what their names say. Blocks.
fn take_over(from: &Path, blobs: &Blobs, assets: &[Asset]) -> io::Result<()> {
    let theirs = Blobs::reader(from);
    for asset in assets {
        copy(&theirs.path(asset.id), blobs, asset.id)?;
    }
    Ok(())
}

fn copy(from: &Path, blobs: &Blobs, id: BlobId) -> io::Result<()> {
    blobs.incoming()?;
    let unfinished = blobs.unfinished();
    let copied = File::open(from).and_then(|mut from| {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(&mut from)?;
        if hasher.finalize().as_bytes() != &id.0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is damaged"));
        }
        Ok(())
    });
    let copied = copied
        .and_then(|()| fs::copy(from, &unfinished))
        .and_then(|_| blobs.adopt(&unfinished));
    let _ = fs::remove_file(&unfinished);
    match copied? {
        adopted if adopted == id => Ok(()),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it changed meanwhile",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs_in(folder: &tempfile::TempDir) -> Blobs {
        Blobs::open(&folder.path().join("blobs")).unwrap()
    }

    fn asset(id: BlobId) -> Asset {
        Asset {
            id,
            media_type: "image/png".to_owned(),
            bytes: 5,
            width_px: None,
            height_px: None,
        }
    }

    #[test]
    fn files_are_taken_over_whole_or_not_at_all() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (own, other) = (blobs_in(&ours), blobs_in(&theirs));
        let id = other.write(b"panel").unwrap();
        take_over(other.folder(), &own, &[asset(id)]).unwrap();
        assert_eq!(own.read(id).unwrap(), b"panel");
        let damaged = other.write(b"frame").unwrap();
        fs::write(other.path(damaged), b"fra").unwrap();
        let error = take_over(other.folder(), &own, &[asset(damaged)]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(!own.contains(damaged));
        let gone = Blobs::id_of(b"gone");
        assert!(take_over(other.folder(), &own, &[asset(gone)]).is_err());
        let left = fs::read_dir(own.incoming().unwrap()).unwrap().count();
        assert_eq!(left, 0, "nothing half-written stays");
    }
}

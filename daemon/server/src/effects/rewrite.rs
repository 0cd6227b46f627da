//! Commands of ours that change the film's files: undoing, going back, bringing back. The files are
//! written first and the events committed then. Whoever kills us in between finds files that were
//! written, and the next opening reads them as any other change.

use std::sync::Arc;

use storycore_core::{
    Decide, Env, IdSource,
    history::{FileWrite, applied, file_writes},
};
use storycore_schema::{Committed, Error};
use tracing::{error, warn};

use super::sources::Hold;
use crate::{
    films::OpenFilm,
    offload::blocking,
    owner::{Origin, now_ms},
};

mod files;

use files::Written;

/// What came of a command, and of the files.
pub struct Rewritten<T> {
    /// The command's result.
    pub committed: Committed<T>,
    /// The files that were written or removed.
    pub files: Vec<String>,
}

/// Runs a command and writes the files that it changes, if each still has the bytes that the film
/// knows; else it is a `conflict`, and nothing is written at all. Goes on when the caller is gone.
pub async fn rewrite<C>(
    film: &Arc<OpenFilm>,
    hold: Hold,
    origin: Origin,
    command: C,
) -> Result<Rewritten<C::Output>, Error>
where
    C: Decide + Clone + Sync,
{
    let film = film.clone();
    let rewriting = tokio::spawn(async move {
        let outcome = rewrite_held(&film, origin, command).await;
        drop(hold);
        outcome
    });
    rewriting.await.map_err(|error| {
        error!(%error, "a rewrite was cut off");
        Error::internal("the daemon met a bug while it wrote the film's files")
            .hint("look at the film: what was written was read as a change")
    })?
}

async fn rewrite_held<C>(
    film: &Arc<OpenFilm>,
    origin: Origin,
    command: C,
) -> Result<Rewritten<C::Output>, Error>
where
    C: Decide + Clone + Sync,
{
    let writes = planned(film, &origin, command.clone())?;
    let paths = writes.iter().map(|it| it.path.clone()).collect();
    let (folder, blobs) = (film.folder.clone(), film.blobs.clone());
    let written = blocking(move || Written::write(&folder, &blobs, &writes)).await??;
    match film.owner.submit(origin, command).await {
        Ok(committed) => Ok(Rewritten {
            committed,
            files: paths,
        }),
        Err(error) => {
            take_back(film, written).await;
            Err(error)
        }
    }
}

/// Writes files whole, all or none, if each still has the bytes that are told; what they say is read
/// when the hold is let go. Goes on when the caller is gone.
pub async fn write_files(
    film: &Arc<OpenFilm>,
    hold: Hold,
    writes: Vec<FileWrite>,
) -> Result<(), Error> {
    let (folder, blobs) = (film.folder.clone(), film.blobs.clone());
    let writing = tokio::task::spawn_blocking(move || {
        let outcome = Written::write(&folder, &blobs, &writes);
        drop(hold);
        outcome.map(|_| ())
    });
    writing.await.map_err(|error| {
        error!(%error, "writing a file was cut off");
        Error::internal("the daemon met a bug while it wrote a file of the film")
            .hint("look at the file: what was written was read as a change")
    })?
}

/// The files that a command changes. Only those who hold the film's sources may change what the
/// film says of its files, so the command comes to the same when its turn comes.
fn planned<C: Decide>(
    film: &OpenFilm,
    origin: &Origin,
    command: C,
) -> Result<Vec<FileWrite>, Error> {
    let now = film.bus.film();
    let mut ids = IdSource::new(0);
    let mut env = Env::new(now_ms(), &mut ids)
        .caused_by(&origin.correlation_id)
        .by(&origin.actor);
    let (_, events) = command.decide(&now, &mut env)?;
    Ok(file_writes(&now.state, &applied(&now.state, &events)))
}

/// What was not committed has not happened, so the files go back to what the film says; unless the
/// commit is there after all.
async fn take_back(film: &OpenFilm, written: Written) {
    let (blobs, now) = (film.blobs.clone(), film.bus.film());
    let outcome = blocking(move || written.take_back(&blobs, &now.state)).await;
    if let Ok(Err(error)) | Err(error) = outcome {
        warn!(%error, "files could not be put back; they are read as a change");
    }
}

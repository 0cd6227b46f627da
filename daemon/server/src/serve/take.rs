//! `take/import`, `take/compare` and `take/check`: what needs the files themselves.

use std::{path::PathBuf, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use storycore_core::{
    Film,
    take::{NoteLooked, compared, details},
};
use storycore_schema::{
    Error, ErrorKind,
    take::{
        CheckTakes, CompareTakes, ImportTake, Imported, PictureDifference, Take, TakeComparison,
        TakeDetails,
    },
};
use tokio::sync::SemaphorePermit;

use super::{Context, Serve};
use crate::{
    daemon::unreadable,
    effects::{
        checks,
        import::{self, Import, Source},
    },
    offload::blocking,
    picture,
};

impl Serve for ImportTake {
    async fn serve(self, context: &Context) -> Result<Imported, Error> {
        let film = context.film(self.project)?;
        // Before anything is read: whoever names a wrong shot is told at once.
        film.bus
            .film()
            .state
            .project
            .screenplay
            .any_shot(self.shot)?;
        let (shot, lock) = (self.shot, self.lock.unwrap_or(true));
        let given = self.name.clone().or_else(|| self.path.clone());
        let source = source_of(self)?;
        let name = name_of(given.as_deref())?;
        let import = Import {
            shot,
            source,
            name,
            lock,
        };
        let permit = looking(context).await?;
        let (blobs, limits) = (film.blobs.clone(), context.daemon.limits.clone());
        let kept = blocking(move || import::keep(import, &blobs, &limits)).await??;
        drop(permit);
        let Some(_commit) = context.daemon.begin_commit() else {
            return Err(Error::unavailable("the daemon is stopping").hint("call again in a moment"));
        };
        let committed = film.owner.submit(context.origin(), kept.command).await?;
        let mut notes = kept.notes;
        if committed.value.replaces_locked {
            let note =
                "the shot was locked to another take, which is kept; history/undo leads back";
            notes.push(note.to_owned());
        }
        Ok(Imported {
            seq: committed.seq,
            take: committed.value.take,
            media_type: kept.media_type.to_owned(),
            notes,
        })
    }
}

fn name_of(given: Option<&str>) -> Result<String, Error> {
    match given {
        Some(given) => import::file_name(given),
        None => Err(Error::invalid_params("`data` comes without a name")
            .hint("give the file's `name`, too, such as `harbor.png`")),
    }
}

fn source_of(import: ImportTake) -> Result<Source, Error> {
    match (import.path, import.data) {
        (Some(path), None) => {
            let path = PathBuf::from(path);
            if path.is_absolute() {
                return Ok(Source::Path(path));
            }
            let message = format!("the path {} is not absolute", path.display());
            Err(Error::invalid_params(message)
                .hint("give the whole path: the daemon stands in another folder than you"))
        }
        (None, Some(data)) => STANDARD.decode(data).map(Source::Bytes).map_err(|error| {
            Error::invalid_params(format!("`data` is no Base64: {error}"))
                .hint("RFC 4648 §4: with `+`, `/` and padding")
        }),
        _ => Err(Error::invalid_params("give either `path` or `data`")
            .hint("`path` names a file on the daemon's machine, `data` is one in Base64")),
    }
}

impl Serve for CompareTakes {
    async fn serve(self, context: &Context) -> Result<TakeComparison, Error> {
        let film = context.film(self.project)?;
        let now = film.bus.film();
        let takes = &now.state.generation.takes;
        let (a, b) = (takes.get(self.a)?.asset, takes.get(self.b)?.asset);
        let pictures = if a == b {
            PictureDifference::Same
        } else {
            let permit = looking(context).await?;
            let (blobs, limits) = (film.blobs.clone(), context.daemon.limits.clone());
            let measure = move || {
                let unreadable = |which: &str, error: std::io::Error| {
                    let why = format!("the picture of {which} cannot be read: {error}");
                    PictureDifference::NotMeasured { why }
                };
                match (blobs.read(a), blobs.read(b)) {
                    (Ok(a), Ok(b)) => picture::difference(&a, &b, &limits),
                    (Err(error), _) => unreadable("a", error),
                    (_, Err(error)) => unreadable("b", error),
                }
            };
            let pictures = blocking(measure).await?;
            drop(permit);
            pictures
        };
        compared(&now, (self.a, self.b), pictures)
    }
}

impl Serve for CheckTakes {
    async fn serve(self, context: &Context) -> Result<Vec<TakeDetails>, Error> {
        let film = context.film(self.project)?;
        let takes = named(&film.bus.film(), &self)?;
        for (n, take) in takes.iter().enumerate() {
            let permit = looking(context).await?;
            let (blobs, limits) = (film.blobs.clone(), context.daemon.limits.clone());
            let asset = take.asset;
            let looked = blocking(move || checks::look(&blobs, asset, &limits)).await?;
            drop(permit);
            let looked = looked.map_err(|error| unreadable(asset, &error))?;
            let _commit = context.commit()?;
            let looked = vec![(take.id, looked)];
            let noted = NoteLooked { looked };
            film.owner.submit(context.origin(), noted).await?;
            let (done, total) = (n + 1, takes.len());
            let [done, total] = [done, total].map(|it| u32::try_from(it).unwrap_or(u32::MAX));
            context.progress(done, total, "pictures checked");
        }
        let now = film.bus.film();
        let known = &now.state.generation.takes;
        let listed = takes.iter().filter_map(|it| known.get(it.id).ok());
        Ok(listed.map(|it| details(&now, it)).collect())
    }
}

fn named(film: &Film, check: &CheckTakes) -> Result<Vec<Arc<Take>>, Error> {
    let takes = &film.state.generation.takes;
    match (check.id, check.shot) {
        (Some(id), None) => Ok(vec![takes.get(id)?.clone()]),
        (None, Some(shot)) => {
            film.state.project.screenplay.any_shot(shot)?;
            Ok(takes.of_shot(shot).cloned().collect())
        }
        _ => Err(Error::invalid_params("give either `id` or `shot`")
            .hint("`id` names one take, `shot` all takes of a shot")),
    }
}

/// Waits until this request may look at pictures: each takes up much memory.
async fn looking(context: &Context) -> Result<SemaphorePermit<'_>, Error> {
    tokio::select! {
        biased;
        permit = context.daemon.pictures.acquire() => {
            permit.map_err(|_| Error::unavailable("the daemon is stopping"))
        }
        () = context.call.cancel.cancelled() => {
            Err(Error::new(ErrorKind::Cancelled, "the request was canceled"))
        }
    }
}

//! `project/export` and `project/import`.

use std::path::PathBuf;

use storycore_schema::{
    Error, ErrorKind,
    backup::{ExportProject, ExportedProject, ImportProject, ImportedProject},
};
use tokio_util::sync::CancellationToken;

use super::{Context, Serve};
use crate::{
    backup::{self, ExportOptions, Follow, ImportOptions},
    offload::blocking,
};

impl Serve for ExportProject {
    async fn serve(self, context: &Context) -> Result<ExportedProject, Error> {
        let film = context.film(self.project)?;
        let following = Following::new(context, "files written", Some(film.closing.clone()));
        let limits = context.daemon.limits.clone();
        blocking(move || {
            let options = ExportOptions {
                project: film.id,
                title: film.bus.film().title(),
                folder: &film.folder,
                log: &film.log,
                path: PathBuf::from(self.path),
                limits: &limits,
            };
            backup::export(&options, &following)
        })
        .await?
    }
}

impl Serve for ImportProject {
    async fn serve(self, context: &Context) -> Result<ImportedProject, Error> {
        // It ends before the daemon does: a folder is put in place, or nothing is.
        let Some(_commit) = context.daemon.begin_commit() else {
            return Err(Error::unavailable("the daemon is stopping").hint("call again in a moment"));
        };
        let following = Following::new(context, "files read", None);
        let (daemon, origin) = (context.daemon.clone(), context.origin());
        let wanted = self.as_copy.unwrap_or(false);
        let imported = blocking(move || {
            let options = ImportOptions {
                path: PathBuf::from(self.path),
                into: PathBuf::from(self.into),
                as_copy: &|id| wanted || daemon.films.get(id).is_ok(),
                actor: &origin.actor,
                correlation_id: &origin.correlation_id,
                limits: &daemon.limits,
            };
            backup::import(&options, &following)
        });
        let imported = imported.await??;
        Ok(ImportedProject {
            id: imported.id,
            title: imported.title,
            path: imported.path.to_string_lossy().into_owned(),
            files: imported.files,
            seq: imported.seq,
        })
    }
}

/// Tells the caller how far it is, and stops when the caller, the film or the daemon does.
struct Following {
    context: Context,
    what: &'static str,
    film_closing: Option<CancellationToken>,
}

impl Following {
    fn new(
        context: &Context,
        what: &'static str,
        film_closing: Option<CancellationToken>,
    ) -> Following {
        Following {
            context: context.clone(),
            what,
            film_closing,
        }
    }
}

impl Follow for Following {
    fn step(&self, done: u32, total: u32) -> Result<(), Error> {
        if self.context.call.cancel.is_cancelled() {
            let message = "the request was canceled; nothing was written";
            return Err(Error::new(ErrorKind::Cancelled, message));
        }
        let film_closing = self.film_closing.as_ref();
        if film_closing.is_some_and(CancellationToken::is_cancelled)
            || self.context.daemon.stopping.is_cancelled()
        {
            let message = "the film or the daemon was closed; nothing was written";
            return Err(Error::unavailable(message).hint("open the film, then try again"));
        }
        // A film has thousands of small files; a line for each would tell nobody more.
        if done.is_multiple_of((total / 100).max(1)) || done == total {
            let message = format!("{done} of {total} {}", self.what);
            self.context.progress(done, total, &message);
        }
        Ok(())
    }
}

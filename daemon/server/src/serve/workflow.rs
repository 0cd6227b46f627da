//! `workflow/plan`: what would be done, with what is known to be there already. `workflow/copy`.

use std::sync::Arc;

use storycore_core::{
    Film,
    history::FileWrite,
    recipe,
    run::plan::{Planned, plan},
    workflow::shipped_texts,
};
use storycore_schema::{
    Error, ErrorKind,
    id::{BlobId, ShotId},
    workflow::{CopiedWorkflow, CopyWorkflow, Plan, PlanWorkflow},
};

use super::{Context, Serve};
use crate::{effects::rewrite::write_files, films::OpenFilm, offload::blocking};

impl Serve for PlanWorkflow {
    async fn serve(self, context: &Context) -> Result<Plan, Error> {
        let open = context.film(self.project)?;
        let film = open.bus.film();
        blocking(move || {
            let planned = plan(&film, &self)?;
            Ok(looked_up(planned, &film, &open))
        })
        .await?
    }
}

fn looked_up(planned: Planned, film: &Arc<Film>, open: &Arc<OpenFilm>) -> Plan {
    let draws_itself = planned.task.workflow.is_none();
    planned.with(film, |shot| draws_itself && is_drawn(film, open, shot))
}

/// Whether the picture that the built-in renderer would draw is there.
fn is_drawn(film: &Film, open: &OpenFilm, shot: ShotId) -> bool {
    let Ok(record) = film.state.project.screenplay.shot(shot) else {
        return false;
    };
    let intent = recipe::prepare(record, &film.state.project);
    let Ok(renderer) = open.renderers.get(&intent.renderer) else {
        return false;
    };
    let intent = recipe::intent_hash(&intent);
    let key = recipe::render_key(intent, recipe::seed(shot), &renderer.version());
    film.state.generation.takes.picture(key).is_some()
}

impl Serve for CopyWorkflow {
    async fn serve(self, context: &Context) -> Result<CopiedWorkflow, Error> {
        let film = context.film(self.project)?;
        let mut texts = shipped_texts(&self.name)?;
        let path = texts.first().map(|it| it.0.clone()).unwrap_or_default();
        if film.folder.kind_of(&film.folder.root.join(&path)).is_none() {
            let message = format!("{path} would be no workflow of this film: it is one file alone");
            return Err(Error::failed_precondition(message)
                .hint("put the script into a folder of its own, and open that"));
        }
        let _commit = context.commit()?;
        let because = context.call.correlation_id.clone();
        // What is on disk now is known first: only what is not there is written.
        film.sources.sync(because.clone()).await?;
        let is_there = |path: &str| film.folder.root.join(path).symlink_metadata().is_ok();
        if is_there(&path) {
            let message = format!("{path} is there already; nothing was written");
            return Err(Error::new(ErrorKind::AlreadyExists, message)
                .hint("change that one, or give it another name and copy again"));
        }
        let kept: Vec<String> = texts
            .extract_if(.., |(path, _)| is_there(path))
            .map(|it| it.0)
            .collect();
        let writes = keep(&film, texts).await?;
        let written = writes.iter().map(|it| it.path.clone()).collect();
        let hold = film.sources.hold_for(Some(because.clone())).await?;
        write_files(&film, hold, writes).await?;
        film.sources.sync(because).await?;
        Ok(CopiedWorkflow {
            path,
            written,
            kept,
        })
    }
}

/// Keeps the bytes of files that are not there yet.
async fn keep(
    film: &Arc<OpenFilm>,
    texts: Vec<(String, &'static str)>,
) -> Result<Vec<FileWrite>, Error> {
    let blobs = film.blobs.clone();
    let kept = blocking(move || {
        let kept = texts.into_iter().map(|(path, text)| {
            let after: BlobId = blobs.keep(text.as_bytes(), None)?;
            Ok(FileWrite {
                path,
                before: None,
                after: Some(after),
            })
        });
        kept.collect::<std::io::Result<Vec<_>>>()
    });
    kept.await?.map_err(|error| {
        let message = format!("the texts could not be kept: {error}; nothing was written");
        Error::unavailable(message).hint("free some space and make the film's folder writable")
    })
}

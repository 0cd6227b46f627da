//! `workflow/plan`: what would be done, with what is known to be there already. `workflow/copy`.

use std::{collections::BTreeMap, sync::Arc};

use storycore_comfyui::Pool;
use storycore_core::{
    Film,
    history::FileWrite,
    recipe,
    run::plan::{Planned, plan},
    workflow::{ScopeOptions, scope_of, shipped_texts},
};
use storycore_schema::{
    Error, ErrorKind,
    id::{BlobId, ShotId},
    run::RunWorkflow,
    workflow::{
        CopiedWorkflow, CopyWorkflow, Plan, PlanWorkflow, StepEach, StepKind, UnboundPicture,
        WorkflowStep,
    },
};

use super::{Context, Serve};
use crate::{
    effects::{rewrite::write_files, work::takes_pictures},
    films::OpenFilm,
    offload::blocking,
};

impl Serve for PlanWorkflow {
    async fn serve(self, context: &Context) -> Result<Plan, Error> {
        let open = context.film(self.project)?;
        let film = open.bus.film();
        let pool = context.daemon.films.comfyui().pool().cloned();
        blocking(move || {
            let mut planned = plan(&film, &self)?;
            planned.plan.unbound = unbound(&planned, &film, &open, pool.as_ref());
            Ok(looked_up(planned, &film, &open))
        })
        .await?
    }
}

fn looked_up(planned: Planned, film: &Arc<Film>, open: &Arc<OpenFilm>) -> Plan {
    let draws_itself = planned.task.workflow.is_none();
    planned.with(film, |shot| draws_itself && is_drawn(film, open, shot))
}

/// Pictures that the graphs take and that some of the shots have none for.
fn unbound(
    planned: &Planned,
    film: &Film,
    open: &OpenFilm,
    pool: Option<&Pool>,
) -> Vec<UnboundPicture> {
    let Some(workflow) = &planned.task.workflow else {
        return Vec::new();
    };
    let mut unbound = Vec::new();
    let steps = workflow.workflow.steps.iter();
    for step in steps.filter(|it| it.uses == StepKind::Comfyui && it.each == Some(StepEach::Shot)) {
        let bindings = takes_pictures(step, workflow, &open.blobs, pool);
        if bindings.is_empty() {
            continue;
        }
        let of_shots = pictures_of(planned, film, workflow, step);
        for binding in bindings {
            let name = binding.strip_prefix("image:").unwrap_or(&binding);
            let has_none = of_shots.iter().filter(|it| !it.contains_key(name));
            let n_without = has_none.count();
            if n_without > 0 {
                unbound.push(unbound_picture(step, binding, n_without, of_shots.len()));
            }
        }
    }
    unbound
}

/// The pictures of the bible that a step can be given in each shot that it would be done for.
fn pictures_of(
    planned: &Planned,
    film: &Film,
    workflow: &RunWorkflow,
    step: &WorkflowStep,
) -> Vec<BTreeMap<String, BlobId>> {
    let project = &film.state.project;
    let is_done = |shot: ShotId| {
        let Some(condition) = &step.when else {
            return true;
        };
        let options = ScopeOptions {
            workflow,
            run: None,
            uses: step.uses,
            shot: Some(shot),
            scene: None,
            results: BTreeMap::new(),
        };
        // What depends on results of other steps is not known before they are there.
        let holds = scope_of(film, options).map(|it| it.holds(condition));
        !matches!(holds, Ok(Ok(false)))
    };
    let shots = planned.plan.items.iter().map(|it| it.shot);
    let records = shots
        .filter(|it| is_done(*it))
        .filter_map(|it| project.screenplay.shot(it).ok());
    records
        .map(|it| recipe::bound_pictures(&recipe::prepare(it, project), &project.bible))
        .collect()
}

fn unbound_picture(
    step: &WorkflowStep,
    binding: String,
    n_without: usize,
    n_shots: usize,
) -> UnboundPicture {
    let message = format!(
        "step `{}` takes `{binding}`, and {n_without} of {n_shots} shots have no such picture: \
         what the graph itself names is used there. Name one under [images] of an entry that is \
         in the shot, say which in `with`, or leave those shots out with `when`",
        step.id
    );
    UnboundPicture {
        step: step.id.clone(),
        binding,
        shots: u32::try_from(n_without).unwrap_or(u32::MAX),
        message,
    }
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

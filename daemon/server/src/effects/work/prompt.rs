//! Writing a shot's prompt.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use storycore_core::{
    Film,
    run::{Failure, Made, Outcome},
    workflow::{ScopeOptions, scope_of, shipped},
};
use storycore_schema::{
    Error,
    id::ShotId,
    run::{FailureKind, RunWorkflow},
    workflow::{StepKind, WorkflowStep},
};

use super::{Job, inputs};
use crate::{blobs::Blobs, offload::blocking};

/// The prompt's file, if a step names none.
const TEMPLATE_DEFAULT: &str = "prompt.jinja";
/// What stands between what a picture shall be and what it shall not be.
const DIVIDER: &str = "\n---";

/// Writes the prompt of a step.
pub(super) async fn write(job: Job) -> Result<Outcome, Failure> {
    let written = blocking(move || {
        let Some(step) = job.record.task.definition(job.at.step).cloned() else {
            return Ok(Outcome::Skipped);
        };
        let Some(scope) = inputs::scope(&job, &step)? else {
            return Ok(Outcome::Skipped);
        };
        let (Some(workflow), Some(_)) = (&job.record.task.workflow, job.at.shot) else {
            return Ok(Outcome::Skipped);
        };
        let output = words(&scope, workflow, &step, &job.blobs)?;
        Ok(Outcome::Made(Box::new(Made {
            output: Some(output),
            ..Made::default()
        })))
    });
    written.await.map_err(|_| {
        Failure::new(
            FailureKind::Internal,
            "writing the prompt met a bug; the daemon's log shows where",
        )
    })?
}

/// What a prompt step gives for a shot as it is now. It depends on nothing else, so a step that
/// needs it has it written anew: the picture and what it is kept with then agree, though somebody
/// rewrote the shot meanwhile.
pub(super) fn for_shot(
    film: &Film,
    workflow: &RunWorkflow,
    step: &WorkflowStep,
    options: (Option<storycore_schema::id::RunId>, ShotId),
    blobs: &Blobs,
) -> Result<Value, Failure> {
    let (run, shot) = options;
    let options = ScopeOptions {
        workflow,
        run,
        uses: step.uses,
        shot: Some(shot),
        scene: None,
        results: BTreeMap::new(),
    };
    let scope = scope_of(film, options).map_err(|it| invalid(it.message))?;
    words(&scope, workflow, step, blobs)
}

/// What workflows write for a shot where no model does: what it shall be, and what it shall not be.
/// Blocks.
pub(crate) fn by_rules(
    film: &Film,
    shot: ShotId,
    blobs: &Blobs,
) -> Result<(String, String), Error> {
    let drawing = film.drawing_workflow()?;
    let workflow = match drawing {
        Some(workflow) => workflow,
        None => film.state.project.workflows.get(shipped::DRAWING)?,
    };
    let steps = workflow.workflow.steps.iter();
    let step = steps.clone().find(|it| it.uses == StepKind::Prompt);
    let step = step.or_else(|| steps.clone().next()).cloned();
    let step = step.ok_or_else(|| Error::not_found("prompt", &workflow.path))?;
    let step = WorkflowStep {
        template: step.template.filter(|_| step.uses == StepKind::Prompt),
        ..step
    };
    let written = for_shot(film, &workflow, &step, (None, shot), blobs);
    let written = written.map_err(|failure| Error::failed_precondition(failure.error))?;
    let word = |name: &str| written[name].as_str().unwrap_or_default().to_owned();
    Ok((word("positive"), word("negative")))
}

fn words(
    scope: &storycore_core::workflow::Scope,
    workflow: &RunWorkflow,
    step: &WorkflowStep,
    blobs: &Blobs,
) -> Result<Value, Failure> {
    let name = step.template.as_deref().unwrap_or(TEMPLATE_DEFAULT);
    let template = inputs::text_of(workflow, name, blobs)?;
    let rendered = scope.render(&template);
    let rendered = rendered.map_err(|it| invalid(format!("{name}: {it}")))?;
    let (positive, negative) = rendered.split_once(DIVIDER).unwrap_or((&rendered, ""));
    Ok(json!({
        "positive": positive.trim(),
        "negative": negative.trim_start_matches('-').trim(),
    }))
}

fn invalid(message: String) -> Failure {
    Failure::new(FailureKind::Invalid, message)
}

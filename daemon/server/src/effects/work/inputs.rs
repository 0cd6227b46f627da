//! What a step is given: the texts of its workflow filled in, and the bytes of the files it names.

use std::collections::BTreeMap;

use serde_json::Value;
use storycore_core::{
    run::{Failure, StepAt},
    workflow::{Scope, ScopeOptions, scope_of, shipped},
};
use storycore_schema::{
    run::{FailureKind, RunWorkflow},
    workflow::{StepEach, StepKind, WorkflowStep},
};

use super::{Job, llm, prompt};
use crate::blobs::Blobs;

/// What the texts of a step can speak of; none if the step is left out, as its shot is gone or its
/// condition does not hold.
pub(super) fn scope(job: &Job, step: &WorkflowStep) -> Result<Option<Scope>, Failure> {
    let screenplay = &job.film.state.project.screenplay;
    let Some(workflow) = &job.record.task.workflow else {
        return Ok(None);
    };
    let is_gone = job.at.shot.is_some_and(|it| screenplay.shot(it).is_err())
        || job.at.scene.is_some_and(|it| screenplay.scene(it).is_err());
    if is_gone {
        return Ok(None);
    }
    let results = results(job, workflow, step)?;
    // What a model wrote for a shot that was rewritten since is drawn by no step: the shot asks for
    // a run of its own.
    if results.values().any(|it| !llm::is_of_today(job, it)) {
        return Ok(None);
    }
    let options = ScopeOptions {
        workflow,
        run: Some(job.record.run.id),
        uses: step.uses,
        shot: job.at.shot,
        scene: job.at.scene,
        results,
    };
    let scope = scope_of(&job.film, options);
    let scope = scope.map_err(|error| Failure::new(FailureKind::Invalid, error.message))?;
    if let Some(condition) = &step.when {
        let holds = scope.holds(condition);
        let holds = holds.map_err(|error| Failure::new(FailureKind::Invalid, error))?;
        if !holds {
            return Ok(None);
        }
    }
    Ok(Some(scope))
}

/// The text of a graph or a prompt that a run's workflow names.
pub(super) fn text_of(
    workflow: &RunWorkflow,
    name: &str,
    blobs: &Blobs,
) -> Result<String, Failure> {
    let missing = |why: String| {
        let message = format!("{name}, which the workflow uses, {why}; start the run anew");
        Failure::new(FailureKind::Missing, message)
    };
    let hash = workflow.files.get(name).copied();
    let hash = hash.or_else(|| shipped::named(name).map(|it| it.text));
    let hash = hash.ok_or_else(|| missing("is not there".to_owned()))?;
    if let Some(text) = shipped::text(hash) {
        return Ok(text.to_owned());
    }
    let bytes = blobs.read(hash);
    let bytes = bytes.map_err(|error| missing(format!("cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|_| missing("is no text".to_owned()))
}

/// Results of the steps that a step can speak of, by their names.
fn results(
    job: &Job,
    workflow: &RunWorkflow,
    step: &WorkflowStep,
) -> Result<BTreeMap<String, Value>, Failure> {
    let task = &job.record.task;
    let needs = task.needs();
    let needs = needs.get(usize::from(job.at.step)).into_iter().flatten();
    let mut results = BTreeMap::new();
    for place in needs {
        let Some(need) = workflow.workflow.steps.get(*place) else {
            continue;
        };
        let place = u16::try_from(*place).unwrap_or(u16::MAX);
        let value = match (need.uses, step.each, job.at.shot) {
            (StepKind::Prompt, Some(StepEach::Shot), Some(shot)) => {
                let options = (Some(job.record.run.id), shot);
                prompt::for_shot(&job.film, workflow, need, options, &job.blobs)?
            }
            _ => of_need(job, need, place),
        };
        results.insert(need.id.clone(), value);
    }
    Ok(results)
}

fn of_need(job: &Job, need: &WorkflowStep, place: u16) -> Value {
    let record = &job.record;
    let at = |shot, scene| StepAt {
        shot,
        scene,
        step: place,
    };
    let output = |at| record.output(at).map(|it| (**it).clone());
    let screenplay = &job.film.state.project.screenplay;
    let scene_of = |shot| screenplay.any_shot(shot).ok().map(|it| it.scene);
    match (need.each, job.at.shot, job.at.scene) {
        (None, ..) => output(at(None, None)).unwrap_or_default(),
        (Some(StepEach::Shot), Some(shot), _) => output(at(Some(shot), None)).unwrap_or_default(),
        (Some(StepEach::Scene), Some(shot), _) => {
            output(at(None, scene_of(shot))).unwrap_or_default()
        }
        (Some(StepEach::Scene), None, Some(scene)) => {
            output(at(None, Some(scene))).unwrap_or_default()
        }
        (Some(StepEach::Shot), None, scene) => {
            let shots = record.task.shots.iter();
            let inside = shots.filter(|it| scene.is_none() || scene_of(**it) == scene);
            inside
                .filter_map(|it| output(at(Some(*it), None)))
                .collect()
        }
        (Some(StepEach::Scene), None, None) => {
            let scenes = record.task.scenes.iter();
            scenes
                .filter_map(|it| output(at(None, Some(*it))))
                .collect()
        }
    }
}

//! Asking for work: drawing shots, or another workflow.

use std::collections::BTreeSet;

use storycore_schema::{
    Error, Event,
    id::{RunId, SceneId, ShotId},
    run::{Run, RunCause, RunEvent, RunWorkflow},
    shot::Status,
    workflow::{StartWorkflow, StepEach, Workflow},
};

use super::{control::checked, requested};
use crate::{Decide, Env, Film, handle::Decided, workflow::check};

/// Steps of one run, in steps: what it does is in one event of the log.
const STEPS_MAX: usize = 100_000;

/// Asks for shots to be drawn. Gives no run when there is nothing to do.
pub struct RequestRender {
    /// The shots; by default every one that is stale or missing.
    pub shots: Option<Vec<ShotId>>,
    /// Whether to draw those that are fresh, too.
    pub force: bool,
    /// Why.
    pub cause: RunCause,
}

/// What came of asking for shots to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requested {
    /// The run, if there is something to draw.
    pub run: Option<RunId>,
    /// Shots that would be drawn, were no take of them locked.
    pub locked: u32,
}

impl Decide for RequestRender {
    type Output = Requested;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<Requested> {
        let mut workflow = film.drawing_workflow()?;
        if let Some(workflow) = &mut workflow {
            workflow.force = self.force;
        }
        let (shots, locked) = self.wanted(film)?;
        if shots.is_empty() {
            return Ok((Requested { run: None, locked }, Vec::new()));
        }
        let id = env.fresh_id();
        let event = request(film, env, (id, self.cause), shots, workflow, 0)?;
        let run = Some(id);
        Ok((Requested { run, locked }, vec![Event::Run(event)]))
    }
}

impl RequestRender {
    /// The shots that are to be drawn, and how many are left alone as a take is locked.
    pub(crate) fn wanted(&self, film: &Film) -> Result<(Vec<ShotId>, u32), Error> {
        // The daemon names shots as it saw them a moment ago; a person means those it names.
        let named = self.shots.is_some() && self.cause == RunCause::Request;
        let automatic = self.cause == RunCause::Automatic;
        let mut shots = match &self.shots {
            Some(shots) if named => known_shots(film, shots)?,
            Some(shots) => shots.clone(),
            None => film.shots_in_order().map(|shot| shot.id).collect(),
        };
        let generation = &film.state.generation;
        shots.retain(|shot| match automatic {
            true => film.lacks_fresh_take(*shot),
            false => self.force || film.derived.status(*shot) != Status::Fresh,
        });
        // What another run is about to draw is not drawn twice, unless somebody names it.
        shots.retain(|shot| (named && self.force) || !generation.runs.will_draw(*shot));
        let n_wanted = shots.len();
        shots.retain(|shot| named || !generation.takes.is_locked(*shot));
        let locked = u32::try_from(n_wanted - shots.len()).unwrap_or(u32::MAX);
        Ok((shots, locked))
    }
}

impl Decide for StartWorkflow {
    type Output = Run;

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<Run> {
        let priority = checked(self.priority.unwrap_or(0))?;
        let mut workflow = match &self.workflow {
            Some(name) => Some(film.state.project.workflows.get(name)?),
            None => film.drawing_workflow()?,
        };
        if let Some(workflow) = &mut workflow {
            unknown_params(workflow, self.params.keys())?;
            workflow.params = self.params;
            workflow.force = self.force.unwrap_or(false);
        }
        let wanted = RequestRender {
            shots: self.shots,
            force: self.force.unwrap_or(false),
            cause: RunCause::Request,
        };
        let (shots, _) = wanted.wanted(film)?;
        if shots.is_empty() {
            let message = "there is nothing to do: every shot is fresh, locked, or being drawn";
            return Err(Error::failed_precondition(message)
                .hint("name shots, or force it; workflow/plan tells what would be done"));
        }
        let id = env.fresh_id();
        let event = request(
            film,
            env,
            (id, RunCause::Request),
            shots,
            workflow,
            priority,
        )?;
        let record = requested(&event);
        let run = record.ok_or_else(|| Error::not_found("run", id))?.run;
        Ok((run, vec![Event::Run(event)]))
    }
}

/// The event that asks for a workflow to be done for shots, if it can be.
pub(crate) fn request(
    film: &Film,
    env: &Env<'_>,
    (id, cause): (RunId, RunCause),
    shots: Vec<ShotId>,
    workflow: Option<RunWorkflow>,
    priority: i32,
) -> Result<RunEvent, Error> {
    let mut scenes = Vec::new();
    if let Some(workflow) = &workflow {
        if let Some(problem) = check(&workflow.workflow).into_iter().next() {
            let message = format!("{}: {}", workflow.path, problem.message);
            return Err(Error::failed_precondition(message).hint(problem.hint));
        }
        scenes = scenes_for(film, &workflow.workflow, &shots);
        let n_steps = workflow.workflow.steps.len() * shots.len();
        if n_steps > STEPS_MAX {
            let message = format!("{n_steps} steps are more than a run may have ({STEPS_MAX})");
            return Err(Error::resource_exhausted(message).hint("start it for fewer shots"));
        }
    }
    Ok(RunEvent::Requested {
        id,
        cause,
        shots,
        at_ms: env.now_ms,
        correlation_id: env.correlation_id.to_owned(),
        workflow: workflow.map(Box::new),
        scenes,
        priority,
    })
}

/// The scenes that a workflow is done for: those of its shots, each once, in the order of the film;
/// none if no step is done for scenes.
pub(super) fn scenes_for(film: &Film, workflow: &Workflow, shots: &[ShotId]) -> Vec<SceneId> {
    if !workflow
        .steps
        .iter()
        .any(|it| it.each == Some(StepEach::Scene))
    {
        return Vec::new();
    }
    let screenplay = &film.state.project.screenplay;
    let scenes = shots.iter().filter_map(|it| screenplay.shot(*it).ok());
    let scenes: BTreeSet<SceneId> = scenes.map(|it| it.scene).collect();
    let order = screenplay.scenes_in_order().map(|it| it.id);
    order.filter(|it| scenes.contains(it)).collect()
}

pub(crate) fn unknown_params<'p>(
    workflow: &RunWorkflow,
    params: impl Iterator<Item = &'p String>,
) -> Result<(), Error> {
    let declared = &workflow.workflow.params;
    for name in params {
        if !declared.contains_key(name) {
            let known: Vec<&str> = declared.keys().map(String::as_str).collect();
            let message = format!("{} has no param `{name}`", workflow.path);
            let hint = match known.as_slice() {
                [] => "it has none".to_owned(),
                known => format!("it has {}", known.join(", ")),
            };
            return Err(Error::failed_precondition(message).hint(hint));
        }
    }
    Ok(())
}

fn known_shots(film: &Film, shots: &[ShotId]) -> Result<Vec<ShotId>, Error> {
    for shot in shots {
        film.state.project.screenplay.shot(*shot)?;
    }
    Ok(shots.to_vec())
}

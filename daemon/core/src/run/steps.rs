//! The runs, and the ledger of one.

use storycore_schema::{
    Error,
    run::{FailureKind, GetRun, ListRuns, ListSteps, Run, Step, StepStatus},
};

use super::{Ended, RunRecord, StepAt, plan, schedule::Web};
use crate::{Film, Query};

/// Steps in one answer, unless it is said how many.
const LIMIT_DEFAULT: u32 = 200;
/// The most steps in one answer.
const LIMIT_MAX: u32 = 2_000;

impl Query for ListRuns {
    fn answer(self, film: &Film) -> Result<Vec<Run>, Error> {
        let runs = film.state.generation.runs.by_id.values().rev();
        Ok(runs
            .filter(|it| self.status.is_none_or(|status| status == it.run.status))
            .map(|it| told(film, it))
            .collect())
    }
}

impl Query for GetRun {
    fn answer(self, film: &Film) -> Result<Run, Error> {
        film.state
            .generation
            .runs
            .get(self.id)
            .map(|it| told(film, it))
    }
}

/// A run, with how much longer it may take.
fn told(film: &Film, record: &RunRecord) -> Run {
    Run {
        left_ms: plan::left_ms(film, record),
        ..record.run.clone()
    }
}

impl Query for ListSteps {
    fn answer(self, film: &Film) -> Result<Vec<Step>, Error> {
        let record = film.state.generation.runs.get(self.id)?;
        let web = Web::of(&record.task, film);
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
        let steps = record.task.steps();
        let wanted = steps.filter(|at| self.status.is_none_or(|it| it == status(record, *at)));
        let page = wanted
            .skip(self.offset.unwrap_or(0) as usize)
            .take(limit as usize);
        Ok(page.map(|at| described(record, &web, at)).collect())
    }
}

fn status(record: &RunRecord, at: StepAt) -> StepStatus {
    match record.ended.get(&at) {
        Some(Ended::Done(_)) => StepStatus::Done,
        Some(Ended::Failed) => StepStatus::Failed,
        Some(Ended::Skipped) => StepStatus::Skipped,
        None => {
            let tried = record.tried.get(&at);
            match tried.and_then(|it| it.started.as_ref()) {
                Some(_) => StepStatus::Started,
                None => StepStatus::Waiting,
            }
        }
    }
}

fn described(record: &RunRecord, web: &Web, at: StepAt) -> Step {
    let task = &record.task;
    let status = status(record, at);
    let tried = record.tried.get(&at);
    let started = tried.and_then(|it| it.started.clone());
    let done = match record.ended.get(&at) {
        Some(Ended::Done(done)) => Some(done),
        _ => None,
    };
    let mut waits_for = Vec::new();
    if status == StepStatus::Waiting {
        for need in web.needs(task, at) {
            let name = task.name(need.step).to_owned();
            if record.left.contains(&need) && !waits_for.contains(&name) {
                waits_for.push(name);
            }
        }
    }
    // The last attempt is not counted among those after which it was tried again; what only waited
    // for another step had none.
    let is_last = status == StepStatus::Failed
        && tried.is_some_and(|it| it.kind != Some(FailureKind::Blocked));
    let retried = tried.map_or(0, |it| it.failed);
    Step {
        step: task.name(at.step).to_owned(),
        shot: at.shot,
        scene: at.scene,
        status,
        attempts: retried + u32::from(started.is_some() || is_last),
        waits_for,
        error: tried.and_then(|it| it.error.clone()),
        kind: tried.and_then(|it| it.kind),
        next_ms: tried.and_then(|it| it.next_ms),
        server: started.as_ref().map(|it| it.0.to_string()),
        job: started.map(|it| it.1.to_string()),
        take: done.and_then(|it| it.take),
        reused: done.is_some_and(|it| it.reused),
        output: done.and_then(|it| it.output.as_deref().cloned()),
        took_ms: done.and_then(|it| it.took_ms),
    }
}

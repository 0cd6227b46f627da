//! What people do with runs: stop, hold, go on, try again, put before others.

use storycore_schema::{
    Error, Event,
    run::{CancelRun, PauseRun, PrioritizeRun, ResumeRun, RetryRun, Run, RunEvent, RunStatus},
};

use super::{Ended, RunRecord};
use crate::{Decide, Env, Film, handle::Decided};

/// The lowest and the highest priority of a run.
pub(super) const PRIORITIES: std::ops::RangeInclusive<i32> = -100..=100;

impl Decide for CancelRun {
    type Output = Run;

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<Run> {
        let mut run = open(film, self.id)?.run.clone();
        run.status = RunStatus::Canceled;
        let event = RunEvent::Ended {
            id: self.id,
            status: RunStatus::Canceled,
        };
        Ok((run, vec![Event::Run(event)]))
    }
}

impl Decide for PauseRun {
    type Output = Run;

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<Run> {
        let mut run = open(film, self.id)?.run.clone();
        if run.status == RunStatus::Paused {
            return Ok((run, Vec::new()));
        }
        run.status = RunStatus::Paused;
        Ok((run, vec![Event::Run(RunEvent::Paused { id: self.id })]))
    }
}

impl Decide for ResumeRun {
    type Output = Run;

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<Run> {
        let mut run = open(film, self.id)?.run.clone();
        if run.status == RunStatus::Running {
            return Ok((run, Vec::new()));
        }
        run.status = RunStatus::Running;
        Ok((run, vec![Event::Run(RunEvent::Resumed { id: self.id })]))
    }
}

impl Decide for PrioritizeRun {
    type Output = Run;

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<Run> {
        let mut run = open(film, self.id)?.run.clone();
        let priority = checked(self.priority)?;
        if run.priority == priority {
            return Ok((run, Vec::new()));
        }
        run.priority = priority;
        let event = RunEvent::Prioritized {
            id: self.id,
            priority,
        };
        Ok((run, vec![Event::Run(event)]))
    }
}

impl Decide for RetryRun {
    type Output = Run;

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<Run> {
        let record = film.state.generation.runs.get(self.id)?;
        if record.run.status.is_open() {
            let message = format!("run {} goes on", self.id);
            return Err(Error::failed_precondition(message)
                .hint("what failed in it can be tried again when it has ended"));
        }
        let failed = record.ended.values().any(|it| *it == Ended::Failed);
        if !failed && record.left.is_empty() {
            let message = format!("run {} has nothing left to try", self.id);
            return Err(Error::failed_precondition(message)
                .hint("start it anew with workflow/start or shot/render"));
        }
        let mut run = record.run.clone();
        (run.status, run.failed, run.error) = (RunStatus::Running, 0, None);
        Ok((run, vec![Event::Run(RunEvent::Retried { id: self.id })]))
    }
}

/// A priority that is one.
pub(super) fn checked(priority: i32) -> Result<i32, Error> {
    if PRIORITIES.contains(&priority) {
        return Ok(priority);
    }
    let message = format!("{priority} is no priority");
    Err(Error::failed_precondition(message).hint("a priority is −100 to 100; 0 otherwise"))
}

fn open(film: &Film, id: storycore_schema::id::RunId) -> Result<&RunRecord, Error> {
    let record = film.state.generation.runs.get(id)?;
    if record.run.status.is_open() {
        return Ok(record);
    }
    let message = format!("run {id} has ended already");
    let hint = "draw what is left with shot/render; runs under way are in run/list";
    Err(Error::failed_precondition(message).hint(hint))
}

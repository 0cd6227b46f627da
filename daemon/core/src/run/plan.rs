//! `workflow/plan`: what would be done, and why, before anything is.

use crate::run::RunRecord;
use std::collections::BTreeMap;

use storycore_schema::{
    Error,
    id::ShotId,
    run::{RunCause, RunStatus, RunWorkflow},
    shot::Status,
    workflow::{Plan, PlanWorkflow, PlannedShot},
};

use super::{Ended, RequestRender, Task, request::unknown_params};
use crate::{Film, shot::label};

/// Reasons that a summary names, in reasons.
const REASONS_LEN_MAX: usize = 4;
/// Steps of the newest runs that say how long one takes, in steps.
const MEASURED_MAX: usize = 500;

/// What a workflow would do.
pub struct Planned {
    /// What it would do; nothing is known to be there already.
    pub plan: Plan,
    /// What it would run.
    pub task: Task,
}

/// What a workflow would do for the film as it is.
pub fn plan(film: &Film, asked: &PlanWorkflow) -> Result<Planned, Error> {
    let force = asked.force.unwrap_or(false);
    let mut workflow = match &asked.workflow {
        Some(name) => Some(film.state.project.workflows.get(name)?),
        None => film.drawing_workflow()?,
    };
    if let Some(workflow) = &mut workflow {
        unknown_params(workflow, asked.params.keys())?;
        workflow.params.clone_from(&asked.params);
        workflow.force = force;
    }
    let wanted = RequestRender {
        shots: asked.shots.clone(),
        force,
        cause: RunCause::Request,
    };
    let (shots, locked) = wanted.wanted(film)?;
    let items = shots.iter().map(|it| planned(film, *it)).collect();
    let (path, name) = named(workflow.as_ref());
    let task = Task::new(film, shots, workflow.map(Box::new));
    let n_steps = task.steps().count();
    let plan = Plan {
        workflow: path,
        name,
        summary: String::new(),
        shots: count(task.shots.len()),
        of: count(film.state.project.screenplay.shots.len()),
        locked,
        steps: count(n_steps),
        reused: 0,
        took_ms: None,
        unbound: Vec::new(),
        items,
    };
    Ok(Planned { plan, task })
}

impl Planned {
    /// The plan, when it is known which shots' results are there already.
    pub fn with(mut self, film: &Film, is_there: impl Fn(ShotId) -> bool) -> Plan {
        for item in &mut self.plan.items {
            item.reused = is_there(item.shot);
        }
        let n_reused = self.plan.items.iter().filter(|it| it.reused).count();
        self.plan.reused = count(n_reused);
        self.plan.took_ms = self.measured(film, n_reused);
        self.plan.summary = summary(&self.plan);
        self.plan
    }

    /// How long it may take, if steps of the same names were done before: their mean, for each
    /// that is to be done.
    fn measured(&self, film: &Film, n_reused: usize) -> Option<u64> {
        let mut all = 0;
        for place in 0..self.task.n_places() {
            let step = u16::try_from(place).ok()?;
            let n_left = (self.task.steps_of(place).len()).saturating_sub(n_reused);
            all += mean_ms(film, &self.task, step)? * n_left as u64;
        }
        Some(all)
    }
}

/// How much longer a run may take. None if several of a step are left that was never done: what was
/// not measured is not promised. A single one, such as the export at the end, counts as nothing.
pub(super) fn left_ms(film: &Film, record: &RunRecord) -> Option<u64> {
    if record.run.status != RunStatus::Running || record.left.is_empty() {
        return None;
    }
    // How many are left at each place of the workflow, and how many of those servers have.
    let mut places: BTreeMap<u16, (u64, u64)> = BTreeMap::new();
    for at in &record.left {
        let tried = record.tried.get(at);
        let is_begun = tried.is_some_and(|it| it.started.is_some());
        let (n_left, n_begun) = places.entry(at.step).or_default();
        *n_left += 1;
        *n_begun += u64::from(is_begun);
    }
    let mut all = None;
    for (step, (n_left, n_begun)) in places {
        match mean_ms(film, &record.task, step) {
            Some(mean) => *all.get_or_insert(0) += mean * n_left / n_begun.max(1),
            None if n_left == 1 => {}
            None => return None,
        }
    }
    all
}

/// What a step took on average, in milliseconds, in the runs of its workflow.
fn mean_ms(film: &Film, task: &Task, step: u16) -> Option<u64> {
    let name = task.name(step);
    let path = task.workflow.as_ref().map(|it| &it.path);
    let runs = film.state.generation.runs.by_id.values().rev();
    let same = runs.filter(|it| it.task.workflow.as_ref().map(|it| &it.path) == path);
    let times = same.flat_map(|record| {
        let ended = record.ended.iter();
        ended.filter_map(|(at, ended)| match ended {
            Ended::Done(done) if record.task.name(at.step) == name && !done.reused => {
                // What takes no time worth measuring says nothing, and counts as none.
                Some(done.took_ms.unwrap_or(0))
            }
            _ => None,
        })
    });
    let (n, sum) = times
        .take(MEASURED_MAX)
        .fold((0_u64, 0_u64), |(n, sum), it| (n + 1, sum + it));
    sum.checked_div(n)
}

fn named(workflow: Option<&RunWorkflow>) -> (Option<String>, String) {
    match workflow {
        Some(it) => (Some(it.path.clone()), it.workflow.name.clone()),
        None => (None, "sketch".to_owned()),
    }
}

fn planned(film: &Film, shot: ShotId) -> PlannedShot {
    let derived = film.derived.shot(shot);
    let record = film.state.project.screenplay.shot(shot);
    PlannedShot {
        shot,
        scene: record.map_or_else(|_| ulid::Ulid::nil().into(), |it| it.scene),
        label: label(film, shot),
        status: derived.status,
        reasons: derived.reasons.clone(),
        reused: false,
    }
}

/// In words: `12 of 318 shots, because MAYA: hair changed (9), no picture yet (3)`.
fn summary(plan: &Plan) -> String {
    if plan.shots == 0 {
        return format!("nothing to do: none of {} shots is out of date", plan.of);
    }
    let mut reasons: BTreeMap<&str, u32> = BTreeMap::new();
    for item in &plan.items {
        for reason in why(item) {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    let mut reasons: Vec<(&str, u32)> = reasons.into_iter().collect();
    reasons.sort_by_key(|it| std::cmp::Reverse(it.1));
    let n_more = reasons.len().saturating_sub(REASONS_LEN_MAX);
    let named = reasons.iter().take(REASONS_LEN_MAX);
    let mut named: Vec<String> = named.map(|(why, n)| format!("{why} ({n})")).collect();
    if n_more > 0 {
        named.push(format!("and {n_more} other reasons"));
    }
    let mut summary = format!(
        "{} of {} shots, because {}",
        plan.shots,
        plan.of,
        named.join(", ")
    );
    if plan.reused > 0 {
        summary += &format!("; of {} the picture is there already", plan.reused);
    }
    for it in &plan.unbound {
        summary += &format!("; `{}` has no picture in {} of them", it.binding, it.shots);
    }
    if plan.locked > 0 {
        summary += &format!("; {} more are locked", plan.locked);
    }
    summary
}

fn why(item: &PlannedShot) -> Vec<&str> {
    match item.status {
        Status::Missing => vec!["no picture yet"],
        Status::Fresh => vec!["asked for by name"],
        Status::Stale => item.reasons.iter().map(|it| it.message.as_str()).collect(),
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

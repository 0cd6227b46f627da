//! Runs: durable work, as asked for, done step by step, and ended.

use std::{collections::BTreeSet, sync::Arc};

use imbl::{OrdMap, OrdSet, Vector};
use serde::{Deserialize, Serialize};
use storycore_schema::{
    Error,
    id::{RunId, SceneId, ShotId, StepKey, TakeId},
    run::{DRAW, FailureKind, Run, RunEvent, RunStatus, RunWorkflow},
    workflow::{RetryPolicy, StepEach, StepKind, WorkflowStep},
};

use crate::{Film, workflow};

mod control;
mod finish;
pub mod plan;
mod request;
pub mod schedule;
mod steps;

pub use finish::{Failure, FinishSteps, Made, NoteStarted, Outcome, Picture, StepResult};
pub(crate) use request::request;
pub use request::{RequestRender, Requested};

/// Runs that ended and are still listed, in runs. The log keeps them all.
const ENDED_RUNS_LEN_MAX: usize = 20;
/// Results of steps that are remembered beyond their runs, in results; the oldest go first.
const RESULTS_LEN_MAX: usize = 100_000;

/// One step of a run: its place in the workflow, and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepAt {
    /// Its shot.
    pub shot: Option<ShotId>,
    /// Its scene.
    pub scene: Option<SceneId>,
    /// Its place in the workflow, counted from 0.
    pub step: u16,
}

/// What a run is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The workflow; none for drawing by the built-in renderer.
    pub workflow: Option<Box<RunWorkflow>>,
    /// The shots, in order.
    pub shots: Vec<ShotId>,
    /// Their scenes, in order, if a step is done for scenes.
    pub scenes: Vec<SceneId>,
}

/// Attempts at a step that is not done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Attempts that failed.
    pub failed: u32,
    /// Why the last one did.
    pub error: Option<String>,
    /// By what can be done about it.
    pub kind: Option<FailureKind>,
    /// When the next may begin, in milliseconds since 1970 (UTC).
    pub next_ms: Option<u64>,
    /// The server that has it, and its name for it.
    pub started: Option<(Arc<str>, Arc<str>)>,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Ended {
    /// It is done.
    Done(Arc<StepDone>),
    /// It failed for good.
    Failed,
    /// It was left out.
    Skipped,
}

/// A step that is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepDone {
    /// The take it made.
    pub take: Option<TakeId>,
    /// Whether its result was found.
    pub reused: bool,
    /// What it gave.
    pub output: Option<Arc<serde_json::Value>>,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
}

/// A run and what it has left to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// How far it is.
    pub run: Run,
    /// What it does.
    pub task: Arc<Task>,
    /// Steps that are neither done nor failed; of a canceled run, those that were not done.
    pub left: OrdSet<StepAt>,
    /// Attempts at steps that are not done.
    pub tried: OrdMap<StepAt, Arc<Tried>>,
    /// Steps that are done, failed or left out.
    pub ended: OrdMap<StepAt, Ended>,
    /// How often what failed or was left was tried again because somebody asked.
    pub retries: u32,
    /// The request that asked for it.
    pub correlation_id: Arc<str>,
}

/// The runs of the film.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Runs {
    /// By id: those with work left, and the last ones that ended.
    pub by_id: OrdMap<RunId, Arc<RunRecord>>,
    /// What steps gave, by all that they were given: what is known is not done again.
    results: OrdMap<StepKey, Arc<serde_json::Value>>,
    /// The keys of these, the oldest first.
    remembered: Vector<StepKey>,
    /// Those that ended, the first to end first.
    ended: Vector<RunId>,
}

impl Task {
    /// What a workflow is to do for some shots.
    pub fn new(film: &Film, shots: Vec<ShotId>, workflow: Option<Box<RunWorkflow>>) -> Task {
        let scenes = match &workflow {
            Some(it) => request::scenes_for(film, &it.workflow, &shots),
            None => Vec::new(),
        };
        Task {
            workflow,
            shots,
            scenes,
        }
    }

    /// Every step there is to do, in the order of the film.
    pub fn steps(&self) -> impl Iterator<Item = StepAt> + '_ {
        let places = 0..self.n_places();
        places.flat_map(|step| self.steps_of(step))
    }

    /// How many steps its workflow has.
    pub fn n_places(&self) -> usize {
        self.workflow
            .as_ref()
            .map_or(1, |it| it.workflow.steps.len())
    }

    /// A step of its workflow; none of one that draws with the built-in renderer.
    pub fn definition(&self, step: u16) -> Option<&WorkflowStep> {
        let workflow = self.workflow.as_ref()?;
        workflow.workflow.steps.get(usize::from(step))
    }

    /// What a step is called.
    pub fn name(&self, step: u16) -> &str {
        self.definition(step).map_or(DRAW, |it| &it.id)
    }

    /// What a step does.
    pub fn kind(&self, step: u16) -> StepKind {
        self.definition(step).map_or(StepKind::Sketch, |it| it.uses)
    }

    /// Whether a step's picture becomes a take.
    pub fn makes_take(&self, step: u16) -> bool {
        self.definition(step).is_none_or(|it| it.take)
    }

    /// What happens when a step fails. The built-in renderer would fail in the same way again.
    pub fn retry(&self, step: u16) -> RetryPolicy {
        let once = RetryPolicy {
            attempts: 1,
            ..RetryPolicy::default()
        };
        self.definition(step).map_or(once, |it| it.retry)
    }

    /// The places of the steps that each step needs.
    pub fn needs(&self) -> Vec<BTreeSet<usize>> {
        match &self.workflow {
            Some(it) => workflow::needs(&it.workflow),
            None => vec![BTreeSet::new()],
        }
    }

    fn each(&self, step: usize) -> Option<StepEach> {
        match &self.workflow {
            Some(it) => it.workflow.steps.get(step).and_then(|it| it.each),
            None => Some(StepEach::Shot),
        }
    }

    /// The steps at a place of the workflow.
    fn steps_of(&self, place: usize) -> Vec<StepAt> {
        let step = u16::try_from(place).unwrap_or(u16::MAX);
        let of_shot = |it: &ShotId| StepAt {
            shot: Some(*it),
            scene: None,
            step,
        };
        let of_scene = |it: &SceneId| StepAt {
            shot: None,
            scene: Some(*it),
            step,
        };
        match self.each(place) {
            Some(StepEach::Shot) => self.shots.iter().map(of_shot).collect(),
            Some(StepEach::Scene) => self.scenes.iter().map(of_scene).collect(),
            None => vec![StepAt {
                shot: None,
                scene: None,
                step,
            }],
        }
    }

    /// The step that an event speaks of; none if there is no such step.
    fn at(&self, name: &str, shot: Option<ShotId>, scene: Option<SceneId>) -> Option<StepAt> {
        let step = match &self.workflow {
            Some(it) => it.workflow.steps.iter().position(|it| it.id == name)?,
            None => 0,
        };
        let step = u16::try_from(step).ok()?;
        Some(StepAt { shot, scene, step })
    }
}

impl StepAt {
    /// The step that draws a shot, in a run that draws with the built-in renderer.
    pub fn drawing(shot: ShotId) -> StepAt {
        StepAt {
            shot: Some(shot),
            scene: None,
            step: 0,
        }
    }
}

impl RunRecord {
    /// Whether a step of it for this shot is still to make a take.
    fn will_draw(&self, shot: ShotId) -> bool {
        let first = StepAt {
            shot: Some(shot),
            scene: None,
            step: 0,
        };
        let steps = self.left.range(first..);
        steps
            .take_while(|it| it.shot == Some(shot))
            .any(|it| self.task.makes_take(it.step))
    }

    /// Its steps that make takes: done, of those found and not made again, and failed.
    pub fn panels(&self) -> (u32, u32, u32) {
        let (mut done, mut reused, mut failed) = (0, 0, 0);
        let panels = self.ended.iter();
        for (_, ended) in panels.filter(|it| self.task.makes_take(it.0.step)) {
            match ended {
                Ended::Done(it) => {
                    done += 1;
                    reused += u32::from(it.reused);
                }
                Ended::Failed => failed += 1,
                Ended::Skipped => {}
            }
        }
        (done, reused, failed)
    }

    /// The shots that it has work left for.
    pub fn shots_left(&self) -> impl Iterator<Item = ShotId> + '_ {
        let mut last = None;
        let shots = self.left.iter().filter_map(|it| it.shot);
        shots.filter(move |it| last.replace(*it) != Some(*it))
    }

    /// What a step gave.
    pub fn output(&self, at: StepAt) -> Option<&Arc<serde_json::Value>> {
        match self.ended.get(&at) {
            Some(Ended::Done(done)) => done.output.as_ref(),
            _ => None,
        }
    }
}

impl Runs {
    /// One of them.
    pub fn get(&self, id: RunId) -> Result<&Arc<RunRecord>, Error> {
        let missing = || Error::not_found("run", id).hint("list runs with run/list");
        self.by_id.get(&id).ok_or_else(missing)
    }

    /// Those that go on, oldest first.
    pub fn running(&self) -> impl Iterator<Item = &Arc<RunRecord>> {
        self.open().filter(|it| it.run.status == RunStatus::Running)
    }

    /// Those with work left, oldest first; paused ones, too.
    pub fn open(&self) -> impl Iterator<Item = &Arc<RunRecord>> {
        self.by_id.values().filter(|it| it.run.status.is_open())
    }

    /// Whether some run will still draw this shot.
    pub fn will_draw(&self, shot: ShotId) -> bool {
        self.open().any(|it| it.will_draw(shot))
    }

    /// What a step gave that was given the same.
    pub fn result(&self, key: StepKey) -> Option<&Arc<serde_json::Value>> {
        self.results.get(&key)
    }

    pub(crate) fn apply(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Requested { id, .. } => {
                if let Some(record) = requested(event) {
                    self.by_id.insert(*id, Arc::new(record));
                }
            }
            RunEvent::StepStarted {
                id,
                step,
                shot,
                scene,
                server,
                job,
                ..
            } => self.tried(*id, step, (*shot, *scene), |tried| {
                tried.started = Some((server.as_str().into(), job.as_str().into()));
                tried.next_ms = None;
            }),
            RunEvent::StepRetried {
                id,
                step,
                shot,
                scene,
                attempt,
                error,
                kind,
                next_ms,
            } => self.tried(*id, step, (*shot, *scene), |tried| {
                *tried = Tried {
                    failed: *attempt,
                    error: Some(error.clone()),
                    kind: Some(*kind),
                    next_ms: Some(*next_ms),
                    started: None,
                };
            }),
            RunEvent::StepDone { .. } => self.done(event),
            RunEvent::StepFailed { .. } => self.failed(event),
            RunEvent::StepSkipped {
                id,
                step,
                shot,
                scene,
            } => self.step(*id, step, (*shot, *scene), Ended::Skipped, |run| {
                run.total = run.total.saturating_sub(1);
            }),
            RunEvent::Paused { id } => self.change(*id, |it| it.run.status = RunStatus::Paused),
            RunEvent::Resumed { id } => self.change(*id, |it| it.run.status = RunStatus::Running),
            RunEvent::Prioritized { id, priority } => {
                self.change(*id, |it| it.run.priority = *priority);
            }
            RunEvent::Retried { id } => self.retried(*id),
            RunEvent::Ended { id, status } => self.ended(*id, *status),
        }
    }

    fn failed(&mut self, event: &RunEvent) {
        let RunEvent::StepFailed {
            id,
            step,
            shot,
            scene,
            error,
            kind,
        } = event
        else {
            return;
        };
        self.tried(*id, step, (*shot, *scene), |tried| {
            tried.error = Some(error.clone());
            tried.kind = *kind;
            tried.next_ms = None;
            tried.started = None;
        });
        self.step(*id, step, (*shot, *scene), Ended::Failed, |run| {
            run.failed += 1;
            // What only waited for another step does not say why.
            if *kind != Some(FailureKind::Blocked) || run.error.is_none() {
                run.error = Some(error.clone());
            }
        });
    }

    fn done(&mut self, event: &RunEvent) {
        let RunEvent::StepDone {
            id,
            step,
            shot,
            scene,
            take,
            reused,
            key,
            output,
            took_ms,
        } = event
        else {
            return;
        };
        let output = output.clone().map(Arc::new);
        if let (Some(key), Some(output)) = (key, &output) {
            self.remember(*key, output.clone());
        }
        let done = StepDone {
            take: *take,
            reused: *reused,
            output,
            took_ms: *took_ms,
        };
        self.step(
            *id,
            step,
            (*shot, *scene),
            Ended::Done(Arc::new(done)),
            |run| {
                run.done += 1;
                run.reused += u32::from(*reused);
            },
        );
    }

    fn remember(&mut self, key: StepKey, output: Arc<serde_json::Value>) {
        if self.results.insert(key, output).is_none() {
            self.remembered.push_back(key);
        }
        while self.remembered.len() > RESULTS_LEN_MAX
            && let Some(oldest) = self.remembered.pop_front()
        {
            self.results.remove(&oldest);
        }
    }

    fn ended(&mut self, id: RunId, status: RunStatus) {
        if let Some(record) = self.by_id.get_mut(&id) {
            if record.run.status.is_open() {
                self.ended.push_back(id);
            }
            Arc::make_mut(record).run.status = status;
        }
        self.forget_old();
    }

    fn retried(&mut self, id: RunId) {
        self.ended.retain(|it| *it != id);
        self.change(id, |record| {
            record.retries += 1;
            record.run.status = RunStatus::Running;
            record.run.failed = 0;
            record.run.error = None;
            let failed = record.ended.iter().filter(|(_, it)| **it == Ended::Failed);
            let failed: Vec<StepAt> = failed.map(|(at, _)| *at).collect();
            for at in failed {
                record.ended.remove(&at);
                record.tried.remove(&at);
                record.left.insert(at);
            }
        });
    }

    fn change(&mut self, id: RunId, with: impl FnOnce(&mut RunRecord)) {
        if let Some(record) = self.by_id.get_mut(&id) {
            with(Arc::make_mut(record));
        }
    }

    fn tried(
        &mut self,
        id: RunId,
        step: &str,
        (shot, scene): (Option<ShotId>, Option<SceneId>),
        with: impl FnOnce(&mut Tried),
    ) {
        self.change(id, |record| {
            if let Some(at) = record.task.at(step, shot, scene) {
                with(Arc::make_mut(record.tried.entry(at).or_default()));
            }
        });
    }

    fn step(
        &mut self,
        id: RunId,
        step: &str,
        (shot, scene): (Option<ShotId>, Option<SceneId>),
        ended: Ended,
        count: impl FnOnce(&mut Run),
    ) {
        self.change(id, |record| {
            let Some(at) = record.task.at(step, shot, scene) else {
                return;
            };
            record.left.remove(&at);
            if !matches!(ended, Ended::Failed) {
                record.tried.remove(&at);
            }
            record.ended.insert(at, ended);
            count(&mut record.run);
        });
    }

    fn forget_old(&mut self) {
        while self.ended.len() > ENDED_RUNS_LEN_MAX
            && let Some(id) = self.ended.pop_front()
        {
            self.by_id.remove(&id);
        }
    }
}

fn requested(event: &RunEvent) -> Option<RunRecord> {
    let RunEvent::Requested {
        id,
        cause,
        shots,
        at_ms,
        correlation_id,
        workflow,
        scenes,
        priority,
    } = event
    else {
        return None;
    };
    let task = Task {
        workflow: workflow.clone(),
        shots: shots.clone(),
        scenes: scenes.clone(),
    };
    let left: OrdSet<StepAt> = task.steps().collect();
    let run = Run {
        id: *id,
        cause: *cause,
        workflow: workflow.as_ref().map(|it| it.workflow.name.clone()),
        priority: *priority,
        status: RunStatus::Running,
        total: u32::try_from(left.len()).unwrap_or(u32::MAX),
        done: 0,
        reused: 0,
        failed: 0,
        error: None,
        requested_ms: *at_ms,
        left_ms: None,
    };
    Some(RunRecord {
        run,
        task: Arc::new(task),
        left,
        tried: OrdMap::new(),
        ended: OrdMap::new(),
        retries: 0,
        correlation_id: correlation_id.as_str().into(),
    })
}

impl Film {
    /// Whether a shot has its place and no take that is what the script asks for, shown or not. A
    /// shot may show a stale take and have a fresh one beside it, such as one that was rejected;
    /// drawing the same once more would change nothing, and go on for ever.
    pub fn lacks_fresh_take(&self, shot: ShotId) -> bool {
        let is_placed = self.state.project.screenplay.shots.contains_key(&shot);
        let intent = self.derived.shot(shot).intent;
        is_placed && !self.state.generation.takes.has_fresh(shot, intent)
    }
}

#[cfg(test)]
mod tests;

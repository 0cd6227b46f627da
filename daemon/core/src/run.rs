//! Runs: durable work, as asked for, done step by step, and ended.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet, Vector};
use serde::{Deserialize, Serialize};
use storycore_schema::{
    Error, Event,
    asset::{Asset, AssetEvent},
    id::{RunId, ShotId, TakeId},
    recipe::{Intent, KeptIntent},
    run::{CancelRun, GetRun, ListRuns, Run, RunCause, RunEvent, RunStatus},
    shot::Status,
    take::{Take, TakeEvent, TakeSource},
};

use crate::{Decide, Env, Film, Query, handle::Decided, recipe};

/// Runs that ended and are still listed, in runs. The log keeps them all.
const ENDED_RUNS_LEN_MAX: usize = 20;

/// A run and what it has left to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// How far it is.
    pub run: Run,
    /// Shots that are neither done nor failed; of a canceled run, those that were not drawn.
    pub left: OrdSet<ShotId>,
    /// The request that asked for it.
    pub correlation_id: Arc<str>,
}

/// The runs of the film.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Runs {
    /// By id: those with work left, and the last ones that ended.
    pub by_id: OrdMap<RunId, Arc<RunRecord>>,
    /// Those that ended, the first to end first.
    ended: Vector<RunId>,
}

impl Runs {
    /// One of them.
    pub fn get(&self, id: RunId) -> Result<&Arc<RunRecord>, Error> {
        let missing = || Error::not_found("run", id).hint("list runs with run/list");
        self.by_id.get(&id).ok_or_else(missing)
    }

    /// Those with work left, oldest first.
    pub fn running(&self) -> impl Iterator<Item = &Arc<RunRecord>> {
        self.by_id
            .values()
            .filter(|it| it.run.status == RunStatus::Running)
    }

    /// Whether some run will still draw this shot.
    pub fn will_draw(&self, shot: ShotId) -> bool {
        self.running().any(|it| it.left.contains(&shot))
    }

    pub(crate) fn apply(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Requested {
                id,
                cause,
                shots,
                at_ms,
                correlation_id,
            } => {
                let record = requested(*id, *cause, shots, *at_ms, correlation_id);
                self.by_id.insert(*id, Arc::new(record));
            }
            RunEvent::StepDone {
                id, shot, reused, ..
            } => self.step(*id, *shot, |run| {
                run.done += 1;
                run.reused += u32::from(*reused);
            }),
            RunEvent::StepFailed { id, shot, error } => self.step(*id, *shot, |run| {
                run.failed += 1;
                run.error = Some(error.clone());
            }),
            RunEvent::StepSkipped { id, shot } => {
                self.step(*id, *shot, |run| run.total = run.total.saturating_sub(1));
            }
            RunEvent::Ended { id, status } => {
                if let Some(record) = self.by_id.get_mut(id) {
                    let record = Arc::make_mut(record);
                    if record.run.status == RunStatus::Running {
                        self.ended.push_back(*id);
                    }
                    record.run.status = *status;
                }
                self.forget_old();
            }
        }
    }

    fn step(&mut self, id: RunId, shot: ShotId, count: impl FnOnce(&mut Run)) {
        if let Some(record) = self.by_id.get_mut(&id) {
            let record = Arc::make_mut(record);
            record.left.remove(&shot);
            count(&mut record.run);
        }
    }

    fn forget_old(&mut self) {
        while self.ended.len() > ENDED_RUNS_LEN_MAX
            && let Some(id) = self.ended.pop_front()
        {
            self.by_id.remove(&id);
        }
    }
}

fn requested(
    id: RunId,
    cause: RunCause,
    shots: &[ShotId],
    at_ms: u64,
    correlation_id: &str,
) -> RunRecord {
    let left: OrdSet<ShotId> = shots.iter().copied().collect();
    let run = Run {
        id,
        cause,
        status: RunStatus::Running,
        total: u32::try_from(left.len()).unwrap_or(u32::MAX),
        done: 0,
        reused: 0,
        failed: 0,
        error: None,
        requested_ms: at_ms,
    };
    RunRecord {
        run,
        left,
        correlation_id: correlation_id.into(),
    }
}

impl Query for ListRuns {
    fn answer(self, film: &Film) -> Result<Vec<Run>, Error> {
        let runs = film.state.generation.runs.by_id.values().rev();
        Ok(runs
            .map(|it| it.run.clone())
            .filter(|run| self.status.is_none_or(|status| status == run.status))
            .collect())
    }
}

impl Query for GetRun {
    fn answer(self, film: &Film) -> Result<Run, Error> {
        film.state
            .generation
            .runs
            .get(self.id)
            .map(|it| it.run.clone())
    }
}

impl Decide for CancelRun {
    type Output = Run;

    fn decide(self, film: &Film, _env: &mut Env<'_>) -> Decided<Run> {
        let mut run = film.state.generation.runs.get(self.id)?.run.clone();
        if run.status != RunStatus::Running {
            let message = format!("run {} has ended already", self.id);
            let hint = "draw what is left with shot/render; runs under way are in run/list";
            return Err(Error::failed_precondition(message).hint(hint));
        }
        run.status = RunStatus::Canceled;
        let event = RunEvent::Ended {
            id: self.id,
            status: RunStatus::Canceled,
        };
        Ok((run, vec![Event::Run(event)]))
    }
}

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
        // The daemon names shots as it saw them a moment ago; a person means those it names.
        let named = self.shots.is_some() && self.cause == RunCause::Request;
        let automatic = self.cause == RunCause::Automatic;
        let mut shots = match self.shots {
            Some(shots) if named => known_shots(film, shots)?,
            Some(shots) => shots,
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
        if shots.is_empty() {
            return Ok((Requested { run: None, locked }, Vec::new()));
        }
        let id = env.fresh_id();
        let event = RunEvent::Requested {
            id,
            cause: self.cause,
            shots,
            at_ms: env.now_ms,
            correlation_id: env.correlation_id.to_owned(),
        };
        let run = Some(id);
        Ok((Requested { run, locked }, vec![Event::Run(event)]))
    }
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

fn known_shots(film: &Film, shots: Vec<ShotId>) -> Result<Vec<ShotId>, Error> {
    for shot in &shots {
        film.state.project.screenplay.shot(*shot)?;
    }
    Ok(shots)
}

/// What came of one step of a run.
pub struct StepResult {
    /// The run.
    pub run: RunId,
    /// The shot.
    pub shot: ShotId,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of drawing one shot.
pub enum Outcome {
    /// There is a picture.
    Drawn(Box<Picture>),
    /// There is none, for this reason.
    Failed(String),
    /// The shot has lost its place in the script.
    Skipped,
}

/// A picture that is on disk, and the recipe it was made from.
pub struct Picture {
    /// The file.
    pub asset: Asset,
    /// What the renderer was asked for.
    pub intent: Intent,
    /// The renderer's version.
    pub renderer_version: String,
    /// The seed.
    pub seed: u64,
    /// Whether it was found and not drawn.
    pub reused: bool,
}

/// Steps came to an end; sent by the effect that draws. A step that is no longer wanted (its run
/// was canceled or has it already) changes nothing.
pub struct FinishSteps {
    /// The steps.
    pub results: Vec<StepResult>,
}

impl Decide for FinishSteps {
    type Output = ();

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<()> {
        let mut state = film.state.clone();
        let mut events = Vec::new();
        for result in self.results {
            let wanted = state.generation.runs.by_id.get(&result.run);
            if !wanted.is_some_and(|it| it.left.contains(&result.shot)) {
                continue;
            }
            let first_new = events.len();
            finish_step(film, result, env, &mut events);
            for event in &events[first_new..] {
                state.apply(event);
            }
        }
        for record in state.generation.runs.running() {
            if record.left.is_empty() {
                let failed = record.run.failed > 0;
                let status = if failed {
                    RunStatus::Failed
                } else {
                    RunStatus::Finished
                };
                events.push(Event::Run(RunEvent::Ended {
                    id: record.run.id,
                    status,
                }));
            }
        }
        Ok(((), events))
    }
}

fn finish_step(film: &Film, result: StepResult, env: &mut Env<'_>, events: &mut Vec<Event>) {
    let StepResult {
        run: id,
        shot,
        outcome,
    } = result;
    let picture = match outcome {
        Outcome::Drawn(picture) if film.state.project.screenplay.any_shot(shot).is_ok() => picture,
        Outcome::Failed(error) => {
            return events.push(Event::Run(RunEvent::StepFailed { id, shot, error }));
        }
        Outcome::Drawn(_) | Outcome::Skipped => {
            return events.push(Event::Run(RunEvent::StepSkipped { id, shot }));
        }
    };
    let asset = picture.asset;
    if !film.state.assets.by_id.contains_key(&asset.id) {
        events.push(Event::Asset(AssetEvent::Added {
            asset: asset.clone(),
        }));
    }
    let take: TakeId = env.fresh_id();
    let intent_hash = recipe::intent_hash(&picture.intent);
    let render_key = recipe::render_key(intent_hash, picture.seed, &picture.renderer_version);
    let added = Take {
        id: take,
        shot,
        asset: asset.id,
        source: TakeSource::Rendered {
            run: id,
            render_key,
            seed: picture.seed,
            renderer_version: picture.renderer_version,
        },
        intent: KeptIntent::of(&picture.intent),
        intent_hash,
        made_ms: env.now_ms,
    };
    events.push(Event::Take(TakeEvent::Added {
        take: Box::new(added),
    }));
    events.push(Event::Run(RunEvent::StepDone {
        id,
        shot,
        take,
        reused: picture.reused,
    }));
}

#[cfg(test)]
mod tests;

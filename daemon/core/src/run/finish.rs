//! What steps come to: sent by the effect that does them.

use storycore_schema::{
    Event,
    asset::{Asset, AssetEvent},
    id::{RunId, StepKey, TakeId},
    recipe::{Intent, KeptIntent},
    run::{FailureKind, RunEvent, RunStatus},
    take::{Take, TakeEvent, TakeSource},
    workflow::RetryPolicy,
};

use super::{
    Ended, RunRecord, StepAt,
    schedule::{Web, fate},
};
use crate::{Decide, Env, Film, handle::Decided, recipe, state::GlobalState};

/// What came of one step of a run.
pub struct StepResult {
    /// The run.
    pub run: RunId,
    /// The step.
    pub at: StepAt,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of one step.
pub enum Outcome {
    /// It is done.
    Made(Box<Made>),
    /// It is not done, for this reason.
    Failed(Failure),
    /// The shot has lost its place in the script, or the step's condition does not hold.
    Skipped,
}

impl Outcome {
    /// A picture was drawn, and nothing else was made.
    pub fn drawn(picture: Picture) -> Outcome {
        Outcome::Made(Box::new(Made {
            picture: Some(picture),
            ..Made::default()
        }))
    }
}

/// Why a step is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In words, with the next step.
    pub error: String,
    /// By what can be done about it.
    pub kind: FailureKind,
}

impl Failure {
    /// A failure of a kind, in words.
    pub fn new(kind: FailureKind, error: impl Into<String>) -> Failure {
        Failure {
            error: error.into(),
            kind,
        }
    }
}

/// What a step made.
#[derive(Default)]
pub struct Made {
    /// The picture that becomes a take.
    pub picture: Option<Picture>,
    /// The other files it made, which are on disk.
    pub assets: Vec<Asset>,
    /// What it gave others.
    pub output: Option<serde_json::Value>,
    /// Hash of all that it was given.
    pub key: Option<StepKey>,
    /// Whether this was found and not made.
    pub reused: bool,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
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
}

/// A server has a step now.
pub struct NoteStarted {
    /// The run.
    pub run: RunId,
    /// The step.
    pub at: StepAt,
    /// The server.
    pub server: String,
    /// Its name for the step.
    pub job: String,
}

impl Decide for NoteStarted {
    type Output = bool;

    /// Whether the step is still wanted.
    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<bool> {
        let record = film.state.generation.runs.by_id.get(&self.run);
        let wanted = record.filter(|it| it.run.status.is_open() && it.left.contains(&self.at));
        let Some(record) = wanted else {
            return Ok((false, Vec::new()));
        };
        let failed = record.tried.get(&self.at).map_or(0, |it| it.failed);
        let event = RunEvent::StepStarted {
            id: self.run,
            step: record.task.name(self.at.step).to_owned(),
            shot: self.at.shot,
            scene: self.at.scene,
            attempt: failed + 1,
            server: self.server,
            job: self.job,
            at_ms: env.now_ms,
        };
        Ok((true, vec![Event::Run(event)]))
    }
}

/// Steps came to an end. A step that is no longer wanted (its run was canceled or has it already)
/// changes nothing.
pub struct FinishSteps {
    /// The steps.
    pub results: Vec<StepResult>,
}

impl Decide for FinishSteps {
    type Output = ();

    fn decide(self, film: &Film, env: &mut Env<'_>) -> Decided<()> {
        let mut finishing = Finishing {
            film,
            state: film.state.clone(),
            events: Vec::new(),
        };
        let mut runs = Vec::new();
        for result in self.results {
            let record = finishing.state.generation.runs.by_id.get(&result.run);
            let wanted = record.filter(|it| it.left.contains(&result.at)).cloned();
            let Some(record) = wanted else {
                continue;
            };
            if !runs.contains(&result.run) {
                runs.push(result.run);
            }
            let at = result.at;
            finishing.finish(&record, result, env);
            finishing.carry_over(record.run.id, at);
        }
        for run in runs {
            finishing.end(run);
        }
        Ok(((), finishing.events))
    }
}

struct Finishing<'a> {
    film: &'a Film,
    state: GlobalState,
    events: Vec<Event>,
}

impl Finishing<'_> {
    fn push(&mut self, event: Event) {
        self.state.apply(&event);
        self.events.push(event);
    }

    fn finish(&mut self, record: &RunRecord, result: StepResult, env: &mut Env<'_>) {
        let at = result.at;
        let known = |shot| self.film.state.project.screenplay.any_shot(shot).is_ok();
        match result.outcome {
            Outcome::Made(made) if at.shot.is_none_or(known) => self.made(record, at, *made, env),
            Outcome::Made(_) | Outcome::Skipped => self.skip(record, at),
            Outcome::Failed(failure) => self.failed(record, at, failure, env),
        }
    }

    fn made(&mut self, record: &RunRecord, at: StepAt, made: Made, env: &mut Env<'_>) {
        let mut take = None;
        for asset in made.assets {
            self.add_asset(asset);
        }
        if let (Some(picture), Some(shot)) = (made.picture, at.shot) {
            self.add_asset(picture.asset.clone());
            let id: TakeId = env.fresh_id();
            take = Some(id);
            let intent_hash = recipe::intent_hash(&picture.intent);
            let version = &picture.renderer_version;
            let render_key = recipe::render_key(intent_hash, picture.seed, version);
            let added = Take {
                id,
                shot,
                asset: picture.asset.id,
                source: TakeSource::Rendered {
                    run: record.run.id,
                    render_key,
                    seed: picture.seed,
                    renderer_version: picture.renderer_version,
                },
                intent: KeptIntent::of(&picture.intent),
                intent_hash,
                made_ms: env.now_ms,
            };
            let take = Box::new(added);
            self.push(Event::Take(TakeEvent::Added { take }));
        }
        self.push(Event::Run(RunEvent::StepDone {
            id: record.run.id,
            step: record.task.name(at.step).to_owned(),
            shot: at.shot,
            scene: at.scene,
            take,
            reused: made.reused,
            key: made.key,
            output: made.output,
            took_ms: made.took_ms,
        }));
    }

    fn add_asset(&mut self, asset: Asset) {
        if !self.state.assets.by_id.contains_key(&asset.id) {
            self.push(Event::Asset(AssetEvent::Added { asset }));
        }
    }

    fn skip(&mut self, record: &RunRecord, at: StepAt) {
        self.push(Event::Run(RunEvent::StepSkipped {
            id: record.run.id,
            step: record.task.name(at.step).to_owned(),
            shot: at.shot,
            scene: at.scene,
        }));
    }

    fn failed(&mut self, record: &RunRecord, at: StepAt, failure: Failure, env: &mut Env<'_>) {
        let step = record.task.name(at.step).to_owned();
        let (id, shot, scene) = (record.run.id, at.shot, at.scene);
        let policy = record.task.retry(at.step);
        let attempt = record.tried.get(&at).map_or(0, |it| it.failed) + 1;
        let Failure { error, kind } = failure;
        if kind.may_pass() && attempt < policy.attempts {
            let next_ms = env.now_ms + pause_ms(policy, attempt, env.fraction());
            self.push(Event::Run(RunEvent::StepRetried {
                id,
                step,
                shot,
                scene,
                attempt,
                error,
                kind,
                next_ms,
            }));
            return;
        }
        self.push(Event::Run(RunEvent::StepFailed {
            id,
            step,
            shot,
            scene,
            error,
            kind: Some(kind),
        }));
    }

    /// What needs a step that failed cannot be done, and what needs one that was left out is left
    /// out.
    fn carry_over(&mut self, run: RunId, at: StepAt) {
        let Ok(record) = self.state.generation.runs.get(run) else {
            return;
        };
        let is_bad = matches!(record.ended.get(&at), Some(Ended::Failed | Ended::Skipped));
        if !is_bad || record.task.n_places() == 1 {
            return;
        }
        let web = Web::of(&record.task, self.film);
        let mut reached = web.dependents(&record.task, at);
        while let Some(at) = reached.pop() {
            let Ok(record) = self.state.generation.runs.get(run).cloned() else {
                return;
            };
            if !record.left.contains(&at) {
                continue;
            }
            match fate(&record, &web, at) {
                Some(Ended::Failed) => self.push(Event::Run(RunEvent::StepFailed {
                    id: run,
                    step: record.task.name(at.step).to_owned(),
                    shot: at.shot,
                    scene: at.scene,
                    error: "a step that it needs has failed".to_owned(),
                    kind: Some(FailureKind::Blocked),
                })),
                Some(_) => self.skip(&record, at),
                None => continue,
            }
            reached.extend(web.dependents(&record.task, at));
        }
    }

    fn end(&mut self, run: RunId) {
        let Ok(record) = self.state.generation.runs.get(run) else {
            return;
        };
        if !record.run.status.is_open() || !record.left.is_empty() {
            return;
        }
        let status = match record.run.failed {
            0 => RunStatus::Finished,
            _ => RunStatus::Failed,
        };
        self.push(Event::Run(RunEvent::Ended { id: run, status }));
    }
}

/// The pause before the next attempt, in milliseconds: twice as long each time, give or take a
/// quarter, so that what failed together does not come back together.
fn pause_ms(policy: RetryPolicy, failed: u32, chance: f64) -> u64 {
    let doubled = 2_u64.saturating_pow(failed.saturating_sub(1).min(32));
    let pause = policy
        .first_ms
        .saturating_mul(doubled)
        .min(policy.longest_ms);
    (pause as f64 * (0.75 + chance / 2.0)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let policy = RetryPolicy {
            attempts: 9,
            first_ms: 1_000,
            longest_ms: 5_000,
        };
        let pauses = [1, 2, 3, 4, 99].map(|failed| pause_ms(policy, failed, 0.5));
        assert_eq!(pauses, [1_000, 2_000, 4_000, 5_000, 5_000]);
        assert_eq!(pause_ms(policy, 1, 0.0), 750);
        assert_eq!(pause_ms(policy, 1, 1.0), 1_250);
    }
}

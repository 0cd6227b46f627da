//! Does what runs ask for. Runs stand in the log, so after a restart the work goes on where it
//! was; what is done comes back as one command for as many steps as are done.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use storycore_comfyui::{Placement, PromptId};
use storycore_core::{
    Film,
    run::{Failure, FinishSteps, Outcome, RunRecord, StepAt, StepResult, schedule::Schedule},
};
use storycore_schema::{
    id::{ProjectId, RunId, StepKey},
    run::FailureKind,
    work::StepProgress,
    workflow::StepKind,
};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::renderer::Renderers;
use crate::{
    blobs::Blobs,
    bus::Bus,
    clock::Clock,
    comfyui::Comfyui,
    llm::Llm,
    owner::{Origin, Owner},
    previews::Previews,
    shared_results::SharedResults,
};

mod comfyui;
mod export;
pub mod gate;
mod inputs;
mod llm;
mod progress;
mod prompt;
mod sketch;
mod stale;

pub(crate) use comfyui::takes_pictures;
use gate::{Gates, Turn};
use progress::Progress;
pub(crate) use prompt::by_rules as prompt_by_rules;
use stale::LeftAlone;

/// Pause after a commit of results was refused, before the steps are tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// Steps of one kind that are begun ahead of those that a backend has room for, in steps: their
/// inputs are looked up meanwhile, and those whose results are there already need no room.
const AHEAD: usize = 2;

/// What doing the work of a film needs.
pub struct WorkEffect {
    /// The film.
    pub project: ProjectId,
    /// Sends what is done back.
    pub owner: Owner,
    /// The film.
    pub bus: Arc<Bus>,
    /// Keeps the results.
    pub blobs: Arc<Blobs>,
    /// Draw.
    pub renderers: Arc<Renderers>,
    /// How much may be done at once, over all films.
    pub gates: Arc<Gates>,
    /// What time it is for the film.
    pub clock: Clock,
    /// The film's folder.
    pub folder: PathBuf,
    /// The servers.
    pub comfyui: Arc<Comfyui>,
    /// The language models.
    pub llm: Arc<Llm>,
    /// What other films have made.
    pub(crate) shared: SharedResults,
    /// Pictures of what is not finished.
    pub previews: Arc<Previews>,
    /// Ends it.
    pub closing: CancellationToken,
}

/// A step that is to be done, and what it needs for that.
struct Job {
    film: Arc<Film>,
    record: Arc<RunRecord>,
    at: StepAt,
    project: ProjectId,
    blobs: Arc<Blobs>,
    renderers: Arc<Renderers>,
    gates: Arc<Gates>,
    owner: Owner,
    folder: PathBuf,
    comfyui: Arc<Comfyui>,
    llm: Arc<Llm>,
    shared: SharedResults,
    previews: Arc<Previews>,
    now_ms: u64,
    /// Nobody wants it any more.
    canceled: CancellationToken,
    /// It is not to begin now.
    held: CancellationToken,
}

type Key = (RunId, StepAt);

impl WorkEffect {
    /// Works until the film closes.
    pub async fn run(self) {
        let mut work = Work::default();
        let mut commits = self.bus.watch();
        // What was canceled before the film was opened is drawn when it is opened to draw itself.
        let film = self.bus.film();
        work.left_alone.start(&film);
        self.forget_unwanted(&film);
        drop(film);
        loop {
            let film = self.bus.film();
            let busy = &work.busy;
            work.schedule
                .follow(&film, |run, at| busy.contains_key(&(run, at)));
            work.stop_unwanted();
            work.left_alone.respect_cancels(&film);
            self.start_steps(&film, &mut work);
            self.request_stale(&film, &work).await;
            self.commit_results(&mut work);
            let wake = work.schedule.wake_ms();
            tokio::select! {
                () = self.closing.cancelled() => break,
                changed = commits.changed() => if changed.is_err() { break },
                Some(done) = work.doing.join_next() => match done {
                    Ok((_, Some(result))) => work.results.push(result),
                    Ok((key, None)) => work.give_back(key),
                    Err(error) => error!(%error, "a step was cut off"),
                },
                unkept = committed(&mut work.committing) => {
                    work.committing = None;
                    for key in unkept {
                        work.give_back(key);
                    }
                }
                () = until(wake, &self.clock), if wake.is_some() => {}
            }
        }
        // What is done but not committed is done again when the run goes on: a result that stands
        // in no event is not known to anybody. What a server has goes on there.
        work.doing.shutdown().await;
        self.comfyui.leave(self.project);
    }

    /// What servers have of the film since before it was opened, and no run of it wants.
    fn forget_unwanted(&self, film: &Film) {
        let open = film.state.generation.runs.open();
        let tried = open.flat_map(|it| it.tried.values());
        let wanted: Vec<&str> = tried
            .filter_map(|it| it.started.as_ref().map(|it| &*it.1))
            .collect();
        self.comfyui
            .forget_others(self.project, |prompt| wanted.contains(&prompt));
    }

    fn start_steps(&self, film: &Arc<Film>, work: &mut Work) {
        let now_ms = self.clock.now_ms();
        for kind in work.schedule.wanted(now_ms).into_keys() {
            let most = self.gates.places(kind) + AHEAD;
            while work.n_busy(kind) < most
                && let Some((record, at)) = work.schedule.next(kind, now_ms)
            {
                let canceled = CancellationToken::new();
                let held = CancellationToken::new();
                let key = (record.run.id, at);
                let busy = Busy {
                    kind,
                    canceled: canceled.clone(),
                    held: held.clone(),
                    intent: at.shot.map(|shot| (shot, film.derived.shot(shot).intent)),
                };
                work.busy.insert(key, busy);
                let job = Job {
                    film: film.clone(),
                    record,
                    at,
                    project: self.project,
                    blobs: self.blobs.clone(),
                    renderers: self.renderers.clone(),
                    gates: self.gates.clone(),
                    owner: self.owner.clone(),
                    folder: self.folder.clone(),
                    comfyui: self.comfyui.clone(),
                    llm: self.llm.clone(),
                    shared: self.shared.clone(),
                    previews: self.previews.clone(),
                    now_ms,
                    canceled,
                    held,
                };
                // It stands in line before it is begun, so that steps go in the order they have.
                let turn = job.stand(kind);
                work.doing.spawn(job.run(kind, turn));
            }
        }
    }

    fn commit_results(&self, work: &mut Work) {
        if work.committing.is_some() || work.results.is_empty() {
            return;
        }
        let film = self.bus.film();
        let mut by_run: BTreeMap<RunId, Vec<StepResult>> = BTreeMap::new();
        for result in std::mem::take(&mut work.results) {
            let busy = work.busy.remove(&(result.run, result.at));
            if let Outcome::Failed(failure) = &result.outcome {
                let step = result.at.step;
                warn!(run = %result.run, step, reason = failure.error, "a step failed");
                work.left_alone.add(busy.and_then(|it| it.intent));
            }
            by_run.entry(result.run).or_default().push(result);
        }
        // Each run's steps carry the id of the request that asked for the run. Submitted together,
        // they share a commit all the same.
        let commits: Vec<_> = by_run
            .into_iter()
            .map(|(run, results)| {
                let record = film.state.generation.runs.get(run);
                let correlation_id =
                    record.map_or_else(|_| "render".into(), |it| it.correlation_id.clone());
                keep(self.owner.clone(), origin(correlation_id), results)
            })
            .collect();
        work.committing = Some(tokio::spawn(async move {
            let unkept = futures::future::join_all(commits).await.concat();
            if !unkept.is_empty() {
                tokio::time::sleep(RETRY_PAUSE).await;
            }
            unkept
        }));
    }
}

impl Job {
    /// Does the step; gives no result if nobody wanted it any more. A bug fails one step, not all
    /// that come after it.
    async fn run(self, kind: StepKind, turn: Turn) -> (Key, Option<StepResult>) {
        let (run, at) = (self.record.run.id, self.at);
        let stopped = [self.canceled.clone(), self.held.clone()];
        let doing = tokio::spawn(async move {
            match kind {
                StepKind::Sketch => sketch::draw(self, turn).await,
                StepKind::Prompt => prompt::write(self).await,
                StepKind::Comfyui => comfyui::run(self, turn).await,
                StepKind::Llm => llm::run(self, turn).await,
                StepKind::Export => export::write(self, turn).await,
            }
        });
        let outcome = match AbortOnDrop(doing).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(failure)) => Outcome::Failed(failure),
            Err(_) => Outcome::Failed(Failure::new(
                FailureKind::Internal,
                "the step met a bug; the daemon's log shows where",
            )),
        };
        let is_made = matches!(outcome, Outcome::Made(_));
        // What was made is kept all the same.
        let is_stopped = stopped.iter().any(CancellationToken::is_cancelled);
        let result = (is_made || !is_stopped).then_some(StepResult { run, at, outcome });
        ((run, at), result)
    }
}

impl Job {
    /// Stands in line for a place.
    fn stand(&self, kind: StepKind) -> Turn {
        let priority = self.record.run.priority;
        self.gates.stand(kind, self.project, priority)
    }

    /// Where the step is since an earlier daemon or an attempt that was cut off.
    fn started(&self) -> Option<Placement> {
        let tried = self.record.tried.get(&self.at)?;
        let (server, job) = tried.started.as_ref()?;
        Some(Placement {
            server: server.to_string(),
            prompt: PromptId(job.to_string()),
        })
    }

    /// What a step that was given the same has given.
    fn known_result(&self, key: StepKey) -> Option<serde_json::Value> {
        let runs = &self.film.state.generation.runs;
        runs.result(key).map(|it| (**it).clone())
    }

    fn progress(&self) -> Progress {
        let (run, at) = (self.record.run.id, self.at);
        let step = self.record.task.name(at.step).to_owned();
        let item = at.shot.map(|it| it.to_string());
        let item = item.or_else(|| at.scene.map(|it| it.to_string()));
        Progress {
            owner: self.owner.clone(),
            film: self.project,
            previews: self.previews.clone(),
            correlation_id: self.record.correlation_id.clone(),
            key: format!("{run}/{step}/{}", item.as_deref().unwrap_or("-")),
            now: StepProgress {
                run,
                step,
                shot: at.shot,
                scene: at.scene,
                server: None,
                done_milli: None,
                message: "waits for its turn".to_owned(),
                preview: None,
                started_ms: self.now_ms,
            },
        }
    }
}

/// A task that ends with whoever waits for it.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, tokio::task::JoinError>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn origin(correlation_id: Arc<str>) -> Origin {
    Origin::daemon("render", correlation_id)
}

/// Commits what came of a run's steps; returns those that must be done again.
async fn keep(owner: Owner, origin: Origin, results: Vec<StepResult>) -> Vec<Key> {
    let steps: Vec<Key> = results.iter().map(|it| (it.run, it.at)).collect();
    let correlation_id = origin.correlation_id.clone();
    match owner.submit(origin, FinishSteps { results }).await {
        Ok(_) => {
            debug!(%correlation_id, steps = steps.len(), "done");
            Vec::new()
        }
        Err(error) => {
            error!(%correlation_id, %error, "what was done could not be kept; it is done again");
            steps
        }
    }
}

/// A step under way.
struct Busy {
    kind: StepKind,
    canceled: CancellationToken,
    held: CancellationToken,
    /// Its shot, and what that asked for.
    intent: Option<stale::Asked>,
}

#[derive(Default)]
struct Work {
    schedule: Schedule,
    /// Steps under way, and steps that are done and not yet on their way into the log.
    busy: BTreeMap<Key, Busy>,
    doing: JoinSet<(Key, Option<StepResult>)>,
    results: Vec<StepResult>,
    /// Gives the steps that could not be committed.
    committing: Option<JoinHandle<Vec<Key>>>,
    left_alone: LeftAlone,
}

impl Work {
    /// A step has come to nothing, and can begin again if it is still wanted.
    fn give_back(&mut self, (run, at): Key) {
        self.busy.remove(&(run, at));
        self.schedule.give_back(run, at);
    }

    fn n_busy(&self, kind: StepKind) -> usize {
        self.busy.values().filter(|it| it.kind == kind).count()
    }

    /// Stops what nobody wants any more: its run was canceled, or its film went on without it. Of a
    /// run that is paused, what no server has waits.
    fn stop_unwanted(&self) {
        for ((run, at), busy) in &self.busy {
            if !self.schedule.is_wanted(*run, *at) {
                busy.canceled.cancel();
            } else if self.schedule.is_paused(*run) {
                busy.held.cancel();
            }
        }
    }
}

async fn committed(committing: &mut Option<JoinHandle<Vec<Key>>>) -> Vec<Key> {
    match committing {
        Some(task) => task.await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}

async fn until(at_ms: Option<u64>, clock: &Clock) {
    let pause = at_ms.unwrap_or(0).saturating_sub(clock.now_ms());
    tokio::time::sleep(Duration::from_millis(pause)).await;
}

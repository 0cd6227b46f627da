//! Draws what runs ask for. Runs stand in the log, so after a restart the work goes on where it
//! was; what is drawn comes back as one command for as many shots as are done.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use storycore_core::{
    Film, recipe,
    run::{FinishSteps, Outcome, Picture, RequestRender, StepResult},
};
use storycore_schema::{
    asset::Asset,
    id::{IntentHash, RunId, ShotId},
    run::{RunCause, RunStatus},
    shot::Status,
};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::renderer::Renderers;
use crate::{
    blobs::Blobs,
    bus::Bus,
    owner::{Origin, Owner},
};

/// Pause after a commit of drawn pictures was refused, before they are tried again.
const RETRY_PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

/// What drawing needs.
pub struct RenderEffect {
    /// Sends what is drawn back.
    pub owner: Owner,
    /// The film.
    pub bus: Arc<Bus>,
    /// Keeps the pictures.
    pub blobs: Arc<Blobs>,
    /// Draw them.
    pub renderers: Arc<Renderers>,
    /// Pictures drawn at once.
    pub workers_max: usize,
    /// Ends it.
    pub closing: CancellationToken,
}

type Step = (RunId, ShotId);

impl RenderEffect {
    /// Works until the film closes.
    pub async fn run(self) {
        let mut work = Work::default();
        let mut commits = self.bus.watch();
        // What was canceled before the film was opened is drawn when it is opened to draw itself.
        work.canceled = canceled(&self.bus.film()).collect();
        loop {
            let film = self.bus.film();
            work.started
                .retain(|step| is_wanted(&film, *step) || work.busy.contains_key(step));
            work.respect_cancels(&film);
            self.start_steps(&film, &mut work);
            self.request_stale(&film, &work).await;
            self.commit_results(&mut work);
            tokio::select! {
                () = self.closing.cancelled() => break,
                changed = commits.changed() => if changed.is_err() { break },
                Some(done) = work.drawing.join_next() => match done {
                    Ok(result) => work.results.push(result),
                    Err(error) => error!(%error, "drawing was cut off"),
                },
                unkept = committed(&mut work.committing) => {
                    work.committing = None;
                    for step in unkept {
                        work.started.remove(&step);
                    }
                }
            }
        }
        // What is drawn but not committed is drawn again when the run goes on: a picture without
        // its take is not known to anybody.
        work.drawing.shutdown().await;
    }

    fn start_steps(&self, film: &Arc<Film>, work: &mut Work) {
        let running = film.state.generation.runs.running();
        let steps = running.flat_map(|it| it.left.iter().map(|shot| (it.run.id, *shot)));
        for step in steps {
            if work.drawing.len() >= self.workers_max {
                break;
            }
            if work.started.insert(step) {
                work.busy.insert(step, film.derived.shot(step.1).intent);
                let (film, blobs, renderers) =
                    (film.clone(), self.blobs.clone(), self.renderers.clone());
                work.drawing
                    .spawn_blocking(move || draw_step(&film, step, &blobs, &renderers));
            }
        }
    }

    /// Redraws what is stale by itself, if the film wants that. What is locked is left alone, and
    /// what failed or was canceled until it changes.
    async fn request_stale(&self, film: &Film, work: &Work) {
        if !film.state.project.card.auto_render() {
            return;
        }
        let generation = &film.state.generation;
        let wanted = film.shots_in_order().map(|it| it.id).filter(|id| {
            let derived = film.derived.shot(*id);
            derived.status != Status::Fresh
                && film.lacks_fresh_take(*id)
                && work.left_alone.get(id) != Some(&derived.intent)
                && !generation.takes.is_locked(*id)
                && !generation.runs.will_draw(*id)
        });
        let shots: Vec<ShotId> = wanted.collect();
        if shots.is_empty() {
            return;
        }
        let request = RequestRender {
            shots: Some(shots),
            force: false,
            cause: RunCause::Automatic,
        };
        let origin = origin(self.bus.cause());
        if let Err(error) = self.owner.submit(origin, request).await {
            warn!(%error, "asking for stale panels failed");
        }
    }

    fn commit_results(&self, work: &mut Work) {
        if work.committing.is_some() || work.results.is_empty() {
            return;
        }
        let film = self.bus.film();
        let mut by_run: BTreeMap<RunId, Vec<StepResult>> = BTreeMap::new();
        for result in std::mem::take(&mut work.results) {
            let intent = work.busy.remove(&(result.run, result.shot));
            if let Outcome::Failed(reason) = &result.outcome {
                warn!(shot = %result.shot, reason, "a shot could not be drawn");
                work.left_alone
                    .extend(intent.map(|intent| (result.shot, intent)));
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

fn origin(correlation_id: Arc<str>) -> Origin {
    Origin::daemon("render", correlation_id)
}

/// Commits what came of a run's steps; returns those that must be done again.
async fn keep(owner: Owner, origin: Origin, results: Vec<StepResult>) -> Vec<Step> {
    let steps: Vec<Step> = results.iter().map(|it| (it.run, it.shot)).collect();
    let correlation_id = origin.correlation_id.clone();
    match owner.submit(origin, FinishSteps { results }).await {
        Ok(_) => {
            debug!(%correlation_id, shots = steps.len(), "drawn");
            Vec::new()
        }
        Err(error) => {
            error!(%correlation_id, %error, "what was drawn could not be kept; it is drawn again");
            steps
        }
    }
}

#[derive(Default)]
struct Work {
    /// Steps that need no starting: under way, or done and on their way into the log.
    started: BTreeSet<Step>,
    /// Steps under way, with what was asked for.
    busy: BTreeMap<Step, IntentHash>,
    drawing: JoinSet<StepResult>,
    results: Vec<StepResult>,
    /// Gives the steps that could not be committed.
    committing: Option<JoinHandle<Vec<Step>>>,
    /// Shots that could not be drawn or that nobody wants drawn, with what was asked for.
    left_alone: BTreeMap<ShotId, IntentHash>,
    /// Canceled runs that were looked at.
    canceled: BTreeSet<RunId>,
}

impl Work {
    /// Whoever cancels a run wants its shots left as they are, also by a film that draws itself.
    fn respect_cancels(&mut self, film: &Film) {
        let runs = &film.state.generation.runs;
        self.canceled.retain(|run| runs.by_id.contains_key(run));
        for run in canceled(film) {
            if !self.canceled.insert(run) {
                continue;
            }
            let left = runs.by_id.get(&run).map(|it| it.left.clone());
            for shot in left.unwrap_or_default() {
                self.left_alone.insert(shot, film.derived.shot(shot).intent);
            }
        }
    }
}

fn canceled(film: &Film) -> impl Iterator<Item = RunId> + '_ {
    let records = film.state.generation.runs.by_id.values();
    records
        .filter(|it| it.run.status == RunStatus::Canceled)
        .map(|it| it.run.id)
}

async fn committed(committing: &mut Option<JoinHandle<Vec<Step>>>) -> Vec<Step> {
    match committing {
        Some(task) => task.await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}

fn is_wanted(film: &Film, (run, shot): Step) -> bool {
    film.state
        .generation
        .runs
        .by_id
        .get(&run)
        .is_some_and(|it| it.run.status == RunStatus::Running && it.left.contains(&shot))
}

fn draw_step(film: &Film, (run, shot): Step, blobs: &Blobs, renderers: &Renderers) -> StepResult {
    let outcome = match film.state.project.screenplay.shot(shot) {
        Ok(_) => draw_safely(film, shot, blobs, renderers)
            .map_or_else(Outcome::Failed, |picture| Outcome::Drawn(Box::new(picture))),
        Err(_) => Outcome::Skipped,
    };
    StepResult { run, shot, outcome }
}

/// A renderer that panics fails at one shot, not at all that come after it.
fn draw_safely(
    film: &Film,
    shot: ShotId,
    blobs: &Blobs,
    renderers: &Renderers,
) -> Result<Picture, String> {
    let drawn = catch_unwind(AssertUnwindSafe(|| draw(film, shot, blobs, renderers)));
    drawn.unwrap_or_else(|_| Err("the renderer met a bug; the daemon's log shows where".to_owned()))
}

fn draw(
    film: &Film,
    shot: ShotId,
    blobs: &Blobs,
    renderers: &Renderers,
) -> Result<Picture, String> {
    let record = film
        .state
        .project
        .screenplay
        .shot(shot)
        .map_err(|error| error.message)?;
    let intent = recipe::prepare(record, &film.state.project);
    let renderer = renderers.get(&intent.renderer)?;
    let (seed, renderer_version) = (recipe::seed(shot), renderer.version());
    let key = recipe::render_key(recipe::intent_hash(&intent), seed, &renderer_version);
    let known = film
        .state
        .generation
        .takes
        .picture(key)
        // A picture that is damaged on disk is drawn again.
        .filter(|id| blobs.read(*id).is_ok());
    let known = known.and_then(|id| film.state.assets.get(id).ok());
    if let Some(asset) = known {
        let asset = (**asset).clone();
        return Ok(Picture {
            asset,
            intent,
            renderer_version,
            seed,
            reused: true,
        });
    }
    let rendered = renderer.render(&intent, seed)?;
    let id = blobs.write(&rendered.bytes).map_err(|error| {
        format!("the picture could not be kept: {error}; free some space and make the film's folder writable, then render again")
    })?;
    let asset = Asset {
        id,
        media_type: rendered.media_type.to_owned(),
        bytes: rendered.bytes.len() as u64,
        width_px: Some(rendered.width_px),
        height_px: Some(rendered.height_px),
    };
    Ok(Picture {
        asset,
        intent,
        renderer_version,
        seed,
        reused: false,
    })
}

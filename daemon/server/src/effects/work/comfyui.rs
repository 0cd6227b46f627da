//! A step that a ComfyUI server does: its graph filled in, handed over, followed, and what came of
//! it kept. What a server has goes on there whatever becomes of us, and is found again.

use std::{collections::BTreeMap, path::Path, time::Duration};

use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use storycore_comfyui::{
    Error, Finished, Job as ServerJob, Ledger, Placement, Pool, PromptId, Template,
    output::{Kind, Output},
};
use storycore_core::{
    recipe::{self, bound_pictures},
    run::{Failure, Made, NoteStarted, Outcome, Picture},
    workflow::{is_of_shown, seed_of},
};
use storycore_schema::{
    asset::Asset,
    id::{BlobId, StepKey},
    recipe::Intent,
    run::{FailureKind, RunWorkflow},
    workflow::{StepKind, WorkflowStep},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{
    Job,
    gate::Turn,
    inputs, origin,
    progress::{self, Progress},
};
use crate::{blobs::Blobs, offload::blocking, shared_results::SharedResult};

mod pictures;

use pictures::Uploads;

/// What the work is, in a step's key: raised when the same inputs give something else.
const VERSION: u32 = 1;
/// Messages of a run that wait to be told, in messages.
const EVENTS_LEN_MAX: usize = 64;
/// Time an attempt may take, if the workflow says nothing, in seconds.
const TIMEOUT_S_DEFAULT: u32 = 4 * 60 * 60;

/// A step whose inputs are known.
struct Prepared {
    key: StepKey,
    template: Template,
    values: BTreeMap<String, Value>,
    uploads: Uploads,
    /// What its picture is kept with, if that becomes a take.
    intent: Option<Intent>,
    seed: u64,
    timeout: Duration,
}

/// Does the step.
pub(super) async fn run(job: Job, turn: Turn) -> Result<Outcome, Failure> {
    let Some(pool) = job.comfyui.pool().cloned() else {
        return Err(Failure::new(
            FailureKind::Missing,
            "no ComfyUI server is set up: add [[comfyui]] with a name and a url to daemon.toml, \
             start the daemon again, then try again with run/retry",
        ));
    };
    let (job, prepared) = blocking(move || {
        let prepared = prepare(&job, &pool);
        (job, prepared.map(|it| it.map(|it| (pool, it))))
    })
    .await
    .map_err(internal)?;
    let Some((pool, prepared)) = prepared? else {
        return Ok(Outcome::Skipped);
    };
    if let Some(made) = known(&job, &prepared) {
        return Ok(Outcome::Made(Box::new(made)));
    }
    if let Some(made) = known_elsewhere(&job, &prepared).await {
        return Ok(Outcome::Made(Box::new(made)));
    }
    let server_job = server_job(&job, &prepared)?;
    let work = Work {
        job: &job,
        pool: &pool,
        server_job: &server_job,
        stop: job.canceled.child_token(),
        timeout: prepared.timeout,
    };
    let finished = work.finish(turn).await?;
    let shared = job.shared.clone();
    let (film, key) = (job.project, prepared.key);
    let made = blocking(move || keep(&job, &prepared, &pool, finished));
    let made = made.await.map_err(internal)??;
    let result = SharedResult {
        film,
        output: made.output.clone().unwrap_or_default(),
        assets: made.assets.clone(),
    };
    shared.remember(key, &result).await;
    Ok(Outcome::Made(Box::new(made)))
}

/// Fills in the graph; none if the step is left out. Blocks.
fn prepare(job: &Job, pool: &Pool) -> Result<Option<Prepared>, Failure> {
    let Some(step) = job.record.task.definition(job.at.step).cloned() else {
        return Ok(None);
    };
    let (Some(scope), Some(workflow)) = (inputs::scope(job, &step)?, &job.record.task.workflow)
    else {
        return Ok(None);
    };
    let name = step.graph.clone().unwrap_or_default();
    let text = inputs::text_of(workflow, &name, &job.blobs)?;
    let template = pool
        .load(text.as_bytes())
        .map_err(|error| invalid(format!("{name}: {error}")))?;
    let with = Value::Object(step.with.clone().into_iter().collect());
    let filled = scope.fill(&with).map_err(invalid)?;
    let Value::Object(filled) = filled else {
        return Ok(None);
    };
    let intent = intent_of(job, &step)?;
    let bible = &job.film.state.project.bible;
    let of_bible = intent.as_ref().map(|it| bound_pictures(it, bible));
    let of_bible = of_bible.unwrap_or_default();
    let (values, uploads) = pictures::split(job, &template, filled, &of_bible)?;
    let anew = workflow.force.then_some(job.record.run.id);
    let key = key(&text, &values, &uploads, anew);
    let seed = job.at.shot.filter(|_| step.take);
    let seed = seed.map_or(0, |shot| seed_of(shot, anew));
    Ok(Some(Prepared {
        key,
        template,
        values,
        uploads,
        intent: intent.filter(|_| step.take),
        seed,
        timeout: timeout_of(&step),
    }))
}

/// The pictures that a step's graph takes by names of their own, such as `image:maya_face`, without
/// those that the step itself says; none of a graph that does not read. Blocks.
pub(crate) fn takes_pictures(
    step: &WorkflowStep,
    workflow: &RunWorkflow,
    blobs: &Blobs,
    pool: Option<&Pool>,
) -> Vec<String> {
    let name = step.graph.as_deref().unwrap_or_default();
    let Ok(text) = inputs::text_of(workflow, name, blobs) else {
        return Vec::new();
    };
    let template = match pool {
        Some(pool) => pool.load(text.as_bytes()).ok(),
        None => Template::parse(text.as_bytes(), None).ok(),
    };
    let names = template.iter().flat_map(|it| it.bindings.names());
    let named = names.filter(|it| it.starts_with(pictures::NAMED) && !step.with.contains_key(*it));
    named.map(str::to_owned).collect()
}

/// What a step of a shot is asked for.
fn intent_of(job: &Job, step: &WorkflowStep) -> Result<Option<Intent>, Failure> {
    let Some(shot) = job.at.shot else {
        return Ok(None);
    };
    let project = &job.film.state.project;
    let record = project.screenplay.shot(shot);
    let record = record.map_err(|error| invalid(error.message))?;
    // What is made of a take is what that was asked for, whatever is asked for now.
    let of = job.film.shown(shot).filter(|_| is_of_shown(step));
    let of = of.map(|it| it.intent.read()).transpose();
    let of = of.map_err(|error| invalid(format!("what is shown cannot be read: {error}")))?;
    Ok(Some(of.unwrap_or_else(|| recipe::prepare(record, project))))
}

fn timeout_of(step: &WorkflowStep) -> Duration {
    Duration::from_secs(step.timeout_s.unwrap_or(TIMEOUT_S_DEFAULT).into())
}

/// All that the result depends on. A run that draws anew what is there has keys of its own.
fn key(
    graph: &str,
    values: &BTreeMap<String, Value>,
    uploads: &Uploads,
    anew: Option<storycore_schema::id::RunId>,
) -> StepKey {
    let all = json!({
        "uses": "comfyui",
        "version": VERSION,
        "graph": blake3::hash(graph.as_bytes()).to_hex().as_str(),
        "values": values,
        "uploads": uploads.hashes(),
        "anew": anew,
    });
    // A value can always be written, and its maps are sorted.
    let json = serde_json::to_vec(&all).unwrap_or_default();
    StepKey(*blake3::hash(&json).as_bytes())
}

/// What a step with these inputs has made before, if all of it is still there.
fn known(job: &Job, prepared: &Prepared) -> Option<Made> {
    let output = job.known_result(prepared.key)?;
    let outputs = output.get("outputs")?.as_array()?;
    let ids = outputs
        .iter()
        .map(|it| it["asset"].as_str()?.parse::<BlobId>().ok());
    let ids: Vec<BlobId> = ids.collect::<Option<_>>()?;
    if !ids.iter().all(|it| job.blobs.contains(*it)) {
        return None;
    }
    let assets = &job.film.state.assets;
    let asset = picture_of(&output).and_then(|it| assets.get(it).ok());
    let asset = asset.map(|it| (**it).clone());
    found(prepared, output, asset)
}

/// What a step with these inputs has made in another film.
async fn known_elsewhere(job: &Job, prepared: &Prepared) -> Option<Made> {
    let result = job.shared.find(job.project, &job.blobs, prepared.key);
    let SharedResult { output, assets, .. } = result.await?;
    let picture = picture_of(&output);
    let asset = assets.iter().find(|it| Some(it.id) == picture).cloned();
    let made = found(prepared, output, asset)?;
    Some(Made { assets, ..made })
}

fn picture_of(output: &Value) -> Option<BlobId> {
    output["picture"].as_str()?.parse().ok()
}

/// A result that is there, as this step's; none if it has not what the step is to give.
fn found(prepared: &Prepared, output: Value, asset: Option<Asset>) -> Option<Made> {
    let version = output["server"]["version"].as_str().unwrap_or_default();
    let picture = match (&prepared.intent, asset) {
        (Some(intent), Some(asset)) => Some(Picture {
            asset,
            intent: intent.clone(),
            renderer_version: version.to_owned(),
            seed: prepared.seed,
        }),
        (Some(_), None) => return None,
        (None, _) => None,
    };
    Some(Made {
        picture,
        output: Some(output),
        key: Some(prepared.key),
        reused: true,
        ..Made::default()
    })
}

fn server_job(job: &Job, prepared: &Prepared) -> Result<ServerJob, Failure> {
    let bindings = &prepared.template.bindings;
    let graph = bindings.apply(&prepared.template.graph, &prepared.values);
    let graph = graph.map_err(|error| invalid(error.to_string()))?;
    let mut note = Map::new();
    let place = json!({
        "film": job.film.title(),
        "shot": job.at.shot.map(|it| storycore_core::shot::label(&job.film, it)),
        "run": job.record.run.id,
    });
    note.insert("storycore".to_owned(), place);
    let folder = job.blobs.incoming();
    let folder = folder.map_err(|error| {
        let message = format!("the film's folder cannot be written: {error}; free some space");
        Failure::new(FailureKind::Storage, message)
    })?;
    Ok(ServerJob {
        graph,
        uploads: prepared.uploads.for_server(&prepared.template),
        wanted: prepared.template.wanted.clone(),
        note,
        folder,
    })
}

/// What a server is to do.
struct Work<'a> {
    job: &'a Job,
    pool: &'a Pool,
    server_job: &'a ServerJob,
    /// Nobody wants it any more, or it took too long.
    stop: CancellationToken,
    timeout: Duration,
}

type ServerEvents = mpsc::Sender<storycore_comfyui::Event>;

impl Work<'_> {
    /// Has a server do it, or follows what a server has of it since before we were started.
    async fn finish(&self, turn: Turn) -> Result<Finished, Failure> {
        let (events, heard) = mpsc::channel(EVENTS_LEN_MAX);
        let telling = progress::tell(self.job.progress(), heard, Progress::take_in);
        let telling = tokio::spawn(telling);
        let finished = self.finish_with(turn, &events).await;
        drop(events);
        // It ends with the last sender, after it has said that the step is no longer under way.
        let _ = telling.await;
        finished
    }

    async fn finish_with(&self, turn: Turn, events: &ServerEvents) -> Result<Finished, Failure> {
        let job = self.job;
        let mut turn = turn;
        if let Some(placement) = job.started() {
            // It has its place on a server, and needs none of ours.
            drop(turn);
            let prompt = placement.prompt.clone();
            let server_job = self.server_job;
            let reattached = self
                .pool
                .reattach(server_job, placement, events, &self.stop);
            let ended = self.in_time(reattached).await;
            job.comfyui.let_go(&prompt);
            match ended {
                Err(Ended::Server(Error::Lost { server })) => {
                    info!(server, %prompt, "it is not there any more, and done anew");
                }
                ended => return ended.map_err(|it| self.failure(it)),
            }
            turn = job.stand(StepKind::Comfyui);
        }
        let _pass = tokio::select! {
            pass = turn.come() => pass,
            () = job.canceled.cancelled() => return Err(failure(&Error::Canceled)),
            () = job.held.cancelled() => return Err(failure(&Error::Canceled)),
        };
        job.llm.make_room().await;
        let noted = Noted {
            job,
            last: std::sync::Mutex::default(),
        };
        let run = self.pool.run(self.server_job, &noted, events, &self.stop);
        let ended = self.in_time(run).await;
        noted.let_go();
        ended.map_err(|it| self.failure(it))
    }

    /// Stops what takes too long, on the server as well. The time counts from when a server may
    /// have it, not from when it stood in line.
    async fn in_time(
        &self,
        run: impl Future<Output = Result<Finished, Error>>,
    ) -> Result<Finished, Ended> {
        tokio::pin!(run);
        tokio::select! {
            ended = &mut run => return ended.map_err(Ended::Server),
            () = tokio::time::sleep(self.timeout) => self.stop.cancel(),
        }
        // What was made in the last moment counts.
        run.await.map_err(|_| Ended::TimedOut)
    }

    fn failure(&self, ended: Ended) -> Failure {
        match ended {
            Ended::Server(error) => failure(&error),
            Ended::TimedOut => {
                let seconds = self.timeout.as_secs();
                let message = format!(
                    "it took longer than {seconds} s, the step's `timeoutS`; give it more there"
                );
                Failure::new(FailureKind::TimedOut, message)
            }
        }
    }
}

/// Why a server gave nothing.
enum Ended {
    Server(Error),
    TimedOut,
}

/// Keeps in the log where a step is before a server gets it.
struct Noted<'a> {
    job: &'a Job,
    last: std::sync::Mutex<Option<PromptId>>,
}

impl Noted<'_> {
    fn replace(&self, with: Option<PromptId>) {
        let mut last = self
            .last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = std::mem::replace(&mut *last, with);
        drop(last);
        if let Some(before) = before {
            self.job.comfyui.let_go(&before);
        }
    }

    fn let_go(&self) {
        self.replace(None);
    }
}

impl Ledger for Noted<'_> {
    fn placed(&self, placement: Placement) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            self.job.comfyui.keep(self.job.project, &placement);
            self.replace(Some(placement.prompt.clone()));
            let started = NoteStarted {
                run: self.job.record.run.id,
                at: self.job.at,
                server: placement.server,
                job: placement.prompt.0,
            };
            let origin = origin(self.job.record.correlation_id.clone());
            match self.job.owner.submit(origin, started).await {
                Ok(committed) if committed.value => Ok(()),
                Ok(_) => Err("nobody wants it any more".to_owned()),
                Err(error) => Err(error.message),
            }
        })
    }
}

/// Takes over what a server has made. Blocks.
fn keep(job: &Job, prepared: &Prepared, pool: &Pool, finished: Finished) -> Result<Made, Failure> {
    let version = version_of(pool, &finished.server);
    let (mut assets, mut listed) = (Vec::new(), Vec::new());
    let mut first = None;
    for output in finished.outputs {
        let asset = adopted(job, &output)?;
        listed.push(json!({
            "asset": asset.id,
            "mediaType": asset.media_type,
            "node": output.title,
            "file": output.file_name,
        }));
        let is_picture = matches!(output.kind, Kind::Image | Kind::Video);
        if is_picture && first.is_none() {
            first = Some(asset.clone());
        }
        assets.push(asset);
    }
    let output = json!({
        "picture": first.as_ref().map(|it| it.id),
        "outputs": listed,
        "server": {"name": finished.server, "version": version},
        "seconds": finished.took.as_secs_f64(),
        "attempts": finished.attempts,
    });
    let picture = match (&prepared.intent, first) {
        (Some(intent), Some(asset)) => Some(Picture {
            asset,
            intent: intent.clone(),
            renderer_version: version,
            seed: prepared.seed,
        }),
        (Some(_), None) => {
            return Err(invalid(
                "the graph made no picture: give it a node that saves one, such as SaveImage"
                    .to_owned(),
            ));
        }
        (None, _) => None,
    };
    Ok(Made {
        picture,
        assets,
        output: Some(output),
        key: Some(prepared.key),
        reused: false,
        took_ms: u64::try_from(finished.took.as_millis()).ok(),
    })
}

fn version_of(pool: &Pool, server: &str) -> String {
    let status = pool.status();
    let server = status.servers.iter().find(|it| it.name == server);
    let version = server.and_then(|it| it.version.clone());
    format!(
        "comfyui {}",
        version.as_deref().unwrap_or("of unknown version")
    )
}

fn adopted(job: &Job, output: &Output) -> Result<Asset, Failure> {
    let path: &Path = &output.path;
    let known = pictures::describe(path);
    let id = job.blobs.adopt(path).map_err(|error| {
        let message = format!(
            "{} could not be kept: {error}; free some space and make the film's folder writable",
            output.file_name
        );
        Failure::new(FailureKind::Storage, message)
    })?;
    let (media_type, size) = known.unwrap_or_else(|| (output.media_type.clone(), None));
    Ok(Asset {
        id,
        media_type,
        bytes: output.bytes,
        width_px: size.map(|it| it.0),
        height_px: size.map(|it| it.1),
    })
}

fn invalid(message: String) -> Failure {
    Failure::new(FailureKind::Invalid, message)
}

fn internal(_: storycore_schema::Error) -> Failure {
    Failure::new(
        FailureKind::Internal,
        "the step met a bug; the daemon's log shows where",
    )
}

fn failure(error: &Error) -> Failure {
    let kind = kind_of(error);
    let next = match kind {
        FailureKind::Missing => ", or add a server that has it to daemon.toml",
        FailureKind::Unreachable => "; start it, or take it out of daemon.toml",
        FailureKind::OutOfMemory => "; draw smaller pictures, or use a smaller model",
        FailureKind::Invalid => "; correct the graph or the workflow",
        _ => "",
    };
    Failure::new(kind, format!("{error}{next}"))
}

fn kind_of(error: &Error) -> FailureKind {
    match error {
        Error::Unreachable { .. } | Error::NotComfyui { .. } => FailureKind::Unreachable,
        Error::Refused { .. }
        | Error::MissingNode { .. }
        | Error::MissingModel { .. }
        | Error::NoServer { .. }
        | Error::Setting { .. } => FailureKind::Missing,
        Error::Invalid { .. } | Error::TooLarge { .. } => FailureKind::Invalid,
        Error::OutOfMemory { .. } => FailureKind::OutOfMemory,
        Error::NodeFailed { .. }
        | Error::Interrupted { .. }
        | Error::MissingOutput { .. }
        | Error::BrokenOutput { .. } => FailureKind::Backend,
        Error::Lost { .. } => FailureKind::Lost,
        Error::Stalled { .. } => FailureKind::TimedOut,
        Error::Disk { .. } | Error::Ledger(_) => FailureKind::Storage,
        Error::GivenUp { last, .. } => kind_of(last),
        Error::Canceled => FailureKind::Internal,
    }
}

//! One run on one server, from the first byte to the last file.
//!
//! A run is handed in, followed and collected. Each step may be taken again after whatever came
//! between: `follow` and `collect` need only the id.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::{
    Error, Graph, PromptId, Server,
    error::{is_out_of_memory, refusal, shown},
    graph::{self, NodeId},
    job::{Job, Telling},
    server::{Entry, Failure, Outcome},
};

mod collect;
mod follow;

pub(crate) use collect::{Collected, collect};
pub(crate) use follow::{Follow, follow};

/// Where a run is.
#[derive(Debug, Clone, PartialEq)]
pub enum Whereabouts {
    /// In the queue, behind so many.
    Queued(usize),
    /// At work.
    Running,
    /// Over.
    Over(Box<Entry>),
    /// Not known there (any more).
    Lost,
}

/// Where a run is. The queue is read first: a run goes from there into the history, never back, so
/// one that is in neither is lost.
pub async fn whereabouts(server: &Server, id: &PromptId) -> Result<Whereabouts, Error> {
    match server.queue().await?.position(id) {
        Some(0) => return Ok(Whereabouts::Running),
        Some(position) => return Ok(Whereabouts::Queued(position)),
        None => {}
    }
    Ok(match server.history(id).await? {
        Some(entry) => Whereabouts::Over(Box::new(entry)),
        None => Whereabouts::Lost,
    })
}

/// The job's graph with its files uploaded to this server.
pub(crate) async fn prepare(server: &Server, job: &Job) -> Result<Graph, Error> {
    let mut graph = job.graph.clone();
    for (target, upload) in &job.uploads {
        let uploaded = server.upload(upload).await?;
        graph.set(&target.node, &target.input, Value::String(uploaded.name));
    }
    Ok(graph)
}

/// Hands a graph in once. When it is not known whether it was taken, looks, and does not send it
/// again: a late first one and a second one would both run.
pub(crate) async fn submit(
    server: &Server,
    graph: &Graph,
    id: &PromptId,
    job: &Job,
) -> Result<(), Error> {
    /// When to look whether it was taken.
    const LOOKS: [Duration; 3] = [
        Duration::ZERO,
        Duration::from_millis(300),
        Duration::from_millis(1200),
    ];
    let taken = server.submit(graph, id, &id.0, &job.note).await;
    let accepted = match taken {
        Ok(accepted) => accepted,
        Err(error) if error.is_transient() => {
            info!(server = server.name(), %id, %error, "was it taken? looking");
            for pause in LOOKS {
                sleep(pause).await;
                match whereabouts(server, id).await {
                    Ok(Whereabouts::Lost) | Err(_) => {}
                    Ok(_) => return Ok(()),
                }
            }
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    let Some(answer) = accepted.refusal else {
        return Ok(());
    };
    let is_wanted = |it: &NodeId| job.wanted.is_empty() || job.wanted.contains(it);
    if accepted.left_out.iter().any(is_wanted) {
        // It runs the other outputs by now, which nobody has asked for.
        let _ = stop(server, id).await;
        return Err(refusal(server.name(), graph, &answer));
    }
    Ok(())
}

/// Takes a run out of the queue or stops it, and sees to it that it is gone.
pub async fn stop(server: &Server, id: &PromptId) -> Result<(), Error> {
    const AGAIN_AFTER: Duration = Duration::from_millis(100);
    let until = tokio::time::Instant::now() + server.options().times.cancel_max;
    loop {
        let stopped = stop_once(server, id).await;
        if matches!(stopped, Ok(true)) {
            return Ok(());
        }
        if tokio::time::Instant::now() >= until {
            return Err(stopped.err().unwrap_or_else(|| Error::Stalled {
                server: server.name().to_owned(),
                why: "the node at work cannot be stopped".to_owned(),
            }));
        }
        sleep(AGAIN_AFTER).await;
    }
}

/// Whether it is gone. Interrupts only what runs: old servers stop whoever runs.
async fn stop_once(server: &Server, id: &PromptId) -> Result<bool, Error> {
    match server.queue().await?.position(id) {
        None => return Ok(true),
        Some(0) => server.interrupt(id).await?,
        Some(_) => server.delete(id).await?,
    }
    Ok(server.queue().await?.position(id).is_none())
}

/// What a run that is over means.
pub(crate) fn judge(
    server: &Server,
    graph: &Graph,
    entry: &Entry,
    telling: &Telling<'_>,
) -> Result<(), Error> {
    let name = server.name().to_owned();
    match &entry.outcome {
        Outcome::Success => Ok(()),
        Outcome::Interrupted if telling.cancel.is_cancelled() => Err(Error::Canceled),
        Outcome::Interrupted => Err(Error::Interrupted { server: name }),
        Outcome::Failed(failure) => Err(failed(name, graph, failure)),
    }
}

fn failed(server: String, graph: &Graph, failure: &Failure) -> Error {
    let node = match graph.node(&failure.node) {
        Some(_) => graph.called(&failure.node),
        None => graph::called(&failure.node, &failure.class_type, None),
    };
    warn!(
        server,
        node,
        kind = failure.kind,
        said = failure.said,
        traceback = failure.traceback,
        "a node failed"
    );
    let said = shown(&failure.said);
    if is_out_of_memory(&failure.kind, &failure.said) {
        return Error::OutOfMemory { server, node, said };
    }
    Error::NodeFailed {
        server,
        node,
        kind: failure.kind.clone(),
        said,
    }
}

/// Changes what the files of output nodes are called, so that the server writes them anew. False if
/// there is nothing to change.
pub(crate) fn rename_outputs(graph: &mut Graph, nodes: &[NodeId], id: &PromptId) -> bool {
    const PREFIX: &str = "filename_prefix";
    let unique = &id.0[..8.min(id.0.len())];
    let mut changed = !nodes.is_empty();
    for node in nodes {
        let prefix = graph.input(node, PREFIX).and_then(|it| it.text());
        match prefix.map(|it| format!("{it}_{unique}")) {
            Some(prefix) => graph.set(node, PREFIX, Value::String(prefix)),
            None => {
                changed = false;
                continue;
            }
        };
    }
    changed
}

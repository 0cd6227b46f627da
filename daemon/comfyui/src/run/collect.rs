//! Fetches what a run made, at once: a server may lose it with its next start.

use std::time::Duration;

use serde_json::Map;
use tokio::{io::AsyncReadExt as _, time::sleep};
use tracing::debug;

use crate::{
    Error, Event, Graph, Server,
    graph::NodeId,
    job::{Job, Telling},
    output::{self, Named, Output},
    server::{Entry, Fetched},
};

/// How often a file is asked for that does not come whole.
const TRIES_MAX: u32 = 3;
const AGAIN_AFTER: Duration = Duration::from_millis(200);

/// What was fetched of a run.
pub(crate) enum Collected {
    /// All of it.
    Whole(Vec<Output>),
    /// The server had these nodes' results in its cache and names files of an earlier run, which
    /// may be gone, or be others by now: they have to be written anew.
    Stale(Vec<NodeId>, String),
}

/// Fetches the files that are wanted.
pub(crate) async fn collect(
    server: &Server,
    graph: &Graph,
    job: &Job,
    entry: &Entry,
    telling: &Telling<'_>,
) -> Result<Collected, Error> {
    let wanted = wanted(job, entry);
    let limits = &server.options().limits;
    if wanted.len() > limits.outputs_max {
        return Err(Error::TooLarge {
            what: format!("the list of files that {} made", server.name()),
            bytes: wanted.len() as u64,
            limit: "outputs_max",
            bytes_max: limits.outputs_max as u64,
        });
    }
    if let Some(stale) = stale(graph, entry, &wanted) {
        return Ok(stale);
    }
    let mut outputs = Vec::new();
    let mut bytes_left = limits.outputs_bytes_max;
    for named in wanted {
        let bytes_max = limits.output_bytes_max.min(bytes_left);
        let fetched = tokio::select! {
            () = telling.cancel.cancelled() => return Err(Error::Canceled),
            fetched = fetch(server, &named, job, bytes_max) => fetched?,
        };
        let Some(fetched) = fetched else {
            return Ok(Collected::Stale(vec![named.node], named.file.filename));
        };
        bytes_left -= fetched.bytes;
        telling
            .tell(Event::Output {
                node: named.node.clone(),
                kind: named.kind,
                file_name: named.file.filename.clone(),
                bytes: fetched.bytes,
            })
            .await;
        outputs.push(output(graph, named, fetched));
    }
    for node in &job.wanted {
        if !outputs.iter().any(|it| it.node == *node) {
            return Err(Error::MissingOutput {
                server: server.name().to_owned(),
                file: format!("any file of node {}", graph.called(node)),
            });
        }
    }
    Ok(Collected::Whole(outputs))
}

fn wanted(job: &Job, entry: &Entry) -> Vec<Named> {
    let outputs: Vec<(NodeId, Map<_, _>)> = match job.wanted.is_empty() {
        true => entry.outputs.clone(),
        // In the order in which they are wanted: the first is the one that is shown.
        false => {
            let of = |node: &NodeId| {
                let node = node.clone();
                entry.outputs.iter().filter(move |it| it.0 == node)
            };
            job.wanted.iter().flat_map(of).cloned().collect()
        }
    };
    let mut named = output::named(&outputs);
    let is_saved = |it: &Named| it.file.folder == "output";
    if job.wanted.is_empty() && named.iter().any(is_saved) {
        named.retain(is_saved);
    }
    named
}

/// Whether files were named by nodes that did not run, though they could write them anew. A folder
/// that was emptied since may hold another run's picture under the same name.
fn stale(graph: &Graph, entry: &Entry, wanted: &[Named]) -> Option<Collected> {
    let can_write_anew = |it: &NodeId| graph.input(it, "filename_prefix").is_some();
    let is_cached = |it: &&Named| entry.cached.contains(&it.node) && can_write_anew(&it.node);
    let cached: Vec<&Named> = wanted.iter().filter(is_cached).collect();
    let file = cached.first()?.file.filename.clone();
    let mut nodes: Vec<NodeId> = cached.iter().map(|it| it.node.clone()).collect();
    nodes.dedup();
    Some(Collected::Stale(nodes, file))
}

async fn fetch(
    server: &Server,
    named: &Named,
    job: &Job,
    bytes_max: u64,
) -> Result<Option<Fetched>, Error> {
    let mut tries = 1;
    loop {
        let fetched = server.fetch(&named.file, &job.folder, bytes_max).await;
        let fetched = match fetched {
            Ok(Some(fetched)) => check(server, named, fetched).await,
            Ok(None) => return Ok(None),
            Err(error) => Err(error),
        };
        match fetched {
            Ok(fetched) => return Ok(Some(fetched)),
            Err(error) if error.is_transient() && tries < TRIES_MAX => {
                debug!(server = server.name(), %error, "a file did not come whole");
                tries += 1;
                sleep(AGAIN_AFTER * tries).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// A proxy may answer a page of its own with 200, and a server a file that is half written.
async fn check(server: &Server, named: &Named, fetched: Fetched) -> Result<Fetched, Error> {
    let disk = |error: std::io::Error| Error::Disk {
        path: fetched.path.to_path_buf(),
        why: error.to_string(),
    };
    let mut begin = Vec::new();
    let file = tokio::fs::File::open(&fetched.path).await.map_err(disk)?;
    file.take(16).read_to_end(&mut begin).await.map_err(disk)?;
    match output::is_not(&named.file.filename, &begin) {
        None => Ok(fetched),
        Some(why) => Err(Error::BrokenOutput {
            server: server.name().to_owned(),
            file: named.file.filename.clone(),
            why,
        }),
    }
}

fn output(graph: &Graph, named: Named, fetched: Fetched) -> Output {
    let title = graph.node(&named.node).map(|it| it.label().to_owned());
    Output {
        title: title.unwrap_or_else(|| named.node.to_string()),
        node: named.node,
        key: named.key,
        kind: named.kind,
        is_saved: named.file.folder == "output",
        file_name: named.file.filename,
        media_type: fetched.media_type,
        bytes: fetched.bytes,
        path: fetched.path,
    }
}

//! What is to be made, and what came of it.

use std::{path::PathBuf, time::Duration};

use futures::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    Event, PromptId,
    binding::Target,
    graph::{Graph, NodeId},
    output::Output,
    server::Upload,
};

/// A graph to run.
#[derive(Debug, Clone)]
pub struct Job {
    /// The graph, with everything bound but the uploads.
    pub graph: Graph,
    /// Files that it wants, each with the input that names it: the server that runs it gets them,
    /// and says what they are called there.
    pub uploads: Vec<(Target, Upload)>,
    /// The nodes whose files are wanted; none means all that are saved, or, where nothing is,
    /// all that are previewed.
    pub wanted: Vec<NodeId>,
    /// What is to be kept with it on the server, such as what it is for. It comes back in queue and
    /// history there.
    pub note: Map<String, Value>,
    /// An existing folder for what is fetched. Give one on the disk where it is to be kept.
    pub folder: PathBuf,
}

/// What came of a job.
#[derive(Debug)]
pub struct Finished {
    /// The server that ran it.
    pub server: String,
    /// What it was called there.
    pub prompt: PromptId,
    /// The files, fetched. Each goes when it is dropped.
    pub outputs: Vec<Output>,
    /// Nodes that did not have to run.
    pub cached: Vec<NodeId>,
    /// How long the server worked on it, by its own clock.
    pub took: Duration,
    /// How often it was handed in, this time included.
    pub attempts: u32,
}

/// Where a run is. Keep it before the run begins: after a restart it is found by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The name of the server.
    pub server: String,
    /// What the run is called there.
    pub prompt: PromptId,
}

/// Keeps where runs are.
pub trait Ledger: Send + Sync {
    /// Called before a run is handed in, each time that it is. The run begins when this is done;
    /// after an error, which says why, it does not begin.
    fn placed(&self, placement: Placement) -> BoxFuture<'_, Result<(), String>>;
}

/// Keeps nothing: for runs that nobody misses after a restart.
impl Ledger for () {
    fn placed(&self, _: Placement) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

/// Where events go, and whether they are still wanted. Clones are the same way.
#[derive(Clone)]
pub(crate) struct Telling<'a> {
    events: &'a mpsc::Sender<Event>,
    /// Set when the caller cancels.
    pub(crate) cancel: &'a CancellationToken,
    seen: &'a (dyn Fn(&Event) + Send + Sync),
}

impl<'a> Telling<'a> {
    pub(crate) fn new(
        events: &'a mpsc::Sender<Event>,
        cancel: &'a CancellationToken,
        seen: &'a (dyn Fn(&Event) + Send + Sync),
    ) -> Telling<'a> {
        Telling {
            events,
            cancel,
            seen,
        }
    }

    /// Waits until there is room for it. Nobody listening is no reason to stop.
    pub(crate) async fn tell(&self, event: Event) {
        (self.seen)(&event);
        tokio::select! {
            () = self.cancel.cancelled() => {}
            _ = self.events.send(event) => {}
        }
    }

    /// Leaves it out if there is no room.
    pub(crate) fn hint(&self, event: Event) {
        (self.seen)(&event);
        let _ = self.events.try_send(event);
    }
}

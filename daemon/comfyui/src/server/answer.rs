//! What a server answers: its state, its queue, its history.

use serde_json::{Map, Value};

use super::PromptId;
use crate::graph::NodeId;

/// What a server is and what it runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// ComfyUI's version.
    pub version: String,
    /// What it computes on; the first one does the work.
    pub devices: Vec<Device>,
}

/// A device that computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its name, such as `cuda:0 NVIDIA GeForce RTX 4090`.
    pub name: String,
    /// Its memory, in bytes.
    pub vram_total: u64,
    /// What of it is free, in bytes.
    pub vram_free: u64,
}

/// What runs and what waits, in the order in which it will run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queue {
    /// What runs; one, or none.
    pub running: Vec<Queued>,
    /// What waits, the next one first.
    pub pending: Vec<Queued>,
}

/// A run that is not over.
#[derive(Debug, Clone, PartialEq)]
pub struct Queued {
    /// Which one.
    pub id: PromptId,
    /// Its place: the lowest runs first.
    pub number: f64,
    /// What was handed in with it.
    pub extra: Map<String, Value>,
}

/// A run that is over, as the server remembers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// How it ended.
    pub outcome: Outcome,
    /// What its nodes put out, by node.
    pub outputs: Vec<(NodeId, Map<String, Value>)>,
    /// Nodes that did not run, as the server had their results.
    pub cached: Vec<NodeId>,
    /// How long it ran, by the server's clock, in milliseconds.
    pub took_ms: Option<u64>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Success,
    /// Somebody stopped it. The server calls this an error, too.
    Interrupted,
    /// A node failed.
    Failed(Failure),
}

/// A node that failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// The node; inside a subgraph or a loop it may be none of the graph.
    pub node: NodeId,
    /// Its class.
    pub class_type: String,
    /// The Python exception.
    pub kind: String,
    /// What it said.
    pub said: String,
    /// Where in the server's code, for the log.
    pub traceback: String,
}

impl Queue {
    /// How many are before a run, or none if it is not in the queue. Zero is running.
    pub fn position(&self, id: &PromptId) -> Option<usize> {
        if self.running.iter().any(|it| it.id == *id) {
            return Some(0);
        }
        let place = self.pending.iter().position(|it| it.id == *id)?;
        // It may be that nothing runs just now, between two runs; it is not running yet.
        Some(place + self.running.len().max(1))
    }

    /// How many there are, running ones included.
    pub fn len(&self) -> usize {
        self.running.len() + self.pending.len()
    }

    /// Whether nothing runs or waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All, the running ones first.
    pub fn all(&self) -> impl Iterator<Item = &Queued> {
        self.running.iter().chain(&self.pending)
    }
}

pub(super) fn stats(value: &Value) -> Option<Stats> {
    let system = value.get("system")?;
    let version = system.get("comfyui_version").and_then(Value::as_str);
    let devices = value.get("devices").and_then(Value::as_array);
    let number = |it: &Value, key: &str| it.get(key).and_then(Value::as_u64).unwrap_or_default();
    let devices = devices.into_iter().flatten().map(|it| Device {
        name: text(it, "name"),
        vram_total: number(it, "vram_total"),
        vram_free: number(it, "vram_free"),
    });
    Some(Stats {
        // Versions of 2024 and before do not say.
        version: version.unwrap_or("unknown").to_owned(),
        devices: devices.collect(),
    })
}

pub(super) fn queue(value: &Value) -> Option<Queue> {
    let items = |key: &str| {
        let list = value.get(key)?.as_array()?;
        Some(list.iter().filter_map(queued).collect::<Vec<_>>())
    };
    let (running, mut pending) = (items("queue_running")?, items("queue_pending")?);
    // It comes as a heap, of which only the first is in its place.
    pending.sort_by(|a, b| a.number.total_cmp(&b.number));
    Some(Queue { running, pending })
}

/// `[number, id, graph, extra_data, outputs]`.
fn queued(item: &Value) -> Option<Queued> {
    Some(Queued {
        id: PromptId(item.get(1)?.as_str()?.to_owned()),
        number: item.get(0)?.as_f64()?,
        extra: object(item.get(3)),
    })
}

/// `{}` for a run that is not known, else `{id: {outputs, status, …}}`.
#[expect(
    clippy::option_option,
    reason = "not an answer, and an answer that it is not known"
)]
pub(super) fn entry(value: &Value, id: &PromptId) -> Option<Option<Entry>> {
    let all = value.as_object()?;
    let Some(entry) = all.get(&id.0) else {
        return Some(None);
    };
    let status = entry.get("status").unwrap_or(&Value::Null);
    let messages = status.get("messages").and_then(Value::as_array);
    let messages: Vec<(&str, &Value)> = messages
        .into_iter()
        .flatten()
        .filter_map(|it| Some((it.get(0)?.as_str()?, it.get(1)?)))
        .collect();
    let said = |kind: &str| messages.iter().rev().find(|it| it.0 == kind).map(|it| it.1);
    let is_error = status.get("status_str").and_then(Value::as_str) == Some("error");
    let outcome = match (said("execution_error"), said("execution_interrupted")) {
        (Some(error), _) => Outcome::Failed(failure(error)),
        (None, Some(_)) => Outcome::Interrupted,
        (None, None) if is_error => Outcome::Failed(Failure {
            said: "the server does not say why".to_owned(),
            ..Failure::default()
        }),
        (None, None) => Outcome::Success,
    };
    let cached = said("execution_cached").map(node_ids).unwrap_or_default();
    let time = |message: &Value| message.get("timestamp").and_then(Value::as_u64);
    let begin = said("execution_start").and_then(time);
    let end = messages.last().and_then(|it| time(it.1));
    let outputs = object(entry.get("outputs"));
    Some(Some(Entry {
        outcome,
        outputs: outputs
            .into_iter()
            .map(|(node, of_node)| (NodeId(node), object(Some(&of_node))))
            .collect(),
        cached,
        took_ms: begin
            .zip(end)
            .and_then(|(begin, end)| end.checked_sub(begin)),
    }))
}

/// The body of `execution_error`, on the socket and in the history.
pub(crate) fn failure(error: &Value) -> Failure {
    let lines = error.get("traceback").and_then(Value::as_array);
    let lines = lines.into_iter().flatten().filter_map(Value::as_str);
    Failure {
        node: NodeId(text(error, "node_id")),
        class_type: text(error, "node_type"),
        kind: text(error, "exception_type"),
        said: text(error, "exception_message").trim().to_owned(),
        traceback: lines.collect(),
    }
}

/// `nodes` of a message.
pub(crate) fn node_ids(message: &Value) -> Vec<NodeId> {
    let nodes = message.get("nodes").and_then(Value::as_array);
    let ids = nodes.into_iter().flatten().filter_map(Value::as_str);
    ids.map(NodeId::from).collect()
}

pub(crate) fn text(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn object(value: Option<&Value>) -> Map<String, Value> {
    value
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

//! From a file to a checked graph, with errors that say where.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use thiserror::Error;

use super::{Graph, Input, Node, NodeId};

/// The largest file of a graph, in bytes. Real ones have some 10 kB; those with pictures pasted
/// into them some MB.
pub const GRAPH_BYTES_MAX: usize = 20_000_000;
/// The most nodes of a graph, subgraphs counted.
pub const NODES_MAX: usize = 10_000;
/// How many nodes of a cycle an error names.
const NAMED_MAX: usize = 8;

/// Why a file is no graph that could run.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum GraphError {
    /// The file is too large.
    #[error("the graph has {bytes} bytes, and the limit graph_bytes_max is {GRAPH_BYTES_MAX}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It has too many nodes.
    #[error("the graph has {nodes} nodes, and the limit nodes_max is {NODES_MAX}")]
    TooManyNodes {
        /// How many.
        nodes: usize,
    },
    /// It is no JSON.
    #[error("the graph is no JSON: {0}")]
    NotJson(String),
    /// It is as ComfyUI saves what is on its canvas; a server's list of nodes is needed to read it.
    #[error(
        "the graph is in ComfyUI's UI format (it has `nodes` and `links`): \
         load it with a server at hand, or export it with \"Export (API)\""
    )]
    IsUiFormat,
    /// It is JSON, but not a graph.
    #[error("{place}: {why}")]
    NotAGraph {
        /// Where.
        place: String,
        /// What is wrong there.
        why: String,
    },
    /// There is nothing in it.
    #[error("the graph has no nodes")]
    Empty,
    /// A node does not say what it is.
    #[error("node {node} has no class_type: it has to be a text such as \"KSampler\"")]
    NoClassType {
        /// The node's id.
        node: NodeId,
    },
    /// A link leads nowhere.
    #[error("node {node}: inputs.{input} links to node {to}, which is not in the graph")]
    LinkToNowhere {
        /// The node, as people call it.
        node: String,
        /// Its input.
        input: String,
        /// What is not there.
        to: NodeId,
    },
    /// Nodes wait for one another.
    #[error("the graph has a cycle: {}", nodes.join(" ← "))]
    Cycle {
        /// The nodes on the way, as people call them.
        nodes: Vec<String>,
    },
    /// The UI format has something that cannot be turned into a graph.
    #[error("{0}")]
    NotConvertible(String),
}

pub(super) fn parse(bytes: &[u8]) -> Result<Graph, GraphError> {
    from_json(&json(bytes)?)
}

/// JSON of a size that a graph may have.
pub(crate) fn json(bytes: &[u8]) -> Result<Value, GraphError> {
    if bytes.len() > GRAPH_BYTES_MAX {
        return Err(GraphError::TooLarge { bytes: bytes.len() });
    }
    // Windows programs like to begin a file with a mark that JSON does not know.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| GraphError::NotJson(error.to_string()))
}

pub(super) fn from_json(value: &Value) -> Result<Graph, GraphError> {
    let object = nodes_of(value, "the graph")?;
    if is_ui_format(value) {
        return Err(GraphError::IsUiFormat);
    }
    // A request to a server, as scripts keep it.
    let nodes = match object.get("prompt") {
        Some(inner) if inner.get("class_type").is_none() => nodes_of(inner, "prompt")?,
        _ => object,
    };
    if nodes.is_empty() {
        return Err(GraphError::Empty);
    }
    if nodes.len() > NODES_MAX {
        return Err(GraphError::TooManyNodes { nodes: nodes.len() });
    }
    let read = nodes
        .iter()
        .map(|(id, value)| Ok((NodeId(id.clone()), node(id, value)?)));
    Graph::new(read.collect::<Result<BTreeMap<_, _>, GraphError>>()?)
}

/// Whether it is as ComfyUI saves what is on its canvas.
pub(crate) fn is_ui_format(value: &Value) -> bool {
    value.get("nodes").is_some_and(Value::is_array) && value.get("links").is_some()
}

fn nodes_of<'a>(value: &'a Value, place: &str) -> Result<&'a Map<String, Value>, GraphError> {
    value.as_object().ok_or_else(|| GraphError::NotAGraph {
        place: place.to_owned(),
        why: "it has to be an object, nodes by their ids".to_owned(),
    })
}

fn node(id: &str, value: &Value) -> Result<Node, GraphError> {
    let wrong = |why: &str| GraphError::NotAGraph {
        place: format!("node {id}"),
        why: why.to_owned(),
    };
    let object = value
        .as_object()
        .ok_or_else(|| wrong("it has to be an object with class_type and inputs"))?;
    let class_type = object.get("class_type").and_then(Value::as_str);
    let class_type = class_type.filter(|it| !it.is_empty());
    let class_type = class_type.ok_or_else(|| GraphError::NoClassType { node: id.into() })?;
    let none = Map::new();
    let inputs = match object.get("inputs") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(inputs)) => inputs,
        Some(_) => {
            return Err(wrong(
                "its inputs have to be an object, values by their names",
            ));
        }
    };
    let title = object.get("_meta").and_then(|it| it.get("title"));
    Ok(Node {
        class_type: class_type.to_owned(),
        title: title.and_then(Value::as_str).map(ToOwned::to_owned),
        inputs: inputs
            .iter()
            .map(|(name, value)| (name.clone(), input(value)))
            .collect(),
    })
}

/// A list of a text and a number is a link; the servers see it the same way.
fn input(value: &Value) -> Input {
    if let Value::Array(pair) = value
        && let [Value::String(node), Value::Number(slot)] = pair.as_slice()
    {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "Python writes 0.0 for a slot now and then"
        )]
        let slot = slot
            .as_u64()
            .or_else(|| slot.as_f64().map(|it| it as u64))
            .unwrap_or_default();
        return Input::Link {
            node: NodeId(node.clone()),
            slot,
        };
    }
    Input::Value(value.clone())
}

/// Every link leads to a node, and no way leads back.
pub(super) fn check(graph: &Graph) -> Result<(), GraphError> {
    for (id, node) in graph.nodes() {
        for (name, input) in &node.inputs {
            if let Some((to, _)) = input.linked()
                && graph.node(to).is_none()
            {
                return Err(GraphError::LinkToNowhere {
                    node: graph.called(id),
                    input: name.clone(),
                    to: to.clone(),
                });
            }
        }
    }
    match cycle(graph) {
        Some(nodes) => Err(GraphError::Cycle { nodes }),
        None => Ok(()),
    }
}

/// A way that leads back to where it began. Walks without recursion: files may be long chains.
fn cycle(graph: &Graph) -> Option<Vec<String>> {
    let mut done: BTreeSet<&NodeId> = BTreeSet::new();
    for (start, _) in graph.nodes() {
        let mut way: Vec<(&NodeId, Vec<&NodeId>)> = Vec::new();
        let mut on_way: BTreeSet<&NodeId> = BTreeSet::new();
        if done.contains(start) {
            continue;
        }
        way.push((start, sources(graph, start)));
        on_way.insert(start);
        while let Some((id, open)) = way.last_mut() {
            let id = *id;
            match open.pop() {
                Some(next) if on_way.contains(next) => {
                    let from = way.iter().position(|it| it.0 == next).unwrap_or_default();
                    let round = way[from..].iter().map(|it| it.0).chain([next]);
                    return Some(round.take(NAMED_MAX).map(|it| graph.called(it)).collect());
                }
                Some(next) if done.contains(next) => {}
                Some(next) => {
                    on_way.insert(next);
                    way.push((next, sources(graph, next)));
                }
                None => {
                    done.insert(id);
                    on_way.remove(id);
                    way.pop();
                }
            }
        }
    }
    None
}

fn sources<'a>(graph: &'a Graph, id: &NodeId) -> Vec<&'a NodeId> {
    let inputs = graph.node(id).into_iter().flat_map(|it| it.inputs.values());
    inputs.filter_map(Input::linked).map(|it| it.0).collect()
}

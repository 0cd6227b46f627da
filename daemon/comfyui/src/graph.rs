//! A graph as ComfyUI runs it (its "API format"): nodes by id, their inputs, and nothing of how it
//! looks on a canvas.
//!
//! A graph that was read here has been checked: every link leads to a node, and no way leads back
//! to where it began. What the nodes are and take, only a server knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::{Map, Value, json};

mod parse;
#[cfg(test)]
mod tests;

pub use parse::{GRAPH_BYTES_MAX, GraphError, NODES_MAX};
pub(crate) use parse::{is_ui_format, json};

/// The name of a node in its graph, such as `6`, or `57:8` inside a subgraph.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub String);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for NodeId {
    fn from(id: &str) -> NodeId {
        NodeId(id.to_owned())
    }
}

/// What an input of a node is given.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// What another node puts out.
    Link {
        /// That node.
        node: NodeId,
        /// Which of its outputs, from 0.
        slot: u64,
    },
    /// A value that stands in the graph.
    Value(Value),
}

impl Input {
    /// A text that stands in the graph.
    pub fn text(&self) -> Option<&str> {
        match self {
            Input::Value(Value::String(text)) => Some(text),
            Input::Value(_) | Input::Link { .. } => None,
        }
    }

    /// The node that it is linked to.
    pub fn linked(&self) -> Option<(&NodeId, u64)> {
        match self {
            Input::Link { node, slot } => Some((node, *slot)),
            Input::Value(_) => None,
        }
    }
}

/// One node.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is, such as `KSampler`.
    pub class_type: String,
    /// What people call it; many have no title.
    pub title: Option<String>,
    /// Its inputs by name.
    pub inputs: BTreeMap<String, Input>,
}

impl Node {
    /// What to call it when one talks to a person.
    pub fn label(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.class_type)
    }
}

/// A graph whose links have been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    nodes: BTreeMap<NodeId, Node>,
}

impl Graph {
    /// Checks nodes that were made elsewhere than in a file.
    pub fn new(nodes: BTreeMap<NodeId, Node>) -> Result<Graph, GraphError> {
        let graph = Graph { nodes };
        parse::check(&graph)?;
        Ok(graph)
    }

    /// Reads a file of the API format: the graph itself, or a request that holds it as `prompt`.
    pub fn parse(bytes: &[u8]) -> Result<Graph, GraphError> {
        parse::parse(bytes)
    }

    /// Reads a graph that is JSON already.
    pub fn from_json(value: &Value) -> Result<Graph, GraphError> {
        parse::from_json(value)
    }

    /// All nodes, by id.
    pub fn nodes(&self) -> impl Iterator<Item = (&NodeId, &Node)> {
        self.nodes.iter()
    }

    /// One node.
    pub fn node(&self, id: &NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// How many nodes it has.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// One input of a node.
    pub fn input(&self, id: &NodeId, input: &str) -> Option<&Input> {
        self.nodes.get(id)?.inputs.get(input)
    }

    /// What a person would call a node: `6 (CLIPTextEncode "Positive")`.
    pub fn called(&self, id: &NodeId) -> String {
        match self.nodes.get(id) {
            Some(node) => called(id, &node.class_type, node.title.as_deref()),
            None => id.to_string(),
        }
    }

    /// Gives an input a value of its own. Takes away links, never adds one, so the graph stays
    /// checked. False if there is no such node.
    pub fn set(&mut self, id: &NodeId, input: &str, value: Value) -> bool {
        let Some(node) = self.nodes.get_mut(id) else {
            return false;
        };
        node.inputs.insert(input.to_owned(), Input::Value(value));
        true
    }

    /// As a server takes it, and as it stands in files.
    pub fn to_json(&self) -> Value {
        let nodes = self.nodes.iter().map(|(id, node)| {
            let inputs: Map<String, Value> = node
                .inputs
                .iter()
                .map(|(name, input)| (name.clone(), input_json(input)))
                .collect();
            let mut written = json!({ "class_type": node.class_type, "inputs": inputs });
            if let Some(title) = &node.title {
                written["_meta"] = json!({ "title": title });
            }
            (id.0.clone(), written)
        });
        Value::Object(nodes.collect())
    }

    /// The part of it that has only these nodes; links to others are left as they are.
    pub(crate) fn only(&self, ids: &BTreeSet<NodeId>) -> Graph {
        let nodes = self.nodes.iter().filter(|it| ids.contains(it.0));
        Graph {
            nodes: nodes.map(|(id, node)| (id.clone(), node.clone())).collect(),
        }
    }

    /// What it takes to run these nodes: they themselves and everything that leads to them.
    pub fn upstream(&self, of: &[NodeId]) -> BTreeSet<NodeId> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&NodeId> = of.iter().collect();
        while let Some(id) = open.pop() {
            let Some(node) = self.nodes.get(id) else {
                continue;
            };
            if found.insert(id.clone()) {
                open.extend(
                    node.inputs
                        .values()
                        .filter_map(Input::linked)
                        .map(|it| it.0),
                );
            }
        }
        found
    }
}

/// What a person would call a node.
pub(crate) fn called(id: &NodeId, class_type: &str, title: Option<&str>) -> String {
    match title.filter(|it| *it != class_type) {
        Some(title) => format!("{id} ({class_type} \"{title}\")"),
        None => format!("{id} ({class_type})"),
    }
}

fn input_json(input: &Input) -> Value {
    match input {
        Input::Link { node, slot } => json!([node.0, slot]),
        Input::Value(value) => value.clone(),
    }
}

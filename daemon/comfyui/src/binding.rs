//! Bindings: names for the inputs of a graph that somebody may want to set, such as `prompt`,
//! `seed`, `width` or `image:maya_face`.
//!
//! A file can declare them. If it does not, they are found by convention ([`Bindings::found_in`]).

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::graph::{Graph, Input, NodeId};

mod convention;
#[cfg(test)]
mod tests;

/// An input of a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The node.
    pub node: NodeId,
    /// The name of its input.
    pub input: String,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.node, self.input)
    }
}

/// Where a declared name leads: `NODE.INPUT`, once or in a list. NODE is a node's id, its title, or
/// its class if there is one such node only; INPUT is what stands behind the last dot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Declared {
    /// One input.
    One(String),
    /// Several that are always set together, such as the seeds of two samplers.
    Many(Vec<String>),
}

/// Why a graph cannot be bound as asked.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum BindingError {
    /// A declared path is not `NODE.INPUT`.
    #[error("binding {name}: `{path}` is no NODE.INPUT such as \"6.text\" or \"Positive.text\"")]
    NotAPath {
        /// The binding.
        name: String,
        /// What it says.
        path: String,
    },
    /// No node, or more than one, is called so.
    #[error("binding {name}: {n_found} nodes are called `{node}`; name one by its id: {there}")]
    NoOneNode {
        /// The binding.
        name: String,
        /// What it calls the node.
        node: String,
        /// How many nodes are called that.
        n_found: usize,
        /// Those nodes, or what nodes there are.
        there: String,
    },
    /// The node has no such input.
    #[error("binding {name}: node {node} has no input `{input}`; it has {there}")]
    NoInput {
        /// The binding.
        name: String,
        /// The node, as people call it.
        node: String,
        /// The input that it lacks.
        input: String,
        /// Those it has.
        there: String,
    },
    /// A value is given for a name that the graph does not have.
    #[error("the graph has no binding `{name}`; it has {there}")]
    Unknown {
        /// The name.
        name: String,
        /// The names that it has.
        there: String,
    },
    /// The value is of another type than what stands in the graph.
    #[error("binding {name}: {target} of {node} is {is}, and the value is {given}")]
    WrongType {
        /// The binding.
        name: String,
        /// The input.
        target: Target,
        /// Its node, as people call it.
        node: String,
        /// The type in the graph.
        is: &'static str,
        /// The type of the value.
        given: &'static str,
    },
}

/// Names, each with the inputs it sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bindings {
    targets: BTreeMap<String, Vec<Target>>,
}

impl Bindings {
    /// Those that a file declares.
    pub fn declared(
        graph: &Graph,
        declared: &BTreeMap<String, Declared>,
    ) -> Result<Bindings, BindingError> {
        let mut bindings = Bindings::default();
        for (name, declared) in declared {
            let paths = match declared {
                Declared::One(path) => std::slice::from_ref(path),
                Declared::Many(paths) => paths,
            };
            for path in paths {
                let target = resolve(graph, name, path)?;
                bindings.add(name, target);
            }
        }
        Ok(bindings)
    }

    /// Those that the graph itself shows.
    ///
    /// - A node titled `prompt`, `negative`, `seed`… sets its one input that fits; a node titled
    ///   `image:NAME` or `image NAME` sets the picture that it loads.
    /// - `prompt` and `negative` are the texts that lead to the `positive` and `negative` of
    ///   samplers (or to their guiders), `seed` every `seed` and `noise_seed`.
    /// - `width`, `height`, `batch` and `length` are those of empty latents and of nodes that make
    ///   video; `steps`, `cfg`, `denoise`, `fps`, `checkpoint` are inputs of those names.
    /// - `image` is the picture of the only node that loads one; with several, those with titles
    ///   of their own are `image:TITLE`, the others `image:ID`.
    pub fn found_in(graph: &Graph) -> Bindings {
        convention::find(graph)
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.targets.keys().map(String::as_str)
    }

    /// What a name sets; nothing for one that is not there.
    pub fn targets(&self, name: &str) -> &[Target] {
        self.targets.get(name).map_or(&[], Vec::as_slice)
    }

    /// What stands in the graph under a name, if it is a value.
    pub fn value<'a>(&self, graph: &'a Graph, name: &str) -> Option<&'a Value> {
        let target = self.targets(name).first()?;
        match graph.input(&target.node, &target.input)? {
            Input::Value(value) => Some(value),
            Input::Link { .. } => None,
        }
    }

    /// The graph with these values set. A value for a name that is not there is an error: it would
    /// be lost in silence.
    pub fn apply(
        &self,
        graph: &Graph,
        values: &BTreeMap<String, Value>,
    ) -> Result<Graph, BindingError> {
        let mut bound = graph.clone();
        for (name, value) in values {
            let targets = self.targets(name);
            if targets.is_empty() {
                return Err(BindingError::Unknown {
                    name: name.clone(),
                    there: listed(self.names()),
                });
            }
            for target in targets {
                check_type(graph, name, target, value)?;
                bound.set(&target.node, &target.input, value.clone());
            }
        }
        Ok(bound)
    }

    fn add(&mut self, name: &str, target: Target) {
        let targets = self.targets.entry(name.to_owned()).or_default();
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
}

fn check_type(
    graph: &Graph,
    name: &str,
    target: &Target,
    value: &Value,
) -> Result<(), BindingError> {
    let Some(Input::Value(old)) = graph.input(&target.node, &target.input) else {
        return Ok(());
    };
    if old.is_null() || type_of(old) == type_of(value) {
        return Ok(());
    }
    Err(BindingError::WrongType {
        name: name.to_owned(),
        target: target.clone(),
        node: graph.called(&target.node),
        is: type_of(old),
        given: type_of(value),
    })
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn resolve(graph: &Graph, name: &str, path: &str) -> Result<Target, BindingError> {
    let split = path.rsplit_once('.').filter(|(node, input)| {
        let parts = [node, input];
        parts.iter().all(|it| !it.trim().is_empty())
    });
    let (node, input) = split.ok_or_else(|| BindingError::NotAPath {
        name: name.to_owned(),
        path: path.to_owned(),
    })?;
    let id = find_node(graph, node.trim()).map_err(|found| BindingError::NoOneNode {
        name: name.to_owned(),
        node: node.trim().to_owned(),
        n_found: found.len(),
        there: match found.is_empty() {
            true => listed(graph.nodes().map(|it| graph.called(it.0))),
            false => listed(found.iter().map(|it| graph.called(it))),
        },
    })?;
    let input = input.trim();
    match graph.input(&id, input) {
        Some(_) => Ok(Target {
            node: id,
            input: input.to_owned(),
        }),
        None => Err(BindingError::NoInput {
            name: name.to_owned(),
            node: graph.called(&id),
            input: input.to_owned(),
            there: listed(graph.node(&id).into_iter().flat_map(|it| it.inputs.keys())),
        }),
    }
}

/// The one node that is called so: by id, else by title, else by class. Those found, if they are
/// not one.
pub(crate) fn find_node(graph: &Graph, called: &str) -> Result<NodeId, Vec<NodeId>> {
    if graph.node(&called.into()).is_some() {
        return Ok(called.into());
    }
    let same = |it: &str| it.trim().eq_ignore_ascii_case(called);
    let by_title = |it: &(&NodeId, &crate::graph::Node)| it.1.title.as_deref().is_some_and(same);
    let mut found: Vec<NodeId> = graph
        .nodes()
        .filter(by_title)
        .map(|it| it.0.clone())
        .collect();
    if found.is_empty() {
        let by_class = graph.nodes().filter(|it| same(&it.1.class_type));
        found = by_class.map(|it| it.0.clone()).collect();
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        _ => Err(found),
    }
}

/// The most names that an error lists.
const LISTED_MAX: usize = 12;

/// `a, b, c` or `none`; long lists end in a count.
pub(crate) fn listed(names: impl Iterator<Item = impl ToString>) -> String {
    let names: Vec<String> = names.map(|it| it.to_string()).collect();
    let more = names.len().saturating_sub(LISTED_MAX);
    let shown = names[..names.len() - more].join(", ");
    match (names.len(), more) {
        (0, _) => "none".to_owned(),
        (_, 0) => shown,
        (_, more) => format!("{shown} and {more} more"),
    }
}

//! Whether a server can run a graph, before anything is handed in.

use std::{collections::BTreeSet, fmt, sync::Arc};

use serde_json::Value;

use super::Shared;
use crate::{
    Graph, Job, NodeInfos,
    binding::{Target, listed},
    graph::{Input, NodeId},
    node_info::Takes,
};

/// Endings of model files.
const MODELS: &[&str] = &[
    ".safetensors",
    ".ckpt",
    ".pt",
    ".pth",
    ".bin",
    ".gguf",
    ".onnx",
    ".sft",
];

/// Which servers can run a graph, and what the others lack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// Servers that answer and can.
    pub able: Vec<String>,
    /// What is in the way on the others.
    pub findings: Vec<Finding>,
}

/// One thing that is in the way on one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The server.
    pub server: String,
    /// What it is.
    pub problem: Problem,
}

/// What can be in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The server does not answer.
    Unreachable {
        /// Why not, if that is known.
        why: String,
    },
    /// No further job begins there.
    Draining,
    /// A node is not installed.
    MissingNode {
        /// The node, as people call it.
        node: String,
        /// Its class.
        class_type: String,
        /// Servers that have it.
        others: Vec<String>,
    },
    /// A model is not installed.
    MissingModel {
        /// The node, as people call it.
        node: String,
        /// The input.
        input: String,
        /// The model.
        model: String,
        /// Servers that have it.
        others: Vec<String>,
    },
    /// A value is not one that the node takes.
    NotAChoice {
        /// The node, as people call it.
        node: String,
        /// The input.
        input: String,
        /// The value.
        value: String,
        /// What the node takes, as far as it is shown.
        choices: String,
    },
    /// An input that has to be there is not.
    MissingInput {
        /// The node, as people call it.
        node: String,
        /// The input.
        input: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = &self.server;
        match &self.problem {
            Problem::Unreachable { why } => write!(f, "{server} does not answer: {why}"),
            Problem::Draining => write!(f, "{server} takes no further jobs"),
            Problem::MissingNode {
                node,
                class_type,
                others,
            } => {
                write!(f, "{server} lacks the node {class_type} of node {node}")?;
                has(f, "the node", others)
            }
            Problem::MissingModel {
                node,
                input,
                model,
                others,
            } => {
                write!(
                    f,
                    "{server} lacks the model {model} of node {node}, {input}"
                )?;
                has(f, "the model", others)
            }
            Problem::NotAChoice {
                node,
                input,
                value,
                choices,
            } => write!(
                f,
                "{server}: node {node} has {value} for {input}, and takes {choices}"
            ),
            Problem::MissingInput { node, input } => {
                write!(f, "{server}: node {node} lacks its input {input}")
            }
        }
    }
}

fn has(f: &mut fmt::Formatter<'_>, what: &str, others: &[String]) -> fmt::Result {
    match others {
        [] => write!(f, "; no server that answers has it: install {what} there"),
        [one] => write!(f, "; {one} has it"),
        many => write!(f, "; these have it: {}", many.join(", ")),
    }
}

/// What each server is known to have: its name, its nodes if it answers, else why not.
pub(super) type Known = Vec<(String, Result<Arc<NodeInfos>, Problem>)>;

pub(super) fn known(shared: &Shared) -> Known {
    let state = shared.lock();
    let member = state.members.iter().map(|(name, member)| {
        let known = match &member.infos {
            _ if member.is_draining => Err(Problem::Draining),
            Some(infos) if member.is_up() => Ok(infos.clone()),
            _ => Err(Problem::Unreachable {
                why: member.why_down(),
            }),
        };
        (name.clone(), known)
    });
    member.collect()
}

pub(super) async fn ask(shared: &Shared, job: &Job) -> Preflight {
    let first = check(&known(shared), job);
    if first.findings.iter().all(|it| !is_lack(&it.problem)) {
        return first;
    }
    // A model may have been installed since the list was made: look again, then say what is so.
    let stale: Vec<_> = {
        let mut state = shared.lock();
        let lacking = first.findings.iter().filter(|it| is_lack(&it.problem));
        let mut wakes = Vec::new();
        for finding in lacking {
            if let Some(member) = state.members.get_mut(&finding.server)
                && !member.is_stale
            {
                member.is_stale = true;
                wakes.push((finding.server.clone(), member.wake.clone()));
            }
        }
        wakes
    };
    for (_, wake) in &stale {
        wake.notify_one();
    }
    let refreshed = async {
        loop {
            let is_stale = |name: &String| {
                shared
                    .lock()
                    .members
                    .get(name)
                    .is_some_and(|it| it.is_up() && it.is_stale)
            };
            if !stale.iter().any(|(name, _)| is_stale(name)) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let patience = std::time::Duration::from_secs(10);
    let _ = tokio::time::timeout(patience, refreshed).await;
    check(&known(shared), job)
}

fn is_lack(problem: &Problem) -> bool {
    !matches!(problem, Problem::Unreachable { .. } | Problem::Draining)
}

pub(super) fn check(known: &Known, job: &Job) -> Preflight {
    let uploads: Vec<&Target> = job.uploads.iter().map(|it| &it.0).collect();
    let graph = needed(job);
    let mut able = Vec::new();
    let mut findings = Vec::new();
    for (name, infos) in known {
        let problems = match infos {
            Ok(infos) => problems(&graph, &uploads, infos, known, name),
            Err(problem) => vec![problem.clone()],
        };
        if problems.is_empty() {
            able.push(name.clone());
        }
        let finding = |problem| Finding {
            server: name.clone(),
            problem,
        };
        findings.extend(problems.into_iter().map(finding));
    }
    Preflight { able, findings }
}

/// Only what is wanted is run.
fn needed(job: &Job) -> Graph {
    match job.wanted.is_empty() {
        true => job.graph.clone(),
        false => job.graph.only(&job.graph.upstream(&job.wanted)),
    }
}

/// What leads to an output. Servers want to know the class of every node, and look at the inputs of
/// these only.
fn looked_at(graph: &Graph, infos: &NodeInfos) -> BTreeSet<NodeId> {
    let is_output = |class: &str| infos.get(class).is_some_and(|it| it.is_output);
    let outputs = graph.nodes().filter(|it| is_output(&it.1.class_type));
    let outputs: Vec<NodeId> = outputs.map(|it| it.0.clone()).collect();
    graph.upstream(&outputs)
}

fn problems(
    graph: &Graph,
    uploads: &[&Target],
    infos: &NodeInfos,
    known: &Known,
    own: &str,
) -> Vec<Problem> {
    let mut found = Vec::new();
    let looked_at = looked_at(graph, infos);
    for (id, node) in graph.nodes() {
        let called = graph.called(id);
        let Some(info) = infos.get(&node.class_type) else {
            let has_it = |it: &NodeInfos| it.get(&node.class_type).is_some();
            found.push(Problem::MissingNode {
                node: called,
                class_type: node.class_type.clone(),
                others: others(known, own, has_it),
            });
            continue;
        };
        if !looked_at.contains(id) {
            continue;
        }
        for input in &info.inputs {
            let is_upload = uploads
                .iter()
                .any(|it| it.node == *id && it.input == input.name);
            let given = node.inputs.get(&input.name);
            if given.is_none() && input.is_required && !is_upload {
                found.push(Problem::MissingInput {
                    node: called.clone(),
                    input: input.name.clone(),
                });
            }
            let Takes::Choice(choices) = &input.takes else {
                continue;
            };
            // The list of what was uploaded is not what else could be.
            let Some(Input::Value(value)) = given.filter(|_| !is_upload && !input.is_upload) else {
                continue;
            };
            if choices.contains(value) || is_unwrapped(choices, value) {
                continue;
            }
            // Some lists are made by the editor alone, and the server knows nothing of them.
            if choices.is_empty() && !value.as_str().is_some_and(is_model) {
                continue;
            }
            let takes = |it: &NodeInfos| takes(it, &node.class_type, &input.name, value);
            found.push(match value.as_str().filter(|it| is_model(it)) {
                Some(model) => Problem::MissingModel {
                    node: called.clone(),
                    input: input.name.clone(),
                    model: model.to_owned(),
                    others: others(known, own, takes),
                },
                None => Problem::NotAChoice {
                    node: called.clone(),
                    input: input.name.clone(),
                    value: value.to_string(),
                    choices: listed(choices.iter()),
                },
            });
        }
    }
    found
}

/// A list of several choices may be given where one may.
fn is_unwrapped(choices: &[Value], value: &Value) -> bool {
    let many = value.get("__value__").unwrap_or(value).as_array();
    many.is_some_and(|it| it.iter().all(|it| choices.contains(it)))
}

fn takes(infos: &NodeInfos, class: &str, input: &str, value: &Value) -> bool {
    let input = infos.get(class).and_then(|it| it.input(input));
    matches!(input.map(|it| &it.takes), Some(Takes::Choice(choices)) if choices.contains(value))
}

fn others(known: &Known, own: &str, has: impl Fn(&NodeInfos) -> bool) -> Vec<String> {
    let others = known.iter().filter(|(name, _)| name != own);
    let able = others.filter(|(_, it)| it.as_ref().is_ok_and(|it| has(it)));
    able.map(|it| it.0.clone()).collect()
}

/// Whether a value names a model file.
pub(super) fn is_model(value: &str) -> bool {
    let value = value.to_lowercase();
    MODELS.iter().any(|it| value.ends_with(it))
}

//! What can go wrong with a server or a run, told apart by what the caller does about it.

use std::{fmt, path::PathBuf, time::Duration};

use serde_json::Value;
use thiserror::Error;

use crate::{
    binding::listed,
    graph::{self, Graph, NodeId},
};

/// The most letters of a server's own words in a message.
pub(crate) const SAID_CHARS_MAX: usize = 300;

/// Why a run, or a call, did not do what was asked. `server` is the name it was given.
#[derive(Debug, Error)]
pub enum Error {
    /// Nobody answers, or not in time. Another server may do.
    #[error("{server} cannot be reached: {why}")]
    Unreachable {
        /// The server.
        server: String,
        /// What the system said.
        why: String,
        /// Whether nobody listens there, so that waiting is in vain.
        is_down: bool,
    },
    /// The server, or a proxy before it, wants another password, token or certificate.
    #[error("{server} refuses us with {status}: check its auth in the settings")]
    Refused {
        /// The server.
        server: String,
        /// The HTTP status, 401 or 403.
        status: u16,
    },
    /// What answers does not talk as ComfyUI does.
    #[error("{server} does not answer as ComfyUI does: {why}")]
    NotComfyui {
        /// The server.
        server: String,
        /// The request, and what came back.
        why: String,
    },
    /// A node of the graph is not installed.
    #[error("{server} has no node {}", listed(classes.iter()))]
    MissingNode {
        /// The server.
        server: String,
        /// The classes that it lacks.
        classes: Vec<String>,
    },
    /// A model, or another choice of a list, is not there.
    #[error("{server} lacks what the graph names: {}", listed(problems.iter()))]
    MissingModel {
        /// The server.
        server: String,
        /// One for each input.
        problems: Vec<NodeProblem>,
    },
    /// The server will not run this graph; no other will, either.
    #[error("{server} refuses the graph: {}", listed(problems.iter()))]
    Invalid {
        /// The server.
        server: String,
        /// One for each input, or one for the whole graph.
        problems: Vec<NodeProblem>,
    },
    /// It needs more memory than is there, also after everything else was unloaded.
    #[error("{server} ran out of memory at node {node}")]
    OutOfMemory {
        /// The server.
        server: String,
        /// The node, as people call it.
        node: String,
        /// What it said.
        said: String,
    },
    /// A node failed.
    #[error("node {node} failed on {server}: {kind}: {said}")]
    NodeFailed {
        /// The server.
        server: String,
        /// The node, as people call it.
        node: String,
        /// The Python exception.
        kind: String,
        /// What it said. Its traceback is in the log.
        said: String,
    },
    /// Somebody else stopped the run.
    #[error("{server}: somebody stopped the run there")]
    Interrupted {
        /// The server.
        server: String,
    },
    /// The server does not know the run any more: it was restarted, or somebody cleared its queue.
    /// Submit it again.
    #[error("{server} has lost the run: it was restarted, or its queue was cleared")]
    Lost {
        /// The server.
        server: String,
    },
    /// The server lives, but the run does not go on.
    #[error("the run stands still on {server}: {why}")]
    Stalled {
        /// The server.
        server: String,
        /// What was waited for, and how long.
        why: String,
    },
    /// Something is larger than we take.
    #[error("{what} has {bytes} bytes or more, and the limit {limit} is {bytes_max}")]
    TooLarge {
        /// What it is.
        what: String,
        /// How much came.
        bytes: u64,
        /// The name of the limit.
        limit: &'static str,
        /// What it allows.
        bytes_max: u64,
    },
    /// A run is done, and a file that it names is not there, also after it was made anew.
    #[error("{server} names {file} as a result, and does not have it")]
    MissingOutput {
        /// The server.
        server: String,
        /// The file.
        file: String,
    },
    /// A file came that is not what its name says.
    #[error("{file} of {server} is broken: {why}")]
    BrokenOutput {
        /// The server.
        server: String,
        /// The file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file cannot be read or written here.
    #[error("{}: {why}", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The caller could not note where the run is, so it was not begun.
    #[error("where the run is could not be kept: {0}")]
    Ledger(String),
    /// No server can run the graph.
    #[error("no server can run this: {}", listed(reasons.iter()))]
    NoServer {
        /// One for each server.
        reasons: Vec<String>,
    },
    /// The run was tried as often as the limit allows.
    #[error("given up after {attempts} attempts; the last one: {last}")]
    GivenUp {
        /// How many.
        attempts: u32,
        /// Why the last one failed.
        last: Box<Error>,
    },
    /// The caller canceled it.
    #[error("canceled")]
    Canceled,
    /// A setting is wrong.
    #[error("server {server}: {why}")]
    Setting {
        /// The server.
        server: String,
        /// What is wrong, and what would be right.
        why: String,
    },
}

/// One thing that a server finds wrong with a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeProblem {
    /// The node; none when it is about the whole graph.
    pub node: Option<NodeId>,
    /// The node, as people call it.
    pub called: String,
    /// The input, where it is about one.
    pub input: Option<String>,
    /// The server's word for the kind, such as `value_not_in_list`.
    pub kind: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for NodeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.node.is_some() {
            write!(f, "node {}: ", self.called)?;
        }
        f.write_str(&self.message)
    }
}

impl Error {
    /// Whether another server, or the same one later, may do what this one did not.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Error::Unreachable { .. }
                | Error::NotComfyui { .. }
                | Error::Lost { .. }
                | Error::Stalled { .. }
                | Error::MissingOutput { .. }
                | Error::BrokenOutput { .. }
        )
    }

    /// Whether it is about this one server, so that another may do at once.
    pub fn is_of_server(&self) -> bool {
        self.is_transient()
            || matches!(
                self,
                Error::Refused { .. }
                    | Error::MissingNode { .. }
                    | Error::MissingModel { .. }
                    | Error::OutOfMemory { .. }
            )
    }

    /// Whether nobody listens where the server was.
    pub(crate) fn is_down(&self) -> bool {
        matches!(self, Error::Unreachable { is_down: true, .. })
    }

    pub(crate) fn silent(server: &str, waited: Duration) -> Error {
        Error::Unreachable {
            server: server.to_owned(),
            why: format!("no answer for {:.1} s", waited.as_secs_f64()),
            is_down: false,
        }
    }
}

/// A part of a text of somebody else, on one line, short enough to be shown.
pub(crate) fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SAID_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Reads the answer to a graph that was refused, or was taken in part.
pub(crate) fn refusal(server: &str, graph: &Graph, answer: &Value) -> Error {
    let server = server.to_owned();
    let error = answer.get("error").unwrap_or(&Value::Null);
    // 0.33 says `missing_node_type`; 0.3.75 says the same in words only.
    if let Some(class) = missing_class(error) {
        return Error::MissingNode {
            server,
            classes: vec![class],
        };
    }
    let problems = node_problems(graph, answer.get("node_errors"));
    if problems.is_empty() {
        return Error::Invalid {
            server,
            problems: vec![whole(error)],
        };
    }
    let is_missing = |it: &NodeProblem| it.kind == "value_not_in_list";
    match problems.iter().all(is_missing) {
        true => Error::MissingModel { server, problems },
        false => Error::Invalid { server, problems },
    }
}

fn missing_class(error: &Value) -> Option<String> {
    let kind = error.get("type")?.as_str()?;
    let class = error.get("extra_info").and_then(|it| it.get("class_type"));
    if kind == "missing_node_type"
        && let Some(class) = class.and_then(Value::as_str)
    {
        return Some(class.to_owned());
    }
    let message = error.get("message")?.as_str()?;
    let rest = message.split_once("because node ").map(|it| it.1)?;
    let class = rest.strip_suffix(" does not exist.")?;
    Some(class.trim_matches('\'').to_owned())
}

fn whole(error: &Value) -> NodeProblem {
    let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
    let details = match text("details") {
        details if details.is_empty() || details == text("message") => String::new(),
        details => format!(": {details}"),
    };
    let message = match text("message") {
        "" => "it does not say why".to_owned(),
        message => shown(&format!("{message}{details}")),
    };
    NodeProblem {
        node: None,
        called: String::new(),
        input: None,
        kind: text("type").to_owned(),
        message,
    }
}

/// What the server finds wrong, node by node.
pub(crate) fn node_problems(graph: &Graph, errors: Option<&Value>) -> Vec<NodeProblem> {
    let errors = errors.and_then(Value::as_object);
    let mut problems = Vec::new();
    for (id, of_node) in errors.into_iter().flatten() {
        let id = NodeId(id.clone());
        let class = of_node.get("class_type").and_then(Value::as_str);
        let called = match graph.node(&id) {
            Some(_) => graph.called(&id),
            None => graph::called(&id, class.unwrap_or("?"), None),
        };
        let list = of_node.get("errors").and_then(Value::as_array);
        for error in list.into_iter().flatten() {
            let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
            let input = error.get("extra_info").and_then(|it| it.get("input_name"));
            problems.push(NodeProblem {
                node: Some(id.clone()),
                called: called.clone(),
                input: input.and_then(Value::as_str).map(ToOwned::to_owned),
                kind: text("type").to_owned(),
                message: shown(&format!("{}: {}", text("message"), text("details"))),
            });
        }
    }
    problems
}

/// Whether a node failed for want of memory: by the exception's type, or by what it says.
pub(crate) fn is_out_of_memory(kind: &str, said: &str) -> bool {
    let said = said.to_lowercase();
    kind.ends_with("OutOfMemoryError")
        || kind.ends_with("MemoryError")
        || said.contains("out of memory")
        || said.contains("allocation on device")
        || said.contains("would exceed allowed memory")
}

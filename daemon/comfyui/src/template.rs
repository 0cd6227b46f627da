//! A file with a graph, and what of it can be set and is wanted.
//!
//! It is either a graph alone, in one of ComfyUI's two formats, or an object of `prompt` (API
//! format) or `workflow` (UI format), with `bindings` (`{"prompt": "6.text", "seed": ["3.seed"]}`)
//! and `outputs` (nodes whose files are wanted, by id, title or class) beside it.

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use crate::{
    binding::{BindingError, Bindings, Declared, find_node, listed},
    graph::{self, Graph, GraphError, NodeId},
    node_info::NodeInfos,
    ui_format,
};

/// A graph that can be set and run.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The graph.
    pub graph: Graph,
    /// What can be set: as the file declares, else by convention.
    pub bindings: Bindings,
    /// The nodes whose files are wanted; none means those of all.
    pub wanted: Vec<NodeId>,
}

/// Why a file is no template.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum TemplateError {
    /// Its graph is wrong.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A binding is wrong.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// What stands beside the graph is wrong.
    #[error("{place}: {why}")]
    Beside {
        /// Where.
        place: &'static str,
        /// What is wrong there.
        why: String,
    },
}

impl Template {
    /// Reads a file. One of the UI format needs a server's list of nodes; without it, that is
    /// [`GraphError::IsUiFormat`].
    pub fn parse(bytes: &[u8], infos: Option<&NodeInfos>) -> Result<Template, TemplateError> {
        let file = graph::json(bytes)?;
        let own = file.get("workflow").filter(|it| graph::is_ui_format(it));
        let graph = match (own.unwrap_or(&file), infos) {
            (canvas, Some(infos)) if graph::is_ui_format(canvas) => {
                ui_format::convert(canvas, infos)?
            }
            (graph, _) => Graph::from_json(graph)?,
        };
        // A graph alone has nodes of any name, also of these.
        let is_wrapped = own.is_some() || file.get("prompt").is_some_and(|it| !is_node(it));
        let beside = |key: &str| file.get(key).filter(|_| is_wrapped);
        let bindings = match beside("bindings") {
            Some(declared) => Bindings::declared(&graph, &bindings(declared)?)?,
            None => Bindings::found_in(&graph),
        };
        let wanted = match beside("outputs") {
            Some(outputs) => wanted(&graph, outputs)?,
            None => Vec::new(),
        };
        Ok(Template {
            graph,
            bindings,
            wanted,
        })
    }
}

fn is_node(value: &Value) -> bool {
    value.get("class_type").is_some()
}

fn bindings(declared: &Value) -> Result<BTreeMap<String, Declared>, TemplateError> {
    serde_json::from_value(declared.clone()).map_err(|_| TemplateError::Beside {
        place: "bindings",
        why: "it has to be an object of names, each with a path such as \"6.text\" or a list of \
              paths"
            .to_owned(),
    })
}

fn wanted(graph: &Graph, outputs: &Value) -> Result<Vec<NodeId>, TemplateError> {
    let wrong = |why: String| TemplateError::Beside {
        place: "outputs",
        why,
    };
    let names = serde_json::from_value::<Vec<String>>(outputs.clone())
        .map_err(|_| wrong("it has to be a list of nodes, such as [\"9\"]".to_owned()))?;
    let find = |name: &String| {
        find_node(graph, name).map_err(|found| {
            let there = match found.is_empty() {
                true => listed(graph.nodes().map(|it| graph.called(it.0))),
                false => listed(found.iter().map(|it| graph.called(it))),
            };
            let n_found = found.len();
            wrong(format!(
                "{n_found} nodes are called `{name}`; name one by its id: {there}"
            ))
        })
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: &Value) -> Result<Template, TemplateError> {
        Template::parse(value.to_string().as_bytes(), None)
    }

    #[test]
    fn a_file_declares_or_leaves_it_to_convention() {
        let graph = json!({
            "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1}},
            "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]},
                  "_meta": {"title": "Keep"}},
        });
        let alone = parse(&graph).unwrap();
        assert!(alone.bindings.names().eq(["batch", "height", "width"]));
        assert!(alone.wanted.is_empty());
        let wrapped = json!({"prompt": graph, "bindings": {"w": "1.width"}, "outputs": ["keep"]});
        let wrapped = parse(&wrapped).unwrap();
        assert_eq!(wrapped.graph, alone.graph);
        assert!(wrapped.bindings.names().eq(["w"]));
        assert_eq!(wrapped.wanted, ["2".into()]);
    }

    #[test]
    fn what_stands_beside_the_graph_is_checked() {
        let graph = json!({"1": {"class_type": "A", "inputs": {"x": 1}}});
        let cases = [
            (
                json!({"prompt": graph, "bindings": [1]}),
                "bindings: it has to be an object",
            ),
            (
                json!({"prompt": graph, "bindings": {"a": "1.y"}}),
                "binding a: node 1 (A) has no",
            ),
            (
                json!({"prompt": graph, "outputs": "1"}),
                "outputs: it has to be a list",
            ),
            (
                json!({"prompt": graph, "outputs": ["2"]}),
                "outputs: 0 nodes are called `2`",
            ),
            (
                json!({"workflow": {"nodes": [], "links": []}}),
                "the graph is in ComfyUI's UI form",
            ),
        ];
        for (file, expected) in cases {
            let error = parse(&file).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}

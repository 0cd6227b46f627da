//! From what ComfyUI saves of its canvas (its "UI format") to a graph that runs.
//!
//! Files of that format hold the values of a node as a bare list; which is which, only a server's
//! list of nodes says. Subgraphs are unfolded, as the servers know none: node 3 in the subgraph
//! that is node 57 becomes `57:3`. What is muted goes, what is bypassed is linked around, and
//! nodes that only the canvas has (reroutes, primitives, notes, Get and Set) leave what they stand
//! for.
//!
//! Left as it is written: `{a|b}` in texts, of which the editor would choose one at random.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::{
    graph::{self, Graph, GraphError, Input, NODES_MAX, Node, NodeId},
    node_info::NodeInfos,
};

mod resolve;
#[cfg(test)]
mod tests;
mod widgets;

use resolve::Source;

/// How deep subgraphs may lie in one another.
const DEPTH_MAX: usize = 16;
/// The node by which a subgraph's inputs come in.
const INPUTS: i64 = -10;
/// The node by which a subgraph's outputs go out.
const OUTPUTS: i64 = -20;
/// Nodes that are on the canvas only and lead nowhere.
const NOTES: &[&str] = &["Note", "MarkdownNote"];

/// What is done with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Runs,
    Muted,
    Bypassed,
}

/// A node on the canvas.
#[derive(Debug)]
struct UiNode<'a> {
    id: String,
    class: &'a str,
    mode: Mode,
    json: &'a Value,
}

/// A link between two nodes of one canvas.
#[derive(Debug, Clone, Copy)]
struct UiLink {
    origin: i64,
    origin_slot: usize,
    target: i64,
    target_slot: usize,
}

/// A canvas: the whole one, or one use of a subgraph.
#[derive(Debug)]
struct Canvas<'a> {
    /// What its nodes' ids begin with: empty, or `57:`.
    prefix: String,
    /// The canvas and the node that this one is inside.
    parent: Option<(usize, i64)>,
    /// The subgraph's definition; the file itself for the whole canvas.
    json: &'a Value,
    nodes: BTreeMap<i64, UiNode<'a>>,
    links: HashMap<i64, UiLink>,
    /// The canvases of the subgraphs that are nodes here.
    inner: HashMap<i64, usize>,
    /// Whether all that is in it runs.
    runs: bool,
}

/// The file, unfolded.
#[derive(Debug)]
struct Unfolded<'a> {
    canvases: Vec<Canvas<'a>>,
    infos: &'a NodeInfos,
}

/// Whether it is as ComfyUI saves what is on its canvas.
pub fn is_ui_format(value: &Value) -> bool {
    graph::is_ui_format(value)
}

/// Turns a saved canvas into a graph, with what a server says of its nodes.
pub fn convert(value: &Value, infos: &NodeInfos) -> Result<Graph, GraphError> {
    let definitions = definitions(value);
    let mut unfolded = Unfolded {
        canvases: Vec::new(),
        infos,
    };
    let whole = Place {
        prefix: String::new(),
        parent: None,
        runs: true,
        depth: 0,
    };
    unfolded.unfold(value, whole, &definitions)?;
    let mut nodes = BTreeMap::new();
    for (index, canvas) in unfolded.canvases.iter().enumerate() {
        for (id, node) in &canvas.nodes {
            if let Some(converted) = unfolded.node(index, *id, node)? {
                nodes.insert(NodeId(format!("{}{}", canvas.prefix, node.id)), converted);
            }
        }
    }
    if nodes.is_empty() {
        return Err(GraphError::Empty);
    }
    Graph::new(nodes)
}

/// Where a canvas is.
struct Place {
    prefix: String,
    parent: Option<(usize, i64)>,
    runs: bool,
    depth: usize,
}

fn definitions(value: &Value) -> HashMap<&str, &Value> {
    let all = value.get("definitions").and_then(|it| it.get("subgraphs"));
    let all = all.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|it| Some((it.get("id")?.as_str()?, it)))
        .collect()
}

impl<'a> Unfolded<'a> {
    fn unfold(
        &mut self,
        json: &'a Value,
        place: Place,
        definitions: &HashMap<&str, &'a Value>,
    ) -> Result<usize, GraphError> {
        if place.depth > DEPTH_MAX {
            return Err(GraphError::NotConvertible(format!(
                "node {}: subgraphs lie in one another more than {DEPTH_MAX} deep",
                place.prefix.trim_end_matches(':')
            )));
        }
        let nodes = nodes(json)?;
        let n_nodes: usize = self.canvases.iter().map(|it| it.nodes.len()).sum();
        if n_nodes + nodes.len() > NODES_MAX {
            let nodes = n_nodes + nodes.len();
            return Err(GraphError::TooManyNodes { nodes });
        }
        let subgraphs: Vec<(i64, Mode, &'a Value)> = nodes
            .iter()
            .filter_map(|(id, it)| Some((*id, it.mode, *definitions.get(it.class)?)))
            .collect();
        let index = self.canvases.len();
        let (prefix, runs, depth) = (place.prefix.clone(), place.runs, place.depth);
        self.canvases.push(Canvas {
            prefix: place.prefix,
            parent: place.parent,
            json,
            nodes,
            links: links(json),
            inner: HashMap::new(),
            runs,
        });
        for (id, mode, definition) in subgraphs {
            let place = Place {
                prefix: format!("{prefix}{id}:"),
                parent: Some((index, id)),
                runs: runs && mode == Mode::Runs,
                depth: depth + 1,
            };
            let inner = self.unfold(definition, place, definitions)?;
            self.canvases[index].inner.insert(id, inner);
        }
        Ok(index)
    }

    /// The node as it runs; none for one that does not.
    fn node(&self, canvas: usize, id: i64, node: &UiNode<'a>) -> Result<Option<Node>, GraphError> {
        let within = &self.canvases[canvas];
        let is_subgraph = within.inner.contains_key(&id);
        let is_on_canvas_only = NOTES.contains(&node.class) || resolve::is_virtual(node.class);
        if !within.runs || node.mode != Mode::Runs || is_subgraph || is_on_canvas_only {
            return Ok(None);
        }
        let called = format!("{}{} ({})", within.prefix, node.id, node.class);
        let Some(info) = self.infos.get(node.class) else {
            // Panels and switches that packs of nodes put on the canvas are linked to nothing.
            if !is_linked(node) {
                return Ok(None);
            }
            let why = if node.class.starts_with("workflow>") || node.class.starts_with("workflow/")
            {
                "it is a group node, which ComfyUI has given up: make it a subgraph there"
            } else {
                "the server has no such node, and without it the file cannot be read"
            };
            return Err(GraphError::NotConvertible(format!("node {called}: {why}")));
        };
        let mut inputs: BTreeMap<String, Input> = widgets::values(node.json, info)
            .into_iter()
            .map(|(name, value)| (name, Input::Value(value)))
            .collect();
        for (slot, input) in list(node.json, "inputs").iter().enumerate() {
            let Some(name) = input.get("name").and_then(Value::as_str) else {
                continue;
            };
            let source = self.input(canvas, id, slot, 0).map_err(|why| {
                GraphError::NotConvertible(format!("node {called}: input {name}: {why}"))
            })?;
            match source {
                Some(Source::Output { node, slot }) => {
                    inputs.insert(name.to_owned(), Input::Link { node, slot });
                }
                Some(Source::Value(value)) => {
                    inputs.insert(name.to_owned(), Input::Value(widgets::wrapped(value)));
                }
                None => {}
            }
        }
        let title = node.json.get("title").and_then(Value::as_str);
        Ok(Some(Node {
            class_type: node.class.to_owned(),
            title: Some(title.unwrap_or(&info.display_name).to_owned()),
            inputs,
        }))
    }
}

fn is_linked(node: &UiNode<'_>) -> bool {
    let has_link = |it: &Value| it.get("link").is_some_and(Value::is_number);
    let has_links = |it: &Value| {
        let links = it.get("links").and_then(Value::as_array);
        links.is_some_and(|it| !it.is_empty())
    };
    list(node.json, "inputs").iter().any(has_link)
        || list(node.json, "outputs").iter().any(has_links)
}

fn nodes(json: &Value) -> Result<BTreeMap<i64, UiNode<'_>>, GraphError> {
    let mut nodes = BTreeMap::new();
    for (index, node) in list(json, "nodes").iter().enumerate() {
        let wrong = |why: &str| GraphError::NotAGraph {
            place: format!("nodes[{index}]"),
            why: why.to_owned(),
        };
        let id = node.get("id").and_then(whole);
        let id = id.ok_or_else(|| wrong("it has no id that is a number"))?;
        let class = node.get("type").and_then(Value::as_str);
        let class = class.ok_or_else(|| wrong("it has no type"))?;
        let mode = match node.get("mode").and_then(Value::as_u64) {
            Some(2) => Mode::Muted,
            Some(4) => Mode::Bypassed,
            _ => Mode::Runs,
        };
        let node = UiNode {
            id: id.to_string(),
            class,
            mode,
            json: node,
        };
        if nodes.insert(id, node).is_some() {
            return Err(wrong(&format!("there are two nodes {id}")));
        }
    }
    Ok(nodes)
}

/// Links are lists on the whole canvas, `[id, origin, slot, target, slot, type]`, and objects in
/// subgraphs and in newer files.
fn links(json: &Value) -> HashMap<i64, UiLink> {
    let read = |it: &Value| {
        let part = |index: usize, name: &str| match it {
            Value::Array(parts) => parts.get(index).and_then(whole),
            _ => it.get(name).and_then(whole),
        };
        let slot = |index, name| part(index, name).and_then(|it| it.try_into().ok());
        let link = UiLink {
            origin: part(1, "origin_id")?,
            origin_slot: slot(2, "origin_slot")?,
            target: part(3, "target_id")?,
            target_slot: slot(4, "target_slot")?,
        };
        Some((part(0, "id")?, link))
    };
    list(json, "links").iter().filter_map(read).collect()
}

/// A number, also one that is written as a text.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

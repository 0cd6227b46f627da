//! What a server says of its nodes: the answer to `/object_info`.
//!
//! Custom nodes say all sorts of things there. What cannot be understood of one node is left out of
//! that node; the others are read all the same.

use std::collections::HashMap;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

#[cfg(test)]
mod tests;

/// All nodes of a server.
#[derive(Debug, Clone, Default)]
pub struct NodeInfos {
    by_class: HashMap<String, NodeInfo>,
}

/// One kind of node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeInfo {
    /// What its menu calls it.
    pub display_name: String,
    /// Whether a graph may end in it.
    pub is_output: bool,
    /// Its inputs in the order in which they are shown, required ones first.
    pub inputs: Vec<InputInfo>,
    /// The types of what it puts out.
    pub outputs: Vec<String>,
}

/// One input of a kind of node.
#[derive(Debug, Clone, PartialEq)]
pub struct InputInfo {
    /// Its name.
    pub name: String,
    /// Whether a graph without it is refused.
    pub is_required: bool,
    /// What it takes.
    pub takes: Takes,
    /// Its value when nobody gave another.
    pub default: Option<Value>,
    /// Whether it can only be linked, though its type has values.
    pub is_link_only: bool,
    /// Whether its field in the editor is followed by one that says what comes after each run.
    pub has_control: bool,
    /// Whether files for it can be uploaded, so that its list says little of what can be chosen.
    pub is_upload: bool,
}

/// What an input takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Takes {
    /// One of a list. Models, samplers and files are chosen so.
    Choice(Vec<Value>),
    /// A value of a type that can stand in a graph: `INT`, `FLOAT`, `STRING`, `BOOLEAN`.
    Value(String),
    /// What another node puts out, such as `MODEL`.
    Link(String),
}

impl NodeInfos {
    /// Reads the answer of a server, if that is what it is.
    pub fn parse(bytes: &[u8]) -> Result<NodeInfos, serde_json::Error> {
        let Raw(nodes) = serde_json::from_slice(bytes)?;
        let by_class = nodes
            .into_iter()
            .filter_map(|(class, raw)| Some((class.clone(), read(&class, raw?))));
        Ok(NodeInfos {
            by_class: by_class.collect(),
        })
    }

    /// What is said of a kind of node.
    pub fn get(&self, class_type: &str) -> Option<&NodeInfo> {
        self.by_class.get(class_type)
    }

    /// How many kinds there are.
    pub fn len(&self) -> usize {
        self.by_class.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_class.is_empty()
    }
}

impl NodeInfo {
    /// One input.
    pub fn input(&self, name: &str) -> Option<&InputInfo> {
        self.inputs.iter().find(|it| it.name == name)
    }
}

impl InputInfo {
    /// Whether the editor shows a field for its value.
    pub fn is_field(&self) -> bool {
        !self.is_link_only && !matches!(self.takes, Takes::Link(_))
    }
}

/// A JSON object as it is written: the order of inputs is the order of fields.
struct Ordered<T>(Vec<(String, T)>);

/// Nodes by class; none for what is no node.
struct Raw(Vec<(String, Option<RawNode>)>);

struct RawNode {
    required: Vec<(String, Value)>,
    optional: Vec<(String, Value)>,
    outputs: Vec<String>,
    display_name: Option<String>,
    is_output: bool,
}

/// A value that is tried to be read in one way, and skipped if it is not.
#[derive(Deserialize)]
#[serde(untagged)]
enum Maybe<T> {
    Is(T),
    IsNot(IgnoredAny),
}

#[derive(Deserialize)]
struct NodeJson {
    input: Option<InputsJson>,
    output: Option<Value>,
    display_name: Option<Value>,
    output_node: Option<Value>,
}

#[derive(Deserialize)]
struct InputsJson {
    required: Option<Ordered<Value>>,
    optional: Option<Ordered<Value>>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }
        deserializer.deserialize_map(Reader(std::marker::PhantomData))
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        let Ordered(nodes) = Ordered::<Maybe<NodeJson>>::deserialize(deserializer)?;
        let read = nodes.into_iter().map(|(class, node)| match node {
            Maybe::Is(node) => (class, Some(raw(node))),
            Maybe::IsNot(_) => (class, None),
        });
        Ok(Raw(read.collect()))
    }
}

fn raw(node: NodeJson) -> RawNode {
    let inputs = node.input.map(|it| (it.required, it.optional));
    let (required, optional) = inputs.unwrap_or_default();
    let outputs = match node.output {
        Some(Value::Array(types)) => types,
        _ => Vec::new(),
    };
    RawNode {
        required: required.map(|it| it.0).unwrap_or_default(),
        optional: optional.map(|it| it.0).unwrap_or_default(),
        outputs: outputs.iter().map(type_name).collect(),
        display_name: node.display_name.and_then(|it| match it {
            Value::String(name) => Some(name),
            _ => None,
        }),
        is_output: node.output_node == Some(Value::Bool(true)),
    }
}

fn read(class: &str, raw: RawNode) -> NodeInfo {
    let required = raw.required.iter().map(|(name, it)| input(name, it, true));
    let optional = raw.optional.iter().map(|(name, it)| input(name, it, false));
    NodeInfo {
        display_name: raw.display_name.unwrap_or_else(|| class.to_owned()),
        is_output: raw.is_output,
        inputs: required.chain(optional).collect(),
        outputs: raw.outputs,
    }
}

/// `["INT", {…}]`; a list is `[["a", "b"], {…}]` or, since 0.3.40, `["COMBO", {"options": …}]`.
fn input(name: &str, spec: &Value, is_required: bool) -> InputInfo {
    let none = Value::Null;
    let first = spec.get(0).unwrap_or(spec);
    let options = spec.get(1).unwrap_or(&none);
    let is_set = |key: &str| match options.get(key) {
        Some(Value::Bool(set)) => *set,
        // ComfyUI also knows the name of what to do first: "fixed", "randomize".
        Some(Value::String(how)) => !how.is_empty(),
        _ => false,
    };
    let takes = match first {
        Value::Array(choices) => Takes::Choice(choices.clone()),
        Value::String(name) if name == "COMBO" => {
            let choices = options.get("options").and_then(Value::as_array);
            Takes::Choice(choices.cloned().unwrap_or_default())
        }
        Value::String(name) if is_value_type(name) => Takes::Value(name.clone()),
        other => Takes::Link(type_name(other)),
    };
    // The editor adds it to seeds by their names, whatever the node says.
    let is_seed =
        matches!(&takes, Takes::Value(it) if it == "INT") && ["seed", "noise_seed"].contains(&name);
    let uploads = [
        "image_upload",
        "video_upload",
        "audio_upload",
        "file_upload",
    ];
    InputInfo {
        name: name.to_owned(),
        is_required,
        takes,
        default: options.get("default").cloned(),
        is_link_only: is_set("forceInput"),
        has_control: is_seed || is_set("control_after_generate"),
        is_upload: uploads.iter().any(|it| is_set(it)),
    }
}

fn is_value_type(name: &str) -> bool {
    ["INT", "FLOAT", "STRING", "BOOLEAN"].contains(&name)
}

fn type_name(value: &Value) -> String {
    match value {
        Value::String(name) => name.clone(),
        Value::Array(_) => "COMBO".to_owned(),
        other => other.to_string(),
    }
}

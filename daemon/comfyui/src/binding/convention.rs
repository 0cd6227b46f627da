//! Bindings of a graph that declares none, by what its nodes are and how they are linked.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Bindings, Target};
use crate::graph::{Graph, Input, Node, NodeId};

/// Titles, and the name and the inputs that each stands for; the first input that is there counts.
const TITLES: &[(&[&str], &str, &[&str])] = &[
    (&["prompt", "positive", "positive prompt"], "prompt", TEXTS),
    (&["negative", "negative prompt"], "negative", TEXTS),
    (
        &["seed", "noise seed"],
        "seed",
        &["seed", "noise_seed", "value"],
    ),
    (&["width"], "width", &["width", "value"]),
    (&["height"], "height", &["height", "value"]),
    (&["length", "frames"], "length", &["length", "value"]),
    (&["steps"], "steps", &["steps", "value"]),
    (&["cfg"], "cfg", &["cfg", "value"]),
    (&["denoise"], "denoise", &["denoise", "value"]),
    (&["fps"], "fps", &["fps", "frame_rate", "value"]),
];
/// Inputs that hold a text.
const TEXTS: &[&str] = &[
    "text", "prompt", "value", "text_g", "clip_l", "t5xxl", "string",
];
/// All inputs with a part of the text in nodes for models of several text encoders.
const TEXTS_TOGETHER: &[&str] = &[
    "text", "prompt", "value", "text_g", "text_l", "clip_l", "t5xxl",
];
/// Inputs by which a text goes on to the sampler.
const CONDITIONINGS: &[&str] = &[
    "conditioning",
    "positive",
    "conditioning_1",
    "conditioning_to",
];
/// Names that are set wherever an input has them.
const EVERYWHERE: &[(&str, &[&str])] = &[
    ("seed", &["seed", "noise_seed"]),
    ("steps", &["steps"]),
    ("cfg", &["cfg"]),
    ("denoise", &["denoise"]),
    ("fps", &["fps", "frame_rate"]),
    ("checkpoint", &["ckpt_name"]),
];
/// What the size of a picture is given by.
const SIZES: &[(&str, &str)] = &[
    ("width", "width"),
    ("height", "height"),
    ("batch", "batch_size"),
    ("length", "length"),
];
/// Inputs with the name of a picture in a server's input folder.
const PICTURES: &[&str] = &["image", "face", "video", "audio"];

pub(super) fn find(graph: &Graph) -> Bindings {
    let mut found = Bindings::default();
    by_titles(graph, &mut found);
    if found.targets("prompt").is_empty() {
        texts(graph, "positive", "prompt", &mut found);
    }
    if found.targets("negative").is_empty() {
        texts(graph, "negative", "negative", &mut found);
    }
    for (name, inputs) in EVERYWHERE {
        if found.targets(name).is_empty() {
            everywhere(graph, name, inputs, &mut found);
        }
    }
    sizes(graph, &mut found);
    pictures(graph, &mut found);
    found
}

fn by_titles(graph: &Graph, found: &mut Bindings) {
    for (id, node) in graph.nodes() {
        let title = node
            .title
            .as_deref()
            .unwrap_or_default()
            .trim()
            .to_lowercase();
        for (titles, name, inputs) in TITLES {
            let mut there = inputs.iter().filter(|it| is_value(node, it));
            if titles.contains(&title.as_str())
                && let Some(input) = there.next()
            {
                found.add(name, target(id, input));
            }
        }
    }
}

/// Follows links up from every input of this name to where the text stands.
fn texts(graph: &Graph, input: &str, name: &str, found: &mut Bindings) {
    let samplers = graph.nodes().filter(|(_, node)| {
        // Other nodes between texts and sampler have a `positive`, too, and lead to the same text.
        node.inputs.contains_key(input) || name == "prompt" && is_guider(node)
    });
    for (id, node) in samplers {
        let input = if node.inputs.contains_key(input) {
            input
        } else {
            "conditioning"
        };
        let mut seen = BTreeSet::new();
        follow(graph, id, input, name, &mut seen, found);
    }
}

/// Flux and its kin have a guider with one text in place of two.
fn is_guider(node: &Node) -> bool {
    node.class_type.contains("Guider") && node.inputs.contains_key("conditioning")
}

fn follow(
    graph: &Graph,
    id: &NodeId,
    input: &str,
    name: &str,
    seen: &mut BTreeSet<NodeId>,
    found: &mut Bindings,
) {
    let Some((from, slot)) = graph.input(id, input).and_then(Input::linked) else {
        return;
    };
    let Some(node) = graph.node(from) else {
        return;
    };
    // A text that is emptied on purpose is not the one to set.
    if node.class_type == "ConditioningZeroOut" || !seen.insert(from.clone()) {
        return;
    }
    let texts = TEXTS_TOGETHER
        .iter()
        .filter(|it| node.inputs.contains_key(**it));
    let mut is_text = false;
    for text in texts {
        is_text = true;
        match node.inputs.get(*text) {
            Some(Input::Value(Value::String(_))) => found.add(name, target(from, text)),
            Some(Input::Link { .. }) => follow(graph, from, text, name, seen, found),
            _ => {}
        }
    }
    if is_text {
        return;
    }
    // A node with both texts hands the first on at slot 0 and the second at slot 1.
    let both = node.inputs.contains_key("positive") && node.inputs.contains_key("negative");
    if both {
        let input = if slot == 1 { "negative" } else { "positive" };
        follow(graph, from, input, name, seen, found);
        return;
    }
    for input in CONDITIONINGS {
        follow(graph, from, input, name, seen, found);
    }
}

fn everywhere(graph: &Graph, name: &str, inputs: &[&str], found: &mut Bindings) {
    for (id, node) in graph.nodes() {
        for input in inputs.iter().filter(|it| is_value(node, it)) {
            found.add(name, target(id, input));
        }
    }
}

fn sizes(graph: &Graph, found: &mut Bindings) {
    let has = |node: &Node, inputs: &[&str]| inputs.iter().all(|it| is_value(node, it));
    let makes = |node: &Node| has(node, &["width", "height", "batch_size"]);
    let is_latent = |node: &Node| {
        let class = &node.class_type;
        class.contains("Latent") || class.contains("ToVideo") || class.contains("Img2Vid")
    };
    let any_latent = graph.nodes().any(|(_, it)| makes(it) && is_latent(it));
    let titled: BTreeSet<String> = found.names().map(ToOwned::to_owned).collect();
    for (id, node) in graph.nodes() {
        if !makes(node) || any_latent && !is_latent(node) {
            continue;
        }
        for (name, input) in SIZES {
            if is_value(node, input) && !titled.contains(*name) {
                found.add(name, target(id, input));
            }
        }
    }
}

fn pictures(graph: &Graph, found: &mut Bindings) {
    let loads = |node: &Node| {
        let class = &node.class_type;
        let has_file = PICTURES.iter().find(|it| {
            let text = node.inputs.get(**it).and_then(Input::text);
            text.is_some() && (class.contains("Load") || class.contains("Face"))
        });
        has_file.copied()
    };
    let all: Vec<(&NodeId, &Node, &str)> = graph
        .nodes()
        .filter_map(|(id, node)| Some((id, node, loads(node)?)))
        .collect();
    let is_only = all.len() == 1;
    for (id, node, input) in all {
        let own = own_title(node);
        let declared = own.as_deref().and_then(|it| {
            let rest = it.strip_prefix("image")?;
            let rest = rest.strip_prefix([':', ' ', '_'])?;
            Some(slug(rest))
        });
        let name = match (declared, own) {
            (Some(name), _) if !name.is_empty() => format!("image:{name}"),
            _ if is_only => "image".to_owned(),
            (_, Some(title)) => format!("image:{}", slug(&title)),
            (_, None) => format!("image:{id}"),
        };
        found.add(&name, target(id, input));
    }
}

/// A title that a person gave; ComfyUI's own are the class, or the class in words.
fn own_title(node: &Node) -> Option<String> {
    let title = node.title.as_deref()?.trim().to_lowercase();
    let bare: String = title.chars().filter(|it| it.is_alphanumeric()).collect();
    (!bare.is_empty() && bare != node.class_type.to_lowercase()).then_some(title)
}

/// Small letters, digits and underscores.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.trim().chars() {
        match letter {
            it if it.is_alphanumeric() => slug.extend(it.to_lowercase()),
            _ if slug.ends_with('_') || slug.is_empty() => {}
            _ => slug.push('_'),
        }
    }
    slug.trim_end_matches('_').to_owned()
}

fn is_value(node: &Node, input: &str) -> bool {
    matches!(node.inputs.get(input), Some(Input::Value(value)) if !value.is_object())
}

fn target(node: &NodeId, input: &str) -> Target {
    Target {
        node: node.clone(),
        input: input.to_owned(),
    }
}

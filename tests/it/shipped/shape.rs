//! Every shipped graph, filled in for films of several shapes, against what ComfyUI 0.3.75 says of
//! its nodes: `object_info.json` is its own answer to `/object_info`, of the nodes that the graphs
//! have, without the words for people.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use serde_json::{Map, Value, json};
use storycore_comfyui::{
    Graph, NodeId, Template,
    binding::Target,
    graph::{Input, Node},
};
use storycore_core::{
    Film,
    recipe::SAFE_INTEGER_MAX,
    workflow::{Scope, ScopeOptions, Workflows, scope_of, shipped},
};
use storycore_schema::{
    run::RunWorkflow,
    workflow::{ModelFile, StepKind, WorkflowStep},
};

use crate::repository::text;

static NODES: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let nodes = include_str!("object_info.json");
    serde_json::from_str(nodes).expect("object_info.json is JSON")
});

/// Shapes of films, from a telephone's to the widest.
const ASPECTS: [&str; 6] = ["9:16", "1:1", "4:3", "16:9", "1.85:1", "2.76:1"];

/// Where ComfyUI looks for the file that an input names.
const FOLDERS: [(&str, &str); 6] = [
    ("ckpt_name", "checkpoints"),
    ("unet_name", "diffusion_models"),
    ("clip_name", "text_encoders"),
    ("clip_name1", "text_encoders"),
    ("clip_name2", "text_encoders"),
    ("vae_name", "vae"),
];
/// The same, where the name alone does not say it.
const UPSCALERS: (&str, &str) = ("UpscaleModelLoader", "upscale_models");

/// A step's graph with all that it is given, as a server gets it.
struct Filled {
    graph: Graph,
    /// Inputs that get a picture.
    uploads: Vec<Target>,
}

fn workflows() -> Vec<RunWorkflow> {
    let files = shipped::files().filter(|it| it.workflow.is_some());
    let known = Workflows::default();
    let found = files.map(|it| known.get(&it.path).expect("it is there"));
    found.collect()
}

fn graphs_of(run: &RunWorkflow, aspect: &str) -> Vec<Filled> {
    let scope = scope(run, aspect);
    let steps = run.workflow.steps.iter();
    let steps = steps.filter(|it| it.uses == StepKind::Comfyui);
    steps.map(|it| filled(&run.path, it, &scope)).collect()
}

/// What the steps can speak of: the film and the params as they are, a shot, and what other steps
/// would have made.
fn scope(run: &RunWorkflow, aspect: &str) -> Scope {
    let mut film = Film::new("film");
    Arc::make_mut(&mut film.state.project.card.settings).aspect = aspect.to_owned();
    let options = ScopeOptions {
        workflow: run,
        run: None,
        uses: StepKind::Comfyui,
        shot: None,
        scene: None,
        results: BTreeMap::new(),
    };
    let of_film = scope_of(&film, options).expect("a film");
    let of_film = |name: &str| of_film.fill(&json!(name)).expect("it is there");
    let picture = "1".repeat(64);
    let mut names = json!({
        "film": of_film("{{ film }}"),
        "params": of_film("{{ params }}"),
        "shot": {"seed": SAFE_INTEGER_MAX},
        "shown": {"picture": picture},
    });
    for step in &run.workflow.steps {
        names[&step.id] = match step.uses {
            StepKind::Prompt | StepKind::Llm => json!({"positive": "A lamp.", "negative": "text"}),
            StepKind::Sketch | StepKind::Comfyui => json!({"picture": picture}),
            StepKind::Export => json!({"path": "exports/storyboard.zip"}),
        };
    }
    Scope::new(&names)
}

fn filled(path: &str, step: &WorkflowStep, scope: &Scope) -> Filled {
    let name = step.graph.as_deref().expect("it names a graph");
    let file = shipped::named(name).unwrap_or_else(|| panic!("{path}: no {name}"));
    let text = shipped::text(file.text).expect("it is there");
    let template = Template::parse(text.as_bytes(), None);
    let template = template.unwrap_or_else(|error| panic!("{name}: {error}"));
    let (mut values, mut uploads) = (BTreeMap::new(), Vec::new());
    for (key, value) in &step.with {
        let value = scope.fill(value);
        let value = value.unwrap_or_else(|error| panic!("{path}: {key}: {error}"));
        if key == "image" || key.starts_with("image:") {
            let targets = template.bindings.targets(key);
            assert!(!targets.is_empty(), "{name} takes no {key}");
            uploads.extend_from_slice(targets);
        } else {
            values.insert(key.clone(), value);
        }
    }
    let graph = template.bindings.apply(&template.graph, &values);
    Filled {
        graph: graph.unwrap_or_else(|error| panic!("{path}: {error}")),
        uploads,
    }
}

/// What a server would not take, and what it would take and do nothing with.
fn problems(filled: &Filled) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, node) in filled.graph.nodes() {
        let called = filled.graph.called(id);
        let Some(info) = NODES.get(&node.class_type) else {
            problems.push(format!("{called}: there is no such node"));
            continue;
        };
        let none = Map::new();
        let inputs = |kind: &str| info["input"][kind].as_object().unwrap_or(&none).clone();
        let (required, optional) = (inputs("required"), inputs("optional"));
        let missing = required.keys().filter(|it| !node.inputs.contains_key(*it));
        problems.extend(missing.map(|it| format!("{called}: {it} is missing")));
        for (name, input) in &node.inputs {
            let Some(spec) = required.get(name).or(optional.get(name)) else {
                problems.push(format!("{called}: it has no {name}"));
                continue;
            };
            let is_upload = |it: &Target| it.node == *id && it.input == *name;
            if filled.uploads.iter().any(is_upload) {
                let takes = spec[1]["image_upload"] == true;
                problems.extend((!takes).then(|| format!("{called}: {name} takes no picture")));
                continue;
            }
            let wrong = of_input(&filled.graph, node, name, input, spec);
            problems.extend(wrong.map(|it| format!("{called}: {name} {it}")));
        }
    }
    let ends = |it: &Node| {
        NODES
            .get(&it.class_type)
            .is_some_and(|it| it["output_node"] == true)
    };
    if !filled.graph.nodes().any(|it| ends(it.1)) {
        problems.push("nothing is made of it".to_owned());
    }
    problems
}

fn of_input(graph: &Graph, node: &Node, name: &str, input: &Input, spec: &Value) -> Option<String> {
    let wanted = match &spec[0] {
        Value::String(kind) => kind.as_str(),
        _ => "COMBO",
    };
    match input {
        Input::Link { node, slot } => {
            let given = output(graph, node, *slot)?;
            (given != wanted).then(|| format!("takes {wanted}, and is given {given}"))
        }
        Input::Value(value) if wanted == "COMBO" => {
            let is_model = value.as_str().is_some_and(is_model);
            if is_model && folder(node, name).is_some() {
                return None;
            }
            let choices = spec[0].as_array().or(spec[1]["options"].as_array());
            let is_choice = choices.is_some_and(|it| it.contains(value));
            (!is_choice).then(|| format!("cannot be {value}"))
        }
        Input::Value(value) => of_value(value, wanted, &spec[1]),
    }
}

/// The type of what a node puts out.
fn output(graph: &Graph, node: &NodeId, slot: u64) -> Option<String> {
    let class = &graph.node(node)?.class_type;
    let none = || Some(format!("nothing: {class} has no output {slot}"));
    let known = NODES.get(class)?["output"][usize::try_from(slot).ok()?].as_str();
    known.map(str::to_owned).or_else(none)
}

fn of_value(value: &Value, wanted: &str, options: &Value) -> Option<String> {
    let fits = match wanted {
        "INT" => value.is_u64() || value.is_i64(),
        "FLOAT" => value.is_number(),
        "STRING" => value.is_string(),
        "BOOLEAN" => value.is_boolean(),
        _ => false,
    };
    if !fits {
        return Some(format!("takes {wanted}, and is {value}"));
    }
    let bound = |name: &str| options[name].as_f64();
    let number = value.as_f64()?;
    let (least, most) = (bound("min")?, bound("max")?);
    if number < least || number > most {
        return Some(format!("is {least} to {most}, and is {value}"));
    }
    // Servers round nothing: a width that is no multiple ends in an error of the model, or in a
    // picture of another size.
    let step = bound("step").filter(|_| wanted == "INT")?;
    let is_off = (number - least) % step != 0.0;
    is_off.then(|| format!("goes in steps of {step} from {least}, and is {value}"))
}

fn is_model(value: &str) -> bool {
    value.ends_with(".safetensors")
}

fn folder(node: &Node, input: &str) -> Option<&'static str> {
    if node.class_type == UPSCALERS.0 {
        return Some(UPSCALERS.1);
    }
    let known = FOLDERS.iter().find(|it| it.0 == input);
    known.map(|it| it.1)
}

/// The models that a graph loads, each as folder and file.
fn models(graph: &Graph) -> BTreeSet<(String, String)> {
    let mut models = BTreeSet::new();
    for (_, node) in graph.nodes() {
        for (name, input) in &node.inputs {
            if let (Some(file), Some(folder)) = (input.text(), folder(node, name)) {
                models.insert((folder.to_owned(), file.to_owned()));
            }
        }
    }
    models
}

#[test]
fn every_graph_is_what_comfyui_takes() {
    let workflows = workflows();
    assert!(workflows.len() >= 8, "{}", workflows.len());
    for run in &workflows {
        for aspect in ASPECTS {
            let graphs = graphs_of(run, aspect);
            assert!(!graphs.is_empty(), "{}", run.path);
            for graph in &graphs {
                let none: [String; 0] = [];
                assert_eq!(problems(graph), none, "{}, {aspect}", run.path);
            }
        }
    }
}

#[test]
fn the_list_of_models_is_what_the_graphs_load() {
    for run in &workflows() {
        let graphs = graphs_of(run, "16:9");
        let loaded: BTreeSet<_> = graphs.iter().flat_map(|it| models(&it.graph)).collect();
        let listed = run.workflow.models.iter();
        let listed = listed.map(|it| (it.folder.clone(), it.file.clone()));
        assert_eq!(loaded, listed.collect(), "{}", run.path);
        for model in &run.workflow.models {
            let ModelFile {
                purpose, source, ..
            } = model;
            assert!(purpose.is_some() && source.is_some(), "{model:?}");
            // Where it is, is said in words: an address may be gone tomorrow, or be another's.
            let source = source.as_deref().unwrap_or_default();
            assert!(!source.contains("http"), "{source}");
        }
    }
}

#[test]
fn the_readme_names_every_workflow_with_its_models() {
    let readme = text("README.md");
    for run in &workflows() {
        let name = run
            .path
            .trim_start_matches("shipped/")
            .trim_end_matches(".toml");
        let begins = format!("| `{name}` |");
        let row = readme.lines().find(|it| it.starts_with(&begins));
        let row = row.unwrap_or_else(|| panic!("no {name} in the README"));
        for model in &run.workflow.models {
            let file = model.file.trim_end_matches(".safetensors");
            let folder = format!("`{}`: ", model.folder);
            assert!(row.contains(file) && row.contains(&folder), "{row}: {file}");
        }
    }
}

#[test]
fn what_is_captured_is_what_is_used() {
    let mut used = BTreeSet::new();
    for run in &workflows() {
        for it in graphs_of(run, "16:9") {
            let classes = it.graph.nodes().map(|it| it.1.class_type.clone());
            used.extend(classes);
        }
    }
    let captured: BTreeSet<String> = NODES.keys().cloned().collect();
    assert_eq!(used, captured);
}

/// What a change of one input of text-to-image is told as.
fn check(change: impl FnOnce(&mut Value), expected: &[&str]) {
    let run = Workflows::default().get("text-to-image").expect("it");
    let mut json = graphs_of(&run, "16:9").remove(0).graph.to_json();
    change(&mut json);
    let graph = Graph::from_json(&json).expect("its links are whole");
    let uploads = Vec::new();
    assert_eq!(problems(&Filled { graph, uploads }), expected);
}

#[test]
fn a_graph_that_does_not_fit_is_told() {
    check(
        |it| it["4"]["class_type"] = json!("EmptyLatent"),
        &["4 (EmptyLatent \"size\"): there is no such node"],
    );
    check(
        |it| {
            it["5"]["inputs"]
                .as_object_mut()
                .expect("inputs")
                .remove("cfg");
            it["5"]["inputs"]["seed_mode"] = json!("fixed");
        },
        &[
            "5 (KSampler \"sampler\"): cfg is missing",
            "5 (KSampler \"sampler\"): it has no seed_mode",
        ],
    );
    check(
        |it| it["5"]["inputs"]["positive"] = json!(["1", 1]),
        &["5 (KSampler \"sampler\"): positive takes CONDITIONING, and is given CLIP"],
    );
    check(
        |it| it["6"]["inputs"]["vae"] = json!(["1", 3]),
        &[
            "6 (VAEDecode \"decode\"): vae takes VAE, and is given nothing: \
             CheckpointLoaderSimple has no output 3",
        ],
    );
    check(
        |it| it["5"]["inputs"]["sampler_name"] = json!("eular"),
        &["5 (KSampler \"sampler\"): sampler_name cannot be \"eular\""],
    );
    check(
        |it| it["5"]["inputs"]["steps"] = json!(2.5),
        &["5 (KSampler \"sampler\"): steps takes INT, and is 2.5"],
    );
    check(
        |it| it["5"]["inputs"]["denoise"] = json!(1.5),
        &["5 (KSampler \"sampler\"): denoise is 0 to 1, and is 1.5"],
    );
    check(
        |it| it["4"]["inputs"]["width"] = json!(770),
        &["4 (EmptyLatentImage \"size\"): width goes in steps of 8 from 16, and is 770"],
    );
    check(
        |it| {
            it.as_object_mut().expect("nodes").remove("7");
        },
        &["nothing is made of it"],
    );
}

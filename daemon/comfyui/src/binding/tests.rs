//! Names that files declare, and names that graphs show.

use serde_json::json;

use super::*;

fn found(value: &Value) -> Vec<String> {
    let graph = Graph::from_json(value).unwrap();
    let bindings = Bindings::found_in(&graph);
    let shown = |name: &str| {
        let targets = bindings.targets(name).iter().map(ToString::to_string);
        format!("{name} = {}", targets.collect::<Vec<_>>().join(" "))
    };
    bindings.names().map(shown).collect()
}

fn text_to_image() -> Value {
    json!({
        "3": {"class_type": "KSampler", "inputs": {
            "seed": 7, "steps": 4, "cfg": 4.5, "denoise": 1.0, "sampler_name": "euler",
            "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0],
            "latent_image": ["5", 0]}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "a.safetensors"}},
        "5": {"class_type": "EmptyLatentImage",
              "inputs": {"width": 512, "height": 384, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a harbor", "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "x"}},
    })
}

#[test]
fn a_plain_graph_shows_what_can_be_set() {
    assert_eq!(
        found(&text_to_image()),
        [
            "batch = 5.batch_size",
            "cfg = 3.cfg",
            "checkpoint = 4.ckpt_name",
            "denoise = 3.denoise",
            "height = 5.height",
            "negative = 7.text",
            "prompt = 6.text",
            "seed = 3.seed",
            "steps = 3.steps",
            "width = 5.width",
        ]
    );
}

#[test]
fn texts_are_found_through_controls_guiders_and_texts_of_their_own() {
    let mut value = text_to_image();
    value["10"] = json!({"class_type": "ControlNetApplyAdvanced", "inputs": {
        "positive": ["6", 0], "negative": ["7", 0], "image": ["11", 0]}});
    value["11"] = json!({"class_type": "LoadImage", "inputs": {"image": "pose.png"}});
    value["12"] = json!({"class_type": "PrimitiveStringMultiline", "inputs": {"value": "a pier"}});
    value["3"]["inputs"]["positive"] = json!(["10", 0]);
    value["3"]["inputs"]["negative"] = json!(["10", 1]);
    value["6"]["inputs"]["text"] = json!(["12", 0]);
    let names = found(&value);
    for expected in ["prompt = 12.value", "negative = 7.text", "image = 11.image"] {
        assert!(
            names.iter().any(|it| it == expected),
            "{expected} in {names:?}"
        );
    }
    let flux = json!({
        "1": {"class_type": "BasicGuider", "inputs": {"conditioning": ["2", 0]}},
        "2": {"class_type": "FluxGuidance", "inputs": {"conditioning": ["3", 0], "guidance": 3.5}},
        "3": {"class_type": "CLIPTextEncodeFlux",
              "inputs": {"clip_l": "a", "t5xxl": "b", "guidance": 3.5}},
        "4": {"class_type": "RandomNoise", "inputs": {"noise_seed": 1}},
    });
    assert_eq!(
        found(&flux),
        ["prompt = 3.clip_l 3.t5xxl", "seed = 4.noise_seed"]
    );
}

#[test]
fn titles_come_first_and_name_pictures() {
    let mut value = text_to_image();
    value["5"]["_meta"] = json!({"title": "Empty Latent Image"});
    value["7"]["_meta"] = json!({"title": "Prompt"});
    value["20"] = json!({"class_type": "LoadImage", "inputs": {"image": "a.png"},
                         "_meta": {"title": "image:Maya Face"}});
    value["21"] = json!({"class_type": "LoadImage", "inputs": {"image": "a.png"},
                         "_meta": {"title": "Pose reference"}});
    value["22"] = json!({"class_type": "LoadImage", "inputs": {"image": "a.png"},
                         "_meta": {"title": "Load Image"}});
    let found = found(&value);
    for expected in [
        "prompt = 7.text",
        "image:maya_face = 20.image",
        "image:pose_reference = 21.image",
        "image:22 = 22.image",
    ] {
        assert!(
            found.iter().any(|it| it == expected),
            "{expected} in {found:?}"
        );
    }
}

#[test]
fn declared_names_lead_where_they_say() {
    let mut value = text_to_image();
    value["6"]["_meta"] = json!({"title": "What is v1.5 seen"});
    let graph = Graph::from_json(&value).unwrap();
    let declared = |json: Value| {
        let declared = serde_json::from_value(json).unwrap();
        Bindings::declared(&graph, &declared)
    };
    let bindings = declared(json!({
        "prompt": "what is v1.5 seen.text",
        "seed": ["3.seed", "KSampler.steps"],
    }))
    .unwrap();
    let values = BTreeMap::from([
        ("prompt".to_owned(), json!("a pier")),
        ("seed".to_owned(), json!(9)),
    ]);
    let bound = bindings.apply(&graph, &values).unwrap();
    assert_eq!(
        bound.input(&"6".into(), "text").unwrap().text(),
        Some("a pier")
    );
    assert_eq!(bindings.value(&bound, "seed"), Some(&json!(9)));
    assert_eq!(
        bound.input(&"3".into(), "steps"),
        Some(&Input::Value(json!(9)))
    );
    let errors = [
        (json!({"a": "text"}), "binding a: `text` is no NODE.INPUT"),
        (json!({"a": "6."}), "binding a: `6.` is no NODE.INPUT"),
        (
            json!({"a": "99.text"}),
            "binding a: 0 nodes are called `99`; name one by its id: 3 (KS",
        ),
        (
            json!({"a": "CLIPTextEncode.text"}),
            "binding a: 2 nodes are called `CLIPTextEncode`; name one by its id: 6 (CLIPTextEncode",
        ),
        (
            json!({"a": "7.txt"}),
            "binding a: node 7 (CLIPTextEncode) has no input `txt`; it has clip",
        ),
    ];
    for (json, expected) in errors {
        let error = declared(json).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let wrong = BTreeMap::from([("promt".to_owned(), json!("x"))]);
    let error = bindings.apply(&graph, &wrong).unwrap_err().to_string();
    assert_eq!(
        error,
        "the graph has no binding `promt`; it has prompt, seed"
    );
    let wrong = BTreeMap::from([("seed".to_owned(), json!("x"))]);
    let error = bindings.apply(&graph, &wrong).unwrap_err().to_string();
    assert_eq!(
        error,
        "binding seed: 3.seed of 3 (KSampler) is a number, and the value is a text"
    );
}

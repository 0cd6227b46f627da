//! The shipped workflows on a real ComfyUI. Those that its tiny models can stand in for make
//! takes; of the others, all that is missing is named before anything is handed in.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use storycore_core::workflow::Workflows;

use crate::generation::{Story, write};

/// A model of random weights that the tests' server has, shaped as Stable Diffusion 3.
const CHECKPOINT: &str = "tiny_sd3.safetensors";
/// One that makes pictures twice as large.
const UPSCALER: &str = "tiny_x2.safetensors";

/// The shot's take that is shown: its description, and that of its picture.
async fn shown(story: &mut Story, shot: &Value) -> (Value, Value) {
    let takes = story.ask("take/list", json!({"shot": shot})).await;
    let takes = takes.as_array().expect("takes");
    let take = takes.iter().find(|it| it["shown"] == true);
    let take = take.unwrap_or_else(|| panic!("none is shown: {takes:#?}"));
    let asset = story.ask("asset/get", json!({"id": take["asset"]})).await;
    (take.clone(), asset["asset"].clone())
}

async fn first_shot(story: &mut Story) -> Value {
    story.ask("shot/list", json!({})).await[0]["id"].clone()
}

/// Has a workflow done for a shot; its steps.
async fn done(story: &mut Story, shot: &Value, workflow: &str, params: Value) -> Vec<Value> {
    let params = json!({
        "workflow": workflow, "shots": [shot], "params": params, "force": true,
    });
    let run = story.start(params).await;
    let ended = story.ended(&run).await;
    let steps = story.ask("run/steps", json!({"id": run})).await;
    assert_eq!(ended["status"], "finished", "{ended:#} {steps:#}");
    steps.as_array().expect("steps").clone()
}

fn output<'a>(steps: &'a [Value], id: &str) -> &'a Value {
    let step = steps.iter().find(|it| it["step"] == id);
    &step.unwrap_or_else(|| panic!("no {id}: {steps:#?}"))["output"]
}

#[test]
fn what_the_tiny_models_can_draw_becomes_takes() {
    crate::support::block_on(async {
        let mut story = Story::new(1, 2).await;
        let shot = first_shot(&mut story).await;
        from_words(&mut story, &shot).await;
        from_the_sketch(&mut story, &shot).await;
        larger(&mut story, &shot).await;
        moving(&mut story, &shot).await;
    });
}

async fn from_words(story: &mut Story, shot: &Value) {
    let params = json!({"checkpoint": CHECKPOINT, "steps": 2, "pixels": 16_384, "multiple": 8});
    done(story, shot, "text-to-image", params).await;
    let (take, picture) = shown(story, shot).await;
    assert_eq!(picture["mediaType"], "image/png");
    assert_eq!(size(&picture), (168, 96), "16:9 in multiples of 8");
    assert_eq!(take["status"], "fresh", "{take:#}");
    assert_eq!(story.server.uploads().len(), 0);
}

/// The very sketch is what the server begins with; its size is not that of the take.
async fn from_the_sketch(story: &mut Story, shot: &Value) {
    let params = |denoise: f64| {
        let mut params = json!({"checkpoint": CHECKPOINT, "steps": 4, "pixels": 16_384});
        params["multiple"] = json!(8);
        params["denoise"] = json!(denoise);
        params
    };
    let steps = done(story, shot, "sketch-to-image", params(0.65)).await;
    let sketch = output(&steps, "draw")["picture"].clone();
    let uploads = story.server.uploads();
    let [(_, bytes)] = uploads.as_slice() else {
        panic!("{} were uploaded", uploads.len());
    };
    assert_eq!(blake3::hash(bytes).to_hex().as_str(), sketch);
    let (take, picture) = shown(story, shot).await;
    assert_eq!(picture["id"], output(&steps, "panel")["picture"]);
    assert_ne!(picture["id"], sketch);
    assert_eq!(size(&picture), (168, 96));
    assert_eq!(take["status"], "fresh", "{take:#}");
    // The sketch alone is no take of a film that ComfyUI draws.
    let takes = story.ask("take/list", json!({"shot": shot})).await;
    let all = takes.as_array().expect("takes").iter();
    assert!(all.clone().all(|it| it["asset"] != sketch), "{takes:#}");
    let steps = done(story, shot, "sketch-to-image", params(0.2)).await;
    assert_eq!(
        output(&steps, "draw")["picture"],
        sketch,
        "it is drawn the same"
    );
    assert_ne!(output(&steps, "panel")["picture"], picture["id"]);
}

/// What is made of a take is as fresh as that, and shown in its place.
async fn larger(story: &mut Story, shot: &Value) {
    let (before, _) = shown(story, shot).await;
    let params = json!({"upscaler": UPSCALER, "pixels": 65_536});
    done(story, shot, "upscale", params).await;
    let uploads = story.server.uploads().into_iter();
    let uploads: BTreeSet<String> = uploads
        .map(|it| blake3::hash(&it.1).to_hex().to_string())
        .collect();
    let asset = before["asset"].as_str().expect("an asset");
    assert!(uploads.contains(asset), "{asset} of {uploads:?}");
    let (after, picture) = shown(story, shot).await;
    assert_ne!(after["id"], before["id"]);
    assert_eq!(size(&picture), (344, 192), "16:9 in multiples of 8");
    assert_eq!(after["status"], "fresh");
}

/// A workflow of the film that moves what is shown as the shipped ones for video keep it, with no
/// model: the same frame over and over.
const MOVING: &str = r#"
name = "still life"

[[steps]]
id = "move"
uses = "comfyui"
each = "shot"
graph = "moving.json"
take = true

[steps.with]
image = "{{ shown.picture }}"
"#;

/// Its graph, with the nodes that the shipped ones end in.
fn moving_graph(outputs: &Value) -> String {
    let graph = json!({
        "prompt": {
            "1": {"class_type": "LoadImage", "inputs": {"image": ""}},
            "2": {"class_type": "RepeatImageBatch", "inputs": {"image": ["1", 0], "amount": 5}},
            "3": {
                "class_type": "SaveAnimatedWEBP", "_meta": {"title": "moving picture"},
                "inputs": {
                    "images": ["2", 0], "filename_prefix": "m", "fps": 24.0,
                    "lossless": false, "quality": 85, "method": "default",
                },
            },
            "4": {"class_type": "CreateVideo", "inputs": {"images": ["2", 0], "fps": 24.0}},
            "5": {
                "class_type": "SaveVideo", "_meta": {"title": "video"},
                "inputs": {
                    "video": ["4", 0], "filename_prefix": "m", "format": "mp4", "codec": "h264",
                },
            },
        },
        "bindings": {"image": "1.image"},
        "outputs": outputs,
    });
    graph.to_string()
}

/// A video is a take, too: the animation that every page shows, or the video itself.
async fn moving(story: &mut Story, shot: &Value) {
    write(&story.folder, "workflows/moving.toml", MOVING);
    let both = moving_graph(&json!(["moving picture", "video"]));
    write(&story.folder, "workflows/moving.json", &both);
    known(story, "workflows/moving.toml").await;
    let steps = done(story, shot, "moving.toml", json!({})).await;
    let outputs = output(&steps, "move")["outputs"].clone();
    let types: Vec<&Value> = outputs.as_array().expect("both").iter().collect();
    let types: Vec<&Value> = types.iter().map(|it| &it["mediaType"]).collect();
    assert_eq!(types, ["image/webp", "video/mp4"], "{outputs:#}");
    let (take, picture) = shown(story, shot).await;
    assert_eq!(picture["mediaType"], "image/webp");
    assert_eq!(size(&picture), (344, 192));
    assert_eq!(take["status"], "fresh");
    // Of what moves, the first frame is made larger.
    let params = json!({"upscaler": UPSCALER, "pixels": 16_384});
    done(story, shot, "upscale", params).await;
    assert_eq!(size(&shown(story, shot).await.1), (168, 96));
}

fn size(picture: &Value) -> (u64, u64) {
    let side = |name: &str| picture[name].as_u64().unwrap_or_default();
    (side("widthPx"), side("heightPx"))
}

/// Waits until the film has a workflow.
async fn known(story: &mut Story, path: &str) {
    let looking = async {
        loop {
            let listed = story.ask("workflow/list", json!({})).await;
            let mut listed = listed.as_array().expect("files").iter();
            if listed.any(|it| it["path"] == path) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    let looked = tokio::time::timeout(patience, looking).await;
    if looked.is_err() {
        let why = story.ask("diagnostic/list", json!({})).await;
        panic!("{path} is not read: {why:#}");
    }
}

#[test]
fn models_that_are_missing_are_named_before_anything_is_handed_in() {
    crate::support::block_on(async {
        let mut story = Story::new(1, 2).await;
        let shot = first_shot(&mut story).await;
        let params = json!({"checkpoint": CHECKPOINT, "steps": 2, "pixels": 16_384, "multiple": 8});
        done(&mut story, &shot, "text-to-image", params).await;
        let n_had = story.server.n_had().await;
        let others = [
            "sdxl",
            "flux",
            "qwen-image",
            "upscale",
            "wan-image-to-video",
            "ltx-image-to-video",
        ];
        for name in others {
            let params = json!({"workflow": name, "shots": [shot], "force": true});
            let run = story.start(params).await;
            let ended = story.ended(&run).await;
            assert_eq!(ended["status"], "failed", "{name}: {ended:#}");
            let error = ended["error"].as_str().expect("words");
            let workflow = Workflows::default().get(name).expect("it").workflow;
            let wanted: BTreeSet<&str> = workflow.models.iter().map(|it| &*it.file).collect();
            assert_eq!(files_in(error), wanted, "{name}: {error}");
            assert!(error.contains("install"), "{error}");
            let failed = json!({"id": run, "status": "failed"});
            let steps = story.ask("run/steps", failed).await;
            assert_eq!(steps[0]["kind"], "missing", "{steps:#}");
        }
        assert_eq!(story.server.queue_len().await, 0);
        assert_eq!(story.server.n_had().await, n_had, "nothing was queued");
        assert_eq!(story.server.uploads().len(), 0, "nothing was uploaded");
    });
}

/// The names of model files in a text.
fn files_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|it: char| it.is_whitespace() || ",;:\"'".contains(it));
    words.filter(|it| it.ends_with(".safetensors")).collect()
}

//! Graphs that the test server can run.

use serde_json::{Value, json};
use storycore_comfyui::Graph;

/// Colors, so that each test has pictures of its own that no cache knows.
pub(crate) fn color(name: &str) -> u32 {
    let bytes = name.bytes().fold(2_166_136_261_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    });
    bytes % 0xff_ffff
}

/// A plain picture of 64 × 48, saved.
pub(crate) fn plain(name: &str) -> Graph {
    graph(&json!({
        "1": picture(name),
        "9": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": name}},
    }))
}

/// A plain picture that takes a while.
pub(crate) fn slow(name: &str, seconds: f64) -> Graph {
    graph(&json!({
        "1": picture(name),
        "2": {"class_type": "StorycoreSleep", "_meta": {"title": "Slow"},
              "inputs": {"image": ["1", 0], "seconds": seconds, "steps": 20, "seed": 0}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": name}},
    }))
}

/// What every ComfyUI begins with, with the tiny checkpoint.
pub(crate) fn text_to_image(seed: u64, steps: u32) -> Value {
    json!({
        "3": {"class_type": "KSampler", "_meta": {"title": "Sampler"}, "inputs": {
            "seed": seed, "steps": steps, "cfg": 4.5, "sampler_name": "euler",
            "scheduler": "normal", "denoise": 1.0, "model": ["4", 0], "positive": ["6", 0],
            "negative": ["7", 0], "latent_image": ["5", 0]}},
        "4": {"class_type": "CheckpointLoaderSimple",
              "inputs": {"ckpt_name": "tiny_sd3.safetensors"}},
        "5": {"class_type": "EmptySD3LatentImage",
              "inputs": {"width": 128, "height": 128, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a harbor", "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "t2i"}},
    })
}

/// The node with a plain picture.
pub(crate) fn picture(name: &str) -> Value {
    json!({"class_type": "EmptyImage",
           "inputs": {"width": 64, "height": 48, "batch_size": 1, "color": color(name)}})
}

pub(crate) fn graph(value: &Value) -> Graph {
    Graph::from_json(value).unwrap()
}

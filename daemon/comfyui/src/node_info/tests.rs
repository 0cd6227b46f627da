//! Answers of a real server, and of nodes that say odd things.

use serde_json::json;

use super::*;

/// Answers of ComfyUI 0.3.75, recorded: some of its nodes.
const RECORDED: &[u8] = include_bytes!("../../tests/captures/object_info.json");

#[test]
fn recorded_nodes_are_read_in_their_order() {
    let infos = NodeInfos::parse(RECORDED).unwrap();
    let sampler = infos.get("KSampler").unwrap();
    let names: Vec<&str> = sampler.inputs.iter().map(|it| it.name.as_str()).collect();
    let expected = [
        "model",
        "seed",
        "steps",
        "cfg",
        "sampler_name",
        "scheduler",
        "positive",
        "negative",
        "latent_image",
        "denoise",
    ];
    assert_eq!(names, expected);
    assert!(sampler.input("seed").unwrap().has_control);
    assert!(!sampler.input("steps").unwrap().has_control);
    assert_eq!(sampler.outputs, ["LATENT"]);
    let model = infos
        .get("CheckpointLoaderSimple")
        .unwrap()
        .input("ckpt_name")
        .unwrap();
    assert_eq!(
        model.takes,
        Takes::Choice(vec![json!("tiny_sd3.safetensors")])
    );
    assert!(
        infos
            .get("LoadImage")
            .unwrap()
            .input("image")
            .unwrap()
            .is_upload
    );
    assert!(infos.get("SaveImage").unwrap().is_output);
    assert!(!infos.get("VAEDecode").unwrap().is_output);
}

#[test]
fn lists_are_read_in_both_their_forms() {
    let infos = json!({"A": {"input": {"required": {
        "old": [["a", "b"], {"tooltip": "x"}],
        "new": ["COMBO", {"options": ["a", "b"], "control_after_generate": true}],
        "linked": ["STRING", {"forceInput": true}],
    }}}});
    let infos = NodeInfos::parse(infos.to_string().as_bytes()).unwrap();
    let node = infos.get("A").unwrap();
    let both = Takes::Choice(vec![json!("a"), json!("b")]);
    assert_eq!(node.input("old").unwrap().takes, both);
    assert_eq!(node.input("new").unwrap().takes, both);
    assert!(node.input("new").unwrap().has_control);
    assert!(!node.input("linked").unwrap().is_field());
}

#[test]
fn an_odd_node_hides_no_other() {
    let infos = json!({
        "Odd": 7,
        "Odder": {"input": {"required": {"a": null, "b": [{"x": 1}], "c": ["*"], "d": []}},
                  "output": "IMAGE", "output_node": "yes", "display_name": 3},
        "Fine": {"input": {"required": {"a": ["INT"]}}, "output": [["x", "y"], "IMAGE"]},
    });
    let infos = NodeInfos::parse(infos.to_string().as_bytes()).unwrap();
    assert_eq!(infos.len(), 2);
    assert_eq!(infos.get("Odder").unwrap().inputs.len(), 4);
    assert_eq!(infos.get("Odder").unwrap().display_name, "Odder");
    assert_eq!(infos.get("Fine").unwrap().outputs, ["COMBO", "IMAGE"]);
    assert!(NodeInfos::parse(b"<html>").is_err());
    assert!(NodeInfos::parse(b"[]").is_err());
}

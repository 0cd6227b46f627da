//! Recorded traffic of ComfyUI 0.3.75, and what is known of 0.33 by its documented facts only.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    answer::{self, Outcome},
    socket::{Message, read_binary, read_text},
    *,
};
use crate::{
    ImageType,
    error::{is_out_of_memory, refusal},
    graph::NodeId,
};

fn history(which: &str) -> Entry {
    let all: Value =
        serde_json::from_slice(include_bytes!("../../tests/captures/history.json")).unwrap();
    let recorded = &all[which];
    let id = PromptId(recorded.as_object().unwrap().keys().next().unwrap().clone());
    answer::entry(recorded, &id).unwrap().unwrap()
}

#[test]
fn a_recorded_run_is_told_message_by_message() {
    let recorded = include_str!("../../tests/captures/sampling.jsonl");
    let id = PromptId("2108bbfa-0fd1-4849-84e9-ebb674e23d49".to_owned());
    let messages: Vec<Message> = recorded.lines().map(read_text).collect();
    let count = |is: fn(&Message) -> bool| messages.iter().filter(|it| is(it)).count();
    assert_eq!(messages[0], Message::Status);
    assert!(messages.contains(&Message::Start(id.clone())));
    assert!(messages.contains(&Message::Cached(id.clone(), Vec::new())));
    assert!(messages.contains(&Message::Executed(id.clone(), "9".into())));
    assert!(messages.contains(&Message::Ended(id.clone())));
    assert_eq!(
        messages.last(),
        Some(&Message::Executing(Some(id.clone()), None))
    );
    let nodes: Vec<&str> = messages
        .iter()
        .filter_map(|it| match it {
            Message::Executing(_, Some(NodeId(node))) => Some(node.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(nodes, ["4", "5", "7", "6", "3", "8", "9"]);
    // Each step is told twice, in the old way and in the new.
    assert_eq!(count(|it| matches!(it, Message::Progress { .. })), 8);
    let last = Message::Progress {
        id: Some(id),
        node: "3".into(),
        value: 4.0,
        max: 4.0,
    };
    assert!(messages.contains(&last));
}

#[test]
fn what_is_no_message_is_a_sign_of_life_and_no_more() {
    let odd = [
        "",
        "no json",
        "7",
        "{}",
        r#"{"type": "execution_start"}"#,
        r#"{"type": "execution_start", "data": {}}"#,
        r#"{"type": "progress", "data": {"node": "1", "value": "x"}}"#,
        r#"{"type": "progress_state", "data": {"nodes": [1]}}"#,
        r#"{"type": "executed", "data": {"prompt_id": "x", "node": null}}"#,
        r#"{"type": "crystools.monitor", "data": {"cpu": 1}}"#,
    ];
    for text in odd {
        assert_eq!(read_text(text), Message::Other, "{text}");
    }
    // What a server says of the node at work when a socket is opened again.
    let executing = read_text(r#"{"type": "executing", "data": {"node": "3"}}"#);
    assert_eq!(executing, Message::Executing(None, Some("3".into())));
}

#[test]
fn previews_are_read_in_both_their_forms() {
    let plain = Bytes::from([&[0, 0, 0, 1, 0, 0, 0, 2][..], b"PNG"].concat());
    let expected = Message::Preview {
        id: None,
        node: None,
        image: ImageType::Png,
        bytes: Bytes::from_static(b"PNG"),
    };
    assert_eq!(read_binary(&plain), expected);
    let metadata = json!({"prompt_id": "p", "node_id": "57:3", "display_node_id": "57",
                          "image_type": "image/jpeg"});
    let metadata = metadata.to_string();
    let length = u32::try_from(metadata.len()).unwrap().to_be_bytes();
    let whole = [&[0, 0, 0, 4][..], &length, metadata.as_bytes(), b"JPEG"].concat();
    let expected = Message::Preview {
        id: Some(PromptId("p".to_owned())),
        node: Some("57".into()),
        image: ImageType::Jpeg,
        bytes: Bytes::from_static(b"JPEG"),
    };
    assert_eq!(read_binary(&Bytes::from(whole.clone())), expected);
    for cut in 0..whole.len() - 4 {
        let cut = Bytes::from(whole[..cut].to_vec());
        assert_eq!(read_binary(&cut), Message::Other);
    }
    let lies = Bytes::from_static(&[0, 0, 0, 4, 255, 255, 255, 255, 1, 2, 3]);
    assert_eq!(read_binary(&lies), Message::Other);
    let text = Bytes::from_static(&[0, 0, 0, 3, 0, 0, 0, 1, b'3', b'x']);
    assert_eq!(read_binary(&text), Message::Other);
}

#[test]
fn recorded_ends_are_told_apart() {
    let success = history("success");
    assert_eq!(success.outcome, Outcome::Success);
    assert_eq!(success.took_ms, Some(5193));
    let files = crate::output::named(&success.outputs);
    assert_eq!(
        (files.len(), files[0].file.subfolder.as_str()),
        (1, "storycore")
    );
    assert_eq!(history("interrupted").outcome, Outcome::Interrupted);
    assert_eq!(history("cached").cached.len(), 5);
    let Outcome::Failed(failure) = history("failed").outcome else {
        panic!("it failed")
    };
    assert_eq!(failure.class_type, "LoadImage");
    assert_eq!(failure.kind, "PIL.UnidentifiedImageError");
    assert!(failure.said.starts_with("cannot identify image file"));
    assert!(failure.traceback.contains("UnidentifiedImageError(msg)"));
    let unknown = answer::entry(&json!({}), &PromptId("x".to_owned()));
    assert_eq!(unknown, Some(None));
    assert_eq!(answer::entry(&json!([]), &PromptId("x".to_owned())), None);
}

#[test]
fn a_queue_is_read_in_the_order_in_which_it_runs() {
    let item = |number: f64, id: &str| json!([number, id, {}, {"storycore": {"owner": "o"}}, []]);
    let queue = json!({
        "queue_running": [item(1.0, "a")],
        "queue_pending": [item(3.0, "c"), item(2.0, "b"), ["odd"], item(-4.0, "front")],
    });
    let queue = answer::queue(&queue).unwrap();
    let position = |id: &str| queue.position(&PromptId(id.to_owned()));
    assert_eq!(
        ["a", "front", "b", "c"].map(position),
        [Some(0), Some(1), Some(2), Some(3)]
    );
    assert_eq!(position("x"), None);
    assert_eq!(queue.running[0].extra["storycore"]["owner"], "o");
    assert_eq!(answer::queue(&json!({"queue_running": 7})), None);
    let stats = include_bytes!("../../tests/captures/system_stats.json");
    let stats = answer::stats(&serde_json::from_slice(stats).unwrap()).unwrap();
    assert_eq!(
        (stats.version.as_str(), stats.devices[0].name.as_str()),
        ("0.3.75", "cpu")
    );
}

#[test]
fn recorded_refusals_become_what_the_caller_can_do_about_them() {
    let all: Value =
        serde_json::from_slice(include_bytes!("../../tests/captures/refusals.json")).unwrap();
    let graph = Graph::from_json(&json!({
        "1": {"class_type": "EmptyImage", "inputs": {}, "_meta": {"title": "Ground"}},
    }));
    let told = |answer: &Value| refusal("gpu", graph.as_ref().unwrap(), answer).to_string();
    let expected = [
        ("unknown_node", "gpu has no node NoSuchNode"),
        (
            "missing_required_input",
            "gpu refuses the graph: node 2 (ImageScale): Required input is missing: width",
        ),
        (
            "missing_checkpoint",
            "gpu lacks what the graph names: node 1 (EmptyImage \"Ground\"): Value not in list: \
             ckpt_name: 'sd_xl_base_1.0.safetensors' not in ['tiny_sd3.safetensors']",
        ),
        (
            "missing_input_image",
            "gpu refuses the graph: node 1 (EmptyImage \"Ground\"): Custom validation failed for \
             node: image - Invalid image file: nope.png",
        ),
        ("no_outputs", "gpu refuses the graph: Prompt has no outputs"),
        (
            "cycle",
            "gpu refuses the graph: Prompt outputs failed validation",
        ),
    ];
    for (which, expected) in expected {
        assert_eq!(told(&all[which]), expected);
    }
    // 0.33, by its facts: a type of its own for a node that is missing.
    let newer = json!({"error": {"type": "missing_node_type", "message": "Node not found",
        "details": "", "extra_info": {"class_type": "Gone"}}, "node_errors": {}});
    assert_eq!(told(&newer), "gpu has no node Gone");
    let empty = refusal("gpu", graph.as_ref().unwrap(), &json!({"error": 7})).to_string();
    assert_eq!(empty, "gpu refuses the graph: it does not say why");
}

#[test]
fn want_of_memory_is_known_by_type_and_by_words() {
    assert!(is_out_of_memory(
        "torch.OutOfMemoryError",
        "Allocation on device 0 would exceed"
    ));
    assert!(is_out_of_memory("torch.cuda.OutOfMemoryError", ""));
    assert!(is_out_of_memory("MemoryError", ""));
    assert!(is_out_of_memory(
        "RuntimeError",
        "CUDA error: out of memory"
    ));
    assert!(is_out_of_memory(
        "RuntimeError",
        "MPS backend out of memory (MPS allocated: 8 GB)"
    ));
    assert!(!is_out_of_memory(
        "ValueError",
        "no picture in the memory of the camera"
    ));
}

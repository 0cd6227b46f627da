//! Saved canvases: those whose graph ComfyUI's own page has made, and those that nobody can read.

use std::path::Path;

use serde_json::json;

use super::*;

fn infos() -> NodeInfos {
    NodeInfos::parse(include_bytes!("../../tests/captures/object_info.json")).unwrap()
}

fn error(value: &Value) -> String {
    convert(value, &infos()).unwrap_err().to_string()
}

/// The nodes that lead to an output; a server looks at no others.
fn runs(graph: &Graph) -> Value {
    let infos = infos();
    let is_output = |class: &str| infos.get(class).is_some_and(|it| it.is_output);
    let outputs = graph.nodes().filter(|it| is_output(&it.1.class_type));
    let outputs: Vec<NodeId> = outputs.map(|it| it.0.clone()).collect();
    graph.only(&graph.upstream(&outputs)).to_json()
}

#[test]
fn canvases_are_read_as_the_page_reads_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/canvases");
    let mut n = 0;
    for name in ["text_to_image", "newer", "modes", "subgraphs"] {
        let read = |ending: &str| {
            let path = folder.join(format!("{name}.{ending}"));
            serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).unwrap()
        };
        let ours = convert(&read("json"), &infos()).unwrap();
        let page = Graph::from_json(&read("graph.json")).unwrap();
        assert_eq!(runs(&ours), runs(&page), "{name}");
        n += ours.n_nodes();
    }
    assert!(n > 30, "{n} nodes were compared");
}

fn node(id: i64, class: &str, more: &Value) -> Value {
    let mut node = json!({"id": id, "type": class, "mode": 0, "inputs": [], "outputs": []});
    for (key, value) in more.as_object().unwrap() {
        node[key] = value.clone();
    }
    node
}

#[test]
fn get_and_set_muted_subgraphs_and_values_by_name() {
    let out = json!([{"name": "IMAGE", "type": "IMAGE", "links": [1]}]);
    let image = |link: i64| json!([{"name": "images", "type": "IMAGE", "link": link}]);
    let value = json!({
        "nodes": [
            node(1, "EmptyImage", &json!({"outputs": out, "widgets_values":
                {"width": 8, "height": 9, "batch_size": 1, "color": 5, "videopreview": {}}})),
            node(2, "SetNode", &json!({"inputs": image(1), "widgets_values": ["picture"]})),
            node(3, "GetNode", &json!({"outputs": out, "widgets_values": ["picture"]})),
            node(4, "SaveImage", &json!({"inputs": image(2), "widgets_values": ["x"]})),
            node(5, "Fast Bypasser (rgthree)", &json!({})),
            node(6, "sub", &json!({"mode": 2, "outputs": out})),
            node(7, "PreviewImage", &json!({"inputs": image(3)})),
        ],
        "links": [[1, 1, 0, 2, 0, "IMAGE"], [2, 3, 0, 4, 0, "IMAGE"], [3, 6, 0, 7, 0, "IMAGE"]],
        "definitions": {"subgraphs": [{
            "id": "sub", "inputs": [], "outputs": [{"name": "IMAGE", "type": "IMAGE"}],
            "nodes": [node(1, "EmptyImage", &json!({"outputs": out}))],
            "links": [{"id": 1, "origin_id": 1, "origin_slot": 0, "target_id": -20,
                       "target_slot": 0}],
        }]},
    });
    let graph = convert(&value, &infos()).unwrap();
    let ids: Vec<&str> = graph.nodes().map(|it| it.0.0.as_str()).collect();
    assert_eq!(ids, ["1", "4", "7"]);
    assert_eq!(
        graph.input(&"1".into(), "height"),
        Some(&Input::Value(json!(9)))
    );
    let linked = graph.input(&"4".into(), "images").and_then(Input::linked);
    assert_eq!(linked, Some((&"1".into(), 0)));
    assert_eq!(graph.input(&"7".into(), "images"), None);
    assert_eq!(graph.called(&"4".into()), "4 (SaveImage \"Save Image\")");
}

#[test]
fn what_cannot_be_read_is_named() {
    let link = json!([{"name": "x", "type": "IMAGE", "link": 1}]);
    let linked =
        |class: &str| json!({"nodes": [node(7, class, &json!({"inputs": link}))], "links": []});
    let circle = json!({
        "nodes": [
            node(1, "Reroute", &json!({"inputs": [{"name": "", "type": "*", "link": 1}]})),
            node(2, "SaveImage", &json!({
                "inputs": [{"name": "images", "type": "IMAGE", "link": 2}],
                "widgets_values": ["x"]})),
        ],
        "links": [[1, 1, 0, 1, 0, "*"], [2, 1, 0, 2, 0, "IMAGE"]],
    });
    let endless = json!({
        "nodes": [node(1, "a", &json!({}))], "links": [],
        "definitions": {"subgraphs": [{"id": "a", "links": [], "nodes": [
            node(1, "a", &json!({}))]}]},
    });
    let cases = [
        (
            linked("Foo"),
            "node 7 (Foo): the server has no such node, and without it the file",
        ),
        (
            linked("workflow>Mine"),
            "node 7 (workflow>Mine): it is a group node, which ComfyUI",
        ),
        (
            circle,
            "node 2 (SaveImage): input images: its link leads in a circle",
        ),
        (
            endless,
            "node 1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1: subgraphs lie in one another more",
        ),
        (
            json!({"nodes": [{"type": "A"}], "links": []}),
            "nodes[0]: it has no id that is a number",
        ),
        (
            json!({"nodes": [{"id": 1}], "links": []}),
            "nodes[0]: it has no type",
        ),
        (
            json!({"nodes": [node(1, "A", &json!({})), node(1, "B", &json!({}))], "links": []}),
            "nodes[1]: there are two nodes 1",
        ),
        (
            json!({"nodes": [node(1, "Note", &json!({}))], "links": []}),
            "the graph has no nodes",
        ),
    ];
    for (value, expected) in cases {
        let error = error(&value);
        assert!(error.starts_with(expected), "{error}");
    }
}

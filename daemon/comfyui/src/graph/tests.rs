//! Files that are graphs, and files that are not.

use serde_json::json;

use super::*;

fn error(value: &Value) -> String {
    Graph::from_json(value).unwrap_err().to_string()
}

#[test]
fn a_graph_is_read_and_written_as_it_was() {
    let value = json!({
        "3": {"class_type": "KSampler", "inputs": {"seed": 7, "model": ["4", 0], "list": [1, 2]}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "a.safetensors"},
              "_meta": {"title": "The model"}},
    });
    let graph = Graph::from_json(&value).unwrap();
    assert_eq!(graph.to_json(), value);
    assert_eq!(
        graph.called(&"4".into()),
        "4 (CheckpointLoaderSimple \"The model\")"
    );
    let model = graph.input(&"3".into(), "model").unwrap();
    assert_eq!(model.linked(), Some((&"4".into(), 0)));
    let request = json!({"client_id": "x", "prompt": value});
    assert_eq!(Graph::from_json(&request).unwrap(), graph);
    let with_mark = [b"\xef\xbb\xbf".as_slice(), value.to_string().as_bytes()].concat();
    assert_eq!(Graph::parse(&with_mark).unwrap(), graph);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let cases = [
        (
            json!([]),
            "the graph: it has to be an object, nodes by their ids",
        ),
        (json!({}), "the graph has no nodes"),
        (
            json!({"prompt": []}),
            "prompt: it has to be an object, nodes by their ids",
        ),
        (
            json!({"3": {"inputs": {}}}),
            "node 3 has no class_type: it has to be a text such as \"KSampler\"",
        ),
        (
            json!({"3": 7}),
            "node 3: it has to be an object with class_type and inputs",
        ),
        (
            json!({"3": {"class_type": "A", "inputs": [1]}}),
            "node 3: its inputs have to be an object, values by their names",
        ),
        (
            json!({"3": {"class_type": "A", "inputs": {"x": ["77", 0]}, "_meta": {"title": "T"}}}),
            "node 3 (A \"T\"): inputs.x links to node 77, which is not in the graph",
        ),
        (
            json!({
                "1": {"class_type": "A", "inputs": {"x": ["2", 0]}},
                "2": {"class_type": "B", "inputs": {"x": ["3", 0]}},
                "3": {"class_type": "C", "inputs": {"x": ["2", 0]}},
            }),
            "the graph has a cycle: 2 (B) ← 3 (C) ← 2 (B)",
        ),
        (
            json!({"1": {"class_type": "A", "inputs": {"x": ["1", 0]}}}),
            "the graph has a cycle: 1 (A) ← 1 (A)",
        ),
    ];
    for (value, expected) in cases {
        assert_eq!(error(&value), expected, "{value}");
    }
    assert_eq!(
        Graph::from_json(&json!({"nodes": [], "links": []})).unwrap_err(),
        GraphError::IsUiFormat
    );
}

#[test]
fn large_deep_and_broken_files_are_refused_and_long_chains_are_not() {
    let large = vec![b' '; GRAPH_BYTES_MAX + 1];
    let error = Graph::parse(&large).unwrap_err().to_string();
    assert!(error.contains("graph_bytes_max is 20000000"), "{error}");
    let deep = "[".repeat(100_000);
    assert!(matches!(
        Graph::parse(deep.as_bytes()),
        Err(GraphError::NotJson(_))
    ));
    let half = br#"{"1": {"class_type"#;
    let error = Graph::parse(half).unwrap_err().to_string();
    assert!(error.contains("line 1 column"), "{error}");
    let chain = |n: usize| {
        let nodes = (0..n).map(|it| {
            let inputs = match it {
                0 => json!({}),
                _ => json!({"x": [(it - 1).to_string(), 0]}),
            };
            (it.to_string(), json!({"class_type": "A", "inputs": inputs}))
        });
        Value::Object(nodes.collect())
    };
    let graph = Graph::from_json(&chain(NODES_MAX)).unwrap();
    assert_eq!(graph.upstream(&["9999".into()]).len(), NODES_MAX);
    let error = Graph::from_json(&chain(NODES_MAX + 1)).unwrap_err();
    assert_eq!(
        error,
        GraphError::TooManyNodes {
            nodes: NODES_MAX + 1
        }
    );
}

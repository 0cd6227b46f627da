//! Saved canvases: what we make of them is what ComfyUI's own page makes of them, and it runs.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use storycore_comfyui::{Graph, NodeId, NodeInfos};

use crate::{
    server::Comfy,
    story::{Running, options, pool},
};

/// Where saved canvases are, each with the graph that the page makes of it.
fn canvases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/canvases");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path());
    let mut canvases: Vec<PathBuf> = files
        .filter(|it| !it.to_string_lossy().ends_with(".graph.json"))
        .collect();
    canvases.sort();
    canvases
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_canvas_is_read_as_the_page_reads_it() {
    let comfy = Comfy::start().await;
    let pool = pool("canvas", vec![options("one", &comfy.url())]).await;
    let (infos, _) = comfy.server().object_info().await.unwrap();
    let pages = page_graphs(&comfy.url(), &canvases());
    assert_eq!(pages.len(), canvases().len());
    for path in canvases() {
        let ours = pool.load(&std::fs::read(&path).unwrap()).unwrap().graph;
        let page = &pages[&path];
        let text = serde_json::to_string_pretty(page).unwrap() + "\n";
        let recorded = path.with_extension("graph.json");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&recorded, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&recorded).unwrap_or_default();
        assert_eq!(
            kept,
            text,
            "{}: write it anew with UPDATE_EXPECT=1",
            recorded.display()
        );
        let page = Graph::from_json(page).unwrap();
        assert_eq!(
            runs(&ours, &infos),
            runs(&page, &infos),
            "{}",
            path.display()
        );
    }
    let subgraphs = canvases()
        .into_iter()
        .find(|it| it.ends_with("subgraphs.json"))
        .unwrap();
    let template = pool.load(&std::fs::read(subgraphs).unwrap()).unwrap();
    let finished = Running::begin_job(&pool, template.graph, |job| {
        job.wanted = vec!["3".into(), "5".into(), "8".into()];
    })
    .done()
    .await;
    assert_eq!(finished.outputs.len(), 3);
}

/// The nodes that lead to an output; a server looks at no others.
fn runs(graph: &Graph, infos: &NodeInfos) -> BTreeMap<String, Value> {
    let is_output = |class: &str| infos.get(class).is_some_and(|it| it.is_output);
    let outputs = graph.nodes().filter(|it| is_output(&it.1.class_type));
    let outputs: Vec<NodeId> = outputs.map(|it| it.0.clone()).collect();
    let Value::Object(nodes) = graph.to_json() else {
        panic!("a graph is an object")
    };
    let upstream = graph.upstream(&outputs);
    nodes
        .into_iter()
        .filter(|it| upstream.contains(&NodeId(it.0.clone())))
        .collect()
}

fn page_graphs(url: &str, files: &[PathBuf]) -> BTreeMap<PathBuf, Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/comfyui/canvas.mjs");
    let variable = |name: &str| {
        std::env::var_os(name)
            .unwrap_or_else(|| panic!("{name} is not set: run `cargo xtask test`"))
    };
    let said = Command::new(variable("STORYCORE_TEST_NODE"))
        .arg(script)
        .arg(url)
        .args(files)
        .env(
            "STORYCORE_TEST_CHROMIUM",
            variable("STORYCORE_TEST_CHROMIUM"),
        )
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "the page: {errors}");
    let lines = String::from_utf8(said.stdout).unwrap();
    let read = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        (
            PathBuf::from(value["file"].as_str().unwrap()),
            value["graph"].clone(),
        )
    };
    lines.lines().map(read).collect()
}

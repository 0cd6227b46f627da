//! The walls between crates: each keeps a weight out of a fast loop.

use std::path::Path;
use std::process::Command;

use crate::repository::{expect_none, files_with, numbered, root, said, text};

/// What reaches the world or waits for it. Rules, drawing and the contract have none of it.
const HEAVY: &[&str] = &[
    "async-std",
    "axum",
    "fastwebsockets",
    "hyper",
    "inotify",
    "jsonrpsee",
    "libsqlite3-sys",
    "mio",
    "notify",
    "reqwest",
    "rusqlite",
    "socket2",
    "tokio",
    "tower",
    "wasmtime",
];

/// A crate, and which crates of ours it may depend on.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("storycore-schema", &[]),
    ("storycore-codegen", &["storycore-schema"]),
    ("storycore-core", &["storycore-quality", "storycore-schema"]),
    ("storycore-media", &["storycore-quality"]),
    ("storycore-quality", &[]),
    ("storycore-sketch", &["storycore-schema"]),
    ("storycore-cache", &[]),
    ("storycore-llm", &[]),
    ("storycore-comfyui", &[]),
    (
        "storycore-server",
        &[
            "storycore-cache",
            "storycore-codegen",
            "storycore-comfyui",
            "storycore-core",
            "storycore-llm",
            "storycore-media",
            "storycore-quality",
            "storycore-schema",
            "storycore-sketch",
        ],
    ),
    ("storycore-cli", &["storycore-schema", "storycore-server"]),
    ("storycore-tests", &[]),
    (
        "storycore-bench",
        &[
            "storycore-cache",
            "storycore-comfyui",
            "storycore-core",
            "storycore-media",
            "storycore-quality",
            "storycore-schema",
            "storycore-server",
            "storycore-sketch",
            "storycore-tests",
        ],
    ),
    ("storycore-xtask", &["storycore-codegen"]),
];

/// Crates without the world in them.
const PURE: &[&str] = &[
    "storycore-schema",
    "storycore-codegen",
    "storycore-core",
    "storycore-media",
    "storycore-quality",
    "storycore-sketch",
];

#[test]
fn pure_crates_build_without_the_world() {
    let mut found = Vec::new();
    for name in PURE {
        for dependency in tree(name, &[]) {
            if HEAVY.contains(&dependency.as_str()) {
                found.push(format!(
                    "{name} needs {dependency}: see `cargo tree -p {name} -i {dependency}`"
                ));
            }
        }
    }
    expect_none(&found, "keep what waits for the world in daemon/server");
}

#[test]
fn crates_depend_on_each_other_as_planned() {
    let mut found = Vec::new();
    for (name, manifest) in manifests() {
        let Some((_, allowed)) = MAY_DEPEND_ON.iter().find(|(it, _)| *it == name) else {
            found.push(format!(
                "{manifest}: add {name} to this file, with what it may depend on"
            ));
            continue;
        };
        for dependency in tree(&name, &["--depth", "1"]) {
            let is_ours = dependency.starts_with("storycore-") && dependency != name;
            if is_ours && !allowed.contains(&dependency.as_str()) {
                found.push(format!(
                    "{manifest}: {name} must not depend on {dependency}"
                ));
            }
        }
    }
    expect_none(&found, "a wall between crates is broken");
}

#[test]
fn crates_are_named_after_their_folders_and_share_our_lints() {
    let mut found = Vec::new();
    for (name, manifest) in manifests() {
        let folder = Path::new(&manifest).parent().and_then(Path::file_name);
        let folder = folder.unwrap_or_default().to_string_lossy().into_owned();
        if name != format!("storycore-{folder}") {
            found.push(format!(
                "{manifest}: name it storycore-{folder}, not {name}"
            ));
        }
        if !text(&manifest).contains("[lints]\nworkspace = true") {
            found.push(format!("{manifest}: add `[lints]` with `workspace = true`"));
        }
    }
    expect_none(
        &found,
        "a crate is `storycore-<folder>` and has the lints of the workspace",
    );
}

/// Rules and drawings are functions of their arguments, also where the standard library would
/// offer more.
#[test]
fn pure_crates_do_not_look_around() {
    let world = [
        "std::env::",
        "std::fs",
        "std::io::",
        "std::net",
        "std::process",
        "std::thread",
        "std::time",
        "SystemTime",
        "Instant::now",
        "HashMap",
        "thread_rng",
    ];
    let mut found = Vec::new();
    for path in files_with(&[".rs"]) {
        let is_pure = ["schema/src/", "daemon/core/src/", "daemon/sketch/src/"]
            .iter()
            .any(|it| path.starts_with(it));
        if !is_pure || path.contains("/tests") {
            continue;
        }
        for (line, content) in numbered(&text(path)) {
            let code = content.split("//").next().unwrap_or_default();
            for word in world.iter().filter(|it| code.contains(**it)) {
                found.push(format!("{path}:{line} uses {word}"));
            }
        }
    }
    expect_none(&found, "let the world come in as an argument");
}

/// Our crates: name and manifest.
fn manifests() -> Vec<(String, String)> {
    let manifests = files_with(&["/Cargo.toml"]).map(|manifest| {
        let text = text(manifest);
        let name = text.lines().find_map(|it| it.strip_prefix("name = \""));
        let name = name.map(|it| it.trim_end_matches('"').to_owned());
        (name.unwrap_or_default(), manifest.clone())
    });
    manifests.collect()
}

/// Names of the crates that one needs to be built and to run, itself among them.
fn tree(name: &str, more: &[&str]) -> Vec<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut tree = Command::new(cargo);
    tree.args(["tree", "--locked", "--offline", "--package", name]);
    tree.args([
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    tree.args(more).current_dir(root());
    let mut names: Vec<String> = said(&mut tree)
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(ToOwned::to_owned)
        .collect();
    names.sort();
    names.dedup();
    assert!(
        names.iter().any(|it| it == name),
        "`cargo tree` does not know {name}"
    );
    names
}

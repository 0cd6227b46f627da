//! `cargo xtask bench`: our times beside those of the peers, in one run.

use crate::{comfyui, command, npm, python, root, web};

/// Does the set-up and runs the benchmarks; arguments go through.
pub(crate) fn bench(args: &[String]) -> anyhow::Result<()> {
    let root = root::root();
    if root.join("clients/web/package.json").is_file() {
        web::build()?;
    }
    for folder in ["tests/bench", "tests/differential"] {
        if root.join(folder).join("package.json").is_file() {
            npm::install(folder)?;
        }
    }
    let mut words = vec!["run", "--release", "--package", "storycore-bench", "--"];
    words.extend(args.iter().map(String::as_str));
    let mut bench = command::cargo(words);
    let requirements = "tests/bench/requirements.txt";
    if root.join(requirements).is_file() {
        bench.env("STORYCORE_TEST_PYTHON", python::environment(requirements)?);
    }
    let requirements = "tests/media/requirements.txt";
    if root.join(requirements).is_file() {
        bench.env(
            "STORYCORE_TEST_MEDIA_PYTHON",
            python::environment(requirements)?,
        );
    }
    bench.env("STORYCORE_TEST_COMFYUI", comfyui::server()?);
    bench.env("STORYCORE_TEST_NODE", "node");
    command::run(command::cargo([
        "build",
        "--release",
        "--package",
        "storycore-cli",
    ]))?;
    bench.env(
        "STORYCORE_TEST_BINARY",
        root::target().join("release/storycore"),
    );
    command::run(bench)
}

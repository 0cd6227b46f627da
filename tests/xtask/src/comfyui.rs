//! A real ComfyUI for tests, installed once for each version of the folder that says how.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, ensure};

use crate::{command, environment, python, root, stamp};

/// How it is installed: packages, stand-ins for CUDA, models and nodes.
const FOLDER: &str = "tests/comfyui";

/// Whether what it needs to start is there and can be loaded.
const CHECK: &str = "import torch, torchvision, torchaudio, aiohttp, av, transformers, spandrel";

/// The script that starts a server, with a port and a folder for what the server reads and
/// writes; installs ComfyUI if need be, which takes some minutes and 2 GB.
pub(crate) fn server() -> anyhow::Result<PathBuf> {
    let from = root::root().join(FOLDER);
    let version = stamp::hash(&[
        from.join("install.py"),
        from.join("standins.py"),
        from.join("tiny_sd3.py"),
        from.join("tiny_upscaler.py"),
        from.join("requirements.txt"),
        from.join("no-deps.txt"),
        from.join("nodes"),
    ])?;
    let folder = root::test_env("comfyui", &version);
    let whole = folder.join("whole");
    let run = folder.join("run");
    if stamp::says(&whole, &version) && starts(&folder) {
        println!("ComfyUI is there");
        return Ok(run);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    for (program, package) in [("gcc", "gcc"), ("readelf", "binutils")] {
        if command::which(program).is_none() {
            environment::install(package)?;
        }
    }
    python::with_venv()?;
    println!("installing ComfyUI: some 4 minutes and 2 GB");
    let install = from.join("install.py");
    command::run(command::program("python3", [&install, &folder]))?;
    ensure!(
        starts(&folder),
        "ComfyUI in {} does not start: remove the folder and try again",
        folder.display()
    );
    stamp::write(&whole, &version)?;
    Ok(run)
}

fn starts(folder: &std::path::Path) -> bool {
    let mut check = command::program(folder.join("venv/bin/python"), ["-c", CHECK]);
    check.env("LD_LIBRARY_PATH", folder.join("standins"));
    folder.join("run").is_file() && command::ask(check).is_some()
}

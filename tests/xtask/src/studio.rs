//! `cargo xtask studio`: from a fresh clone to a page of drawn panels.

use std::{env, os::unix::process::CommandExt as _, path::PathBuf, process::Stdio};

use anyhow::{Context as _, bail};

use crate::{command, film, npm, root, web};

/// Builds page and binary, then becomes `storycore studio PATH`.
pub(crate) fn studio(args: &[String]) -> anyhow::Result<()> {
    let path = match args {
        [] => film::sample()?,
        [path] => env::current_dir()
            .context("read the current folder")?
            .join(path),
        _ => bail!("studio takes one path, or none for the sample film"),
    };
    npm::check()?;
    web::build()?;
    command::run(command::cargo([
        "build",
        "--release",
        "--package",
        "storycore-cli",
    ]))?;
    // The page prints its address and stays until it is stopped, so it gets the whole terminal.
    let binary: PathBuf = root::target().join("release/storycore");
    println!("$ storycore studio {}", path.display());
    let mut storycore = command::program(&binary, ["studio".as_ref(), path.as_os_str()]);
    storycore
        .stdin(Stdio::inherit())
        .current_dir(env::current_dir()?);
    let err = storycore.exec();
    Err(err).with_context(|| format!("start {}", binary.display()))
}

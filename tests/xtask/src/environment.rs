//! Debian packages: installed when we may, asked for when we may not.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::command;

/// Names of a browser that the tests can drive.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// A browser for the tests; installs Debian's Chromium if there is none.
pub(crate) fn browser() -> anyhow::Result<PathBuf> {
    if let Some(path) = BROWSERS.iter().find_map(|it| command::which(it)) {
        return Ok(path);
    }
    install("chromium")?;
    command::which("chromium").context("Debian's chromium brought no `chromium`")
}

/// The program that records what the daemon asks of the disk; installs it if it is not there.
pub(crate) fn recorder() -> anyhow::Result<PathBuf> {
    if let Some(path) = command::which("strace") {
        return Ok(path);
    }
    install("strace")?;
    command::which("strace").context("Debian's strace brought no `strace`")
}

/// An editor or another program for the tests, with the Debian packages that it is in.
pub(crate) fn editor(program: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let is_there = |it: &&str| {
        let status = ["-W", "-f", "${db:Status-Status}", *it];
        command::ask(command::program("dpkg-query", status)).as_deref() == Some("installed")
    };
    for package in packages.iter().filter(|it| !is_there(it)) {
        install(package)?;
    }
    command::which(program).with_context(|| format!("{packages:?} brought no `{program}`"))
}

/// Installs a Debian package.
pub(crate) fn install(package: &str) -> anyhow::Result<()> {
    let by_hand = format!("install the Debian package {package}: `apt-get install {package}`");
    if command::which("apt-get").is_none() {
        bail!("{package} is missing, and there is no apt-get: install it as your system does");
    }
    if command::ask(command::program("id", ["-u"])).as_deref() != Some("0") {
        bail!("{package} is missing, and only root may install it: {by_hand}");
    }
    if apt(&["install", "--yes", "--no-install-recommends", package]).is_err() {
        // The lists may be old, or not there at all.
        apt(&["update"])?;
        apt(&["install", "--yes", "--no-install-recommends", package]).context(by_hand)?;
    }
    Ok(())
}

/// The version of a package that apt would install or has installed.
pub(crate) fn candidate(package: &str) -> Option<String> {
    let policy = command::ask(command::program("apt-cache", ["policy", package]))?;
    let line = policy
        .lines()
        .find_map(|it| it.trim().strip_prefix("Candidate: "))?;
    (line != "(none)").then(|| line.to_owned())
}

fn apt(args: &[&str]) -> anyhow::Result<()> {
    let mut apt = command::program("apt-get", args.iter().copied());
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    command::run(apt)
}

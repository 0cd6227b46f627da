//! A real VS Code for the tests, as a server whose page a browser opens; and our extension for it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};

use crate::{command, environment, npm, root};

/// Has VS Code 1.99, the last that runs on Node.js 20.
const VERSION: &str = "4.99.4";
/// Programs that its native modules are built with, and the Debian packages that they are in.
const BUILDERS: [(&str, &str); 3] = [("g++", "g++"), ("make", "make"), ("python3", "python3")];

/// The program of the server, installed if need be.
pub(crate) fn code_server() -> anyhow::Result<PathBuf> {
    let folder = root::test_env("code-server", VERSION);
    let server = folder.join("node_modules/code-server");
    let entry = server.join("out/node/entry.js");
    if is_whole(&server, &entry) {
        println!("code-server {VERSION} is there");
        return Ok(entry);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    fs::write(folder.join("package.json"), "{\"private\":true}\n")?;
    for (program, package) in BUILDERS {
        if command::which(program).is_none() {
            environment::install(package)?;
        }
    }
    let wanted = format!("code-server@{VERSION}");
    // Its own script installs more than is needed, and looks for a compiler of another name.
    npm_in(&folder, &["install", "--ignore-scripts", &wanted])?;
    npm_in(&folder, &["rebuild", "argon2"])?;
    let inner = server.join("lib/vscode");
    npm_in(&inner, &["install", "--omit=dev", "--ignore-scripts"])?;
    npm_in(&inner, &["rebuild", "@vscode/spdlog", "native-watchdog"])?;
    ensure!(
        is_whole(&server, &entry),
        "code-server in {} is not whole: remove it and try again",
        folder.display()
    );
    Ok(entry)
}

/// Whether it says its version, and what is built here was.
fn is_whole(server: &Path, entry: &Path) -> bool {
    let built = [
        "node_modules/@vscode/spdlog/build/Release/spdlog.node",
        "node_modules/native-watchdog/build/Release/watchdog.node",
    ];
    let are_there = built
        .iter()
        .all(|it| server.join("lib/vscode").join(it).is_file());
    let entry = entry.to_string_lossy();
    let version = are_there.then(|| command::ask(command::program("node", [&*entry, "--version"])));
    // The first time it says before that it wrote its settings.
    let says_it = |it: String| it.lines().any(|line| line.starts_with(VERSION));
    version.flatten().is_some_and(says_it)
}

fn npm_in(folder: &Path, args: &[&str]) -> anyhow::Result<()> {
    let quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
    let mut npm: Command = command::program("npm", args.iter().copied().chain(quiet));
    // Headers of the Node.js that runs it, so that none are downloaded.
    let prefix = "process.execPath.split('/').slice(0, -2).join('/') || '/'";
    let home = command::ask(command::program("node", ["-p", prefix])).context("ask Node.js")?;
    npm.current_dir(folder).env("npm_config_nodedir", home);
    command::run(npm)
}

/// Our extension as one file.
pub(crate) fn extension() -> anyhow::Result<PathBuf> {
    let folder = "clients/vscode";
    command::run(npm::npm(folder, &["run", "--silent", "package"]))?;
    let file = root::root().join(folder).join("dist/storycore.vsix");
    ensure!(file.is_file(), "{} was not made", file.display());
    Ok(file)
}

//! Node.js and npm: the packages of a folder, and its scripts.

use std::{path::Path, process::Command};

use anyhow::{Context as _, bail, ensure};

use crate::{command, root, stamp};

/// The oldest Node.js that our tools run on.
const NODE_VERSION_MIN: (u32, u32) = (20, 19);

/// Fails with what to do when Node.js or npm is missing or too old.
pub(crate) fn check() -> anyhow::Result<()> {
    let (major, minor) = NODE_VERSION_MIN;
    let Some(version) = command::ask(command::program("node", ["--version"])) else {
        bail!("Node.js is missing: install version {major}.{minor} or newer from nodejs.org");
    };
    let is_new = parse_version(&version).is_some_and(|it| it >= NODE_VERSION_MIN);
    ensure!(
        is_new,
        "Node.js is {version}, but must be {major}.{minor} or newer: get one from nodejs.org"
    );
    ensure!(
        command::ask(command::program("npm", ["--version"])).is_some(),
        "npm is missing: it comes with Node.js from nodejs.org"
    );
    Ok(())
}

/// Installs a folder's packages as its package-lock.json says, unless they are there.
pub(crate) fn install(folder: &str) -> anyhow::Result<()> {
    check()?;
    let path = root::root().join(folder);
    let modules = path.join("node_modules");
    let stamp_path = modules.join(".storycore-stamp");
    let sources = [path.join("package-lock.json"), path.join("package.json")];
    let text = stamp::hash(&sources)?;
    if stamp::says(&stamp_path, &text) && are_there(&modules, &path)? {
        println!("npm packages of {folder} are there");
        return Ok(());
    }
    command::run(npm(folder, &["ci", "--no-audit", "--no-fund"]))?;
    stamp::write(&stamp_path, &text)
}

/// Whether the folder's package.json has a script.
pub(crate) fn has_script(folder: &str, script: &str) -> bool {
    manifest(&root::root().join(folder)).is_ok_and(|it| it["scripts"][script].is_string())
}

/// npm in a folder.
pub(crate) fn npm(folder: &str, args: &[&str]) -> Command {
    let mut npm = command::program("npm", args.iter().copied());
    npm.current_dir(root::root().join(folder));
    npm
}

/// Whether every package that the folder asks for itself is in `node_modules`: a stamp alone
/// would not notice that somebody has cleaned up.
fn are_there(modules: &Path, folder: &Path) -> anyhow::Result<bool> {
    let manifest = manifest(folder)?;
    let mut names = ["dependencies", "devDependencies"]
        .iter()
        .filter_map(|it| manifest[it].as_object())
        .flat_map(|it| it.keys());
    Ok(names.all(|it| modules.join(it).join("package.json").is_file()))
}

fn manifest(folder: &Path) -> anyhow::Result<serde_json::Value> {
    let path = folder.join("package.json");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("read {}", path.display()))
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim_start_matches('v').split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_compare_as_numbers() {
        assert_eq!(parse_version("v20.20.2"), Some((20, 20)));
        assert!(parse_version("v22.3.0").unwrap() >= NODE_VERSION_MIN);
        assert!(parse_version("v20.9.0").unwrap() < NODE_VERSION_MIN);
        assert_eq!(parse_version("unknown"), None);
    }
}

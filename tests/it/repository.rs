//! The repository as tests read it: its files, its commands, and how findings are told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or_else(|| here.into(), Into::into)
}

/// Every file that is under version control or will be once it is added, from the root, sorted.
pub(crate) fn files() -> &'static [String] {
    static FILES: OnceLock<Vec<String>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut git = Command::new("git");
        git.args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let mut files: Vec<String> = said(git.current_dir(root()))
            .split('\0')
            .filter(|it| root().join(it).is_file())
            .map(ToOwned::to_owned)
            .collect();
        files.sort();
        files.dedup();
        files
    })
}

/// The files whose names end in one of these.
pub(crate) fn files_with(ends: &[&str]) -> impl Iterator<Item = &'static String> {
    files()
        .iter()
        .filter(|path| ends.iter().any(|end| path.ends_with(end)))
}

/// A file's text.
pub(crate) fn text(path: &str) -> String {
    let bytes = fs::read(root().join(path)).unwrap_or_else(|err| panic!("read {path}: {err}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A file's lines with their numbers, counted from 1, their line ends kept.
pub(crate) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n')
        .enumerate()
        .map(|(idx, line)| (idx + 1, line))
}

/// What a command prints. Fails the test when the command fails.
pub(crate) fn said(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|err| panic!("start {command:?}: {err}"));
    assert!(
        output.status.success(),
        "{command:?} failed with {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A program that `cargo xtask test` found or made, and names in a variable.
pub(crate) fn given(variable: &str) -> PathBuf {
    let Some(path) = std::env::var_os(variable) else {
        panic!("{variable} is not set: run `cargo xtask test`, which sets it");
    };
    path.into()
}

/// Fails with what was found, one line each, and what to do about it.
pub(crate) fn expect_none(found: &[String], todo: &str) {
    assert!(found.is_empty(), "{todo}:\n  {}", found.join("\n  "));
}

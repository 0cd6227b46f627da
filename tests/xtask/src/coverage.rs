//! `cargo xtask coverage`: which share of the Rust code's lines the tests run.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::{command, environment, root, test};

/// The cargo-llvm-cov we install when there is none.
const VERSION: &str = "0.9.1";

/// What is not counted: tests, and this crate, which the tests are started by.
const IGNORED: &str = r"(^|/)(tests|target)/|/tests\.rs$";

/// How many LLVM versions beyond the compiler's may read its profiles.
const LLVM_VERSIONS_BEYOND: u32 = 4;

/// Runs the Rust tests and prints their line coverage. Arguments, such as `-p storycore-core`, go
/// to the test runner; without any, the whole workspace is tested.
pub(crate) fn coverage(args: &[String]) -> anyhow::Result<()> {
    let cargo_llvm_cov = install()?;
    let (cov, profdata) = llvm_tools()?;
    let folder = root::target().join("coverage");
    let prepare = |mut command: Command| {
        command
            .env("LLVM_COV", &cov)
            .env("LLVM_PROFDATA", &profdata);
        command.env("CARGO_TARGET_DIR", &folder);
        command
    };
    let llvm_cov = |words: &[&str]| {
        let mut all = vec!["llvm-cov"];
        all.extend(words);
        let llvm_cov = command::program(&cargo_llvm_cov, all);
        prepare(llvm_cov)
    };
    let shown =
        command::ask(llvm_cov(&["show-env"])).context("cargo llvm-cov shows no settings")?;
    let variables = variables(&shown);
    let instrumented = |mut command: Command| {
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command
    };
    command::run(instrumented(llvm_cov(&["clean", "--workspace"])))?;
    let selected: Vec<&str> = args.iter().map(String::as_str).collect();
    if selected.is_empty() {
        let build = command::cargo(["build", "--package", "storycore-cli"]);
        command::run(instrumented(prepare(build)))?;
    }
    let mut tests = instrumented(prepare(tests(&selected)));
    tests.envs(test::variables());
    tests.env("STORYCORE_TEST_BINARY", folder.join("debug/storycore"));
    command::run(tests)?;
    let output = folder.join("coverage.json");
    let path = output.to_string_lossy();
    let report = ["report", "--json", "--summary-only", "--output-path", &path];
    let mut words = report.to_vec();
    words.extend(["--ignore-filename-regex", IGNORED]);
    command::run(instrumented(llvm_cov(&words)))?;
    print(&output)
}

fn tests(selected: &[&str]) -> Command {
    let mut words = if test::has_nextest() {
        vec!["nextest", "run"]
    } else {
        vec!["test"]
    };
    if selected.is_empty() {
        words.push("--workspace");
    }
    words.extend(selected);
    command::cargo(words)
}

/// Where cargo-llvm-cov is; installs it below `target/tools` if it is nowhere.
fn install() -> anyhow::Result<PathBuf> {
    if let Some(path) = command::which("cargo-llvm-cov") {
        return Ok(path);
    }
    let folder = root::target().join(format!("tools/cargo-llvm-cov-{VERSION}"));
    let binary = folder.join("bin/cargo-llvm-cov");
    let works = || command::ask(command::program(&binary, ["llvm-cov", "--version"]));
    if works().is_none() {
        let path = folder.to_string_lossy();
        let words = [
            "install",
            "cargo-llvm-cov",
            "--version",
            VERSION,
            "--locked",
            "--root",
            &path,
        ];
        command::run(command::cargo(words))?;
        ensure!(
            works().is_some(),
            "cargo-llvm-cov in {path} does not run: remove it and try again"
        );
    }
    Ok(binary)
}

/// `llvm-cov` and `llvm-profdata` that read what this compiler's programs write.
fn llvm_tools() -> anyhow::Result<(PathBuf, PathBuf)> {
    let version = command::ask(command::program("rustc", ["-vV"])).unwrap_or_default();
    let llvm = version
        .lines()
        .find_map(|it| it.strip_prefix("LLVM version: "));
    let major: u32 = llvm
        .and_then(|it| it.split('.').next())
        .and_then(|it| it.parse().ok())
        .context("rustc does not say which LLVM it has")?;
    let versions = major..=major + LLVM_VERSIONS_BEYOND;
    if let Some(tools) = versions.clone().find_map(installed_tools) {
        return Ok(tools);
    }
    for version in versions {
        let package = format!("llvm-{version}");
        if let Some(candidate) = environment::candidate(&package) {
            println!("installing Debian's {package} {candidate}");
            environment::install(&package)?;
            return installed_tools(version)
                .with_context(|| format!("{package} brought no llvm-cov-{version}"));
        }
    }
    bail!("no package llvm-{major} or newer: install LLVM {major}, or `apt-get update` first")
}

fn installed_tools(version: u32) -> Option<(PathBuf, PathBuf)> {
    let tool = |name: &str| command::which(&format!("{name}-{version}"));
    Some((tool("llvm-cov")?, tool("llvm-profdata")?))
}

/// Reads lines such as `RUSTFLAGS='-C instrument-coverage'`, with or without `export` and quotes.
fn variables(shown: &str) -> Vec<(String, String)> {
    let pairs = shown
        .lines()
        .filter_map(|it| it.trim_start_matches("export ").split_once('='));
    let unquoted = |value: &str| value.trim().trim_matches(['\'', '"']).to_owned();
    pairs
        .map(|(name, value)| (name.trim().to_owned(), unquoted(value)))
        .collect()
}

fn print(report: &Path) -> anyhow::Result<()> {
    let text = fs::read_to_string(report).with_context(|| format!("read {}", report.display()))?;
    let report: Value = serde_json::from_str(&text).context("read the coverage report")?;
    let mut crates: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut total = (0, 0);
    for file in report["data"][0]["files"].as_array().into_iter().flatten() {
        let path = file["filename"].as_str().unwrap_or_default();
        let lines = &file["summary"]["lines"];
        let count = |name: &str| lines[name].as_u64().unwrap_or_default();
        for sum in [crates.entry(crate_of(path)).or_default(), &mut total] {
            sum.0 += count("covered");
            sum.1 += count("count");
        }
    }
    ensure!(total.1 > 0, "the report counts no lines");
    for (name, sum) in &crates {
        println!("{:24} {:5.1}% of {} lines", name, percent(*sum), sum.1);
    }
    println!("line coverage: {:.1}% of {} lines", percent(total), total.1);
    Ok(())
}

/// The folder of the crate that a source file is in.
fn crate_of(path: &str) -> String {
    let root = root::root();
    let path = Path::new(path)
        .strip_prefix(&root)
        .unwrap_or(Path::new(path));
    let folder = path.to_string_lossy();
    folder.split("/src/").next().unwrap_or_default().to_owned()
}

fn percent((covered, count): (u64, u64)) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "nobody writes 2^52 lines")]
    let share = covered as f64 / count as f64;
    share * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_with_and_without_quotes() {
        let shown = "RUSTFLAGS='-C instrument-coverage'\nexport CARGO_LLVM_COV=1\n\nno pair";
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [
            pair("RUSTFLAGS", "-C instrument-coverage"),
            pair("CARGO_LLVM_COV", "1"),
        ];
        assert_eq!(variables(shown), expected);
    }
}

//! `cargo xtask test`: all set-up, then every test there is, then one closing count.

use std::{ffi::OsString, process::ExitCode};

use anyhow::{Context as _, bail};

use crate::{
    comfyui,
    command::{self, Said},
    environment, llama, npm, python, root, vscode, web,
};

mod counts;
mod report;

use counts::Counts;
use report::Report;

/// Folders with TypeScript or JavaScript that have tests, or that tests need.
const PACKAGES: &[&str] = &[
    "clients/typescript",
    "clients/web",
    "clients/vscode",
    "tests/differential",
    "tests/browser",
    "tests/vscode",
    "tests/lsp-node",
];

/// The folder with tests in Python, and where the environment says which Python has what they need.
const PYTHON_TESTS: &str = "tests/lsp-python";
const PYTHON_OF_TESTS: &str = "STORYCORE_TEST_PYTEST";

/// The server of buckets that the cache is tested with.
const RCLONE: &str = "tests/s3/requirements.txt";

/// What the tests find in their environment, each with what it says.
pub(crate) type Variables = Vec<(&'static str, OsString)>;

/// Runs everything; with `--filter NAME`, only tests whose names contain it.
pub(crate) fn test(args: &[String]) -> anyhow::Result<ExitCode> {
    let filter = match args {
        [] => None,
        [flag, filter] if flag == "--filter" => Some(filter.as_str()),
        _ => bail!(
            "test takes `--filter NAME` or nothing, not `{}`",
            args.join(" ")
        ),
    };
    let mut report = Report::default();
    let variables = set_up(&mut report);
    if filter.is_none() {
        let fmt = ["fmt", "--all", "--check"];
        report.stage("cargo fmt", || {
            counted(&command::listen(command::cargo(fmt))?)
        });
        report.stage("cargo clippy", clippy);
    }
    report.stage("cargo build", build);
    report.stage("Rust tests", || rust_tests(filter, &variables));
    for folder in packages() {
        if filter.is_none() && npm::has_script(folder, "check") {
            report.stage(&format!("{folder}: types"), || {
                counted(&command::listen(npm::npm(
                    folder,
                    &["run", "--silent", "check"],
                ))?)
            });
        }
        if npm::has_script(folder, "test") {
            report.stage(&format!("{folder}: tests"), || {
                script_tests(folder, filter, &variables)
            });
        }
    }
    report.stage(&format!("{PYTHON_TESTS}: tests"), || {
        python_tests(filter, &variables)
    });
    Ok(report.close())
}

/// Does the set-up without running a test; what the tests find in their environment.
pub(crate) fn variables() -> Variables {
    set_up(&mut Report::default())
}

fn packages() -> impl Iterator<Item = &'static str> {
    let has_manifest = |folder: &str| root::root().join(folder).join("package.json").is_file();
    PACKAGES.iter().copied().filter(move |it| has_manifest(it))
}

fn set_up(report: &mut Report) -> Variables {
    let mut variables: Variables = vec![("STORYCORE_TEST_BINARY", binary().into())];
    report.stage("set up: Node.js", || {
        npm::check()?;
        variables.push(("STORYCORE_TEST_NODE", which("node")?));
        Ok(Counts::default())
    });
    for folder in packages() {
        report.stage(&format!("set up: {folder}"), || {
            npm::install(folder).map(|()| Counts::default())
        });
    }
    report.stage("set up: the page", || {
        web::build().map(|()| Counts::default())
    });
    report.stage("set up: Chromium", || {
        let path = environment::browser()?;
        let version = command::ask(command::program(&path, ["--version"]));
        println!("{}", version.unwrap_or_default());
        variables.push(("STORYCORE_TEST_CHROMIUM", path.into()));
        Ok(Counts::default())
    });
    report.stage("set up: strace", || {
        variables.push(("STORYCORE_TEST_STRACE", environment::recorder()?.into()));
        Ok(Counts::default())
    });
    report.stage("set up: ffmpeg", || {
        let ffmpeg = environment::editor("ffmpeg", &["ffmpeg"])?;
        variables.push(("STORYCORE_TEST_FFMPEG", ffmpeg.into()));
        variables.push(("STORYCORE_TEST_FFPROBE", which("ffprobe")?));
        Ok(Counts::default())
    });
    report.stage("set up: editors", || {
        let neovim = environment::editor("nvim", &["neovim"])?;
        variables.push(("STORYCORE_TEST_NVIM", neovim.into()));
        let emacs = environment::editor("emacs", &["emacs-nox", "elpa-eglot"])?;
        variables.push(("STORYCORE_TEST_EMACS", emacs.into()));
        Ok(Counts::default())
    });
    report.stage("set up: VS Code", || {
        variables.push(("STORYCORE_TEST_CODE_SERVER", vscode::code_server()?.into()));
        variables.push(("STORYCORE_TEST_VSIX", vscode::extension()?.into()));
        Ok(Counts::default())
    });
    report.stage("set up: Python", || {
        let python = python::environment("tests/differential/requirements.txt")?;
        variables.push(("STORYCORE_TEST_PYTHON", python.into()));
        let python = python::environment(&format!("{PYTHON_TESTS}/requirements.txt"))?;
        variables.push((PYTHON_OF_TESTS, python.into()));
        let python = python::environment("tests/media/requirements.txt")?;
        variables.push(("STORYCORE_TEST_MEDIA_PYTHON", python.into()));
        Ok(Counts::default())
    });
    report.stage("set up: rclone", || {
        let rclone = python::environment(RCLONE)?.with_file_name("rclone");
        variables.push(("STORYCORE_TEST_RCLONE", rclone.into()));
        Ok(Counts::default())
    });
    report.stage("set up: llama.cpp", || {
        let python = llama::server()?;
        let models = llama::models(&python)?;
        variables.push(("STORYCORE_TEST_LLAMA", python.into()));
        variables.push(("STORYCORE_TEST_LLAMA_MODELS", models.into()));
        Ok(Counts::default())
    });
    report.stage("set up: ComfyUI", || {
        variables.push(("STORYCORE_TEST_COMFYUI", comfyui::server()?.into()));
        Ok(Counts::default())
    });
    variables
}

fn which(name: &str) -> anyhow::Result<OsString> {
    command::which(name)
        .map(Into::into)
        .with_context(|| format!("no {name} in PATH"))
}

/// Tests of the whole start the real binary.
fn binary() -> std::path::PathBuf {
    root::target().join("debug/storycore")
}

fn clippy() -> anyhow::Result<Counts> {
    let words = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ];
    counted(&command::listen(command::cargo(words))?)
}

fn build() -> anyhow::Result<Counts> {
    let words = ["build", "--package", "storycore-cli"];
    counted(&command::listen(command::cargo(words))?)
}

fn rust_tests(filter: Option<&str>, variables: &Variables) -> anyhow::Result<Counts> {
    let mut words = if has_nextest() {
        vec!["nextest", "run", "--workspace", "--no-tests", "pass"]
    } else {
        vec!["test", "--workspace", "--no-fail-fast"]
    };
    words.extend(filter);
    let mut tests = command::cargo(words);
    tests.envs(variables.iter().cloned());
    counted(&command::listen(tests)?)
}

/// Whether cargo-nextest is there; without it, plain `cargo test` does.
pub(crate) fn has_nextest() -> bool {
    command::ask(command::cargo(["nextest", "--version"])).is_some()
}

fn script_tests(
    folder: &str,
    filter: Option<&str>,
    variables: &Variables,
) -> anyhow::Result<Counts> {
    let mut words = vec!["run", "--silent", "test"];
    if let Some(filter) = filter {
        words.extend(["--", "--passWithNoTests", "--testNamePattern", filter]);
    }
    let mut tests = npm::npm(folder, &words);
    tests.envs(variables.iter().cloned());
    counted(&command::listen(tests)?)
}

fn python_tests(filter: Option<&str>, variables: &Variables) -> anyhow::Result<Counts> {
    let python = variables.iter().find(|it| it.0 == PYTHON_OF_TESTS);
    let (_, python) = python.context("there is no Python for them: see its set-up above")?;
    let mut words = vec!["-m", "pytest", "--quiet"];
    if let Some(filter) = filter {
        words.extend(["--named", filter]);
    }
    let mut tests = command::program(python, words);
    tests
        .current_dir(root::root().join(PYTHON_TESTS))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(variables.iter().cloned());
    counted(&command::listen(tests)?)
}

/// What a stage counted. One that failed and counted nothing counts as one failure.
fn counted(said: &Said) -> anyhow::Result<Counts> {
    let mut counts = counts::read(&said.text);
    if !said.success && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(counts)
}

//! Running other programs. None of them may wait for somebody at the keyboard.

use std::{
    ffi::OsStr,
    io::{self, BufRead as _, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use anyhow::{Context as _, bail};

use crate::root;

/// A command in the repository's root, without a keyboard.
pub(crate) fn program<S: AsRef<OsStr>>(
    name: impl AsRef<OsStr>,
    args: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new(name);
    command
        .args(args)
        .current_dir(root::root())
        .stdin(Stdio::null());
    command
}

/// The Cargo that runs us.
pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = program(cargo, args);
    // Cargo tells its child about this crate; the Cargo below has other crates to think of.
    for name in [
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_PKG_NAME",
    ] {
        command.env_remove(name);
    }
    command
}

/// Runs it, and fails when it fails.
pub(crate) fn run(mut command: Command) -> anyhow::Result<()> {
    println!("$ {}", spelled(&command));
    let status = command
        .status()
        .with_context(|| format!("start {}", spelled(&command)))?;
    if !status.success() {
        bail!("`{}` failed with {status}", spelled(&command));
    }
    Ok(())
}

/// What ran, and what it said.
pub(crate) struct Said {
    /// Whether it succeeded.
    pub(crate) success: bool,
    /// Everything it wrote.
    pub(crate) text: String,
}

/// Runs it, shows what it says and returns it, too.
pub(crate) fn listen(mut command: Command) -> anyhow::Result<Said> {
    println!("$ {}", spelled(&command));
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("NO_COLOR", "1");
    let mut child = command
        .spawn()
        .with_context(|| format!("start {}", spelled(&command)))?;
    let errors = child
        .stderr
        .take()
        .map(|it| thread::spawn(move || tee(it, io::stderr())));
    let mut text = match child.stdout.take() {
        Some(output) => tee(output, io::stdout()),
        None => String::new(),
    };
    if let Some(errors) = errors {
        text += &errors.join().unwrap_or_default();
    }
    let success = child.wait()?.success();
    Ok(Said { success, text })
}

/// What a command prints on its standard output, if it can be run and succeeds.
pub(crate) fn ask(mut command: Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// Where a program is, by `PATH`.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|it| it.join(name))
        .find(|it| is_file(it))
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|it| it.is_file())
}

fn tee(from: impl Read, mut to: impl Write) -> String {
    let mut text = String::new();
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    while matches!(lines.read_until(b'\n', &mut line), Ok(1..)) {
        // A terminal that went away is no reason to stop.
        let _ = to.write_all(&line);
        text += &String::from_utf8_lossy(&line);
        line.clear();
    }
    text
}

fn spelled(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|it| it.to_string_lossy().into_owned()),
    );
    let folder = command
        .get_current_dir()
        .and_then(|it| it.strip_prefix(root::root()).ok());
    match folder.filter(|it| !it.as_os_str().is_empty()) {
        Some(folder) => format!("(in {}) {}", folder.display(), words.join(" ")),
        None => words.join(" "),
    }
}

//! The peers: where they are, and how they are asked.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Where the environment says that a peer is.
pub(crate) fn given(variable: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => path.into(),
        None => panic!("{variable} is not set: run `cargo xtask test`, which sets it"),
    }
}

/// Runs a program to its end; what it printed.
pub(crate) fn run<S: AsRef<OsStr>>(
    program: &Path,
    arguments: impl IntoIterator<Item = S>,
) -> String {
    let mut command = Command::new(program);
    command.args(arguments);
    let output = command.output().expect("the program starts");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

/// Has ffmpeg make a file from its test sources. The words are those of a command line.
pub(crate) fn ffmpeg(words: &str, file: &Path) {
    let mut arguments: Vec<&str> = vec!["-nostdin", "-v", "error", "-y"];
    arguments.extend(words.split_whitespace());
    let file = file.to_string_lossy();
    arguments.push(&file);
    run(&given("STORYCORE_TEST_FFMPEG"), arguments);
}

/// What ffprobe says of a file. With `count`, it reads all of it to count the packets.
pub(crate) fn ffprobe(file: &Path, count: bool) -> Value {
    let mut arguments: Vec<String> = "-v error -show_format -show_streams -of json"
        .split(' ')
        .map(str::to_owned)
        .collect();
    if count {
        arguments.push("-count_packets".to_owned());
    }
    arguments.push(file.to_string_lossy().into_owned());
    json(&run(&given("STORYCORE_TEST_FFPROBE"), arguments))
}

/// Has Python run a script of `tests/peers` with arguments; what it printed, as JSON.
pub(crate) fn python<S: AsRef<OsStr>>(
    script: &str,
    arguments: impl IntoIterator<Item = S>,
) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/peers")
        .join(script);
    let mut words = vec![script.into_os_string()];
    words.extend(arguments.into_iter().map(|it| it.as_ref().to_owned()));
    json(&run(&given("STORYCORE_TEST_MEDIA_PYTHON"), words))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

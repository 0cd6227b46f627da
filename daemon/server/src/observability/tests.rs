//! What is logged, where, and for how long.

use std::{fs, io::Write, os::unix::fs::MetadataExt};

use serde_json::Value;
use tracing::{debug, info, info_span, subscriber::with_default, warn};

use super::*;

fn options(path: &Path) -> LogOptions {
    LogOptions {
        path: Some(path.to_owned()),
        stderr: false,
        filter: Some("info".to_owned()),
        limits: Limits::default(),
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect()
}

#[test]
fn a_line_names_its_request_and_the_filter_changes_while_running() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("state/daemon.log");
    let (control, guard, subscriber) = build(&options(&path)).unwrap();
    with_default(subscriber, || {
        let span = info_span!("call", correlation_id = "r-42", method = "shot/list");
        span.in_scope(|| warn!(shots = 7, "slow answer"));
        debug!("unheard");
        control.set("debug").unwrap();
        debug!("heard");
    });
    drop(guard);

    let lines = lines(&path);
    assert_eq!(lines.len(), 2);
    let expected = [
        ("log.level", "warn".into()),
        ("message", "slow answer".into()),
        ("trace.id", "r-42".into()),
        ("storycore.method", "shot/list".into()),
        ("storycore.shots", 7.into()),
        ("storycore.span", "call".into()),
        ("service.name", Value::from("storycore")),
    ];
    for (name, value) in expected {
        assert_eq!(lines[0][name], value, "{name}");
    }
    assert!(lines[0]["@timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(lines[1]["message"], "heard");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(control.filter(), "debug");
    assert_eq!(control.path(), Some(path.as_path()));
}

#[test]
fn a_bad_filter_changes_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let (control, _guard, _subscriber) = build(&options(&temp.path().join("log"))).unwrap();
    let error = control.set("info,storycore_server=loud").unwrap_err();
    assert!(
        error
            .message
            .starts_with("log filter `info,storycore_server=loud`"),
        "{error}"
    );
    assert_eq!(control.filter(), "info");
}

#[test]
fn nothing_is_lost_at_the_end() {
    const LINES: usize = 30_000;
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("log");
    let (_control, guard, subscriber) = build(&options(&path)).unwrap();
    with_default(subscriber, || (0..LINES).for_each(|it| info!(it, "line")));
    drop(guard);
    let files = [RotatingFile::aged(&path, 1), path];
    let read: usize = files
        .iter()
        .filter_map(|it| fs::read_to_string(it).ok())
        .map(|it| it.lines().count())
        .sum();
    assert_eq!(read, LINES);
}

#[test]
fn a_log_starts_over_in_time_and_forgets_the_oldest() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("log");
    let mut log = RotatingFile::open(&path, 10, 3).unwrap();
    for line in [
        "one\n",
        "two\n",
        "three\n",
        "four\n",
        "five\n",
        "six\n",
        "seven\n",
        "a line longer than all\n",
    ] {
        log.write_all(line.as_bytes()).unwrap();
    }
    let aged = |age| fs::read_to_string(RotatingFile::aged(&path, age)).unwrap_or_default();
    assert_eq!(aged(0), "a line longer than all\n");
    assert_eq!(aged(1), "six\nseven\n");
    assert_eq!(aged(2), "four\nfive\n");
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 3);
    drop(log);
    let mut log = RotatingFile::open(&path, 100, 3).unwrap();
    log.write_all(b"again\n").unwrap();
    assert_eq!(aged(0), "a line longer than all\nagain\n");
}

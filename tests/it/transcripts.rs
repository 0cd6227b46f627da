//! Conversations, word for word, over every transport. A transcript is a list of requests with
//! what was answered; ids and times, which differ from run to run, are given names.
//!
//! `UPDATE_EXPECT=1` writes what was answered into the transcripts.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};

use storycore_schema::Role;

use crate::support::{Client, Sandbox, block_on, in_process::InProcess};

mod names;
mod roles;

use names::Names;

const SCRIPT: &str = "\
Title: Low Tide
Author: A. Kowalska

INT. BOATHOUSE - NIGHT #1#

A lamp. MAYA planes a plank.

MAYA
(not looking up)
Wood forgets nothing.

EXT. SLIPWAY - DAWN #2#

Fog. The boat slides into the water by itself.
";

/// How long a notification may take.
const NOTE_WAIT: Duration = Duration::from_secs(10);

/// One request, and what came of it.
struct Step {
    /// Lines before it that are not part of the conversation.
    prose: String,
    /// Only where a connection stays open.
    connected: bool,
    /// Nothing is answered.
    is_note: bool,
    method: String,
    params: String,
    /// The answer, then the notifications that follow.
    expected: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts")
}

fn transcripts() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).expect("tests/transcripts");
    let mut paths: Vec<_> = entries.flatten().map(|it| it.path()).collect();
    paths.retain(|it| it.extension().is_some_and(|it| it == "txt"));
    paths.sort();
    paths
}

/// Reads `> method params`, `< answer` and `~ notification` lines; `>+` needs a connection, and
/// `>+!` is a notification of the client's, which has no answer.
fn read(path: &Path) -> Vec<Step> {
    let text = fs::read_to_string(path).expect("a transcript");
    let (mut steps, mut prose) = (Vec::<Step>::new(), String::new());
    for line in text.lines() {
        if let Some(request) = line.strip_prefix('>') {
            let connected = request.starts_with('+');
            let is_note = request.starts_with("+!");
            let request = request.trim_start_matches(['+', '!']).trim();
            let (method, params) = request.split_once(' ').unwrap_or((request, "{}"));
            steps.push(Step {
                prose: std::mem::take(&mut prose),
                connected,
                is_note,
                method: method.to_owned(),
                params: params.to_owned(),
                expected: Vec::new(),
            });
        } else if line.starts_with(['<', '~']) {
            steps
                .last_mut()
                .expect("a request before its answer")
                .expected
                .push(line.to_owned());
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    steps
}

/// Replays a transcript; what was said, in the form of a transcript.
async fn replay(
    steps: &[Step],
    client: &mut Client,
    names: &mut Names,
    skip_connected: bool,
) -> String {
    let mut said = String::new();
    for step in steps {
        let head = match (step.connected, step.is_note) {
            (_, true) => ">+!",
            (true, false) => ">+",
            (false, false) => ">",
        };
        writeln!(said, "{}{head} {} {}", step.prose, step.method, step.params).expect("memory");
        if step.connected && skip_connected {
            step.expected.iter().for_each(|line| {
                said.push_str(line);
                said.push('\n');
            });
            continue;
        }
        let params: Value =
            serde_json::from_str(&names.restore(&step.params)).expect("params are JSON");
        if step.is_note {
            let note = json!({"jsonrpc": "2.0", "method": step.method, "params": params});
            client.send(&note.to_string()).await;
        } else {
            let answer = match client.call(&step.method, params).await {
                Ok(result) => result,
                Err(refusal) => json!({"error": refusal.0}),
            };
            writeln!(said, "< {}", names.replace(&answer)).expect("memory");
        }
        let n_notes = step
            .expected
            .iter()
            .filter(|it| it.starts_with('~'))
            .count();
        for method in step.expected.iter().filter(|it| it.starts_with('~')) {
            let method = method.split(' ').nth(1).unwrap_or_default();
            let note = client.note(method, NOTE_WAIT).await;
            let note = note.unwrap_or_else(|| panic!("{}: no {method} of {n_notes}", step.method));
            writeln!(said, "~ {method} {}", names.replace(&note)).expect("memory");
        }
    }
    said
}

fn check(path: &Path, said: &str, transport: &str) {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, said).expect("the transcript is written");
        return;
    }
    let expected = fs::read_to_string(path).expect("a transcript");
    let differing = expected
        .lines()
        .zip(said.lines())
        .enumerate()
        .find(|(_, (a, b))| a != b);
    if let Some((line, (expected, said))) = differing {
        panic!(
            "{}:{} over {transport}\nexpected {}\nsaid     {}\n\
             if this is right, run the test with UPDATE_EXPECT=1",
            path.display(),
            line + 1,
            around(expected, said),
            around(said, expected),
        );
    }
    assert_eq!(
        expected.lines().count(),
        said.lines().count(),
        "{} over {transport}",
        path.display()
    );
}

/// The part of a line where it begins to differ from another.
fn around(line: &str, other: &str) -> String {
    let same = line
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count();
    line.chars()
        .skip(same.saturating_sub(80))
        .take(200)
        .collect()
}

fn replay_all(transport: &str) {
    for path in transcripts() {
        block_on(async {
            // One worker, so that shots are drawn in order, and nobody who looks at pictures in
            // between; no debounce surprises: nothing is written to while a transcript runs.
            let sandbox = Sandbox::new()
                .set("STORYCORE_RENDER_WORKERS_MAX", "1")
                .set("STORYCORE_CHECK_WORKERS_MAX", "0");
            let film = sandbox.film("low-tide", SCRIPT);
            let daemon = sandbox.start();
            let mut client = match transport {
                "socket" => Client::socket(&daemon.socket).await,
                "stdio" => Client::stdio(sandbox.command(&["stdio"])),
                "websocket" => Client::websocket(&daemon).await,
                _ => Client::http(&daemon),
            };
            let mut names = Names::new(&film);
            let said = replay(&read(&path), &mut client, &mut names, transport == "http").await;
            check(&path, &said, transport);
        });
    }
}

#[test]
fn over_the_socket() {
    replay_all("socket");
}

#[test]
fn over_stdio() {
    replay_all("stdio");
}

#[test]
fn over_websocket() {
    replay_all("websocket");
}

#[test]
fn over_http() {
    replay_all("http");
}

#[test]
fn over_memory() {
    for path in transcripts() {
        block_on(async {
            let daemon = InProcess::new();
            let film = daemon.dir.path().join("low-tide");
            fs::create_dir_all(film.join("script")).expect("a film's folder");
            fs::write(film.join("script/film.fountain"), SCRIPT).expect("a script");
            let mut client = daemon.client(Role::Admin);
            let mut names = Names::new(&film);
            let said = replay(&read(&path), &mut client, &mut names, false).await;
            check(&path, &said, "memory");
        });
    }
}

#[test]
fn every_method_is_in_a_transcript() {
    let called: BTreeSet<String> = transcripts()
        .iter()
        .flat_map(|path| read(path))
        .map(|step| step.method)
        .collect();
    let known: BTreeSet<String> = storycore_schema::catalog()
        .methods
        .iter()
        .map(|it| it.name.to_string())
        .collect();
    let missing: Vec<_> = known.difference(&called).collect();
    assert!(
        missing.is_empty(),
        "call these in a file of tests/transcripts: {missing:?}"
    );
}

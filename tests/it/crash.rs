//! Power cuts: a daemon that is killed at any moment loses nothing that it has said.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{self, Client, Daemon, Sandbox, block_on};

mod chance;
mod disk;
mod history;
mod image;
mod kills;
mod power;
mod record;

/// How long an event may take.
const NOTE_WAIT: Duration = Duration::from_secs(20);

/// Small panels: what is tested is when they are kept, not how they look.
fn sandbox() -> Sandbox {
    Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96")
}

/// Asks for a render and kills the daemon when some shots are done; the events it was seen to log.
async fn kill_after(daemon: Daemon, film: &Path, steps: usize) -> Vec<Value> {
    let mut client = Client::socket(&daemon.socket).await;
    let id = client.open(film, false).await;
    client
        .ask("event/subscribe", json!({"project": id, "after": 0}))
        .await;
    let render = json!({"jsonrpc": "2.0", "id": "r", "method": "shot/render",
        "params": {"project": id}});
    client.send(&render.to_string()).await;
    let (mut seen, mut requested, mut done) = (Vec::new(), false, 0);
    while !requested || done < steps {
        let note = client.note("event/happened", NOTE_WAIT).await;
        let note = note.expect("an event");
        requested |= note["event"]["event"]["type"] == "requested";
        done += usize::from(note["event"]["event"]["type"] == "stepDone");
        if note["durable"] == true {
            seen.push(note);
        }
    }
    daemon.kill();
    seen
}

/// Every shot has exactly one take, whose picture is whole.
async fn check_takes(client: &mut Client, film: &str) {
    let takes = client.ask("take/list", json!({"project": film})).await;
    let takes = takes.as_array().expect("takes");
    let shots = client.ask("shot/list", json!({"project": film})).await;
    let shots = shots.as_array().expect("shots");
    assert_eq!(takes.len(), shots.len(), "one take a shot");
    for shot in shots {
        let of_shot = takes.iter().filter(|it| it["shot"] == shot["id"]);
        let [take] = of_shot.collect::<Vec<_>>()[..] else {
            panic!("shot {} has not one take", shot["id"]);
        };
        assert_eq!(shot["status"], "fresh");
        // The daemon checks the hash of what it reads.
        let params = json!({"project": film, "id": take["asset"], "data": true});
        let asset = client.ask("asset/get", params).await;
        // A PNG begins like this in base64.
        let data = asset["data"].as_str().expect("bytes");
        assert!(data.starts_with("iVBORw0KGgo"), "no PNG");
    }
}

fn unfinished(film: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(film.join(".storycore/blobs/unfinished")).expect("a folder");
    entries.flatten().map(|it| it.path()).collect()
}

#[track_caller]
fn check(steps: &[usize]) {
    let sandbox = sandbox();
    let film = sandbox.sample_film("film");
    block_on(async {
        let mut known: Vec<Value> = Vec::new();
        for steps in steps {
            let seen = kill_after(sandbox.start(), &film, *steps).await;
            assert!(seen.len() > known.len(), "nothing new happened");
            assert_eq!(seen[..known.len()], known[..], "the past has changed");
            known = seen;
        }
        // It goes on by itself as soon as the film is open.
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        let runs = client.runs_ended(&id).await;
        assert!(runs.iter().all(|it| it["status"] == "finished"), "{runs:?}");
        let events = client.events(&id).await;
        assert_eq!(events[..known.len()], known[..], "an event was lost");
        check_takes(&mut client, &id).await;
        assert_eq!(unfinished(&film), [] as [PathBuf; 0]);
        daemon.terminate();
    });
}

#[test]
fn killed_before_the_first_panel() {
    check(&[0]);
}

#[test]
fn killed_after_the_first_panel() {
    check(&[1]);
}

#[test]
fn killed_in_the_midst_of_panels() {
    check(&[10]);
}

#[test]
fn killed_near_the_end() {
    check(&[50]);
}

#[test]
fn killed_again_and_again() {
    check(&[3, 9, 14, 22, 31, 40]);
}

#[test]
fn a_save_right_before_the_end_is_read_at_the_next_start() {
    let sandbox = sandbox();
    let film = sandbox.film("film", "INT. ROOM - DAY\n\nA lamp.\n");
    let script = film.join("script/film.fountain");
    block_on(async {
        for round in 0..5_u64 {
            let daemon = sandbox.start();
            let mut client = Client::socket(&daemon.socket).await;
            client.open(&film, true).await;
            let text = format!("INT. ROOM - DAY\n\nA lamp, number {round}.\n");
            fs::write(&script, text).expect("a save");
            // From before the save is noticed until after it is read and drawn.
            tokio::time::sleep(Duration::from_millis(round * 12)).await;
            daemon.kill();
            let daemon = sandbox.start();
            let mut client = Client::socket(&daemon.socket).await;
            let id = client.open(&film, true).await;
            let params = json!({"project": id, "path": "script/film.fountain"});
            let held = client.ask("script/get", params).await;
            let text = fs::read_to_string(&script).expect("the script");
            assert_eq!(held["text"], text);
            daemon.terminate();
        }
    });
}

/// What may have become of a file that was being written when the power went.
type Damage = fn(&mut Vec<u8>);

const DAMAGES: [(&str, Damage); 7] = [
    ("the last byte is missing", |it| it.truncate(it.len() - 1)),
    ("the last 20,000 bytes are missing", |it| {
        it.truncate(it.len() - 20_000);
    }),
    ("the last 100 bytes are noise", |it| noise(it, 100)),
    ("the last 60,000 bytes are noise", |it| noise(it, 60_000)),
    ("half of it is missing", |it| it.truncate(it.len() / 2)),
    ("its head is empty", |it| it[..32].fill(0)),
    ("it is empty", Vec::clear),
];

fn noise(bytes: &mut [u8], length: usize) {
    let start = bytes.len().saturating_sub(length);
    bytes[start..].iter_mut().for_each(|it| *it ^= 0xa5);
}

#[test]
fn a_torn_log_is_read_as_far_as_it_is_whole() {
    let sandbox = sandbox();
    let scenes = (1..=16).map(|it| format!("INT. ROOM {it} - DAY\n\nA lamp.\n\n"));
    let film = sandbox.film("film", &scenes.collect::<String>());
    block_on(async {
        let known = kill_after(sandbox.start(), &film, 12).await;
        let (wal, whole) = (
            film.join(".storycore/project.db-wal"),
            film.join(".storycore"),
        );
        let saved = sandbox.path().join("saved");
        copy(&whole, &saved);
        let mut daemon = sandbox.start();
        for (what, damage) in DAMAGES {
            fs::remove_dir_all(&whole).expect("clearing");
            copy(&saved, &whole);
            let mut bytes = fs::read(&wal).expect("a write-ahead log");
            damage(&mut bytes);
            fs::write(&wal, bytes).expect("damage");
            let mut client = Client::socket(&daemon.socket).await;
            let id = client.open(&film, false).await;
            client.ask("shot/render", json!({"project": id})).await;
            let events = client.events(&id).await;
            let same = known
                .iter()
                .zip(&events)
                .take_while(|(a, b)| a == b)
                .count();
            let kept_nothing = same == 0 && events[0]["seq"] == 1;
            assert!(kept_nothing || same > 1, "{what}: {same} events");
            check_takes(&mut client, &id).await;
            client.ask("project/close", json!({"project": id})).await;
        }
        assert!(daemon.lives());
        assert!(!sandbox.log().contains("panicked"), "{}", sandbox.log());
    });
}

#[test]
fn a_log_that_is_damaged_is_named_and_left_alone() {
    let sandbox = sandbox();
    let film = sandbox.film("film", "INT. ROOM - DAY\n\nA lamp.\n");
    let log = film.join(".storycore/project.db");
    block_on(async {
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        client.ask("project/close", json!({"project": id})).await;
        let mut bytes = fs::read(&log).expect("a log");
        noise(&mut bytes, usize::MAX);
        fs::write(&log, &bytes).expect("damage");
        let refusal = client.call("project/open", json!({"path": film})).await;
        let refusal = refusal.expect_err("a damaged log");
        assert_eq!(refusal.kind(), "unavailable");
        let words = refusal.words();
        assert!(words.contains(&log.display().to_string()), "{words}");
        assert!(words.contains("storycore doctor"), "{words}");
        assert_eq!(fs::read(&log).expect("the log"), bytes, "it was changed");
    });
}

fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([from, to])
        .status();
    assert!(copied.expect("cp").success());
}

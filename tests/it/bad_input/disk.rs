//! Disks that are full, and folders that cannot be written.

use std::{fs, io::Write, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    Client, Daemon, Sandbox, block_on,
    shortage::{self, Shortage, SmallFiles},
};

const SCRIPT: &str = "INT. ROOM - DAY\n\nA lamp.\n\nEXT. STREET - NIGHT\n\nIt rains.\n";
/// How long a daemon may take to notice that there is room again.
const WAIT: Duration = Duration::from_secs(10);

#[test]
fn a_film_that_may_not_be_written_is_refused_by_name() {
    let sandbox = Sandbox::unprivileged();
    let film = sandbox.film("film", SCRIPT);
    sandbox.give_away(&film);
    let chmod = |mode| {
        fs::set_permissions(&film, fs::Permissions::from_mode(mode)).expect("its mode");
    };
    chmod(0o555);
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::websocket(&daemon).await;
        let refusal = client.call("project/open", json!({"path": film})).await;
        let refusal = refusal.expect_err("it cannot be written");
        let expected = format!(
            "{}/.storycore cannot be written: Permission denied (os error 13) | takes and history \
             are kept there: give yourself the right to write, or copy the film to a folder that \
             can be written",
            film.display()
        );
        assert_eq!((refusal.kind(), refusal.words()), ("unavailable", expected));
        chmod(0o755);
        client.open(&film, false).await;
    });
}

#[test]
fn an_export_that_may_not_be_written_is_refused_by_name() {
    let sandbox = Sandbox::unprivileged();
    let film = sandbox.film("film", SCRIPT);
    sandbox.give_away(&film);
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::websocket(&daemon).await;
        let id = client.open(&film, false).await;
        let params = json!({"project": id, "out": "/proc/boards"});
        let refusal = client.call("export/storyboard", params).await;
        let refusal = refusal.expect_err("nobody can write there");
        assert_eq!(refusal.kind(), "unavailable");
        let words = refusal.words();
        assert!(
            words.starts_with("/proc/boards/storyboard.html could not be written"),
            "{words}"
        );
        assert!(words.contains("choose another folder"), "{words}");
    });
}

/// A PNG of one pixel, in Base64.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// Saves a text of the same length, which takes no room.
fn save_in_place(film: &Path, text: &str) {
    assert_eq!(text.len(), SCRIPT.len());
    let script = fs::OpenOptions::new()
        .write(true)
        .open(film.join("script/film.fountain"));
    let written = script.and_then(|mut it| it.write_all(text.as_bytes()));
    written.expect("a save");
}

/// Everything of a film that has to last.
async fn kept(client: &mut Client, film: &str) -> Value {
    let shots = client.ask("shot/list", json!({"project": film})).await;
    let takes = client.ask("take/list", json!({"project": film})).await;
    json!([shots, takes, client.events(film).await])
}

/// Lets the room run out under an open film, and come back.
async fn check(daemon: &Daemon, film: &Path, shortage: &dyn Shortage) {
    let mut client = Client::socket(&daemon.socket).await;
    let id = client.open(film, false).await;
    let render = json!({"project": id, "force": true});
    client.ask("shot/render", render.clone()).await;
    let before = kept(&mut client, &id).await;

    shortage.begin(daemon);
    let later = SCRIPT.replace("lamp", "fire");
    save_in_place(film, &later);
    for (method, params) in [
        ("shot/render", render.clone()),
        ("project/open", json!({"path": film, "autoRender": true})),
    ] {
        let refusal = client.call(method, params).await;
        let refusal = refusal.expect_err("there is no room");
        let words = refusal.words();
        assert_eq!(refusal.kind(), "unavailable", "{method}: {words}");
        assert!(
            words.contains("nothing was changed | "),
            "{method}: {words}"
        );
    }
    let import = json!({
        "project": id, "shot": before[0][0]["id"], "name": "lamp.png", "data": PICTURE,
    });
    let refusal = client.call("take/import", import.clone()).await;
    let refusal = refusal.expect_err("there is no room for a drawing");
    assert_eq!(refusal.kind(), "unavailable", "{}", refusal.words());
    assert!(refusal.words().contains(" | free "), "{}", refusal.words());
    assert_eq!(
        kept(&mut client, &id).await,
        before,
        "the last good state is gone"
    );

    shortage.end(daemon);
    client.ask("shot/render", render).await;
    let imported = client.ask("take/import", import).await;
    assert_eq!(imported["take"]["shown"], true);
    let open = client.ask("project/open", json!({"path": film})).await;
    let params = json!({"project": id, "path": "script/film.fountain"});
    assert_eq!(client.ask("script/get", params).await["text"], later);
    assert_eq!(open["id"], *id);
    let events = client.events(&id).await;
    let past = before[2].as_array().expect("events");
    assert_eq!(events[..past.len()], past[..], "the past has changed");
    let problems = client.ask("diagnostic/list", json!({"project": id})).await;
    assert_eq!(problems, json!([]));
}

fn sandbox() -> Sandbox {
    shortage::sandbox().set("STORYCORE_PANEL_WIDTH_PX", "96")
}

#[test]
fn a_full_disk_is_waited_out() {
    let sandbox = sandbox();
    let disk = sandbox.path().join("disk");
    let small = shortage::full_disk(&disk);
    let film = sandbox.film("disk/film", SCRIPT);
    let mut daemon = sandbox.start();
    block_on(check(&daemon, &film, &*small));
    assert!(daemon.lives());
    daemon.terminate();
}

#[test]
fn files_that_cannot_grow_are_waited_out() {
    let sandbox = sandbox();
    let film = sandbox.film("film", SCRIPT);
    let mut daemon = sandbox.start();
    block_on(check(&daemon, &film, &SmallFiles));
    assert!(daemon.lives());
    daemon.terminate();
}

#[test]
fn a_save_that_had_no_room_is_read_by_itself_once_there_is() {
    let sandbox = sandbox().set("STORYCORE_WATCH_POLL_MS", "50");
    let film = sandbox.film("film", SCRIPT);
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        client.ask("shot/render", json!({"project": id})).await;
        client.open(&film, true).await;
        client.ask("event/subscribe", json!({"project": id})).await;
        SmallFiles.begin(&daemon);
        save_in_place(&film, &SCRIPT.replace("lamp", "fire"));
        let note = client
            .note("event/happened", WAIT)
            .await
            .expect("a diagnostic");
        let problem = &note["event"]["event"]["diagnostics"][0];
        assert_eq!(problem["code"], "notRead", "{note}");
        assert_eq!(
            problem["hint"],
            "free some space and make the film's folder writable"
        );
        SmallFiles.end(&daemon);
        loop {
            let note = client.note("event/happened", WAIT).await.expect("an event");
            if note["event"]["event"]["type"] == "ended" {
                break;
            }
        }
        let problems = client.ask("diagnostic/list", json!({"project": id})).await;
        assert_eq!(problems, json!([]));
    });
}

#[test]
fn a_run_that_met_a_full_disk_comes_to_its_end_by_itself() {
    let sandbox = sandbox().set("STORYCORE_RENDER_WORKERS_MAX", "1");
    let film = sandbox.sample_film("film");
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        client
            .ask(
                "event/subscribe",
                json!({"project": id, "topics": ["take"]}),
            )
            .await;
        let render = json!({"jsonrpc": "2.0", "method": "shot/render", "id": "render",
            "params": {"project": id}});
        let mut asking = Client::socket(&daemon.socket).await;
        asking.send(&render.to_string()).await;
        client.note("event/happened", WAIT).await.expect("a take");
        SmallFiles.begin(&daemon);
        // The log cannot be written either; that nothing gets done any more tells as much.
        let list = json!({"project": id});
        let (mut done, mut looks) = (json!(null), 0);
        while looks < 20 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let runs = client.ask("run/list", list.clone()).await;
            assert_eq!(runs[0]["status"], "running");
            looks = if runs[0]["done"] == done {
                looks + 1
            } else {
                0
            };
            done = runs[0]["done"].clone();
        }
        SmallFiles.end(&daemon);
        let runs = client.runs_ended(&id).await;
        // Panels that were tried in between may have failed, and say why.
        let run = &runs[0];
        let count = |name: &str| run[name].as_u64().unwrap_or_default();
        assert_eq!(count("done") + count("failed"), count("total"), "{run}");
        if count("failed") > 0 {
            let why = run["error"].as_str().unwrap_or_default();
            assert!(why.contains("free some space"), "{run}");
        }
        let rest = client.ask("shot/render", json!({"project": id})).await;
        assert_eq!(rest["failed"], 0);
    });
}

//! Folders that were copied: whose film they are, and how a copy becomes one of its own.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::{Client, Sandbox, block_on};

const SCRIPT: &str = "INT. ROOM - DAY\n\nA lamp.\n";

fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([from, to])
        .status();
    assert!(copied.expect("cp").success());
}

/// What happened, without the film's id.
async fn happened(client: &mut Client, film: &str) -> Vec<Value> {
    let mut events = client.events(film).await;
    for event in &mut events {
        event["project"].take();
    }
    events
}

#[test]
fn a_copy_becomes_a_film_of_its_own_with_the_same_past() {
    let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
    let film = sandbox.film("film", SCRIPT);
    let twin = film.with_file_name("twin");
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        client.ask("shot/render", json!({"project": id})).await;
        let past = happened(&mut client, &id).await;
        client.ask("project/close", json!({"project": id})).await;
        copy(&film, &twin);
        client.open(&film, false).await;
        let refusal = client.call("project/open", json!({"path": twin})).await;
        let refusal = refusal.expect_err("two folders, one film");
        assert_eq!(refusal.kind(), "alreadyExists");
        let expected = format!(
            "{} is a copy of {}, which is open: both are the same film to the daemon | close the \
             other one with project/close; or, to make this a film of its own with the same past, \
             open it with project/open and `asCopy`",
            twin.display(),
            film.display()
        );
        assert_eq!(refusal.words(), expected);

        let as_copy = json!({"path": twin, "asCopy": true});
        let own = client.ask("project/open", as_copy.clone()).await["id"].clone();
        let own = own.as_str().expect("an id").to_owned();
        assert_ne!(own, id);
        let copied = happened(&mut client, &own).await;
        assert_eq!(copied[..past.len()], past[..], "its past is another");
        assert_eq!(
            copied[past.len()]["event"],
            json!({"noun": "project", "event": {"type": "copied", "id": own, "from": id}})
        );
        assert_eq!(happened(&mut client, &id).await, past, "the first changed");
        // Both go on, each by itself.
        fs::write(twin.join("script/film.fountain"), "INT. CAVE - DAY\n").expect("a save");
        client.ask("project/open", json!({"path": twin})).await;
        let scenes = client.ask("scene/list", json!({"project": own})).await;
        assert_eq!(scenes[0]["heading"], "INT. CAVE - DAY");
        let scenes = client.ask("scene/list", json!({"project": id})).await;
        assert_eq!(scenes[0]["heading"], "INT. ROOM - DAY");

        let refusal = client.call("project/open", as_copy).await;
        let words = refusal.expect_err("it is open").words();
        assert!(words.contains("is open, as the film it is"), "{words}");
        client.ask("project/close", json!({"project": own})).await;
        assert_eq!(client.open(&twin, false).await, own, "it keeps its id");
    });
}

#[test]
fn a_new_film_has_an_id_of_its_own_already() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let open = json!({"path": film, "asCopy": true});
        let id = client.ask("project/open", open).await["id"].clone();
        let events = client.events(id.as_str().expect("an id")).await;
        let of_project = events.iter().filter(|it| it["event"]["noun"] == "project");
        let kinds: Vec<&Value> = of_project.map(|it| &it["event"]["event"]["type"]).collect();
        assert_eq!(kinds, ["created"]);
    });
}

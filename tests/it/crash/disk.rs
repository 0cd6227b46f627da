//! Disks that fill up, forbid writing, tear what was being written and forget what was: a film
//! keeps what it has said it keeps, or says that it cannot be opened. It never goes on with less.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use storycore_schema::{Event, Role, Seq, project::ProjectEvent};
use storycore_server::event_log::{EventLog, StoredEvent};

use super::{
    chance::Chance,
    history,
    support::{
        Client, Sandbox, block_on,
        in_process::InProcess,
        shortage::{self, Shortage},
    },
};

const SCRIPT: &str = "INT. ROOM - DAY\n\nA lamp.\n\nEXT. STREET - NIGHT\n\nIt rains.\n";
/// Length of a page of the log's file, in bytes.
const PAGE_BYTES: usize = 4_096;
/// Comments that everybody makes before, during and after a shortage.
const N_COMMENTS: usize = 12;
/// Places at which a log is cut.
const N_CUTS: usize = 200;

/// Somebody who comments on a take until they have said all; what was taken down, and what not.
async fn comment(
    mut client: Client,
    about: (String, Value),
    name: String,
) -> (Vec<String>, Vec<String>) {
    let (mut made, mut refused) = (Vec::new(), Vec::new());
    for number in 0..N_COMMENTS {
        // Long enough that each needs room of its own.
        let text = format!("{name}: the {number}th thought{}", " and so on".repeat(200));
        let params = json!({"project": about.0, "id": about.1, "text": text});
        match client.call("take/comment", params).await {
            Ok(_) => made.push(text),
            Err(refusal) => {
                assert_eq!(refusal.kind(), "unavailable", "{}", refusal.words());
                let hint = refusal.words();
                assert!(hint.contains(" | "), "no hint: {hint}");
                refused.push(text);
            }
        }
    }
    (made, refused)
}

fn comments(events: &[StoredEvent]) -> BTreeSet<String> {
    let events = events.iter().map(|it| serde_json::to_value(&it.event));
    let texts = events.filter_map(|it| {
        let event = it.expect("JSON")["event"].take();
        (event["type"] == "commented").then(|| event["comment"]["text"].clone())
    });
    let texts = texts.map(|it| it.as_str().expect("a text").to_owned());
    texts.collect()
}

/// Three people comment at once; room runs out in their midst, and comes back for three others.
async fn decide_without_room(sandbox: &Sandbox, film: &Path, shortage: &dyn Shortage) {
    let mut daemon = sandbox.start();
    let mut client = Client::socket(&daemon.socket).await;
    let id = client.open(film, false).await;
    client.ask("shot/render", json!({"project": id})).await;
    let takes = client.ask("take/list", json!({"project": id})).await;
    let about = (id.clone(), takes[0]["id"].clone());
    let (mut made, mut refused) = (Vec::new(), Vec::new());
    for round in ["before", "as it runs out", "without", "after"] {
        let mut people = Vec::new();
        for person in 0..3 {
            let client = Client::socket(&daemon.socket).await;
            let name = format!("{round}-{person}");
            people.push(tokio::spawn(comment(client, about.clone(), name)));
        }
        if round == "as it runs out" {
            shortage.begin(&daemon);
        }
        let (n_made, n_refused) = (made.len(), refused.len());
        for person in people {
            let (more_made, more_refused) = person.await.expect("nothing surprised anybody");
            made.extend(more_made);
            refused.extend(more_refused);
        }
        match round {
            "before" | "after" => assert_eq!(refused.len(), n_refused, "there was room"),
            "without" => {
                assert_eq!(made.len(), n_made, "where was it written?");
                shortage.end(&daemon);
            }
            _ => {}
        }
    }
    assert!(daemon.lives());
    let held = history::held(&mut client, &id).await;
    daemon.kill();
    let events = history::events(film).expect("a log");
    let made_once: BTreeSet<String> = made.iter().cloned().collect();
    assert_eq!(comments(&events), made_once, "not what was acknowledged");
    assert_eq!(history::replayed(film, events), held);
}

#[test]
fn what_was_acknowledged_as_the_disk_filled_up_is_there() {
    let sandbox = shortage::sandbox().set("STORYCORE_PANEL_WIDTH_PX", "96");
    let disk = sandbox.path().join("disk");
    let small = shortage::full_disk(&disk);
    let film = sandbox.film("disk/film", SCRIPT);
    block_on(decide_without_room(&sandbox, &film, &*small));
}

#[test]
fn what_was_acknowledged_as_files_could_not_grow_any_more_is_there() {
    let sandbox = shortage::sandbox().set("STORYCORE_PANEL_WIDTH_PX", "96");
    let film = sandbox.film("film", SCRIPT);
    block_on(decide_without_room(&sandbox, &film, &shortage::SmallFiles));
}

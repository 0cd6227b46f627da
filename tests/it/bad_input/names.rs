//! Names that the scripts do not hear of at once.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};

use super::files::{Fixture, MAYA, write};
use crate::support::{Client, block_on};

const JO_WAITS: &str =
    "INT. ROOM - DAY\n\nMAYA lights a lamp.\n\nEXT. STREET - NIGHT\n\nJo waits in the rain.\n";

/// Adds a name to the bible when no text can be kept, so that the scripts cannot be read with it.
/// Then everything is as it should be again; what the film says of itself.
fn named_while_nothing_could_be_kept(killed: bool) -> Value {
    let fixture = Fixture::new();
    write(&fixture.film, "script/film.fountain", JO_WAITS);
    let blobs = fixture.film.join(".storycore/blobs");
    block_on(async {
        let mut client = fixture.client().await;
        let id = client.open(&fixture.film, false).await;
        let shots = client.ask("shot/list", json!({"project": id})).await;
        assert!(!shots.to_string().contains("\"JO\""), "{shots}");
        let kept = fs::metadata(&blobs).expect("a folder").permissions();
        fs::set_permissions(&blobs, fs::Permissions::from_mode(0o555)).expect("its mode");
        write(&fixture.film, "bible/jo.toml", MAYA.replace("MAYA", "JO"));
        let words = JO_WAITS.replace("lights a lamp", "lights two lamps");
        write(&fixture.film, "script/film.fountain", words);
        let failed = client
            .call("project/open", json!({"path": fixture.film}))
            .await;
        assert!(failed.is_err());
        if killed {
            fixture.daemon.kill();
            fs::set_permissions(&blobs, kept).expect("its mode");
            let daemon = fixture.sandbox.start();
            client = Client::websocket(&daemon).await;
            client.open(&fixture.film, false).await;
            return client.ask("shot/list", json!({"project": id})).await;
        }
        fs::set_permissions(&blobs, kept).expect("its mode");
        client.open(&fixture.film, false).await;
        client.ask("shot/list", json!({"project": id})).await
    })
}

#[test]
fn a_name_that_could_not_be_committed_at_once_is_not_forgotten() {
    for killed in [false, true] {
        let shots = named_while_nothing_could_be_kept(killed);
        let waits = shots.as_array().expect("shots").iter();
        let waits = waits.filter(|it| it["text"].to_string().contains("Jo waits"));
        let subjects: Vec<Value> = waits.map(|it| it["subjects"].clone()).collect();
        assert_eq!(subjects, [json!(["JO"])], "killed: {killed}");
    }
}

#[test]
fn a_name_and_its_alias_that_change_places_are_the_same_in_the_script() {
    let fixture = Fixture::new();
    let entry = |name: &str, alias: &str| {
        format!("kind = \"character\"\nname = \"{name}\"\naliases = [\"{alias}\"]\n")
    };
    block_on(async {
        let mut client = fixture.client().await;
        for (name, alias) in [("MAYA", "KID"), ("KID", "MAYA")] {
            write(&fixture.film, "bible/maya.toml", entry(name, alias));
            let id = client.open(&fixture.film, false).await;
            let shots = client.ask("shot/list", json!({"project": id})).await;
            let shots = shots.as_array().expect("shots").iter();
            let mut lamps = shots.filter(|it| it["text"].to_string().contains("MAYA"));
            assert_eq!(lamps.next().expect("a shot")["subjects"], json!([name]));
        }
    });
}

//! Films whose folders go away.

use std::{
    fs,
    time::{Duration, Instant},
};

use expect_test::expect;
use serde_json::json;

use super::files::{Fixture, problems, said, script};
use crate::support::{Client, block_on};

/// How long a daemon may take to see what has become of a folder.
const WAIT: Duration = Duration::from_secs(10);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Waits until something else is wrong; what.
async fn next_problems(client: &mut Client, film: &str, before: &str) -> String {
    let deadline = Instant::now() + WAIT;
    loop {
        let now = problems(client, film).await;
        if now != before {
            return now;
        }
        assert!(Instant::now() < deadline, "still {before:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

#[test]
fn a_film_whose_folder_is_moved_away_loses_nothing() {
    let fixture = Fixture::new();
    let elsewhere = fixture.film.with_file_name("elsewhere");
    block_on(async {
        let mut client = fixture.client().await;
        let id = client.open(&fixture.film, false).await;
        let before = said(&mut client, &id).await;
        fs::rename(&fixture.film, &elsewhere).expect("it is moved");
        let gone = next_problems(&mut client, &id, "").await;
        expect![[r#"
            . error gone
              the film's folder is gone, or another is in its place; what was read from it is kept
              put it back; or, if it was moved, close the film with project/close and open it where it is now
        "#]]
        .assert_eq(&gone);
        // Something else in its place is not the film.
        fs::create_dir(&fixture.film).expect("a folder");
        fs::write(fixture.film.join("x.fountain"), "INT. ELSEWHERE - DAY\n").expect("a file");
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(said(&mut client, &id).await, before);
        fs::remove_dir_all(&fixture.film).expect("it goes");
        fs::rename(&elsewhere, &fixture.film).expect("it comes back");
        assert_eq!(next_problems(&mut client, &id, &gone).await, "");
        assert_eq!(said(&mut client, &id).await, before);
        fs::write(script(&fixture.film), b"\xff").expect("a save");
        let noticed = next_problems(&mut client, &id, "").await;
        assert!(noticed.contains("notUtf8"), "{noticed}");
        // Moved for good, it opens where it is now.
        fs::rename(&fixture.film, &elsewhere).expect("it is moved");
        client.ask("project/close", json!({"project": id})).await;
        assert_eq!(client.open(&elsewhere, false).await, id);
    });
}

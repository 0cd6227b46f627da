//! Where the system lets nobody watch, the film follows its files all the same, and says what to
//! do about it.

use std::{fs, process::Command, time::Duration};

use serde_json::json;

use crate::support::{Client, Sandbox, block_on};

/// Runs a command in a user namespace in which there may be no watcher at all.
const UNWATCHED: &[&str] = &[
    "unshare",
    "--user",
    "--map-root-user",
    "sh",
    "-c",
    "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"",
    "sh",
];
const WAIT: Duration = Duration::from_secs(10);

#[test]
fn without_watchers_a_save_is_found_by_looking() {
    let probe = Command::new(UNWATCHED[0])
        .args(&UNWATCHED[1..])
        .arg("true")
        .status();
    if !probe.is_ok_and(|it| it.success()) {
        eprintln!("NOT TESTED: this system gives no user namespace to forbid watching in");
        return;
    }
    block_on(async {
        let sandbox = Sandbox::new()
            .set("STORYCORE_WATCH_POLL_MS", "50")
            .under(UNWATCHED);
        let film = sandbox.film("film", "INT. ROOM - DAY\n\nA lamp.\n");
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let project = client.open(&film, false).await;
        let diagnostics = client
            .ask("diagnostic/list", json!({"project": project}))
            .await;
        let [diagnostic] = diagnostics.as_array().map_or(&[][..], Vec::as_slice) else {
            panic!("{diagnostics}");
        };
        assert_eq!(diagnostic["code"], "notWatched");
        assert_eq!(
            diagnostic["message"],
            "the system's limit of watchers is reached; raise fs.inotify.max_user_instances"
        );
        client
            .ask(
                "event/subscribe",
                json!({"project": project, "topics": ["script"]}),
            )
            .await;
        fs::write(
            film.join("script/film.fountain"),
            "INT. ROOM - NIGHT\n\nTwo lamps.\n",
        )
        .expect("a save");
        client
            .note("event/happened", WAIT)
            .await
            .expect("the save is found");
    });
}

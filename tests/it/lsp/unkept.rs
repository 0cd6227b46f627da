//! Unsaved text that cannot be kept: who types it is told once, and goes on typing.

use std::{fs, path::PathBuf, time::Instant};

use super::*;
use crate::support::{
    Daemon,
    shortage::{self, Shortage, SmallFiles},
};

/// Longer than the daemon waits until it tries again, so that it has tried more than once.
const SEVERAL_TRIES: Duration = Duration::from_millis(2_500);

/// A file in the place of the folder of drafts.
struct Blocked(PathBuf);

impl Shortage for Blocked {
    fn begin(&self, _daemon: &Daemon) {
        // Absent unless something was kept before.
        let _ = fs::remove_dir_all(&self.0);
        fs::write(&self.0, "").expect("a file");
    }

    fn end(&self, _daemon: &Daemon) {
        fs::remove_file(&self.0).expect("deleting");
    }
}

/// An editor, and the file that its unsaved text is kept in.
struct Desk {
    editor: Editor,
    typed: String,
    film: PathBuf,
}

impl Desk {
    /// Types a key, and waits for its problems; what a person was told until then.
    async fn key(&mut self) -> Vec<Value> {
        self.editor.change((2, 0), (2, 0), "x").await;
        self.typed.insert(0, 'x');
        let mut said = Vec::new();
        loop {
            let message = self.editor.client.receive().await.expect("a message");
            let params = &message["params"];
            match message["method"].as_str() {
                Some("window/showMessage") => said.push(params.clone()),
                Some("textDocument/publishDiagnostics")
                    if params["version"] == self.editor.version =>
                {
                    return said;
                }
                _ => {}
            }
        }
    }

    /// Types until something is said.
    async fn type_until_told(&mut self) -> Value {
        let start = Instant::now();
        loop {
            if let [told] = &self.key().await[..] {
                return told.clone();
            }
            assert!(start.elapsed() < WAIT, "nobody is told");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types for a while, in which nothing is said.
    async fn type_in_peace(&mut self, time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time {
            assert_eq!(self.key().await, [] as [Value; 0]);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until what was typed is on disk.
    async fn kept(&self) {
        let start = Instant::now();
        let drafts = self.film.join(".storycore/drafts");
        let text = SCRIPT.replace("Maya cuts", &format!("{}Maya cuts", self.typed));
        let is_kept = || {
            let clients = fs::read_dir(&drafts).into_iter().flatten().flatten();
            let mut files = clients.map(|it| it.path().join("script/film.fountain"));
            files.any(|it| fs::read_to_string(it).is_ok_and(|it| it == text))
        };
        while !is_kept() {
            assert!(start.elapsed() < WAIT, "it is not kept");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn check(daemon: &Daemon, film: PathBuf, shortage: &dyn Shortage, why: &str) {
    let client = Client::socket(&daemon.socket).await;
    let script = film.join("script/film.fountain");
    let mut editor = Editor::begin(client, &script, "test", "utf-16").await;
    assert_eq!(editor.problems().await, [] as [&str; 0]);
    let mut desk = Desk {
        editor,
        typed: String::new(),
        film,
    };
    for _ in 0..2 {
        shortage.begin(daemon);
        let told = desk.type_until_told().await;
        assert_eq!(told["type"], 2, "a warning: {told}");
        let words = told["message"].as_str().expect("words");
        let folder = desk.film.join(".storycore/drafts/test-");
        let (start, end) = (
            format!(
                "script/film.fountain: what you type is not kept safe yet, because {}",
                folder.display()
            ),
            format!(
                "{why}. Free some space and make that folder writable; it is kept by itself then. \
                 Until then, save often: what is not saved is lost if the editor stops."
            ),
        );
        assert!(
            words.starts_with(&start) && words.ends_with(&end),
            "{words}"
        );
        desk.type_in_peace(SEVERAL_TRIES).await;
        shortage.end(daemon);
        // Nobody has to type for that.
        desk.kept().await;
        desk.type_in_peace(Duration::from_millis(500)).await;
        desk.kept().await;
    }
}

#[test]
fn who_types_on_a_full_disk_is_told_once() {
    let sandbox = shortage::sandbox();
    let disk = sandbox.path().join("disk");
    let small = shortage::full_disk(&disk);
    let film = sandbox.film("disk/film", SCRIPT);
    let daemon = sandbox.start();
    block_on(check(&daemon, film, &*small, ")"));
}

#[test]
fn who_types_where_files_cannot_grow_is_told_once() {
    let sandbox = shortage::sandbox();
    let film = sandbox.film("film", SCRIPT);
    let daemon = sandbox.start();
    let why = "cannot be written: File too large (os error 27)";
    block_on(check(&daemon, film, &SmallFiles, why));
}

#[test]
fn who_types_where_no_folder_can_be_made_is_told_once() {
    let sandbox = Sandbox::new();
    let film = sandbox.film("film", SCRIPT);
    let daemon = sandbox.start();
    let blocked = Blocked(film.join(".storycore/drafts"));
    let why = "cannot be written: Not a directory (os error 20)";
    block_on(async {
        // Its folder is there once the film is open.
        Client::socket(&daemon.socket)
            .await
            .open(&film, false)
            .await;
        check(&daemon, film, &blocked, why).await;
    });
}

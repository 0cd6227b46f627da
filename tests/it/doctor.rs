//! Films that were damaged, and what the doctor saves of them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::support::{Client, Daemon, Sandbox, block_on};

const SCRIPT: &str = "INT. ROOM - DAY\n\nA lamp.\n\nEXT. STREET - NIGHT\n\nIt rains.\n";

/// A film that was drawn, and is closed.
struct Fixture {
    sandbox: Sandbox,
    daemon: Daemon,
    film: PathBuf,
    id: String,
    events: Vec<Value>,
}

impl Fixture {
    async fn new() -> Fixture {
        let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
        let film = sandbox.film("film", SCRIPT);
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        client.ask("shot/render", json!({"project": id})).await;
        let events = client.events(&id).await;
        client.ask("project/close", json!({"project": id})).await;
        Fixture {
            sandbox,
            daemon,
            film,
            id,
            events,
        }
    }

    fn data(&self, name: &str) -> PathBuf {
        self.film.join(".storycore").join(name)
    }

    async fn client(&self) -> Client {
        Client::socket(&self.daemon.socket).await
    }

    async fn check(&self, repair: bool) -> Value {
        let params = json!({"path": self.film, "repair": repair});
        self.client().await.ask("project/check", params).await
    }

    /// Every file that is kept, with what is in it, but for what readers leave beside the log.
    fn kept(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.film, &mut files);
        let is_beside = |it: &Path| {
            it.to_string_lossy().ends_with("-shm") || it.to_string_lossy().ends_with("-wal")
        };
        files.retain(|it| !is_beside(&it.0));
        files
    }

    /// Opened again, it holds these events first.
    async fn check_events(&self, n_events: usize) {
        let mut client = self.client().await;
        assert_eq!(client.open(&self.film, false).await, self.id);
        let events = client.events(&self.id).await;
        assert_eq!(events[..n_events], self.events[..n_events]);
        client.ask("shot/render", json!({"project": self.id})).await;
        client
            .ask("project/close", json!({"project": self.id}))
            .await;
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    for path in entries.map(|it| it.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push((path.clone(), fs::read(&path).expect("a file")));
        }
    }
    files.sort();
}

fn messages(checkup: &Value, field: &str) -> Vec<String> {
    let findings = checkup["findings"].as_array().expect("findings");
    let texts = findings
        .iter()
        .map(|it| it[field].as_str().unwrap_or("-").to_owned());
    texts.collect()
}

fn sql(log: &Path, sql: &str) {
    let python = format!(
        "import sqlite3\nc=sqlite3.connect({:?})\nc.executescript({sql:?})\nc.close()",
        log.display().to_string()
    );
    let run = std::process::Command::new("python3")
        .arg("-c")
        .arg(python)
        .status();
    assert!(run.expect("python3").success());
}

#[test]
fn a_whole_film_is_whole_and_a_look_changes_nothing() {
    block_on(async {
        let it = Fixture::new().await;
        let before = it.kept();
        for repair in [false, true] {
            let checkup = it.check(repair).await;
            assert_eq!(checkup["findings"], json!([]), "{checkup}");
            assert_eq!(checkup["seq"], it.events.len());
            assert_eq!(it.kept(), before);
        }
        let report = it.sandbox.succeed(&["doctor", "film"]);
        assert!(report.contains("Everything is whole."), "{report}");
        let mut client = it.client().await;
        client.open(&it.film, false).await;
        let refusal = client
            .call("project/check", json!({"path": it.film, "repair": true}))
            .await;
        let words = refusal.expect_err("it is open").words();
        assert!(words.contains("close it with project/close"), "{words}");
        assert_eq!(it.check(false).await["findings"], json!([]));
    });
}

#[test]
fn a_damaged_tail_is_cut_and_said_plainly() {
    block_on(async {
        let it = Fixture::new().await;
        let last = it.events.len();
        sql(
            &it.data("project.db"),
            "UPDATE events SET payload = '{' WHERE seq >= 5",
        );
        let damaged = fs::read(it.data("project.db")).expect("the log");
        let refusal = it
            .client()
            .await
            .call("project/open", json!({"path": it.film}))
            .await;
        let words = refusal.expect_err("it is damaged").words();
        assert!(words.contains("event 5 is damaged"), "{words}");
        assert!(words.contains("storycore doctor"), "{words}");

        let before = it.kept();
        let looked = it.check(false).await;
        let why =
            format!("events 1 to 4 are whole; 5 to {last} cannot be read (event 5 does not read)");
        assert_eq!(messages(&looked, "message"), [why]);
        assert_eq!(messages(&looked, "repaired"), ["-"]);
        assert_eq!(it.kept(), before, "a look changed something");
        let failed = it.sandbox.run(&["doctor", "film"]);
        assert_eq!(failed.status.code(), Some(1));

        let report = it.sandbox.succeed(&["doctor", "film", "--repair"]);
        let said = format!(
            "events 1 to 4 are whole; 5 to {last} could not be read and were cut away; a copy of \
             the damaged file is in "
        );
        assert!(report.contains(&said), "{report}");
        let copies = fs::read_dir(it.data("damaged")).expect("copies").flatten();
        let copies: Vec<PathBuf> = copies.map(|it| it.path()).collect();
        assert_eq!(copies.len(), 1);
        assert_eq!(
            fs::read(copies[0].join("project.db")).expect("a copy"),
            damaged
        );
        it.check_events(4).await;
        assert_eq!(it.check(false).await["findings"], json!([]));
    });
}

#[test]
fn one_flipped_bit_is_flipped_back() {
    block_on(async {
        let it = Fixture::new().await;
        sql(
            &it.data("project.db"),
            "UPDATE events SET at_ms = at_ms + 1 - 2 * (at_ms & 1) WHERE seq = 3",
        );
        let checkup = it.check(true).await;
        assert_eq!(
            messages(&checkup, "message"),
            ["event 3: one bit was flipped"]
        );
        assert_eq!(messages(&checkup, "repaired"), ["it was flipped back"]);
        it.check_events(it.events.len()).await;
    });
}

#[test]
fn a_log_without_a_head_is_read_all_the_same() {
    block_on(async {
        let it = Fixture::new().await;
        let log = it.data("project.db");
        let mut bytes = fs::read(&log).expect("the log");
        bytes[..64].fill(0xa5);
        fs::write(&log, bytes).expect("damage");
        let looked = it.check(false).await;
        assert_eq!(looked["findings"][0]["kind"], "database");
        it.check(true).await;
        it.check_events(it.events.len()).await;
    });
}

#[test]
fn of_a_log_that_is_noise_a_copy_is_kept_and_the_film_begins_anew() {
    block_on(async {
        let it = Fixture::new().await;
        let log = it.data("project.db");
        let noise: Vec<u8> = fs::read(&log)
            .expect("the log")
            .iter()
            .map(|it| it ^ 0xa5)
            .collect();
        fs::write(&log, &noise).expect("damage");
        let checkup = it.check(true).await;
        let copies = checkup["copies"].as_str().expect("copies");
        assert_eq!(
            fs::read(Path::new(copies).join("project.db")).expect("a copy"),
            noise
        );
        let said = messages(&checkup, "repaired").concat();
        assert!(said.contains("no event can be read"), "{said}");
        let mut client = it.client().await;
        let id = client.open(&it.film, false).await;
        assert_eq!(
            client
                .ask("shot/list", json!({"project": id}))
                .await
                .as_array()
                .map(Vec::len),
            Some(2)
        );
    });
}

#[test]
fn texts_and_panels_are_made_anew() {
    block_on(async {
        let it = Fixture::new().await;
        let before = it.kept();
        let blobs = before
            .iter()
            .filter(|it| it.0.to_string_lossy().contains("/blobs/"));
        // One panel goes and one is cut short; which comes first, their hashes say.
        let mut n_panels = 0;
        for (path, bytes) in blobs {
            let is_panel = bytes.starts_with(b"\x89PNG");
            n_panels += usize::from(is_panel);
            if is_panel && n_panels == 1 {
                fs::remove_file(path).expect("damage");
            } else {
                fs::write(path, &bytes[1..]).expect("damage");
            }
        }
        let looked = it.check(false).await;
        let said = messages(&looked, "message").concat();
        assert!(
            said.contains("a panel is damaged") && said.contains("a panel is missing"),
            "{said}"
        );
        let checkup = it.check(true).await;
        let repaired = messages(&checkup, "repaired").concat();
        assert!(
            repaired.contains("drawn again, and is the same"),
            "{checkup}"
        );
        assert!(repaired.contains("still stands on disk"), "{checkup}");
        assert!(!repaired.contains('-'), "{checkup}");
        assert_eq!(it.check(false).await["findings"], json!([]));
        for (path, bytes) in before {
            assert_eq!(
                fs::read(&path).expect("it is back"),
                bytes,
                "{}",
                path.display()
            );
        }
    });
}

#[test]
fn a_repair_that_was_cut_off_is_ended_when_the_film_is_opened() {
    block_on(async {
        let it = Fixture::new().await;
        let log = it.data("project.db");
        fs::copy(&log, it.data("project.db.repaired")).expect("a repaired log");
        fs::write(&log, "damaged").expect("damage");
        fs::write(it.data("project.db-wal"), "damaged").expect("damage");
        it.check_events(it.events.len()).await;
        assert!(!it.data("project.db.repaired").exists());
    });
}

#[test]
fn what_a_crash_left_is_put_aside() {
    block_on(async {
        let it = Fixture::new().await;
        let half = it.data("blobs/unfinished/7");
        fs::write(&half, "half").expect("a half-written blob");
        let checkup = it.check(true).await;
        assert_eq!(messages(&checkup, "repaired"), ["it was put aside"]);
        assert!(!half.exists());
        let copy =
            Path::new(checkup["copies"].as_str().expect("copies")).join("blobs/unfinished/7");
        assert_eq!(fs::read(copy).expect("it is kept"), b"half");
    });
}

#[test]
fn a_graph_that_is_gone_is_told_and_kept_anew_from_its_file() {
    block_on(async {
        let it = Fixture::new().await;
        let graph = r#"{"1": {"class_type": "SaveImage", "inputs": {}}}"#;
        fs::create_dir_all(it.film.join("workflows")).expect("a folder");
        fs::write(it.film.join("workflows/mine.json"), graph).expect("a file");
        let mut client = it.client().await;
        client.open(&it.film, false).await;
        client.ask("project/close", json!({"project": it.id})).await;
        let name = blake3::hash(graph.as_bytes()).to_hex().to_string();
        let kept = it.data("blobs").join(&name[..2]).join(&name[2..]);
        fs::remove_file(&kept).expect("it was kept");
        let told = messages(&it.check(false).await, "message");
        assert!(
            told.len() == 1 && told[0].starts_with("a text of workflows/mine.json is missing"),
            "{told:?}"
        );
        let repaired = messages(&it.check(true).await, "repaired");
        assert!(repaired[0].contains("kept anew"), "{repaired:?}");
        assert_eq!(fs::read_to_string(&kept).expect("it is back"), graph);
        assert_eq!(it.check(false).await["findings"], json!([]));
    });
}

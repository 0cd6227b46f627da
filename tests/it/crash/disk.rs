//! Disks that fill up, forbid writing, tear what was being written and forget what was: a film
//! keeps what it has said it keeps, or says that it cannot be opened. It never goes on with less.

use std::{
    collections::BTreeSet,
    fs,
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
const N_CUTS: usize = 100;

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

/// A film in a folder that nobody may write, until it is dropped.
enum Forbidden {
    /// Mounted once more, for reading only.
    Mounted(PathBuf),
    /// Without the rights to write.
    Rights(PathBuf),
}

impl Forbidden {
    /// None where nobody may mount anything.
    fn mount(film: &Path) -> Option<Forbidden> {
        let mount = |args: &[&str]| {
            let mount = Command::new("mount").args(args).arg(film).output();
            mount.is_ok_and(|it| it.status.success())
        };
        let shown = film.to_str().expect("a path");
        if !mount(&["--bind", shown]) {
            return None;
        }
        let forbidden = Forbidden::Mounted(film.to_owned());
        mount(&["-o", "remount,bind,ro"]).then_some(forbidden)
    }

    fn take_rights(film: &Path) -> Forbidden {
        change_rights(film, "a-w");
        Forbidden::Rights(film.to_owned())
    }
}

impl Drop for Forbidden {
    fn drop(&mut self) {
        match self {
            Forbidden::Mounted(film) => {
                let _ = Command::new("umount").arg("--lazy").arg(film).status();
            }
            Forbidden::Rights(film) => change_rights(film, "u+w"),
        }
    }
}

fn change_rights(film: &Path, how: &str) {
    let changed = Command::new("chmod").args(["-R", how]).arg(film).status();
    assert!(changed.expect("chmod").success());
}

/// Every file of a film, with what is in it.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            files.extend(self::files(&entry.path()));
        } else {
            files.push((entry.path(), fs::read(entry.path()).expect("a file")));
        }
    }
    files.sort();
    files
}

#[test]
fn a_film_with_a_history_that_may_not_be_written_any_more_is_refused_and_left_as_it_is() {
    let sandbox = Sandbox::unprivileged().set("STORYCORE_PANEL_WIDTH_PX", "96");
    let film = sandbox.film("film", SCRIPT);
    sandbox.give_away(&film);
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::websocket(&daemon).await;
        let id = client.open(&film, false).await;
        client.ask("shot/render", json!({"project": id})).await;
        let events = client.events(&id).await;
        client.ask("project/close", json!({"project": id})).await;
        let before = files(&film);
        let rights = || Some(Forbidden::take_rights(&film));
        // Where nobody may mount anything, the rights alone have to do.
        let mount = || Forbidden::mount(&film);
        for forbid in [&rights as &dyn Fn() -> Option<Forbidden>, &mount] {
            let Some(forbidden) = forbid() else { continue };
            let refusal = client.call("project/open", json!({"path": film})).await;
            let refusal = refusal.expect_err("it cannot be written");
            let words = refusal.words();
            assert_eq!(refusal.kind(), "unavailable", "{words}");
            let named = format!("{}/.storycore cannot be written: ", film.display());
            assert!(words.starts_with(&named), "{words}");
            assert!(
                words.contains("give yourself the right to write"),
                "{words}"
            );
            assert_eq!(files(&film), before, "something was changed");
            drop(forbidden);
        }
        client.open(&film, false).await;
        assert_eq!(client.events(&id).await, events);
    });
}

/// What becomes of a page of a file on a bad disk.
type Harm = fn(&mut [u8], usize, &mut Chance);

const HARMS: [(&str, Harm); 3] = [
    ("noise", |bytes, page, chance| {
        for byte in &mut bytes[range(page)] {
            *byte = u8::try_from(chance.below(256)).expect("a byte");
        }
    }),
    ("zeros", |bytes, page, _| bytes[range(page)].fill(0)),
    // Written to the wrong place, as disks do.
    ("another page", |bytes, page, _| {
        let other = if page == 0 { 1 } else { page - 1 };
        bytes.copy_within(range(other), page * PAGE_BYTES);
    }),
];

fn range(page: usize) -> std::ops::Range<usize> {
    page * PAGE_BYTES..(page + 1) * PAGE_BYTES
}

/// A closed film with a log of many pages, one comment of which is longer than a page.
struct Pages {
    server: InProcess,
    film: PathBuf,
    log: PathBuf,
    whole: Vec<u8>,
    events: Vec<Value>,
}

impl Pages {
    async fn new() -> Pages {
        let server = InProcess::new();
        let film = server.dir.path().join("film");
        fs::create_dir_all(film.join("script")).expect("a folder");
        fs::write(film.join("script/film.fountain"), SCRIPT).expect("a script");
        let mut client = server.client(Role::Producer);
        let id = client.open(&film, false).await;
        client.ask("shot/render", json!({"project": id})).await;
        let takes = client.ask("take/list", json!({"project": id})).await;
        for number in 0..60 {
            let more = if number == 30 { 3_000 } else { 60 };
            let text = format!("the {number}th thought: {}", "映".repeat(more));
            let params = json!({"project": id, "id": takes[0]["id"], "text": text});
            client.ask("take/comment", params).await;
        }
        let events = client.events(&id).await;
        client.ask("project/close", json!({"project": id})).await;
        let log = history::data(&film).join("project.db");
        assert!(
            !log.with_extension("db-wal").exists(),
            "it is all in one file"
        );
        let whole = fs::read(&log).expect("the log");
        assert!(whole.len() > 8 * PAGE_BYTES, "{} bytes", whole.len());
        Pages {
            server,
            film,
            log,
            whole,
            events,
        }
    }

    fn client(&self) -> Client {
        self.server.client(Role::Producer)
    }

    /// The film's folder with this log, and nothing that was left beside another one.
    fn put(&self, log: &[u8]) {
        for end in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{end}", self.log.display()));
        }
        let _ = fs::remove_dir_all(history::data(&self.film).join("damaged"));
        fs::write(&self.log, log).expect("a log");
    }

    /// Opens the film: all of it is there, or it says what to do. Whether it was opened.
    async fn opens(&self, what: &str) -> bool {
        let mut client = self.client();
        match client
            .call("project/open", json!({"path": self.film}))
            .await
        {
            Ok(open) => {
                let id = open["id"].as_str().expect("an id");
                assert_eq!(client.events(id).await, self.events, "{what}");
                client.ask("project/close", json!({"project": id})).await;
                true
            }
            Err(refusal) => {
                let words = refusal.words();
                assert_eq!(refusal.kind(), "unavailable", "{what}: {words}");
                let named = self.log.display().to_string();
                assert!(words.contains(&named), "{what}: {words}");
                assert!(words.contains("storycore doctor"), "{what}: {words}");
                false
            }
        }
    }

    /// Repairs it: what is said to be kept is kept, and so is what was damaged.
    async fn repair(&self, what: &str) -> u64 {
        let damaged = fs::read(&self.log).expect("the log");
        let mut client = self.client();
        let params = json!({"path": self.film, "repair": true});
        let checkup = client.ask("project/check", params).await;
        let copies = checkup["copies"].as_str().expect("copies");
        let copy = fs::read(Path::new(copies).join("project.db"));
        assert!(copy.is_ok_and(|it| it == damaged), "{what}: {checkup}");
        let kept = checkup["seq"].as_u64().expect("a place");
        let events = history::events(&self.film).expect("a log");
        assert_eq!(events.len() as u64, kept, "{what}: {checkup}");
        for (kept, known) in events.iter().zip(&self.events) {
            let kept = serde_json::to_value(&kept.event).expect("JSON");
            assert_eq!(kept, known["event"], "{what}");
        }
        let again = client
            .ask("project/check", json!({"path": self.film}))
            .await;
        assert_eq!(again["seq"], kept, "{what}: {again}");
        let id = client.open(&self.film, false).await;
        client.ask("project/close", json!({"project": id})).await;
        kept
    }
}

#[test]
fn a_page_that_was_lost_is_noticed_and_the_rest_is_saved() {
    block_on(async {
        let it = Pages::new().await;
        assert!(it.opens("whole").await, "it is whole");
        let mut chance = Chance::new(1);
        let mut kept = Vec::new();
        for page in 0..it.whole.len() / PAGE_BYTES {
            // Each meets noise, which is the worst; some meet all.
            let n_harms = if page % 4 == 0 { HARMS.len() } else { 1 };
            for (name, harm) in &HARMS[..n_harms] {
                let what = format!("page {page}: {name}");
                let mut bytes = it.whole.clone();
                harm(&mut bytes, page, &mut chance);
                it.put(&bytes);
                if !it.opens(&what).await {
                    kept.push(it.repair(&what).await);
                }
            }
        }
        // The later the page, the more stands before it.
        assert!(kept.is_sorted(), "{kept:?}");
        let most = kept.last().expect("some damage was noticed");
        assert!(most + 20 > it.events.len() as u64, "{kept:?}");
    });
}

#[test]
fn a_log_that_was_cut_anywhere_has_every_whole_commit_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("whole.db");
    let wal = |path: &Path| PathBuf::from(format!("{}-wal", path.display()));
    let log = EventLog::open(&path).expect("a log");
    let mut chance = Chance::new(2);
    let length = || fs::metadata(wal(&path)).expect("its journal").len();
    // The length of the journal after each commit, and how many events there were.
    let mut commits = vec![(0, 0), (length(), 0)];
    let mut events = Vec::new();
    for _ in 0..60 {
        let before = events.len() as u64;
        let some = (1..=1 + chance.below(5) as u64).map(|it| stored(before + it));
        let some: Vec<StoredEvent> = some.collect();
        events.extend(some.clone());
        log.append_blocking(Seq(before), some)
            .expect("there is room");
        commits.push((length(), events.len()));
    }
    let whole = fs::read(wal(&path)).expect("its journal");
    for number in 0..N_CUTS {
        let at = chance.below(whole.len() + 1);
        let (mut torn, cut) = (
            whole[..at].to_vec(),
            folder.path().join(format!("{number}.db")),
        );
        if number % 2 == 1 {
            // The file was made longer, and what belongs there never got there.
            torn.resize(whole.len(), 0);
        }
        fs::copy(&path, &cut).expect("a copy");
        fs::write(wal(&cut), torn).expect("a copy");
        let kept = commits.iter().rev().find(|it| it.0 <= at as u64);
        let kept = kept.expect("the first").1;
        let log = EventLog::open(&cut).expect("a log");
        let mut found = Vec::new();
        log.replay(|it| found.push(it)).expect("it is whole");
        assert_eq!(found, events[..kept], "cut at byte {at}");
    }
}

fn stored(seq: u64) -> StoredEvent {
    StoredEvent {
        seq: Seq(seq),
        at_ms: 1_000 + seq,
        actor: "test".to_owned(),
        correlation_id: format!("r-{seq}"),
        event: Event::Project(ProjectEvent::AutoRenderSet {
            on: seq.is_multiple_of(2),
        }),
    }
}

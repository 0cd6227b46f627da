//! The power goes at any moment, and the disk forgets, reorders and tears what was not synced:
//! nothing that the daemon has told anybody is lost, and nothing is there that never happened.

use std::{
    collections::BTreeMap,
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use serde_json::json;
use storycore_schema::Role;
use storycore_server::event_log::StoredEvent;
use tempfile::TempDir;

use super::{
    chance::Chance,
    history,
    image::{Disk, Luck},
    record::{self, Step},
    support::{Client, Daemon, Sandbox, block_on, in_process::InProcess},
};

/// Disks to look at.
const N_IMAGES: u64 = 300;
/// Of so many disks, one is opened by a whole daemon, too.
const N_IMAGES_A_DAEMON: u64 = 30;
const LOG: &str = ".storycore/project.db";
const WAL: &str = ".storycore/project.db-wal";
const BOARD: &str = "exports/storyboard.html";

/// What a daemon did while people worked, and what was in the log at the end.
struct Record {
    film: PathBuf,
    steps: Vec<Step>,
    events: Vec<StoredEvent>,
    /// Every storyboard that ever was in its place, and since which step.
    boards: Vec<(usize, Vec<u8>)>,
    _sandbox: Sandbox,
}

impl Record {
    /// Works on a film in so many rounds, on a disk that writes down what it is asked.
    fn of_work(n_rounds: usize) -> Record {
        let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
        let trace = sandbox.path().join("trace");
        let recorder = record::recorder(&trace);
        let sandbox = sandbox.under(&recorder.iter().map(String::as_str).collect::<Vec<_>>());
        let film = sandbox.film("film", &script(0));
        let daemon = sandbox.start();
        block_on(work(&daemon, &film, n_rounds));
        let pid = daemon.pid();
        daemon.terminate();
        let steps = record::read(&trace, pid, &film);
        Record {
            events: history::events(&film).expect("a log"),
            boards: boards(&steps),
            steps,
            film,
            _sandbox: sandbox,
        }
    }

    fn syncs<'a>(&'a self, of: &'a str) -> impl Iterator<Item = usize> + 'a {
        let steps = self.steps.iter().enumerate();
        steps.filter_map(move |(at, step)| {
            let found = matches!(step, Step::Sync { path, .. } if path.starts_with(of));
            found.then_some(at)
        })
    }
}

fn script(round: usize) -> String {
    let scene = |it| format!("INT. ROOM {it} - DAY\n\nA lamp, number {round}.\n\n");
    (1..=3).map(scene).collect()
}

/// What the export's place held, one after the other.
fn boards(steps: &[Step]) -> Vec<(usize, Vec<u8>)> {
    let mut beside: BTreeMap<&Path, Vec<u8>> = BTreeMap::new();
    let mut boards = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Write { path, bytes, .. } if path.starts_with("exports") => {
                beside.entry(path).or_default().extend(bytes);
            }
            Step::Rename(from, to) if to == Path::new(BOARD) => {
                boards.push((at, beside.remove(from.as_path()).expect("a board")));
            }
            _ => {}
        }
    }
    boards
}

async fn work(daemon: &Daemon, film: &Path, n_rounds: usize) {
    let mut client = Client::socket(&daemon.socket).await;
    for round in 1..=n_rounds {
        let id = client.open(film, false).await;
        client
            .ask("event/subscribe", json!({"project": id, "after": 0}))
            .await;
        client.ask("shot/render", json!({"project": id})).await;
        let mut others = Vec::new();
        for other in 0..3 {
            let (client, id) = (Client::socket(&daemon.socket).await, id.clone());
            others.push(tokio::spawn(decide(client, id, other)));
        }
        save(film, &script(round));
        client.open(film, false).await;
        client
            .ask("export/storyboard", json!({"project": id}))
            .await;
        client.ask("shot/render", json!({"project": id})).await;
        for other in others {
            other.await.expect("decisions");
        }
        if round % 3 == 1 {
            client.ask("project/close", json!({"project": id})).await;
        }
    }
}

/// One of several people who choose among the takes at once.
async fn decide(mut client: Client, id: String, number: usize) {
    let takes = client.ask("take/list", json!({"project": id})).await;
    let takes = takes.as_array().expect("takes");
    for (at, take) in takes.iter().cycle().take(24).enumerate() {
        let (method, mut params) = match (at + number) % 3 {
            0 => ("take/star", json!({"on": at % 2 == 0})),
            1 => ("take/select", json!({})),
            _ => (
                "take/comment",
                json!({"text": format!("{number}: the {at}th")}),
            ),
        };
        params["project"] = json!(id);
        params["id"] = take["id"].clone();
        client.ask(method, params).await;
    }
}

fn save(film: &Path, text: &str) {
    let (script, beside) = (film.join("script/film.fountain"), film.join("script/.new"));
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, script))
        .expect("a save");
}

/// What is wrong with a disk after the power went.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Harm {
    /// The log does not open, or something in it does not read.
    Unreadable(String),
    /// Events that a client was told of are gone.
    Lost { known: usize, told: usize },
    /// It holds an event that never happened, or another than happened.
    Invented { at: usize },
    /// An event names bytes that are not there.
    NoBlob { n_missing: usize },
    /// The storyboard is none that was ever whole, or older than one a client was told of.
    Board,
}

/// Cuts the power after a step, and looks at what is left.
fn cut(record: &Record, at: usize, seed: u64, honors: &dyn Fn(usize) -> bool) -> Option<Harm> {
    let place = place();
    let mut luck = Luck::new(Chance::new(seed));
    let steps = &record.steps[..at];
    Disk::after(steps, honors).write_to(place.path(), &mut luck);
    let harm = look(record, steps, place.path());
    if harm.is_none() && seed.is_multiple_of(N_IMAGES_A_DAEMON) {
        go_on(place.path());
    }
    harm
}

/// In memory where there is such a place: what is looked at need not outlive the test.
fn place() -> TempDir {
    let in_memory = tempfile::tempdir_in("/dev/shm");
    in_memory
        .or_else(|_| tempfile::tempdir())
        .expect("a folder")
}

fn look(record: &Record, steps: &[Step], image: &Path) -> Option<Harm> {
    let told = steps.iter().filter_map(|it| match it {
        Step::Said(seq) => usize::try_from(*seq).ok(),
        _ => None,
    });
    let told = told.max().unwrap_or_default();
    let there = image.join(LOG).exists();
    let known = match there.then(|| history::events(image)).transpose() {
        Ok(known) => known.unwrap_or_default(),
        Err(error) => return Some(Harm::Unreadable(error.to_string())),
    };
    let differs = |at: &usize| record.events.get(*at) != Some(&known[*at]);
    if let Some(at) = (0..known.len()).find(differs) {
        return Some(Harm::Invented { at });
    }
    if known.len() < told {
        let known = known.len();
        return Some(Harm::Lost { known, told });
    }
    let n_missing = if there {
        history::missing_blobs(image, &known).len()
    } else {
        0
    };
    if n_missing > 0 {
        return Some(Harm::NoBlob { n_missing });
    }
    let n_boards = steps
        .iter()
        .filter(|it| matches!(it, Step::Exported))
        .count();
    let boards = record
        .boards
        .iter()
        .enumerate()
        .filter(|it| it.1.0 < steps.len());
    let boards = boards
        .filter(|(at, _)| at + 1 >= n_boards)
        .map(|it| &it.1.1);
    let whole = match fs::read(image.join(BOARD)) {
        Ok(found) => boards.into_iter().any(|it| *it == found),
        Err(_) => n_boards == 0,
    };
    (!whole).then_some(Harm::Board)
}

/// A daemon takes over: its state is what the log says, and the work goes on.
fn go_on(image: &Path) {
    let script_dir = image.join("script");
    fs::create_dir(&script_dir).expect("a folder");
    fs::write(script_dir.join("film.fountain"), script(99)).expect("a script");
    block_on(async {
        let inside = InProcess::new();
        let mut client = inside.client(Role::Admin);
        let id = client.open(image, false).await;
        client.runs_ended(&id).await;
        let rendered = client.ask("shot/render", json!({"project": id})).await;
        assert_eq!(rendered["failed"], 0, "{rendered}");
        client.runs_ended(&id).await;
        let held = history::held(&mut client, &id).await;
        client.ask("project/close", json!({"project": id})).await;
        let events = history::events(image).expect("a log");
        assert_eq!(held, history::replayed(image, events));
    });
}

/// What comes of many cuts, and how often; the rest of them did no harm.
fn cuts(record: &Record, seeds: Range<u64>, honors: &dyn Fn(usize) -> bool) -> Vec<(u64, Harm)> {
    let harm = seeds.filter_map(|seed| {
        let at = Chance::new(!seed).below(record.steps.len()) + 1;
        cut(record, at, seed, honors).map(|it| (seed, it))
    });
    harm.collect()
}

#[test]
fn a_power_cut_loses_nothing_that_was_said() {
    let record = Record::of_work(7);
    // Only what was recorded can be lost: the log was merged while the film was open and when it
    // was closed, and was begun anew; and exports and messages are in it.
    assert!(record.syncs(LOG).count() >= 4, "the log was not merged");
    assert_eq!(record.boards.len(), 7, "not every export was seen");
    let last = record.steps.iter().rev().find_map(|it| match it {
        Step::Said(seq) => usize::try_from(*seq).ok(),
        _ => None,
    });
    assert_eq!(
        last,
        Some(record.events.len()),
        "what was said is not known"
    );
    let harm = cuts(&record, 0..N_IMAGES, &|_| true);
    assert!(
        harm.is_empty(),
        "{} of {N_IMAGES} disks: {harm:?}",
        harm.len()
    );
}

/// A log that is synced only before it is merged, which is what SQLite's `synchronous=NORMAL` does.
fn normal(record: &Record) -> impl Fn(usize) -> bool {
    let syncs: Vec<usize> = record.syncs(WAL).collect();
    let ignored = syncs.into_iter().filter(|at| {
        let later = record.steps[at + 1..].iter();
        let mut writes = later.filter_map(|it| match it {
            Step::Write { path, .. } if path.starts_with(".storycore/blobs") => None,
            Step::Write { path, .. } => Some(path),
            _ => None,
        });
        writes.next().is_none_or(|it| it != Path::new(LOG))
    });
    let ignored: Vec<usize> = ignored.collect();
    move |at| !ignored.contains(&at)
}

#[test]
fn less_care_would_lose_work_and_this_would_be_seen() {
    let record = Record::of_work(4);
    let lost = cuts(&record, 0..60, &normal(&record));
    let n_lost = lost
        .iter()
        .filter(|it| matches!(it.1, Harm::Lost { .. }))
        .count();
    assert!(
        n_lost > 20,
        "too little is lost with synchronous=NORMAL: {lost:?}"
    );
    assert_eq!(
        n_lost,
        lost.len(),
        "it loses, but damages nothing: {lost:?}"
    );

    for (what, of) in [("files", true), ("folders", false)] {
        let is_file = |it: &Path| it.parent().is_some_and(|it| it.ends_with("unfinished"));
        let blobs = record
            .syncs(".storycore/blobs")
            .filter(|at| match &record.steps[*at] {
                Step::Sync { path, .. } => is_file(path) == of,
                _ => false,
            });
        let ignored: Vec<usize> = blobs.collect();
        let harm = cuts(&record, 0..60, &|at| !ignored.contains(&at));
        let n_gone = harm
            .iter()
            .filter(|it| matches!(it.1, Harm::NoBlob { .. }))
            .count();
        assert!(
            n_gone > 10,
            "too few blobs are lost when their {what} are not synced: {harm:?}"
        );
    }
    assert!(record.film.exists());
}

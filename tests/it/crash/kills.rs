//! `kill -9` again and again, at any moment, while people decide, save, render and export: what the
//! daemon has told anybody is there afterwards, and nothing else that nobody asked for.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use storycore_schema::{Event, id::BlobId, script::ScriptEvent, take::TakeEvent};
use storycore_server::{blobs::Blobs, event_log::StoredEvent};
use tokio::sync::Notify;

use super::{
    NOTE_WAIT,
    chance::Chance,
    history, record,
    support::{Client, Daemon, Sandbox, block_on},
};

/// Kills of one film, before its log grows long and a new one begins.
const N_KILLS_A_FILM: usize = 25;
/// People who decide about takes at once.
const N_DECIDING: usize = 3;
/// How a command may be refused while others change the same things, or the daemon ends.
const REFUSALS: [&str; 5] = [
    "conflict",
    "failedPrecondition",
    "notFound",
    "unavailable",
    "cancelled",
];

/// What the daemon was asked and what it said, until it was killed.
#[derive(Debug, Default)]
struct Told {
    /// Texts of comments that somebody tried to make.
    tried: BTreeSet<String>,
    /// Scripts that were saved.
    saved: BTreeSet<BlobId>,
    /// Comments and runs that the daemon said were made.
    made: BTreeSet<String>,
    /// The last event that it spoke of.
    seq: usize,
    /// Events it sent.
    notes: Vec<Value>,
    /// The states it said the film was in.
    states: Vec<Value>,
    n_exports: usize,
}

/// A film that is killed again and again.
struct Story {
    sandbox: Sandbox,
    film: PathBuf,
    chance: Chance,
    told: Arc<Mutex<Told>>,
    /// The log after the last kill.
    known: Vec<StoredEvent>,
}

fn script(round: usize) -> String {
    let scene = |it| format!("INT. ROOM {it} - DAY\n\nA lamp, number {round}.\n\n");
    (1..=3).map(scene).collect()
}

impl Story {
    fn new(seed: u64, how: How) -> Story {
        let mut sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "64");
        if matches!(how, How::Answered(_)) {
            let slow = record::slow_disk();
            sandbox = sandbox.under(&slow.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let mut told = Told::default();
        told.saved.insert(Blobs::id_of(script(0).as_bytes()));
        Story {
            film: sandbox.film("film", &script(0)),
            sandbox,
            chance: Chance::new(seed),
            told: Arc::new(Mutex::new(told)),
            known: Vec::new(),
        }
    }

    /// A film with a take for every shot, before anything happens to it.
    async fn begin(&mut self) {
        let daemon = self.sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&self.film, false).await;
        client.ask("shot/render", json!({"project": id})).await;
        daemon.terminate();
        self.known = history::events(&self.film).expect("a log");
    }

    /// Lets people work until the daemon is killed.
    async fn round(&mut self, number: usize, how: How) {
        let daemon = self.sandbox.start();
        if !matches!(how, How::Opening(_)) {
            let mut client = Client::socket(&daemon.socket).await;
            client.open(&self.film, false).await;
        }
        let mut people = Vec::new();
        let answered = Arc::new(Notify::new());
        for part in 0..N_DECIDING + 4 {
            let person = Person {
                client: Client::socket(&daemon.socket).await,
                film: self.film.clone(),
                told: self.told.clone(),
                answered: answered.clone(),
                chance: Chance::new(self.chance.below(usize::MAX) as u64),
                name: format!("{number}-{part}"),
            };
            people.push(tokio::spawn(person.work(part)));
        }
        kill(daemon, how, &answered, &mut self.chance).await;
        for person in people {
            person.await.expect("nothing surprised anybody");
        }
    }

    /// Reads the log without a daemon, and compares it with what was said.
    fn check(&mut self, seed: u64) {
        let known = history::events(&self.film).expect("a log");
        let told = self.told.lock().expect("no panic");
        let before = self.known.len();
        assert!(
            known.len() >= told.seq,
            "seed {seed}: {} of {}",
            known.len(),
            told.seq
        );
        assert!(known.len() >= before, "seed {seed}: events are gone");
        assert_eq!(
            known[..before],
            self.known[..],
            "seed {seed}: the past has changed"
        );
        for note in &told.notes {
            let seq = usize::try_from(note["seq"].as_u64().expect("a place")).expect("a place");
            let stored = known[seq - 1].clone();
            let project = serde_json::from_value(note["project"].clone()).expect("an id");
            let logged = serde_json::to_value(stored.logged(project)).expect("JSON");
            assert_eq!(logged, *note, "seed {seed}: it was told otherwise");
        }
        let made = ids(&known, &told);
        let lost: Vec<&String> = told.made.iter().filter(|it| !made.contains(*it)).collect();
        assert!(
            lost.is_empty(),
            "seed {seed}: acknowledged, and not there: {lost:?}"
        );
        for state in &told.states {
            let seq = usize::try_from(state["seq"].as_u64().expect("a place")).expect("a place");
            let replayed = history::replayed(&self.film, known[..seq].iter().cloned());
            assert_eq!(*state, replayed, "seed {seed}: another state at {seq}");
        }
        assert_eq!(
            history::missing_blobs(&self.film, &known),
            [],
            "seed {seed}"
        );
        check_exports(&self.film, told.n_exports);
        drop(told);
        let mut told = self.told.lock().expect("no panic");
        (told.notes, told.states) = (Vec::new(), Vec::new());
        self.known = known;
    }
}

/// Comments and runs in the log; each was asked for.
fn ids(events: &[StoredEvent], told: &Told) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for stored in events {
        match &stored.event {
            Event::Take(TakeEvent::Commented { comment, .. }) => {
                assert!(
                    told.tried.contains(&comment.text),
                    "invented: {}",
                    comment.text
                );
                ids.insert(comment.id.to_string());
            }
            Event::Run(storycore_schema::run::RunEvent::Requested { id, .. }) => {
                ids.insert(id.to_string());
            }
            Event::Script(ScriptEvent::Changed { change }) => {
                let texts = change.files.iter().filter_map(|it| it.after);
                let saved = texts.into_iter().all(|it| told.saved.contains(&it));
                assert!(saved, "a script that nobody saved: {change:?}");
            }
            _ => {}
        }
    }
    ids
}

/// A storyboard is there whole, or not at all.
fn check_exports(film: &Path, n_exports: usize) {
    match fs::read_to_string(film.join("exports/storyboard.html")) {
        Ok(board) => {
            let head = board.get(..40);
            assert!(board.starts_with("<!DOCTYPE html>"), "{head:?}");
            assert!(board.trim_end().ends_with("</html>"), "half a storyboard");
        }
        Err(_) => assert_eq!(n_exports, 0, "the storyboard is gone"),
    }
}

/// When the end comes; times are in milliseconds.
#[derive(Clone, Copy)]
enum How {
    /// Within so many of the wish to open the film.
    Opening(usize),
    /// Within so many of the film being open.
    Working(usize),
    /// While it is closing, which it was asked for within so many of the film being open.
    Closing(usize),
    /// Right when somebody is told that a comment is made, one of the first so many. The disk
    /// is slow: what is told too early is not there yet.
    Answered(usize),
}

async fn kill(daemon: Daemon, how: How, answered: &Notify, chance: &mut Chance) {
    let pause = |chance: &mut Chance, ms: usize| {
        let micros = chance.below(ms * 1_000);
        Duration::from_micros(micros.try_into().expect("a short time"))
    };
    match how {
        How::Opening(ms) | How::Working(ms) => tokio::time::sleep(pause(chance, ms)).await,
        How::Closing(ms) => {
            tokio::time::sleep(pause(chance, ms)).await;
            let mut ask = tokio::process::Command::new("kill");
            let asked = ask.arg(daemon.pid().to_string()).status().await;
            assert!(asked.expect("kill").success());
            tokio::time::sleep(pause(chance, 15)).await;
        }
        How::Answered(many) => {
            for _ in 0..=chance.below(many) {
                let told = tokio::time::timeout(NOTE_WAIT, answered.notified()).await;
                told.expect("a comment is made");
            }
        }
    }
    daemon.kill();
}

/// Somebody who works on the film until the daemon is gone.
struct Person {
    client: Client,
    film: PathBuf,
    told: Arc<Mutex<Told>>,
    /// Told of each comment that is made.
    answered: Arc<Notify>,
    chance: Chance,
    name: String,
}

impl Person {
    async fn work(mut self, part: usize) {
        let open = json!({"path": self.film, "autoRender": false});
        let Some(Some(film)) = self.ask("project/open", open).await else {
            return;
        };
        let id = film["id"].clone();
        let _gone = match part {
            0 => self.listen(&id).await,
            1 => self.save(&id).await,
            2 => self.export(&id).await,
            3 => self.render(&id).await,
            _ => self.decide(&id).await,
        };
    }

    fn tell(&self, what: impl FnOnce(&mut Told)) {
        what(&mut self.told.lock().expect("no panic"));
    }

    /// Others work, too.
    async fn pause(&mut self) {
        let ms = 5 + self.chance.below(20);
        tokio::time::sleep(Duration::from_millis(ms.try_into().expect("a short time"))).await;
    }

    /// Nothing once the daemon is gone; and nothing inside that if it refused.
    async fn ask(&mut self, method: &str, params: Value) -> Option<Option<Value>> {
        match self.client.call_unless_killed(method, params).await? {
            Ok(answer) => {
                let seq = answer["seq"].as_u64().unwrap_or_default();
                let seq = usize::try_from(seq).expect("a place");
                self.tell(|it| it.seq = it.seq.max(seq));
                Some(Some(answer))
            }
            Err(refusal) => {
                assert!(
                    REFUSALS.contains(&refusal.kind()),
                    "{method}: {}",
                    refusal.0
                );
                Some(None)
            }
        }
    }

    async fn listen(&mut self, id: &Value) -> Option<()> {
        let state = self.ask("state/get", json!({"project": id})).await?;
        let states = state.map(history::durable);
        self.tell(|it| it.states.extend(states));
        let after = self.told.lock().expect("no panic").seq;
        self.ask("event/subscribe", json!({"project": id, "after": after}))
            .await?;
        loop {
            let note = self
                .client
                .note("event/happened", Duration::from_secs(20))
                .await?;
            if note["durable"] == true {
                self.tell(|it| it.notes.push(note));
            }
        }
    }

    async fn save(&mut self, id: &Value) -> Option<()> {
        let (place, beside) = (
            self.film.join("script/film.fountain"),
            self.film.join("script/.new"),
        );
        loop {
            let text = script(self.chance.below(1_000));
            self.tell(|it| it.saved.extend([Blobs::id_of(text.as_bytes())]));
            fs::write(&beside, &text)
                .and_then(|()| fs::rename(&beside, &place))
                .expect("a save");
            self.ask("project/open", json!({"path": self.film})).await?;
            self.ask("script/list", json!({"project": id})).await?;
            self.pause().await;
        }
    }

    async fn export(&mut self, id: &Value) -> Option<()> {
        loop {
            if self
                .ask("export/storyboard", json!({"project": id}))
                .await?
                .is_some()
            {
                self.tell(|it| it.n_exports += 1);
            }
            self.pause().await;
        }
    }

    async fn render(&mut self, id: &Value) -> Option<()> {
        loop {
            let params = json!({"project": id, "force": self.chance.percent(30)});
            if let Some(rendered) = self.ask("shot/render", params).await?
                && let Some(run) = rendered["run"].as_str()
            {
                self.tell(|it| it.made.extend([run.to_owned()]));
            }
            let on = self.chance.percent(50);
            self.ask("project/open", json!({"path": self.film, "autoRender": on}))
                .await?;
        }
    }

    async fn decide(&mut self, id: &Value) -> Option<()> {
        for number in 0.. {
            let takes = self.ask("take/list", json!({"project": id})).await?;
            let Some(Value::Array(takes)) = takes else {
                continue;
            };
            let take = self.chance.pick(&takes)["id"].clone();
            let on = self.chance.percent(50);
            let params = json!({"project": id, "id": take, "on": on});
            match self.chance.below(9) {
                0 => drop(self.ask("take/star", params).await?),
                1 => drop(self.ask("take/select", params).await?),
                2 => drop(self.ask("take/reject", params).await?),
                3 => drop(self.ask("take/lock", params).await?),
                4 => drop(self.ask("history/undo", json!({"project": id})).await?),
                5 => drop(self.ask("history/redo", json!({"project": id})).await?),
                _ => self.comment(id, &take, number).await?,
            }
        }
        None
    }

    async fn comment(&mut self, id: &Value, take: &Value, number: usize) -> Option<()> {
        let text = format!("{}: the {number}th thought", self.name);
        self.tell(|it| it.tried.extend([text.clone()]));
        let params = json!({"project": id, "id": take, "text": text});
        if let Some(comment) = self.ask("take/comment", params).await? {
            let made = comment["value"]["id"].as_str().expect("an id").to_owned();
            self.tell(|it| it.made.extend([made]));
            self.answered.notify_one();
        }
        Some(())
    }
}

/// Kills two films' daemons 25 times each.
#[track_caller]
fn check(seeds: [u64; 2], how: How) {
    for seed in seeds {
        let mut story = Story::new(seed, how);
        block_on(story.begin());
        let n_before = story.known.len();
        for number in 0..N_KILLS_A_FILM {
            block_on(story.round(number, how));
            story.check(seed);
        }
        assert!(
            story.known.len() > n_before,
            "seed {seed}: nothing was ever done"
        );
        block_on(last_round(&story));
    }
}

/// It is opened once more and left in peace: everything comes to its end.
async fn last_round(story: &Story) {
    let daemon = story.sandbox.start();
    let mut client = Client::socket(&daemon.socket).await;
    let id = client.open(&story.film, false).await;
    client.runs_ended(&id).await;
    let rendered = client.ask("shot/render", json!({"project": id})).await;
    assert_eq!(rendered["failed"], 0, "{rendered}");
    client.runs_ended(&id).await;
    client
        .ask("export/storyboard", json!({"project": id}))
        .await;
    check_exports(&story.film, 1);
    let exports = fs::read_dir(story.film.join("exports")).expect("a folder");
    let exports = exports.flatten().map(|it| it.file_name());
    let exports: Vec<_> = exports.collect();
    assert_eq!(exports, ["storyboard.html"], "half an export is left");
    let held = history::held(&mut client, &id).await;
    daemon.terminate();
    let events = history::events(&story.film).expect("a log");
    assert_eq!(
        events[..story.known.len()],
        story.known[..],
        "the past has changed"
    );
    assert_eq!(history::replayed(&story.film, events), held);
    assert!(
        !story.sandbox.log().contains("panicked"),
        "{}",
        story.sandbox.log()
    );
}

#[test]
fn killed_as_it_opens() {
    check([1, 2], How::Opening(150));
}

#[test]
fn killed_as_work_begins() {
    check([3, 4], How::Working(100));
}

#[test]
fn killed_in_the_midst_of_work() {
    check([5, 6], How::Working(300));
}

#[test]
fn killed_as_it_closes() {
    check([7, 8], How::Closing(100));
}

#[test]
fn killed_right_after_an_answer() {
    check([9, 10], How::Answered(4));
}

//! Films drawn by a real ComfyUI: what is told before, what becomes of it when somebody stops it,
//! and what when the daemon or the server is killed in the middle of it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::{Client, Daemon, Sandbox, block_on, comfyui::Comfyui};

mod faults;

/// How long the drawing of a whole film may take on a busy machine.
const DRAWING_MAX: Duration = Duration::from_secs(80);
/// How soon a server is rid of what nobody wants.
const RID_MAX: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(40);

/// A workflow that draws with the tiny model of the tests.
const WORKFLOW: &str = include_str!("../comfyui/survival/workflows/tiny.toml");

/// The same, in so many steps of the sampler.
fn workflow(steps: u32) -> String {
    let own = format!("steps = {steps},");
    let workflow = WORKFLOW.replace("steps = 4,", &own);
    assert!(workflow.contains(&own), "the file says how many steps");
    workflow
}

/// A film of so many scenes, with a shot each.
fn script(n_scenes: usize) -> String {
    let mut script = String::from("Title: Low Tide\n\n");
    for n in 1..=n_scenes {
        let _ = write!(
            script,
            "INT. BOATHOUSE {n} - NIGHT #{n}#\n\nLamp {n}. MAYA planes plank {n}.\n\n"
        );
    }
    script
}

/// A film, a daemon and a server.
pub(crate) struct Story {
    sandbox: Sandbox,
    pub(crate) server: Comfyui,
    pub(crate) folder: PathBuf,
    daemon: Option<Daemon>,
    pub(crate) client: Client,
    pub(crate) film: String,
}

impl Story {
    pub(crate) async fn new(n_scenes: usize, steps: u32) -> Story {
        Story::in_sandbox(Sandbox::new(), "", n_scenes, steps).await
    }

    /// With more settings of the daemon.
    async fn in_sandbox(sandbox: Sandbox, more: &str, n_scenes: usize, steps: u32) -> Story {
        let server = Comfyui::start().await;
        let folder = sandbox.film("film", &script(n_scenes));
        fs::write(
            folder.join("storycore.toml"),
            "renderer = \"comfyui\"\nworkflow = \"tiny.toml\"\n",
        )
        .expect("settings");
        write(&folder, "workflows/tiny.toml", &workflow(steps));
        write(
            sandbox.path(),
            "config/daemon.toml",
            &(server.settings() + more),
        );
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let film = client.open(&folder, false).await;
        Story {
            sandbox,
            server,
            folder,
            daemon: Some(daemon),
            client,
            film,
        }
    }

    pub(crate) async fn ask(&mut self, method: &str, mut params: Value) -> Value {
        params["project"] = json!(self.film);
        self.client.ask(method, params).await
    }

    pub(crate) async fn start(&mut self, params: Value) -> String {
        let run = self.ask("workflow/start", params).await;
        run["value"]["id"].as_str().expect("a run").to_owned()
    }

    async fn run(&mut self, id: &str) -> Value {
        self.ask("run/get", json!({"id": id})).await
    }

    /// Waits until a run satisfies.
    async fn until(&mut self, id: &str, what: &str, enough: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + DRAWING_MAX;
        loop {
            let run = self.run(id).await;
            if enough(&run) {
                return run;
            }
            if Instant::now() > deadline {
                let steps = self.ask("run/steps", json!({"id": id})).await;
                panic!("not {what}: {run:#} {steps:#} {}", self.sandbox.log());
            }
            sleep(POLL).await;
        }
    }

    pub(crate) async fn ended(&mut self, id: &str) -> Value {
        let is_open = |it: &Value| it["status"] == "running" || it["status"] == "paused";
        self.until(id, "ended", |it| !is_open(it)).await
    }

    async fn n_panels(&mut self, id: &str) -> usize {
        let done = json!({"id": id, "status": "done", "limit": 2000});
        let steps = self.ask("run/steps", done).await;
        let steps = steps.as_array().expect("steps");
        steps.iter().filter(|it| it["step"] == "panel").count()
    }

    async fn until_panels(&mut self, id: &str, n: usize) {
        let deadline = Instant::now() + DRAWING_MAX;
        while self.n_panels(id).await < n {
            if Instant::now() > deadline {
                let steps = self.ask("run/steps", json!({"id": id})).await;
                let state = self.ask("state/get", json!({})).await;
                let work = &state["state"]["system"]["work"];
                let log = self.sandbox.log();
                panic!("no {n} panels: {steps:#} {work:#} {log}");
            }
            sleep(POLL).await;
        }
    }

    /// Ends the daemon in some way, and starts another one.
    async fn restart_daemon(&mut self, end: fn(Daemon)) {
        end(self.daemon.take().expect("a daemon"));
        let daemon = self.sandbox.start();
        self.client = Client::socket(&daemon.socket).await;
        self.daemon = Some(daemon);
        let film = self.client.open(&self.folder, false).await;
        assert_eq!(film, self.film);
    }

    async fn server_is_rid(&self) {
        let deadline = Instant::now() + RID_MAX;
        while self.server.queue_len().await > 0 {
            assert!(Instant::now() < deadline, "the server goes on with it");
            sleep(POLL).await;
        }
    }
}

pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// How often each shot's panel was begun, made, and lost on the way.
#[derive(Debug, Default, Clone, Copy)]
struct Ledger {
    started: usize,
    done: usize,
    retried: usize,
}

async fn ledger(story: &mut Story) -> BTreeMap<String, Ledger> {
    let mut ledgers: BTreeMap<String, Ledger> = BTreeMap::new();
    let film = story.film.clone();
    for logged in story.client.events(&film).await {
        let event = &logged["event"]["event"];
        if event["step"] != "panel" {
            continue;
        }
        let shot = event["shot"].as_str().expect("a shot").to_owned();
        let ledger = ledgers.entry(shot).or_default();
        match event["type"].as_str() {
            Some("stepStarted") => ledger.started += 1,
            Some("stepDone") => ledger.done += 1,
            Some("stepRetried") => ledger.retried += 1,
            _ => {}
        }
    }
    ledgers
}

#[test]
fn a_film_is_drawn_though_daemon_and_server_are_killed() {
    block_on(async {
        let mut story = Story::new(14, 5).await;
        let run = story.start(json!({})).await;
        story.until_panels(&run, 3).await;
        story.restart_daemon(Daemon::kill).await;
        let at_kill = story.n_panels(&run).await;
        assert!(at_kill >= 3, "what was done is kept: {at_kill}");
        story.until_panels(&run, at_kill + 2).await;
        story.restart_daemon(Daemon::terminate).await;
        story.until_panels(&run, at_kill + 4).await;
        // The server has lost its queue and its history with it.
        let before = story.server.n_pictures();
        story.server.kill();
        story.server.restart().await;
        let ended = story.ended(&run).await;
        assert_eq!(ended["status"], "finished", "{ended:#}");
        let project = story.ask("project/get", json!({})).await;
        assert_eq!(project["fresh"], project["shots"], "{project:#}");
        let n_shots = project["shots"].as_u64().expect("a count") as usize;
        let ledgers = ledger(&mut story).await;
        assert_eq!(ledgers.len(), n_shots);
        for (shot, it) in &ledgers {
            assert_eq!(it.done, 1, "{shot}: {it:?}");
        }
        // What the server had finished was fetched or is known to be lost with its queue: it holds
        // two at most at once.
        let made = story.server.n_pictures();
        assert!(before <= made);
        assert!(
            (n_shots..=n_shots + 2).contains(&made),
            "{made} pictures were made for {n_shots} shots: {ledgers:?}"
        );
        story.server_is_rid().await;
        let takes = story.ask("state/get", json!({})).await;
        let takes = takes["state"]["generation"]["takes"].as_object();
        assert_eq!(takes.map(serde_json::Map::len), Some(n_shots));
    });
}

#[test]
fn runs_are_planned_held_stopped_and_found_again() {
    block_on(async {
        let mut story = Story::new(6, 3).await;
        // Told before.
        let plan = story.ask("workflow/plan", json!({})).await;
        assert_eq!(plan["workflow"], "workflows/tiny.toml");
        let n_shots = plan["shots"].as_u64().expect("a count");
        let summary = plan["summary"].as_str().expect("words");
        let expected = format!("{n_shots} of {n_shots} shots, because no picture yet ({n_shots})");
        assert_eq!(summary, expected);
        // Held and let go.
        let run = story.start(json!({})).await;
        story.until_panels(&run, 1).await;
        story.ask("run/pause", json!({"id": run})).await;
        story.server_is_rid().await;
        let held = story.n_panels(&run).await;
        sleep(Duration::from_millis(800)).await;
        assert!(story.n_panels(&run).await <= held + 2, "it goes on");
        story.ask("run/resume", json!({"id": run})).await;
        assert_eq!(story.ended(&run).await["status"], "finished");
        let made = story.server.n_pictures();
        assert_eq!(made as u64, n_shots);
        found_again(&mut story, made).await;
        stopped(&mut story).await;
        wrong(&mut story).await;
    });
}

/// What was made from the same is found and not made again; what is asked for anew is another.
async fn found_again(story: &mut Story, made: usize) {
    let path = story.folder.join("script/film.fountain");
    let before = fs::read_to_string(&path).expect("a script");
    fs::write(&path, before.replace("planes plank 1", "burns plank 1")).expect("a save");
    until_stale(story).await;
    let stale = story.ask("shot/list", json!({"status": "stale"})).await;
    assert_eq!(stale.as_array().map(Vec::len), Some(1), "{stale:#}");
    let shot = stale[0]["id"].clone();
    let plan = story.ask("workflow/plan", json!({})).await;
    let summary = plan["summary"].as_str().expect("words");
    assert!(summary.contains("line 1 rewritten"), "{summary}");
    let run = story.start(json!({"shots": [shot]})).await;
    assert_eq!(story.ended(&run).await["status"], "finished");
    assert_eq!(story.server.n_pictures(), made + 1);
    // Written back, the old picture is fresh again by itself, and drawing makes nothing.
    fs::write(&path, before).expect("a save");
    let film = story.film.clone();
    story.client.all_fresh(&film).await;
    let run = story.start(json!({"shots": [shot], "force": true})).await;
    assert_eq!(story.ended(&run).await["reused"], 0);
    assert_eq!(
        story.server.n_pictures(),
        made + 2,
        "another seed, another picture"
    );
}

async fn until_stale(story: &mut Story) {
    let deadline = Instant::now() + RID_MAX;
    loop {
        let project = story.ask("project/get", json!({})).await;
        if project["stale"].as_u64() > Some(0) {
            return;
        }
        assert!(Instant::now() < deadline, "nothing is stale: {project:#}");
        sleep(POLL).await;
    }
}

/// Whoever cancels a run has the server stop in the middle of a picture.
async fn stopped(story: &mut Story) {
    let params = json!({"force": true, "params": {"steps": 2000}});
    let run = story.start(params).await;
    let deadline = Instant::now() + DRAWING_MAX;
    loop {
        let state = story.ask("state/get", json!({})).await;
        let work = &state["state"]["system"]["work"];
        let mut steps = work.as_object().expect("steps").values();
        if steps.any(|it| it["doneMilli"].as_u64() > Some(0) && !it["preview"].is_null()) {
            break;
        }
        assert!(Instant::now() < deadline, "nothing is under way: {work:#}");
        sleep(POLL).await;
    }
    story.ask("run/cancel", json!({"id": run})).await;
    story.server_is_rid().await;
    let deadline = Instant::now() + RID_MAX;
    loop {
        let state = story.ask("state/get", json!({})).await;
        if state["state"]["system"]["work"] == json!({}) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "it is still said to be under way"
        );
        sleep(POLL).await;
    }
}

/// A picture that fails is drawn again with other seeds, as often as the style allows and no
/// oftener, whoever is killed; the best one is shown.
#[test]
fn a_picture_that_fails_is_drawn_again_and_the_best_one_is_shown() {
    block_on(async {
        let mut story = Story::new(1, 1).await;
        // No picture is as sharp as that.
        let style = "kind = \"style\"\nname = \"STYLE\"\n\n[quality]\nattempts = 3\n\
                     sharpnessSoft = 9e9\nsharpnessGood = 9e9\nsharpnessExcellent = 9e9\n\
                     sharpnessOver = 9e9\n";
        write(&story.folder, "bible/style.toml", style);
        let shots = story.ask("shot/list", json!({})).await;
        let shot = shots[0]["id"].clone();
        story.start(json!({"shots": [shot]})).await;
        let of_shot = json!({"shot": shot});
        until_takes(&mut story, &shot, 1).await;
        story.restart_daemon(Daemon::kill).await;
        until_takes(&mut story, &shot, 3).await;
        let takes = story.ask("take/list", of_shot.clone()).await;
        let takes = takes.as_array().expect("takes").clone();
        let mut seeds: Vec<u64> = takes
            .iter()
            .map(|it| it["source"]["seed"].as_u64().expect("a seed"))
            .collect();
        seeds.dedup();
        assert_eq!(seeds.len(), 3, "other seeds: {takes:#?}");
        for (n, take) in takes[..2].iter().enumerate() {
            let repeated = &take["repeated"];
            assert_eq!(repeated["attempt"], n + 2, "{take:#}");
            assert_eq!(repeated["attempts"], 3);
            let reason = repeated["reason"].as_str().expect("words");
            assert!(reason.contains("soft"), "{reason}");
        }
        let score = |it: &Value| it["checks"]["score"].as_f64().expect("a score");
        let best = takes.iter().map(score).fold(0.0, f64::max);
        let shown = takes.iter().find(|it| it["shown"] == true);
        assert_eq!(score(shown.expect("one is shown")), best, "{takes:#?}");
        // Three are enough, also for the next daemon, and with a picture that is brought in.
        story.restart_daemon(Daemon::terminate).await;
        let runs = story.ask("run/list", json!({})).await;
        let causes = runs.as_array().expect("runs").iter();
        let by_check = causes.filter(|it| it["cause"] == "check");
        assert_eq!(by_check.count(), 2, "{runs:#}");
        let takes = story.ask("take/list", of_shot).await;
        assert_eq!(takes.as_array().expect("takes").len(), 3);
    });
}

/// Waits until so many takes of a shot were looked at.
async fn until_takes(story: &mut Story, shot: &Value, n: usize) {
    let deadline = Instant::now() + DRAWING_MAX;
    loop {
        let takes = story.ask("take/list", json!({"shot": shot})).await;
        let takes = takes.as_array().expect("takes");
        let looked = takes.iter().filter(|it| !it["checks"].is_null()).count();
        if looked >= n {
            return;
        }
        let log = || story.sandbox.log();
        assert!(Instant::now() < deadline, "{looked} takes: {}", log());
        sleep(POLL).await;
    }
}

/// What is wrong is said where it is, with what to do, and spoils nothing else.
async fn wrong(story: &mut Story) {
    let shot = story.ask("shot/list", json!({})).await[0]["id"].clone();
    let params =
        json!({"shots": [shot], "force": true, "params": {"checkpoint": "none.safetensors"}});
    let run = story.start(params).await;
    let ended = story.ended(&run).await;
    assert_eq!(ended["status"], "failed");
    let error = ended["error"].as_str().expect("words");
    for words in ["none.safetensors", "here"] {
        assert!(error.contains(words), "{error}");
    }
    let steps = json!({"id": run, "status": "failed"});
    let steps = story.ask("run/steps", steps).await;
    assert_eq!(steps[0]["kind"], "missing", "{steps:#}");
    let unknown = json!({"project": story.film, "params": {"stesp": 4}, "force": true});
    let refused = story.client.call("workflow/start", unknown).await;
    let refused = refused.expect_err("there is no such param").words();
    assert!(
        refused.contains("stesp") && refused.contains("steps"),
        "{refused}"
    );
}

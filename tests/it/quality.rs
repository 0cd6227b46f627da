//! Takes that are looked at: in the background, after a kill, by the style of now, when asked.

use std::{fs, path::PathBuf, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::{Client, Daemon, Sandbox, block_on};

const SCRIPT: &str = "INT. ROOM - DAY\n\nA lamp.\n\nEXT. STREET - NIGHT\n\nIt rains.\n";
/// How long looking at some small pictures may take on a busy machine.
const LOOK_MAX: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// A picture of stripes that are so many pixels wide: wider ones have fewer edges.
pub(crate) fn stripes(width_px: u32, height_px: u32, stripe_px: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width_px, height_px);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("memory");
    let shade = |x: u32| if (x / stripe_px) % 2 == 0 { 90 } else { 130 };
    let row: Vec<u8> = (0..width_px).map(shade).collect();
    let rows = row.repeat(height_px as usize);
    writer.write_image_data(&rows).expect("memory");
    drop(writer);
    bytes
}

struct Fixture {
    sandbox: Sandbox,
    folder: PathBuf,
    daemon: Option<Daemon>,
    client: Client,
    film: String,
}

impl Fixture {
    async fn new(sandbox: Sandbox) -> Fixture {
        let folder = sandbox.film("film", SCRIPT);
        fs::create_dir_all(folder.join("bible")).expect("a folder");
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let film = client.open(&folder, false).await;
        Fixture {
            sandbox,
            folder,
            daemon: Some(daemon),
            client,
            film,
        }
    }

    async fn ask(&mut self, method: &str, mut params: Value) -> Value {
        params["project"] = json!(self.film);
        self.client.ask(method, params).await
    }

    /// Kills the daemon, and starts another one with these variables, too.
    async fn restart(mut self, variables: &[(&str, &str)]) -> Fixture {
        self.daemon.take().expect("a daemon").kill();
        for (name, value) in variables {
            self.sandbox = self.sandbox.set(name, value);
        }
        let daemon = self.sandbox.start();
        self.client = Client::socket(&daemon.socket).await;
        self.daemon = Some(daemon);
        self.client.open(&self.folder, false).await;
        self
    }

    async fn shots(&mut self) -> Vec<Value> {
        let shots = self.ask("shot/list", json!({})).await;
        shots.as_array().expect("shots").clone()
    }

    async fn import(&mut self, shot: &Value, name: &str, bytes: &[u8]) -> Value {
        let path = self.sandbox.path().join(name);
        fs::write(&path, bytes).expect("a file");
        let import = json!({"shot": shot["id"], "path": path});
        let imported = self.ask("take/import", import).await;
        imported["take"]["id"].clone()
    }

    /// Waits until a take was looked at.
    async fn looked_at(&mut self, take: &Value) -> Value {
        let deadline = Instant::now() + LOOK_MAX;
        loop {
            let found = self.ask("take/get", json!({"id": take})).await;
            if !found["checks"].is_null() {
                return found;
            }
            assert!(
                Instant::now() < deadline,
                "nobody looks: {}",
                self.sandbox.log()
            );
            sleep(POLL).await;
        }
    }

    async fn n_checked(&mut self) -> usize {
        let film = self.film.clone();
        let events = self.client.events(&film).await;
        let checked = events.iter().filter(|it| {
            it["event"]["noun"] == "take" && it["event"]["event"]["type"] == "checked"
        });
        checked.count()
    }

    /// Waits until somebody is told that this is wrong.
    async fn until_told(&mut self, what: &str) {
        let deadline = Instant::now() + LOOK_MAX;
        loop {
            let told = self.ask("diagnostic/list", json!({})).await;
            if told.to_string().contains(what) {
                return;
            }
            assert!(Instant::now() < deadline, "not told: {told:#}");
            sleep(POLL).await;
        }
    }

    /// Waits until the shown take of a shot has this grade.
    async fn until_grade(&mut self, shot: &Value, grade: &str) {
        let deadline = Instant::now() + LOOK_MAX;
        loop {
            let found = self.ask("shot/get", json!({"id": shot["id"]})).await;
            if found["grade"] == grade {
                return;
            }
            assert!(Instant::now() < deadline, "not {grade}: {found:#}");
            sleep(POLL).await;
        }
    }
}

fn verdict<'a>(take: &'a Value, check: &str) -> &'a Value {
    let verdicts = take["checks"]["verdicts"].as_array().expect("verdicts");
    let found = verdicts.iter().find(|it| it["check"] == check);
    found.unwrap_or_else(|| panic!("no {check}: {take:#}"))
}

#[test]
fn what_is_brought_in_is_looked_at_and_judged_by_the_style_of_now() {
    block_on(async {
        let mut fixture = Fixture::new(Sandbox::new()).await;
        let shots = fixture.shots().await;
        assert_eq!(shots[0]["grade"], Value::Null);
        let take = fixture
            .import(&shots[0], "soft.png", &stripes(640, 360, 320))
            .await;
        let found = fixture.looked_at(&take).await;
        assert_eq!(found["checks"]["grade"], "fail", "{found:#}");
        let sharpness = verdict(&found, "sharpness");
        assert_eq!(sharpness["grade"], "fail");
        let measured = sharpness["measured"].as_f64().expect("a figure");
        assert!(measured < 50.0, "{sharpness:#}");
        let words = sharpness["words"].as_str().expect("words");
        assert!(words.starts_with("soft: "), "{words}");
        assert_eq!(verdict(&found, "palette")["grade"], "notMeasured");
        fixture.until_grade(&shots[0], "fail").await;
        // What the page is told is the grade alone.
        let state = fixture.ask("state/get", json!({})).await;
        let id = shots[0]["id"].as_str().expect("an id");
        assert_eq!(state["state"]["project"]["shots"][id]["grade"], "fail");
        // Another threshold is another verdict at once; nothing is measured for it.
        let style = "kind = \"style\"\nname = \"STYLE\"\n\n[quality]\nsharpnessSoft = 0.5\n\
                     contrastMin = 5\nscorePass = 1\npalette = [\"#5a5a5a\", \"#828282\"]\n";
        fs::write(fixture.folder.join("bible/style.toml"), style).expect("it is written");
        fixture.until_grade(&shots[0], "pass").await;
        let found = fixture.ask("take/get", json!({"id": take})).await;
        assert_eq!(verdict(&found, "palette")["grade"], "pass", "{found:#}");
        assert_eq!(fixture.n_checked().await, 1);
        // What the table cannot say is told, and what it said before holds.
        let wrong = style.replace("sharpnessSoft", "sharpnesSoft");
        fs::write(fixture.folder.join("bible/style.toml"), wrong).expect("it is written");
        fixture.until_told("sharpnesSoft").await;
        fixture.until_grade(&shots[0], "pass").await;
    });
}

#[test]
fn what_was_not_looked_at_before_a_kill_is_looked_at_after_it() {
    block_on(async {
        let none = Sandbox::new().set("STORYCORE_CHECK_WORKERS_MAX", "0");
        let mut fixture = Fixture::new(none).await;
        let shots = fixture.shots().await;
        let mut takes = Vec::new();
        for stripe_px in 1..=12 {
            let picture = stripes(320, 180, stripe_px);
            let name = format!("{stripe_px}.png");
            takes.push(fixture.import(&shots[1], &name, &picture).await);
        }
        assert_eq!(fixture.n_checked().await, 0);
        let mut fixture = fixture
            .restart(&[("STORYCORE_CHECK_WORKERS_MAX", "2")])
            .await;
        fixture.looked_at(takes.last().expect("a take")).await;
        // It is killed somewhere in the middle.
        let mut fixture = fixture.restart(&[]).await;
        for take in &takes {
            fixture.looked_at(take).await;
        }
        // Each once, and nothing more happens after another start.
        assert_eq!(fixture.n_checked().await, takes.len());
        let mut fixture = fixture.restart(&[]).await;
        let last = fixture
            .import(&shots[0], "last.png", &stripes(64, 36, 5))
            .await;
        fixture.looked_at(&last).await;
        assert_eq!(fixture.n_checked().await, takes.len() + 1);
    });
}

#[test]
fn sketches_are_looked_at_when_somebody_asks() {
    block_on(async {
        let mut fixture = Fixture::new(Sandbox::new()).await;
        fixture.ask("shot/render", json!({})).await;
        let shots = fixture.shots().await;
        let take = fixture
            .import(&shots[0], "a.png", &stripes(640, 360, 4))
            .await;
        fixture.looked_at(&take).await;
        assert_eq!(fixture.n_checked().await, 1);
        let sketch = shots[1]["take"].clone();
        let found = fixture.ask("take/check", json!({"id": sketch})).await;
        assert_eq!(found[0]["checks"]["grade"], "pass", "{found:#}");
        assert_eq!(verdict(&found[0], "sharpness")["grade"], "notMeasured");
        assert_eq!(verdict(&found[0], "aspect")["grade"], "pass");
        assert_eq!(fixture.n_checked().await, 2);
        // All of a shot; what is known already makes no event.
        let found = fixture
            .ask("take/check", json!({"shot": shots[0]["id"]}))
            .await;
        assert_eq!(found.as_array().expect("takes").len(), 2);
        assert_eq!(fixture.n_checked().await, 3);
        let neither = json!({"project": fixture.film});
        let refused = fixture.client.call("take/check", neither).await;
        assert_eq!(refused.expect_err("neither").kind(), "invalidParams");
    });
}

#[test]
fn a_picture_that_is_gone_is_told_and_does_no_harm() {
    block_on(async {
        let none = Sandbox::new().set("STORYCORE_CHECK_WORKERS_MAX", "0");
        let mut fixture = Fixture::new(none).await;
        let shots = fixture.shots().await;
        let gone = fixture
            .import(&shots[0], "gone.png", &stripes(64, 36, 3))
            .await;
        let take = fixture.ask("take/get", json!({"id": gone})).await;
        let asset = take["asset"].as_str().expect("an asset");
        let file = fixture.folder.join(".storycore/blobs").join(&asset[..2]);
        fs::remove_file(file.join(&asset[2..])).expect("it was there");
        let mut fixture = fixture
            .restart(&[("STORYCORE_CHECK_WORKERS_MAX", "1")])
            .await;
        let check = json!({"project": fixture.film, "id": gone});
        let refused = fixture.client.call("take/check", check).await;
        assert_eq!(refused.expect_err("it is gone").kind(), "unavailable");
        let good = fixture
            .import(&shots[0], "good.png", &stripes(64, 36, 4))
            .await;
        fixture.looked_at(&good).await;
        assert_eq!(fixture.n_checked().await, 1);
        assert!(!fixture.sandbox.log().contains("panicked"));
    });
}

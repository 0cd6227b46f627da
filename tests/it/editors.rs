//! The settings we ship, in editors that nobody here wrote: a person looks at a script, renames
//! somebody and saves, and whoever looks at the film sees it follow.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    repository::root,
    support::{Client, Sandbox, block_on, sandbox::variable},
};

const SCRIPT: &str = "INT. KITCHEN - DAY #1#\n\nMaya cuts bread. 🌊\n\nMAYA (O.S.)\nYou are late, \
                      Jonas.\n\nJONAS\nI know, Maya.\n";
const BIBLE: &str = "kind = \"character\"\nname = \"MAYA\"\ndescription = \"A baker.\"\n";

/// How long the film may take to follow before a test fails.
const WAIT: Duration = Duration::from_secs(20);

struct Desk {
    sandbox: Sandbox,
    film: PathBuf,
    seen: PathBuf,
}

impl Desk {
    fn new() -> Desk {
        let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
        let film = sandbox.film("film", SCRIPT);
        fs::create_dir_all(film.join("bible")).expect("a folder");
        fs::write(film.join("bible/maya.toml"), BIBLE).expect("a bible");
        let seen = sandbox.path().join("seen.json");
        Desk {
            sandbox,
            film,
            seen,
        }
    }

    fn script(&self) -> PathBuf {
        self.film.join("script/film.fountain")
    }

    /// An editor with nothing of the user's.
    fn editor(&self, program: &str) -> Command {
        let home = self.sandbox.path().join("home");
        fs::create_dir_all(&home).expect("a folder");
        let mut command = self.sandbox.other(&variable(program));
        command
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("STORYCORE_BINARY", self.sandbox.binary())
            .env("STORYCORE_EDITORS", root().join("clients/editors"))
            .env("STORYCORE_SCRIPT", self.script())
            .env("STORYCORE_SEEN", &self.seen);
        command
    }

    /// Runs an editor to its end while somebody looks at the film, and checks what both saw.
    fn follow(&self, mut editor: Command) -> Value {
        block_on(async {
            let daemon = self.sandbox.start();
            let mut client = Client::socket(&daemon.socket).await;
            let project = client.open(&self.film, false).await;
            let before = shots(&mut client, &project).await;
            let run = tokio::task::spawn_blocking(move || editor.output());
            let output = run.await.expect("it runs").expect("it starts");
            let seen = self.seen(&output);
            let renamed = SCRIPT.replace("MAYA", "ANNA").replace("Maya", "Anna");
            let script = fs::read_to_string(self.script()).expect("a script");
            assert_eq!(script, renamed);
            let bible = fs::read_to_string(self.film.join("bible/maya.toml")).expect("a bible");
            assert_eq!(bible, BIBLE.replace("MAYA", "ANNA"));
            // The page looks at the same film: the same shots, of somebody else.
            let end = Instant::now() + WAIT;
            loop {
                let now = shots(&mut client, &project).await;
                let names: Vec<&str> = now.iter().map(|it| it.1.as_str()).collect();
                if names.iter().all(|it| !it.contains("MAYA")) {
                    assert!(names.iter().any(|it| it.contains("ANNA")), "{names:?}");
                    let ids = |all: &[(Value, String)]| -> Vec<Value> {
                        all.iter().map(|it| it.0.clone()).collect()
                    };
                    assert_eq!(ids(&now), ids(&before));
                    break;
                }
                assert!(Instant::now() < end, "the film did not follow: {names:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            seen
        })
    }

    fn seen(&self, output: &Output) -> Value {
        let said = String::from_utf8_lossy(&output.stderr);
        let seen = fs::read(&self.seen).unwrap_or_else(|_| panic!("nothing was seen: {said}"));
        let seen: Value = serde_json::from_slice(&seen).expect("JSON");
        assert!(output.status.success(), "{said}\n{seen:#}");
        seen
    }
}

/// Every shot, and who is in it.
async fn shots(client: &mut Client, project: &str) -> Vec<(Value, String)> {
    let shots = client.ask("shot/list", json!({"project": project})).await;
    let shots = shots.as_array().expect("shots").clone();
    let shot = |it: Value| (it["id"].clone(), it["subjects"].to_string());
    shots.into_iter().map(shot).collect()
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("it/editors")
        .join(file)
}

#[test]
fn neovim_renames_somebody_and_the_film_follows() {
    let desk = Desk::new();
    let mut neovim = desk.editor("STORYCORE_TEST_NVIM");
    neovim
        .args(["--headless", "-n", "-i", "NONE", "-u"])
        .arg(here("init.lua"))
        .arg(desk.script())
        .arg("-c")
        .arg(format!("luafile {}", here("neovim.lua").display()));
    let seen = desk.follow(neovim);
    assert_eq!(seen["problems"][0]["code"], "unknownCharacter");
    assert_eq!(seen["problems"][0]["line"], 7);
    assert_eq!(seen["scenes"], json!(["1 INT. KITCHEN - DAY"]));
    let hover = seen["hover"].as_str().expect("words");
    assert!(
        hover.contains("**MAYA**") && hover.contains("A baker."),
        "{hover}"
    );
    // Neovim counts bytes; the wave has four, and two units in UTF-16.
    assert_eq!(seen["note"], json!({"line": 10, "column": 5}));
}

#[test]
fn emacs_renames_somebody_and_the_film_follows() {
    let desk = Desk::new();
    let mut emacs = desk.editor("STORYCORE_TEST_EMACS");
    emacs.args(["--batch", "-l"]).arg(here("emacs.el"));
    let seen = desk.follow(emacs);
    let problem = seen["problems"][0].as_str().expect("words");
    assert!(
        problem.contains("the bible knows no character JONAS"),
        "{problem}"
    );
    let hover = seen["hover"].as_str().expect("words");
    assert!(
        hover.contains("MAYA") && hover.contains("A baker.") && !hover.contains("**"),
        "{hover}"
    );
}

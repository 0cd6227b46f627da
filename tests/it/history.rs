//! Going back, branching and bringing back, with the real binary and real files: every byte and
//! every take comes back, nothing that somebody else wrote is overwritten, and no kill loses a thing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{Client, Daemon, Sandbox, block_on};

const SCRIPT: &str = "\
Title: Low Tide

INT. BOATHOUSE - NIGHT

A lamp. MAYA planes a plank.

MAYA
Wood forgets nothing.

EXT. SLIPWAY - DAWN

Fog. The boat slides into the water by itself.

INT. GAUGE HOUSE - DAY

The needle climbs past the red line.
";

const MAYA: &str = "kind = \"character\"\nname = \"MAYA\"\n\n[details]\ncoat = \"blue\"\n";

/// Small panels: what is tested is whether they are kept, not how they look.
fn sandbox() -> Sandbox {
    Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96")
}

/// Every file of a film that people write, with its bytes.
fn files(film: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![film.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with(".storycore") {
                    folders.push(path);
                }
                continue;
            }
            let name = path
                .strip_prefix(film)
                .expect("inside")
                .display()
                .to_string();
            files.insert(name, fs::read(path).expect("a file"));
        }
    }
    files
}

/// A film with everything, all drawn and one take chosen.
struct Told {
    sandbox: Sandbox,
    daemon: Daemon,
    client: Client,
    film: PathBuf,
    id: String,
}

impl Told {
    async fn new() -> Told {
        let sandbox = sandbox();
        let film = sandbox.film("low-tide", SCRIPT);
        fs::create_dir(film.join("bible")).expect("a bible");
        fs::write(film.join("bible/maya.toml"), MAYA).expect("an entry");
        fs::write(film.join("storycore.toml"), "fps = 25.0\n").expect("settings");
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        let mut told = Told {
            sandbox,
            daemon,
            client,
            film,
            id,
        };
        told.ask("shot/render", json!({})).await;
        told
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.id.clone();
        ask(&mut self.client, &id, method, params).await
    }

    async fn refused(&mut self, method: &str, mut params: Value) -> String {
        params["project"] = self.id.clone().into();
        let refusal = self.client.call(method, params).await;
        let refusal = refusal.expect_err(method);
        format!("{}: {}", refusal.kind(), refusal.words())
    }

    /// Writes a file, and waits until the film says so.
    async fn write(&mut self, path: &str, text: &str) {
        fs::write(self.film.join(path), text).expect("a file");
        self.reread().await;
    }

    /// Opening an open film reads its files.
    async fn reread(&mut self) {
        let film = self.film.clone();
        self.client.open(&film, false).await;
    }

    async fn seq(&mut self) -> Value {
        self.ask("project/get", json!({})).await["seq"].clone()
    }

    async fn state(&mut self) -> Value {
        let mut state = self.ask("state/get", json!({})).await["state"].clone();
        state["project"]["history"].take();
        state["generation"]["runs"].take();
        state
    }

    /// The ids of all takes; each is of a shot that there is.
    async fn takes(&mut self) -> Vec<String> {
        let state = self.state().await;
        let takes = state["generation"]["takes"].as_object().expect("takes");
        for take in takes.values() {
            let shot = take["shot"].as_str().expect("a shot");
            let project = &state["project"];
            let known = project["shots"]
                .get(shot)
                .or(project["unplacedShots"].get(shot));
            assert!(known.is_some(), "{take} is of no shot");
        }
        takes.keys().cloned().collect()
    }

    /// Much is other than it was.
    async fn rewrite_everything(&mut self) {
        let text = SCRIPT
            .replace("Wood forgets nothing.", "Wood forgets everything.")
            .replace(
                "EXT. SLIPWAY - DAWN\n\nFog. The boat slides into the water by itself.\n\n",
                "",
            );
        fs::write(self.film.join("script/film.fountain"), text).expect("a script");
        fs::write(
            self.film.join("script/second.fountain"),
            "EXT. MOON - NIGHT\n\nNobody has ever been here.\n",
        )
        .expect("a script");
        fs::write(
            self.film.join("bible/maya.toml"),
            MAYA.replace("blue", "red"),
        )
        .expect("an entry");
        fs::remove_file(self.film.join("storycore.toml")).expect("no settings");
        self.reread().await;
        self.ask("shot/render", json!({})).await;
    }

    fn killed(self) -> (Sandbox, PathBuf) {
        self.daemon.kill();
        (self.sandbox, self.film)
    }
}

async fn ask(client: &mut Client, film: &str, method: &str, mut params: Value) -> Value {
    params["project"] = film.into();
    client.ask(method, params).await
}

#[test]
fn going_back_brings_back_every_byte_and_every_take_and_can_be_undone() {
    block_on(async {
        let mut told = Told::new().await;
        let take = told.takes().await[0].clone();
        told.ask("take/lock", json!({"id": take})).await;
        let made = told
            .ask("checkpoint/create", json!({"name": "first draft"}))
            .await;
        let (before, files_before) = (told.state().await, files(&told.film));
        told.ask("take/lock", json!({"id": take, "on": false}))
            .await;
        told.rewrite_everything().await;
        let (changed, files_changed) = (told.state().await, files(&told.film));
        let takes = told.takes().await;

        let params = json!({"id": made["value"]["id"]});
        let restored = told.ask("checkpoint/restore", params.clone()).await;
        let written = [
            "bible/maya.toml",
            "script/film.fountain",
            "script/second.fountain",
            "storycore.toml",
        ];
        assert_eq!(restored["files"], json!(written));
        assert_eq!(files(&told.film), files_before);
        let state = told.state().await;
        for part in ["scripts", "scenes", "bible", "settings", "shots"] {
            assert_eq!(state["project"][part], before["project"][part], "{part}");
        }
        assert_eq!(told.takes().await, takes, "none is lost");
        // What was written is not read as a change.
        let seq = told.seq().await;
        told.reread().await;
        assert_eq!(told.seq().await, seq);
        assert_eq!(restored["seq"], seq);
        // A second time there is nothing to do.
        let again = told.ask("checkpoint/restore", params).await;
        assert_eq!(again, json!({"seq": seq, "files": []}));

        told.ask("history/undo", json!({})).await;
        assert_eq!(files(&told.film), files_changed);
        assert_eq!(told.state().await, changed);
        told.ask("history/redo", json!({})).await;
        assert_eq!(files(&told.film), files_before);

        // The log says the same to whoever reads it next.
        let state = told.state().await;
        let (sandbox, film) = told.killed();
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        let mut reopened = ask(&mut client, &id, "state/get", json!({})).await["state"].clone();
        reopened["project"]["history"].take();
        reopened["generation"]["runs"].take();
        assert_eq!(reopened, state);
    });
}

#[test]
fn what_somebody_else_wrote_is_not_overwritten() {
    block_on(async {
        let mut told = Told::new().await;
        let seq = told.seq().await;
        told.rewrite_everything().await;
        // A file that does not read is on disk as its writer left it, and the film goes on with
        // what it said before.
        told.write("bible/maya.toml", "kind = character, I think\n")
            .await;
        let (state, on_disk, last) = (told.state().await, files(&told.film), told.seq().await);
        let refusal = told.refused("history/restore", json!({"seq": seq})).await;
        assert!(
            refusal.starts_with("conflict: bible/maya.toml is other on disk"),
            "{refusal}"
        );
        assert_eq!(files(&told.film), on_disk, "nothing was written");
        assert_eq!(told.seq().await, last);
        assert_eq!(told.state().await, state);

        // Text that was typed since is never undone.
        told.write("bible/maya.toml", MAYA).await;
        told.ask("history/restore", json!({"seq": seq})).await;
        let typed = SCRIPT.replace("Fog.", "Rain.");
        told.write("script/film.fountain", &typed).await;
        let refusal = told.refused("history/undo", json!({})).await;
        assert!(refusal.starts_with("conflict: "), "{refusal}");
        assert_eq!(
            fs::read_to_string(told.film.join("script/film.fountain")).expect("a script"),
            typed
        );
    });
}

#[test]
fn a_kill_while_going_back_loses_nothing() {
    for moment_us in [0, 300, 1_000, 2_500, 5_000, 10_000, 20_000, 60_000] {
        block_on(async {
            let mut told = Told::new().await;
            let seq = told.seq().await;
            let before = files(&told.film);
            told.rewrite_everything().await;
            let takes = told.takes().await;
            let changed = files(&told.film);
            let restore = json!({"jsonrpc": "2.0", "id": "r", "method": "history/restore",
                "params": {"project": told.id, "seq": seq}});
            told.client.send(&restore.to_string()).await;
            tokio::time::sleep(Duration::from_micros(moment_us)).await;
            let (sandbox, film) = told.killed();

            // Each file is as it was or as it is to be, and none is half written.
            let left = files(&film);
            for (name, bytes) in left.iter().filter(|it| !it.0.contains("storycore-new")) {
                let known = [before.get(name), changed.get(name)];
                assert!(known.contains(&Some(bytes)), "{name} after {moment_us} µs");
            }
            let daemon = sandbox.start();
            let mut client = Client::socket(&daemon.socket).await;
            let id = client.open(&film, false).await;
            let mut told = Told {
                sandbox,
                daemon,
                client,
                film,
                id,
            };
            assert_eq!(told.takes().await, takes, "after {moment_us} µs");
            // And the way back is still there.
            told.ask("history/restore", json!({"seq": seq})).await;
            let mut now = files(&told.film);
            now.retain(|name, _| !name.contains("storycore-new"));
            assert_eq!(now, before, "after {moment_us} µs");
            assert_eq!(told.takes().await, takes);
        });
    }
}

#[test]
fn history_reads_well_for_people() {
    block_on(async {
        let mut told = Told::new().await;
        let seq = told.seq().await.as_u64().expect("a place").to_string();
        told.ask("checkpoint/create", json!({"name": "first draft"}))
            .await;
        told.rewrite_everything().await;
        let film = told.film.display().to_string();
        let say = |args: &[&str]| {
            let args: Vec<&str> = args.iter().copied().chain(["--project", &film]).collect();
            told.sandbox.succeed(&args)
        };
        let list = say(&["history", "list"]);
        for words in ["first draft", "MAYA’s coat: blue → red", "panels drawn"] {
            assert!(list.contains(words), "{list}");
        }
        let diff = say(&["history", "diff", "--from", &seq]);
        let expected = [
            "MAYA’s coat: blue → red",
            "scene 3 (EXT. MOON - NIGHT) is new",
            "scene 2 (EXT. SLIPWAY - DAWN) was cut",
        ];
        for words in expected {
            assert!(
                diff.lines().any(|it| it.starts_with(words)),
                "{words}: {diff}"
            );
        }
        let checkpoints = say(&["checkpoint", "list"]);
        assert!(checkpoints.contains("first draft"), "{checkpoints}");
    });
}

/// A film and its branch, each of which went on by itself.
struct Branched {
    told: Told,
    /// The branch's own film.
    branch: String,
    /// Its script.
    darker: String,
}

impl Branched {
    async fn new() -> Branched {
        let mut told = Told::new().await;
        let made = told.ask("branch/create", json!({"name": "darker"})).await;
        let there = PathBuf::from(made["path"].as_str().expect("a path"));
        assert_eq!(files(&there), files(&told.film));
        let branch = told.client.open(&there, false).await;
        assert_eq!(json!(branch), made["project"]);
        let shots = ask(&mut told.client, &branch, "shot/list", json!({})).await;
        let own = told.ask("shot/list", json!({})).await;
        assert_eq!(shots, own, "the same, with their takes");

        let darker = SCRIPT
            .replace("Fog. The boat", "No light at all. The boat")
            .replace(
                "INT. GAUGE HOUSE - DAY",
                "EXT. REEF - NIGHT\n\nA bell under water.\n\nINT. GAUGE HOUSE - DAY",
            )
            .replace("Wood forgets nothing.", "Wood remembers me.");
        fs::write(there.join("script/film.fountain"), &darker).expect("a script");
        let maya = MAYA.replace("blue", "black");
        fs::write(there.join("bible/maya.toml"), maya).expect("an entry");
        told.client.open(&there, false).await;
        ask(&mut told.client, &branch, "shot/render", json!({})).await;
        let here = SCRIPT.replace("Wood forgets nothing.", "Wood is patient.");
        told.write("script/film.fountain", &here).await;
        Branched {
            told,
            branch,
            darker,
        }
    }

    async fn there(&mut self, method: &str) -> Value {
        ask(&mut self.told.client, &self.branch, method, json!({})).await
    }

    fn script(&self) -> String {
        let path = self.told.film.join("script/film.fountain");
        fs::read_to_string(path).expect("a script")
    }
}

#[test]
fn what_changed_in_a_branch_and_on_both_sides_is_told() {
    block_on(async {
        let mut it = Branched::new().await;
        let params = json!({"branch": it.branch});
        let diff = it.told.ask("branch/diff", params).await;
        let messages = |part: &str| -> Vec<String> {
            let list = diff[part].as_array().expect("differences").iter();
            let message = |it: &Value| it["message"].as_str().unwrap_or_default().to_owned();
            list.map(message).collect()
        };
        for words in [
            "MAYA’s coat: blue → black",
            "scene 3 (EXT. REEF - NIGHT) is new",
        ] {
            assert!(messages("inBranch").iter().any(|it| it == words), "{diff}");
        }
        assert_eq!(messages("inFilm"), ["scene 1: 1 shot changed"]);
        let boathouse = it.there("scene/list").await[0]["id"].clone();
        let both = diff["inBoth"].as_array().expect("differences");
        assert!(!both.is_empty() && both.iter().all(|it| it["sceneId"] == boathouse));
    });
}

#[test]
fn what_worked_in_a_branch_comes_back_with_its_takes_and_can_be_undone() {
    block_on(async {
        let mut it = Branched::new().await;
        let before = (
            it.told.state().await["project"].clone(),
            files(&it.told.film),
        );
        let scenes = it.there("scene/list").await;
        let params = json!({"branch": it.branch, "bible": ["bible/maya.toml"],
            "scenes": [scenes[1]["id"], scenes[2]["id"]]});
        let brought = it.told.ask("branch/bring", params.clone()).await;
        assert_eq!(brought["scenes"], 2);
        assert_eq!(
            brought["files"],
            json!(["bible/maya.toml", "script/film.fountain"])
        );
        // All else is as it was here.
        assert_eq!(
            it.script(),
            it.darker.replace("Wood remembers me.", "Wood is patient.")
        );
        let now = it.told.ask("scene/list", json!({})).await;
        for n in 0..4 {
            assert_eq!(now[n]["id"], scenes[n]["id"]);
            assert_eq!(now[n]["shots"], scenes[n]["shots"]);
        }
        let takes = it.told.takes().await;
        let there = it.there("take/list").await;
        let reef = scenes[2]["shots"].as_array().expect("shots");
        let of_reef = there.as_array().expect("takes").iter();
        let of_reef: Vec<&Value> = of_reef.filter(|it| reef.contains(&it["shot"])).collect();
        assert_eq!(of_reef.len(), reef.len());
        for take in of_reef {
            assert!(takes.iter().any(|it| take["id"] == json!(it)));
            // The daemon checks the hash of what it reads.
            let params = json!({"id": take["asset"], "data": true});
            it.told.ask("asset/get", params).await;
        }
        // What was written is not read as a change, and bringing twice changes nothing.
        let seq = it.told.seq().await;
        it.told.reread().await;
        assert_eq!(it.told.seq().await, seq);
        let again = it.told.ask("branch/bring", params).await;
        assert_eq!(
            again,
            json!({"seq": seq, "scenes": 0, "takes": 0, "files": []})
        );

        it.told.ask("history/undo", json!({})).await;
        assert_eq!(files(&it.told.film), before.1);
        assert_eq!(it.told.state().await["project"], before.0);
        it.told.ask("history/redo", json!({})).await;
        assert_eq!(it.told.takes().await, takes);
    });
}

#[test]
fn what_changed_on_both_sides_is_not_overwritten_unasked() {
    block_on(async {
        let mut it = Branched::new().await;
        let scenes = it.there("scene/list").await;
        let (state, on_disk) = (it.told.state().await, files(&it.told.film));
        let all: Vec<Value> = (0..4).map(|n| scenes[n]["id"].clone()).collect();
        let params = json!({"branch": it.branch, "scenes": all});
        let refusal = it.told.refused("branch/bring", params).await;
        let begins = "conflict: scene 1 (INT. BOATHOUSE - NIGHT) has changed here, too";
        assert!(refusal.starts_with(begins), "{refusal}");
        assert_eq!(it.told.state().await, state);
        assert_eq!(files(&it.told.film), on_disk);
        let params = json!({"branch": it.branch, "scenes": all, "force": true});
        it.told.ask("branch/bring", params).await;
        assert_eq!(it.script(), it.darker);
        let refusal = it
            .told
            .refused("branch/create", json!({"name": "darker"}))
            .await;
        assert!(refusal.starts_with("alreadyExists: "), "{refusal}");
    });
}

//! A writer saves, and the film follows: only what changed is stale, with the reason, and drawn
//! anew; everything else stays as it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{Client, Daemon, Sandbox, block_on};

/// How long a change may take to arrive.
const WAIT: Duration = Duration::from_secs(10);

/// When everything that came with a change has been seen.
const AFTERWARDS: Duration = Duration::from_millis(300);

/// The sample film, open and drawn.
struct Story {
    sandbox: Sandbox,
    _daemon: Daemon,
    client: Client,
    project: String,
    script: PathBuf,
}

impl Story {
    async fn drawn(auto_render: bool) -> Story {
        let sandbox = Sandbox::new();
        let film = sandbox.sample_film("film");
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let project = client.open(&film, auto_render).await;
        let rendered = client.ask("shot/render", json!({"project": project})).await;
        assert_eq!(rendered["failed"], 0);
        let script = film.join("script/high-water.fountain");
        let mut story = Story {
            sandbox,
            _daemon: daemon,
            client,
            project,
            script,
        };
        story
            .client
            .ask("event/subscribe", json!({"project": story.project}))
            .await;
        story
    }

    async fn shots(&mut self) -> BTreeMap<String, Value> {
        let shots = self
            .client
            .ask("shot/list", json!({"project": self.project}))
            .await;
        let shots = shots.as_array().expect("a list").iter();
        shots.map(|it| (text(it, "id"), it.clone())).collect()
    }

    /// Changes the script, and waits until the film has read it.
    async fn edit(&mut self, edit: impl FnOnce(String) -> String) {
        let before = fs::read_to_string(&self.script).expect("the script");
        fs::write(&self.script, edit(before)).expect("the script is written");
        self.script_changed().await;
    }

    async fn script_changed(&mut self) {
        self.happened("script", "changed").await;
    }

    async fn happened(&mut self, noun: &str, kind: &str) {
        loop {
            let note = self.client.note("event/happened", WAIT).await;
            let event = &note.unwrap_or_else(|| panic!("no {noun} {kind}"))["event"];
            if event["noun"] == noun && event["event"]["type"] == kind {
                return;
            }
        }
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn of_status<'a>(shots: &'a BTreeMap<String, Value>, status: &str) -> Vec<&'a Value> {
    shots.values().filter(|it| it["status"] == status).collect()
}

fn ids(shots: &BTreeMap<String, Value>) -> BTreeSet<&String> {
    shots.keys().collect()
}

#[test]
fn one_line_of_dialogue_makes_exactly_its_shot_stale_and_says_why() {
    block_on(async {
        let mut story = Story::drawn(false).await;
        let before = story.shots().await;
        assert_eq!(of_status(&before, "fresh").len(), before.len());
        story
            .edit(|text| text.replace("nobody else is up", "nobody else is awake"))
            .await;
        let after = story.shots().await;
        assert_eq!(ids(&before), ids(&after));
        let stale = of_status(&after, "stale");
        let [shot] = stale[..] else {
            panic!("{} shots are stale", stale.len())
        };
        assert!(
            text(shot, "text").contains("nobody else is awake"),
            "{shot}"
        );
        assert_eq!(shot["reasons"].as_array().map(Vec::len), Some(1), "{shot}");
        let film = story.sandbox.path().join("film");
        let film = film.to_str().expect("UTF-8");
        let said = story
            .sandbox
            .succeed(&["shot", "list", "--status", "stale", "--project", film]);
        assert!(
            said.contains("stale") && said.contains("line 1 rewritten"),
            "{said}"
        );
    });
}

#[test]
fn the_old_words_bring_the_old_picture_back() {
    block_on(async {
        let mut story = Story::drawn(false).await;
        story
            .edit(|text| text.replace("nobody else is up", "nobody else is awake"))
            .await;
        story
            .client
            .ask("shot/render", json!({"project": story.project}))
            .await;
        story
            .edit(|text| text.replace("nobody else is awake", "nobody else is up"))
            .await;
        let shots = story.shots().await;
        assert_eq!(
            of_status(&shots, "fresh").len(),
            shots.len(),
            "the first take still fits"
        );
    });
}

#[test]
fn a_scene_inserted_at_the_top_touches_no_other_shot() {
    block_on(async {
        let mut story = Story::drawn(false).await;
        let before = story.shots().await;
        story
            .edit(|text| {
                let (title_page, rest) = text.split_once("\n\n").expect("a title page");
                format!("{title_page}\n\nINT. PROLOGUE - NIGHT\n\nNothing but the sea.\n\n{rest}")
            })
            .await;
        let after = story.shots().await;
        for (id, shot) in &before {
            let same = |key: &str| assert_eq!(shot[key], after[id][key], "{key} of {id}");
            ["status", "take", "text", "sceneId", "framing"]
                .into_iter()
                .for_each(same);
        }
        let missing = of_status(&after, "missing");
        assert_eq!(missing.len(), after.len() - before.len());
        assert!(!missing.is_empty());
    });
}

#[test]
fn what_is_stale_is_drawn_by_itself_and_nothing_else() {
    block_on(async {
        let mut story = Story::drawn(true).await;
        let before = story.shots().await;
        story
            .edit(|text| text.replace("nobody else is up", "nobody else is awake"))
            .await;
        story.happened("run", "ended").await;
        let after = story.shots().await;
        assert_eq!(of_status(&after, "fresh").len(), after.len());
        let redrawn: Vec<_> = before
            .iter()
            .filter(|(id, it)| after[*id]["take"] != it["take"])
            .collect();
        assert_eq!(redrawn.len(), 1, "{redrawn:?}");
    });
}

#[test]
fn a_bible_entry_makes_exactly_the_shots_of_its_character_stale() {
    block_on(async {
        let mut story = Story::drawn(false).await;
        let bible = story.sandbox.path().join("film/bible");
        let (path, name) = first_character(&bible);
        let entry = fs::read_to_string(&path).expect("an entry");
        assert!(entry.contains("[details]"), "the last table is the details");
        fs::write(&path, format!("{entry}\nhat = \"a red cap\"\n")).expect("the entry is written");
        story.happened("bible", "changed").await;
        let shots = story.shots().await;
        for shot in shots.values() {
            let subjects = shot["subjects"].as_array().cloned().unwrap_or_default();
            let names = subjects.iter().any(|it| it.as_str() == Some(name.as_str()));
            let words = text(shot, "text");
            assert_eq!(
                shot["status"] == "stale",
                names,
                "{name}: {subjects:?} {words}"
            );
        }
    });
}

fn first_character(bible: &Path) -> (PathBuf, String) {
    let mut paths: Vec<PathBuf> = fs::read_dir(bible)
        .expect("the bible")
        .flatten()
        .map(|it| it.path())
        .collect();
    paths.sort();
    let found = paths.into_iter().find_map(|path| {
        let text = fs::read_to_string(&path).ok()?;
        let is_character = text.contains("kind = \"character\"");
        let name = text
            .lines()
            .find_map(|it| it.strip_prefix("name = \""))?
            .trim_end_matches('"');
        is_character.then(|| (path.clone(), name.to_owned()))
    });
    found.expect("a character")
}

#[test]
fn an_editor_that_saves_by_renaming_and_one_that_empties_the_file_first_lose_nothing() {
    block_on(async {
        let mut story = Story::drawn(false).await;
        let before = story.shots().await;
        let words = fs::read_to_string(&story.script).expect("the script");
        let beside = story.script.with_extension("tmp");
        fs::write(&beside, words.replace("nobody else is up", "nobody is")).expect("a new file");
        fs::rename(&beside, &story.script).expect("it takes the old one's place");
        story.script_changed().await;
        assert_eq!(of_status(&story.shots().await, "stale").len(), 1);
        fs::write(&story.script, "").expect("it is emptied");
        std::thread::sleep(Duration::from_millis(30));
        fs::write(&story.script, &words).expect("and written");
        story.script_changed().await;
        let after = story.shots().await;
        assert_eq!(ids(&before), ids(&after));
        assert_eq!(of_status(&after, "fresh").len(), after.len());
    });
}

#[test]
fn a_script_that_is_renamed_keeps_its_scenes_and_takes() {
    block_on(async {
        let mut story = Story::drawn(false).await;
        let before = story.shots().await;
        let renamed = story.script.with_file_name("second-draft.fountain");
        fs::rename(&story.script, &renamed).expect("it is renamed");
        story.script_changed().await;
        let after = story.shots().await;
        assert_eq!(ids(&before), ids(&after));
        assert_eq!(of_status(&after, "fresh").len(), after.len());
    });
}

#[test]
fn words_that_were_cut_come_back_with_their_takes() {
    block_on(async {
        let mut story = Story::drawn(false).await;
        let before = story.shots().await;
        let words = fs::read_to_string(&story.script).expect("the script");
        let half = words.len() / 2;
        let cut = words[..half]
            .rfind("\n\nINT. ")
            .or_else(|| words[..half].rfind("\n\nEXT. "));
        let cut = cut.expect("a heading in the first half");
        story.edit(|text| text[..cut].to_owned() + "\n").await;
        assert!(story.shots().await.len() < before.len());
        story.edit(|_| words).await;
        let after = story.shots().await;
        assert_eq!(ids(&before), ids(&after));
        assert_eq!(of_status(&after, "fresh").len(), after.len());
    });
}

#[test]
fn what_changed_while_nobody_looked_is_read_at_the_next_opening() {
    block_on(async {
        let mut story = Story::drawn(false).await;
        story
            .client
            .ask("project/close", json!({"project": story.project}))
            .await;
        let words = fs::read_to_string(&story.script).expect("the script");
        fs::write(
            &story.script,
            words.replace("nobody else is up", "nobody is"),
        )
        .expect("a save");
        let film = story.sandbox.path().join("film");
        let again = story.client.open(&film, false).await;
        assert_eq!(again, story.project);
        assert_eq!(of_status(&story.shots().await, "stale").len(), 1);
    });
}

#[test]
fn a_film_that_draws_by_itself_respects_a_cancel() {
    block_on(async {
        let sandbox = Sandbox::new()
            .set("STORYCORE_RENDER_WORKERS_MAX", "1")
            .set("STORYCORE_PANEL_WIDTH_PX", "2400");
        let film = sandbox.sample_film("film");
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let project = client.open(&film, true).await;
        let of_film = json!({"project": project});
        let run = loop {
            let runs = client.ask("run/list", of_film.clone()).await;
            if let Some(run) = runs.as_array().and_then(|it| it.first()) {
                break text(run, "id");
            }
        };
        client
            .ask("run/cancel", json!({"project": project, "id": run}))
            .await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let runs = client.ask("run/list", of_film.clone()).await;
        assert_eq!(runs.as_array().map(Vec::len), Some(1), "{runs}");
        assert_ne!(
            client.ask("project/get", of_film.clone()).await["missing"],
            0
        );
        // Whoever asks for them gets them.
        client.ask("shot/render", of_film.clone()).await;
        assert_eq!(client.ask("project/get", of_film).await["missing"], 0);
    });
}

#[test]
fn a_script_folder_that_another_takes_the_place_of_is_watched_on() {
    block_on(async {
        let mut story = Story::drawn(false).await;
        let folder = story.script.parent().expect("a folder").to_owned();
        let (old, new) = (folder.with_file_name("old"), folder.with_file_name("new"));
        let words = fs::read_to_string(&story.script).expect("the script");
        fs::create_dir(&new).expect("a folder");
        let script = new.join(story.script.file_name().expect("a name"));
        fs::write(&script, words.replace("nobody else is up", "nobody is")).expect("a script");
        fs::rename(&folder, &old).expect("the old one goes");
        fs::rename(&new, &folder).expect("the new one comes");
        story.script_changed().await;
        // A change that comes with the folder's own would be seen with it.
        std::thread::sleep(AFTERWARDS);
        story.edit(|text| text.replace("nobody is", "no one")).await;
        // The same folder is gone and back before anybody looks.
        fs::rename(&folder, &new).expect("it goes");
        fs::rename(&new, &folder).expect("it comes back");
        std::thread::sleep(AFTERWARDS);
        story.edit(|_| words).await;
        let shots = story.shots().await;
        assert_eq!(of_status(&shots, "fresh").len(), shots.len());
    });
}

#[test]
fn a_film_that_is_opened_again_and_again_keeps_no_log_of_it() {
    let sandbox = Sandbox::new();
    let film = sandbox.sample_film("film");
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let id = client.open(&film, false).await;
        client.ask("shot/render", json!({"project": id})).await;
        let before = client.events(&id).await;
        for _ in 0..3 {
            client.ask("project/close", json!({"project": id})).await;
            client.open(&film, false).await;
        }
        assert_eq!(client.events(&id).await, before);
    });
}

#[test]
fn a_text_that_is_missing_on_disk_is_kept_anew_at_the_next_save() {
    block_on(async {
        let sandbox = Sandbox::new();
        let film = sandbox.film("film", "INT. ROOM - DAY\n\nA lamp.\n");
        let daemon = sandbox.start();
        let mut client = Client::socket(&daemon.socket).await;
        let project = client.open(&film, false).await;
        let script = json!({"project": project, "path": "script/film.fountain"});
        let found = client.ask("script/get", script.clone()).await;
        let hash = text(&found["script"], "hash");
        let blob = film
            .join(".storycore/blobs")
            .join(&hash[..2])
            .join(&hash[2..]);
        fs::remove_file(blob).expect("the blob is there");
        let refusal = client.call("script/get", script.clone()).await;
        let words = refusal.expect_err("the text is gone").words();
        assert!(words.contains("save the script once more"), "{words}");
        let path = film.join("script/film.fountain");
        let words = fs::read(&path).expect("the script");
        fs::write(&path, words).expect("it is saved once more");
        // Opening it reads what changed.
        client.open(&film, false).await;
        assert_eq!(client.ask("script/get", script).await, found);
    });
}

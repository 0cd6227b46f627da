//! What may be wrong with graphs, servers and disks: the step says what, where and what to do, and
//! the rest of the film is drawn.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{POLL, Story, ledger, write};
use crate::support::{
    Daemon, Sandbox, block_on,
    comfyui::Comfyui,
    shortage::{self, Shortage as _, SmallFiles},
};

const GRAPH: &str = include_str!("../../../daemon/core/src/workflow/shipped/text-to-image.json");

/// A workflow of one picture, made by a graph of the film.
const WORKFLOW: &str = r#"
name = "bad"

[[steps]]
id = "panel"
uses = "comfyui"
graph = "bad.json"
with = { checkpoint = "tiny_sd3.safetensors", width = 64, height = 64, steps = 1 }
retry = { attempts = 1 }
"#;

fn graph(change: impl FnOnce(&mut Value)) -> String {
    let mut graph: Value = serde_json::from_str(GRAPH).expect("a graph");
    change(&mut graph);
    graph.to_string()
}

/// Graphs that cannot be drawn, and words that the error must have.
fn bad_graphs() -> Vec<(&'static str, String, &'static [&'static str])> {
    let inverted =
        |image: &str| json!({"class_type": "ImageInvert", "inputs": {"image": [image, 0]}});
    vec![
        (
            "a node that no server has",
            graph(|it| it["6"]["class_type"] = json!("VAEDecodeByDreams")),
            &["VAEDecodeByDreams", "here"],
        ),
        (
            "nodes in a circle",
            graph(|it| {
                it["8"] = inverted("9");
                it["9"] = inverted("8");
                it["7"]["inputs"]["images"] = json!(["9", 0]);
            }),
            &["bad.json", "cycle", "8 (ImageInvert)"],
        ),
        (
            "a word where a number belongs",
            graph(|it| it["5"]["inputs"]["cfg"] = json!("plenty")),
            &["cfg"],
        ),
        (
            "a link to what is something else",
            graph(|it| it["5"]["inputs"]["model"] = json!(["1", 2])),
            &["model"],
        ),
        (
            "a link to nothing",
            graph(|it| it["7"]["inputs"]["images"] = json!(["66", 0])),
            &["66"],
        ),
        (
            "nothing that saves",
            graph(|it| {
                it.as_object_mut().expect("nodes").remove("7");
            }),
            &["no outputs", "correct the graph"],
        ),
    ]
}

#[test]
fn a_graph_that_cannot_be_drawn_is_named_and_the_rest_goes_on() {
    block_on(async {
        let mut story = Story::new(1, 1).await;
        write(&story.folder, "workflows/bad.toml", WORKFLOW);
        for (what, graph, words) in bad_graphs() {
            write(&story.folder, "workflows/bad.json", &graph);
            story.film = story.client.open(&story.folder.clone(), false).await;
            let params = json!({"project": story.film, "workflow": "bad.toml"});
            let error = match story.client.call("workflow/start", params).await {
                Err(refused) => refused.words(),
                Ok(started) => {
                    let run = started["value"]["id"].as_str().expect("a run").to_owned();
                    let ended = story.ended(&run).await;
                    assert_eq!(ended["status"], "failed", "{what}: {ended:#}");
                    ended["error"].as_str().expect("words").to_owned()
                }
            };
            for word in words {
                assert!(error.contains(word), "{what}: {error}");
            }
        }
        let run = story.start(json!({})).await;
        assert_eq!(story.ended(&run).await["status"], "finished");
        unreadable(&mut story).await;
        whole(&mut story).await;
    });
}

/// A workflow of a picture that takes longer than its step may.
const SLOW: &str = r#"
name = "slow"

[[steps]]
id = "panel"
uses = "comfyui"
graph = "slow.json"
timeoutS = 2
retry = { attempts = 1 }
"#;

#[test]
fn a_step_that_takes_too_long_is_ended_there_too() {
    block_on(async {
        let mut story = Story::new(1, 1).await;
        let graph = json!({
            "1": {"class_type": "EmptyImage",
                  "inputs": {"width": 64, "height": 48, "batch_size": 1, "color": 0}},
            "2": {"class_type": "StorycoreSleep",
                  "inputs": {"image": ["1", 0], "seconds": 600.0, "steps": 600, "seed": 0}},
            "3": {"class_type": "SaveImage",
                  "inputs": {"images": ["2", 0], "filename_prefix": "slow"}},
        });
        write(&story.folder, "workflows/slow.toml", SLOW);
        write(&story.folder, "workflows/slow.json", &graph.to_string());
        story.film = story.client.open(&story.folder.clone(), false).await;
        let run = story.start(json!({"workflow": "slow.toml"})).await;
        let ended = story.ended(&run).await;
        assert_eq!(ended["status"], "failed", "{ended:#}");
        let error = ended["error"].as_str().expect("words");
        assert!(error.contains("2 s"), "{error}");
        let failed = json!({"id": run, "status": "failed"});
        let steps = story.ask("run/steps", failed).await;
        assert_eq!(steps[0]["kind"], "timedOut", "{steps:#}");
        assert_eq!(steps[0]["attempts"], 1, "{steps:#}");
        story.server_is_rid().await;
        let run = story.start(json!({})).await;
        assert_eq!(story.ended(&run).await["status"], "finished");
        whole(&mut story).await;
    });
}

/// Files that are no graphs are told as they are saved, and the last one that was stays.
async fn unreadable(story: &mut Story) {
    write(&story.folder, "workflows/bad.json", GRAPH);
    story.film = story.client.open(&story.folder.clone(), false).await;
    let large = graph(|it| it["2"]["inputs"]["text"] = json!("x".repeat(20 << 20)));
    for text in [&GRAPH[..200], &large] {
        write(&story.folder, "workflows/bad.json", text);
        story.film = story.client.open(&story.folder.clone(), false).await;
        let told = story.ask("diagnostic/list", json!({})).await;
        let told = told.as_array().expect("a list").iter();
        let of_file = told.filter(|it| it["path"] == "workflows/bad.json");
        let words: Vec<String> = of_file.map(Value::to_string).collect();
        assert_eq!(words.len(), 1, "{words:?}");
        let run = story
            .start(json!({"workflow": "bad.toml", "force": true}))
            .await;
        let ended = story.ended(&run).await;
        assert_eq!(ended["status"], "finished", "{ended:#}");
    }
}

/// How often a daemon is killed in the middle of a run, and how long each may work before.
const KILLS_MS: [u64; 10] = [700, 90, 400, 30, 900, 250, 10, 600, 150, 350];

#[test]
fn a_daemon_that_is_killed_again_and_again_draws_every_shot_once() {
    block_on(async {
        let mut story = Story::new(12, 25).await;
        let run = story.start(json!({})).await;
        let mut n_in_the_run = 0;
        for ms in KILLS_MS {
            sleep(Duration::from_millis(ms)).await;
            story.restart_daemon(Daemon::kill).await;
            n_in_the_run += usize::from(story.run(&run).await["status"] == "running");
        }
        assert!(n_in_the_run > KILLS_MS.len() / 2, "it was over too soon");
        let ended = story.ended(&run).await;
        assert_eq!(ended["status"], "finished", "{ended:#}");
        drawn_once(&mut story, 0, 0).await;
        story.server_is_rid().await;
        whole(&mut story).await;
    });
}

#[test]
fn when_one_of_two_servers_is_killed_the_other_draws_the_rest() {
    block_on(async {
        let mut second = Comfyui::start().await;
        let more = second.settings_as("attic");
        let mut story = Story::in_sandbox(Sandbox::new(), &more, 12, 12).await;
        let run = story.start(json!({})).await;
        story.until_panels(&run, 4).await;
        second.kill();
        let ended = story.ended(&run).await;
        assert_eq!(ended["status"], "finished", "{ended:#}");
        let servers = story.client.ask("server/list", json!({})).await;
        let health = |name: &str| {
            let servers = servers.as_array().expect("servers").iter();
            let of = servers.clone().find(|it| it["name"] == name);
            of.map(|it| (it["health"].clone(), it["finished"].as_u64() > Some(0)))
        };
        assert_eq!(health("here"), Some((json!("up"), true)), "{servers:#}");
        assert_eq!(health("attic"), Some((json!("down"), true)), "{servers:#}");
        // It had two at most, which are known to be lost.
        drawn_once(&mut story, second.n_pictures(), 2).await;
        whole(&mut story).await;
    });
}

#[test]
fn a_disk_that_is_full_as_pictures_come_loses_none() {
    block_on(async {
        let mut story = Story::in_sandbox(shortage::sandbox(), "", 8, 3).await;
        let run = story.start(json!({})).await;
        story.until_panels(&run, 2).await;
        let daemon = story.daemon.as_ref().expect("a daemon");
        SmallFiles.begin(daemon);
        let before = story.n_panels(&run).await;
        // Long enough for some to come that cannot be kept.
        let made = story.server.n_pictures();
        while story.server.n_pictures() < made + 2 {
            sleep(POLL).await;
        }
        sleep(Duration::from_secs(1)).await;
        assert!(story.n_panels(&run).await <= before + 2, "nothing is kept");
        SmallFiles.end(story.daemon.as_ref().expect("a daemon"));
        let ended = story.ended(&run).await;
        if ended["status"] != "finished" {
            let error = ended["error"].as_str().expect("words");
            assert!(error.contains("free some space"), "{error}");
            let run = story.start(json!({})).await;
            assert_eq!(story.ended(&run).await["status"], "finished");
        }
        // What came while there was no room is fetched again, not drawn again.
        drawn_once(&mut story, 0, 0).await;
        whole(&mut story).await;
    });
}

/// Every shot has its picture, and the servers have made none twice but for some that were lost.
async fn drawn_once(story: &mut Story, n_elsewhere: usize, n_lost_max: usize) {
    let project = story.ask("project/get", json!({})).await;
    assert_eq!(project["fresh"], project["shots"], "{project:#}");
    let n_shots = project["shots"].as_u64().expect("a count") as usize;
    let ledgers = ledger(story).await;
    assert_eq!(ledgers.len(), n_shots);
    for (shot, it) in &ledgers {
        assert_eq!(it.done, 1, "{shot}: {it:?}");
    }
    let made = story.server.n_pictures() + n_elsewhere;
    assert!(
        made <= n_shots + n_lost_max,
        "{made} for {n_shots}: {ledgers:?}"
    );
}

/// Nothing is lost of what is kept.
async fn whole(story: &mut Story) {
    let path = json!({"path": story.folder});
    let checked = story.client.ask("project/check", path).await;
    assert_eq!(checked["findings"], json!([]), "{checked:#}");
}

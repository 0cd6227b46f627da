//! Files that a film keeps: what they hold, where they come from, made small, and thrown away when
//! nothing names them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};

use crate::support::{Client, Daemon, Sandbox, block_on, client::http};

const SCRIPT: &str = "INT. ROOM - DAY\n\nA lamp.\n\nEXT. STREET - NIGHT\n\nIt rains.\n";
const GRAPH: &str = r#"{"3":{"class_type":"KSampler","inputs":{"seed":7}}}"#;

/// A picture as ComfyUI saves it; with two frames, browsers are shown another one made from it.
fn by_comfyui(n_frames: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 32, 18);
    encoder.set_color(png::ColorType::Rgb);
    if n_frames > 1 {
        encoder.set_animated(n_frames, 0).expect("frames");
    }
    let mut text = |key: &str, text: &str| {
        encoder
            .add_text_chunk(key.to_owned(), text.to_owned())
            .expect("a text");
    };
    text("prompt", GRAPH);
    text("workflow", r#"{"nodes":[]}"#);
    let mut writer = encoder.write_header().expect("memory");
    for n in 0..n_frames {
        let shade = u8::try_from(60 + n * 40).expect("a shade");
        writer
            .write_image_data(&[shade; 32 * 18 * 3])
            .expect("memory");
    }
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

    async fn restart(&mut self) {
        self.daemon.take().expect("a daemon").terminate();
        let daemon = self.sandbox.start();
        self.client = Client::socket(&daemon.socket).await;
        self.daemon = Some(daemon);
        self.client.open(&self.folder, false).await;
    }

    async fn ask(&mut self, method: &str, mut params: Value) -> Value {
        params["project"] = json!(self.film);
        self.client.ask(method, params).await
    }

    async fn refused(&mut self, method: &str, mut params: Value) -> String {
        params["project"] = json!(self.film);
        let refused = self.client.call(method, params).await;
        refused.expect_err("it was answered").words()
    }

    async fn first_shot(&mut self) -> Value {
        self.ask("shot/list", json!({})).await[0]["id"].clone()
    }

    async fn import(&mut self, name: &str, bytes: &[u8]) -> Value {
        let path = self.sandbox.path().join(name);
        fs::write(&path, bytes).expect("a file");
        let shot = self.first_shot().await;
        let imported = self.ask("take/import", json!({"shot": shot, "path": path}));
        imported.await["take"].clone()
    }

    async fn get(&self, path: &str, header: &str) -> crate::support::client::Answer {
        let daemon = self.daemon.as_ref().expect("a daemon");
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nauthorization: Bearer {}\r\n\
             connection: close\r\n{header}\r\n",
            daemon.port(),
            daemon.token
        );
        http(daemon.port(), &request).await
    }
}

/// Every file that a film keeps under the name of its content.
fn kept(film: &Path) -> BTreeMap<String, PathBuf> {
    let shards = fs::read_dir(film.join(".storycore/blobs")).expect("blobs");
    let shards = shards.flatten().filter(|it| it.file_name().len() == 2);
    let files = shards.flat_map(|shard| {
        let files = fs::read_dir(shard.path()).expect("a folder").flatten();
        files.map(move |file| {
            let name = [shard.file_name(), file.file_name()];
            let name = name.map(|it| it.to_string_lossy().into_owned()).concat();
            (name, file.path())
        })
    });
    files.collect()
}

#[test]
fn a_file_says_what_it_holds_and_how_it_was_made() {
    block_on(async {
        let mut fixture = Fixture::new(Sandbox::new()).await;
        let still = fixture.import("still.png", &by_comfyui(1)).await;
        let got = fixture
            .ask("asset/get", json!({"id": still["asset"]}))
            .await;
        let media = &got["media"];
        assert_eq!(media["kind"], "image", "{got:#}");
        assert_eq!(
            (&media["widthPx"], &media["heightPx"]),
            (&json!(32), &json!(18))
        );
        assert_eq!(media["hasGraph"], true);
        let texts = media["texts"].as_array().expect("texts");
        assert_eq!(
            (&texts[0]["key"], &texts[0]["text"]),
            (&json!("prompt"), &json!(GRAPH))
        );
        let graph = fixture
            .ask("asset/graph", json!({"id": still["asset"]}))
            .await;
        assert_eq!(graph["prompt"], GRAPH);
        assert_eq!(graph["workflow"], r#"{"nodes":[]}"#);
        // Browsers are shown the first frame alone, and the graph stands in what it was made from.
        let moving = fixture.import("moving.png", &by_comfyui(2)).await;
        let original = moving["source"]["original"].clone();
        assert_ne!(original, Value::Null, "{moving:#}");
        let got = fixture
            .ask("asset/get", json!({"id": moving["asset"]}))
            .await;
        assert_eq!(got["media"]["hasGraph"], false);
        let got = fixture.ask("asset/get", json!({"id": original})).await;
        assert_eq!(got["media"]["kind"], "animation");
        assert_eq!(got["media"]["frames"], 2);
        let graph = fixture
            .ask("asset/graph", json!({"id": moving["asset"]}))
            .await;
        assert_eq!((&graph["id"], &graph["prompt"]), (&original, &json!(GRAPH)));
        // A sketch has none.
        fixture.ask("shot/render", json!({})).await;
        let shots = fixture.ask("shot/list", json!({})).await;
        let take = fixture
            .ask("take/get", json!({"id": shots[1]["take"]}))
            .await;
        let words = fixture
            .refused("asset/graph", json!({"id": take["asset"]}))
            .await;
        assert!(words.contains("does not say how it was made"), "{words}");
    });
}

#[test]
fn where_a_file_comes_from_is_known_both_ways() {
    block_on(async {
        let mut fixture = Fixture::new(Sandbox::new()).await;
        fixture.ask("shot/render", json!({})).await;
        let shots = fixture.ask("shot/list", json!({})).await;
        let take = fixture
            .ask("take/get", json!({"id": shots[0]["take"]}))
            .await;
        let lineage = fixture
            .ask("asset/lineage", json!({"id": take["asset"]}))
            .await;
        assert_eq!(lineage["takes"][0]["take"], take["id"], "{lineage:#}");
        assert_eq!(lineage["takes"][0]["label"], "1A");
        for field in ["run", "renderKey", "seed", "rendererVersion"] {
            assert_eq!(lineage["takes"][0][field], take["source"][field], "{field}");
        }
        assert_eq!(lineage["madeBy"][0]["run"], take["source"]["run"]);
        assert_eq!(lineage["madeBy"][0]["step"], "draw");
        assert_eq!(lineage["madeOfIt"], json!([]));
        let moving = fixture.import("moving.png", &by_comfyui(2)).await;
        let (shown, original) = (
            moving["asset"].clone(),
            moving["source"]["original"].clone(),
        );
        let lineage = fixture.ask("asset/lineage", json!({"id": shown})).await;
        assert_eq!(lineage["madeFrom"], json!([original]));
        assert_eq!(lineage["takes"][0]["imported"], "moving.png");
        let lineage = fixture.ask("asset/lineage", json!({"id": original})).await;
        assert_eq!(lineage["madeOfIt"], json!([shown]));
        assert_eq!(lineage["takes"], json!([]));
    });
}

#[test]
fn pictures_are_made_small_once() {
    block_on(async {
        let mut fixture = Fixture::new(Sandbox::new()).await;
        fixture.ask("shot/render", json!({})).await;
        let shots = fixture.ask("shot/list", json!({})).await;
        let take = fixture
            .ask("take/get", json!({"id": shots[0]["take"]}))
            .await;
        let asset = take["asset"].as_str().expect("an asset").to_owned();
        let path = format!("/assets/{}/{asset}?thumb=300", fixture.film);
        let answer = fixture.get(&path, "").await;
        assert_eq!(answer.status, 200, "{}", answer.head);
        let head = answer.head.to_lowercase();
        assert!(head.contains("content-type: image/jpeg"), "{head}");
        assert!(head.contains(&format!("etag: \"{asset}-320\"")), "{head}");
        let stats = fixture.client.ask("cache/stats", json!({})).await;
        assert_eq!(stats["made"], 1, "{stats}");
        let bytes = stats["memory"]["bytes"].as_u64().expect("a number");
        assert!((1_000..40_000).contains(&bytes), "{bytes} bytes");
        let tag = format!("if-none-match: \"{asset}-320\"\r\n");
        assert_eq!(fixture.get(&path, &tag).await.status, 304);
        // Parts of one, too; and after a restart, the one on disk is served.
        fixture.restart().await;
        let part = fixture.get(&path, "range: bytes=0-9\r\n").await;
        assert_eq!(part.status, 206, "{}", part.head);
        let stats = fixture.client.ask("cache/stats", json!({})).await;
        assert_eq!(
            (&stats["made"], &stats["disk"]["hits"]),
            (&json!(0), &json!(1)),
            "{stats}"
        );
        // What was dropped is made again.
        let cleared = fixture.client.ask("cache/clear", json!({})).await;
        assert_eq!(cleared, json!({"inMemory": 1, "onDisk": 1}));
        assert_eq!(fixture.get(&path, "").await.status, 200);
        let stats = fixture.client.ask("cache/stats", json!({})).await;
        assert_eq!(stats["made"], 1, "{stats}");
        let unknown = path.replace(&asset, &"a".repeat(64));
        assert_eq!(fixture.get(&unknown, "").await.status, 404);
    });
}

/// Noise, which no format makes small.
fn large() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 400, 225);
    encoder.set_color(png::ColorType::Rgb);
    let mut state = 1_u32;
    let noise = std::iter::repeat_with(|| {
        // xorshift32.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    });
    let noise: Vec<u8> = noise.take(400 * 225 * 3).collect();
    let mut writer = encoder.write_header().expect("memory");
    writer.write_image_data(&noise).expect("memory");
    drop(writer);
    bytes
}

#[test]
fn pictures_near_what_is_looked_at_are_brought_into_memory() {
    block_on(async {
        let mut fixture = Fixture::new(Sandbox::new()).await;
        let take = fixture.import("large.png", &large()).await;
        let asset = take["asset"].as_str().expect("an id");
        let path = format!("/assets/{}/{asset}?thumb=640", fixture.film);
        assert_eq!(fixture.get(&path, "").await.status, 200);
        fixture.restart().await;
        // Somebody looks at the other shot, which comes after it.
        let shots = fixture.ask("shot/list", json!({})).await;
        let last = shots.as_array().and_then(|it| it.last()).expect("a shot");
        let look = json!({"client": "page-1", "shot": last["id"]});
        fixture.ask("selection/set", look).await;
        let mut looks = 0;
        loop {
            let stats = fixture.client.ask("cache/stats", json!({})).await;
            if stats["preloaded"] == 1 {
                break;
            }
            looks += 1;
            assert!(looks < 200, "{stats:#}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let before = fixture.client.ask("cache/stats", json!({})).await;
        assert_eq!(fixture.get(&path, "").await.status, 200);
        let stats = fixture.client.ask("cache/stats", json!({})).await;
        let hits = |it: &Value| it["memory"]["hits"].as_u64().expect("a count");
        assert_eq!(hits(&stats), hits(&before) + 1);
        assert_eq!(stats["made"], 0, "{stats:#}");
    });
}

/// A film with much behind it: takes that were brought in, undone and done again, texts that were
/// written over, a checkpoint, a branch.
async fn with_a_past(fixture: &mut Fixture) -> PathBuf {
    fixture.ask("shot/render", json!({})).await;
    fixture.import("moving.png", &by_comfyui(2)).await;
    fixture.import("undone.png", &by_comfyui(1)).await;
    fixture.ask("history/undo", json!({})).await;
    fixture
        .ask("checkpoint/create", json!({"name": "first"}))
        .await;
    let script = fixture.folder.join("script/film.fountain");
    fs::write(&script, SCRIPT.replace("It rains", "It snows")).expect("a save");
    fs::create_dir_all(fixture.folder.join("bible")).expect("a folder");
    let style = fixture.folder.join("bible/style.toml");
    for color in ["blue", "green"] {
        let text = format!("kind = \"style\"\nname = \"STYLE\"\n\n[details]\nink = \"{color}\"\n");
        fs::write(&style, text).expect("a save");
        fixture.ask("shot/render", json!({})).await;
    }
    let branch = fixture.ask("branch/create", json!({"name": "other"})).await;
    PathBuf::from(branch["path"].as_str().expect("a path"))
}

/// Puts a file among those kept that nothing names, made so long ago.
fn stray(film: &Path, bytes: &[u8], age: Duration) -> String {
    let name = blake3::hash(bytes).to_hex().to_string();
    let folder = film.join(".storycore/blobs").join(&name[..2]);
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(&name[2..]);
    fs::write(&path, bytes).expect("a file");
    let file = fs::File::options().write(true).open(&path).expect("it");
    let made = SystemTime::now().checked_sub(age).expect("a moment");
    file.set_modified(made).expect("its time is set");
    name
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn only_what_nothing_names_is_thrown_away() {
    block_on(async {
        // No grace at all: what is kept then is kept because something names it.
        let sandbox = Sandbox::new()
            .set("STORYCORE_PANEL_WIDTH_PX", "96")
            .set("STORYCORE_COLLECT_GRACE_MS", "0");
        let mut fixture = Fixture::new(sandbox).await;
        let branch = with_a_past(&mut fixture).await;
        // Nothing is protected by having been kept since the start.
        fixture.restart().await;
        let other = fixture.client.open(&branch, false).await;
        for (folder, film) in [
            (fixture.folder.clone(), fixture.film.clone()),
            (branch, other),
        ] {
            let before = kept(&folder);
            let picture = stray(&folder, &by_comfyui(1)[..], 2 * DAY);
            let words = stray(&folder, b"Nobody remembers this.", 2 * DAY);
            let is_new = |it: &String| !before.contains_key(it);
            let strays: Vec<&String> = [&picture, &words]
                .into_iter()
                .filter(|it| is_new(it))
                .collect();
            let mut collect = async |params: Value| {
                let mut params = params;
                params["project"] = json!(film);
                fixture.client.ask("asset/collect", params).await
            };
            let found = collect(json!({})).await;
            assert_eq!(found["dryRun"], true);
            assert_eq!(found["named"]["files"], before.len(), "{found:#}");
            let unnamed = found["unnamed"].as_array().expect("kinds");
            let files: u64 = unnamed.iter().filter_map(|it| it["files"].as_u64()).sum();
            assert_eq!(files, strays.len() as u64, "{found:#}");
            assert_eq!(kept(&folder).len(), before.len() + strays.len());
            let deleted = collect(json!({"dryRun": false})).await;
            assert_eq!(deleted["unnamed"], found["unnamed"]);
            assert_eq!(deleted["missing"], 0);
            assert_eq!(kept(&folder), before);
            assert_eq!(
                collect(json!({"dryRun": false})).await["unnamed"],
                json!([])
            );
        }
        // All that history leads back to is there.
        let checkpoints = fixture.ask("checkpoint/list", json!({})).await;
        let first = json!({"id": checkpoints[0]["id"]});
        fixture.ask("checkpoint/restore", first).await;
        let script = fs::read_to_string(fixture.folder.join("script/film.fountain"));
        assert!(script.expect("a script").contains("It rains"));
        let film = json!({"path": fixture.folder});
        let checkup = fixture.client.ask("project/check", film).await;
        assert_eq!(checkup["findings"], json!([]), "{checkup:#}");
    });
}

#[test]
fn what_is_young_is_left_alone_and_a_damaged_log_keeps_everything() {
    block_on(async {
        let sandbox = Sandbox::new().set("STORYCORE_PANEL_WIDTH_PX", "96");
        let mut fixture = Fixture::new(sandbox).await;
        fixture.ask("shot/render", json!({})).await;
        let young = stray(&fixture.folder, b"An event is about to name this.", DAY / 2);
        let old = stray(&fixture.folder, b"Nobody remembers this.", 2 * DAY);
        let foreign = fixture.folder.join(".storycore/blobs/ab/notes.txt");
        fs::create_dir_all(foreign.parent().expect("a folder")).expect("a folder");
        fs::write(&foreign, "mine").expect("a file");
        let found = fixture.ask("asset/collect", json!({"dryRun": false})).await;
        assert_eq!(found["young"]["files"], 1, "{found:#}");
        let kept_now = kept(&fixture.folder);
        assert!(kept_now.contains_key(&young) && !kept_now.contains_key(&old));
        assert!(foreign.exists(), "what is not ours is not ours to delete");
        // An event that does not fit its digest: nobody knows what it named.
        stray(&fixture.folder, b"Nobody remembers that, either.", 2 * DAY);
        fixture.daemon.take().expect("a daemon").terminate();
        let before = kept(&fixture.folder);
        let log = fixture.folder.join(".storycore/project.db");
        let mut bytes = fs::read(&log).expect("the log");
        for name in before.keys() {
            while let Some(place) = place_of(&bytes, name.as_bytes()) {
                bytes[place] = if bytes[place] == b'0' { b'1' } else { b'0' };
            }
        }
        fs::write(&log, bytes).expect("it is written");
        fixture.daemon = Some(fixture.sandbox.start());
        let daemon = fixture.daemon.as_ref().expect("a daemon");
        fixture.client = Client::socket(&daemon.socket).await;
        let opened = json!({"path": fixture.folder, "autoRender": false});
        if fixture.client.call("project/open", opened).await.is_ok() {
            let words = fixture
                .refused("asset/collect", json!({"dryRun": false}))
                .await;
            assert!(words.contains("nothing was deleted"), "{words}");
        }
        assert_eq!(kept(&fixture.folder), before);
    });
}

fn place_of(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|it| it == part)
}

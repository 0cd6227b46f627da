//! Pictures that the bible names: seen when they change on disk, told when they are missing, given
//! back with the moment they were of, and used by a real ComfyUI.

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    generation::{Story, write},
    support::{Client, Sandbox, block_on},
};

/// How long a change on disk may take to be seen on a busy machine.
const SEEN_MAX: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(40);

const SCRIPT: &str = "INT. BOATHOUSE - NIGHT\n\nMAYA planes a plank.\n\nMAYA\nIt will hold.\n\n\
                      EXT. HARBOR - DAY\n\nJONAS ties a rope.\n";

const MAYA: &str = "kind = \"character\"\nname = \"MAYA\"\n\n[images]\n\
                    face = \"assets/maya/face.png\"\ncoat = \"assets/coat.png\"\n";

/// A picture of one gray; its size tells it from others.
fn picture(width_px: u32, height_px: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width_px, height_px);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("memory");
    let gray = vec![0x80; (3 * width_px * height_px) as usize];
    writer.write_image_data(&gray).expect("memory");
    drop(writer);
    bytes
}

fn hash(bytes: &[u8]) -> Value {
    json!(blake3::hash(bytes).to_hex().as_str())
}

fn put(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

/// The bytes that the film knows of an entry's pictures, by the last event.
async fn known(client: &mut Client, film: &str) -> Value {
    let events = client.events(film).await;
    let of_bible = events
        .iter()
        .rev()
        .find(|it| it["event"]["noun"] == "bible");
    of_bible.map_or(Value::Null, |it| it["event"]["event"]["images"].clone())
}

async fn diagnostics(client: &mut Client, film: &str) -> Vec<String> {
    let listed = client
        .ask("diagnostic/list", json!({"project": film}))
        .await;
    let of_bible = listed.as_array().expect("a list").iter();
    let of_bible = of_bible.filter(|it| it["path"] == "bible/maya.toml");
    of_bible
        .map(|it| {
            let message = it["message"].as_str().expect("words");
            format!("{}: {message}", it["line"])
        })
        .collect()
}

async fn until_known(client: &mut Client, film: &str, wanted: &Value) {
    let deadline = Instant::now() + SEEN_MAX;
    loop {
        let known = known(client, film).await;
        if known == *wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{known} is not {wanted}");
        sleep(POLL).await;
    }
}

#[test]
fn pictures_are_seen_when_they_come_change_and_go() {
    let sandbox = Sandbox::new();
    let folder = sandbox.film("film", SCRIPT);
    write(&folder, "bible/maya.toml", MAYA);
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let film = client.open(&folder, false).await;
        let missing = [
            "5: the picture `face`: there is no file `assets/maya/face.png`",
            "6: the picture `coat`: there is no file `assets/coat.png`",
        ];
        assert_eq!(diagnostics(&mut client, &film).await, missing);
        // The entry counts all the same.
        let bible = client.ask("bible/list", json!({"project": film})).await;
        assert_eq!(bible[0]["entry"]["name"], "MAYA");
        // Neither of the folders is there yet.
        let (face, coat) = (picture(40, 30), picture(20, 30));
        put(&folder, "assets/coat.png", &coat);
        until_known(&mut client, &film, &json!({"coat": hash(&coat)})).await;
        put(&folder, "assets/maya/face.png", &face);
        let both = json!({"coat": hash(&coat), "face": hash(&face)});
        until_known(&mut client, &film, &both).await;
        assert_eq!(diagnostics(&mut client, &film).await, [] as [&str; 0]);
        // Saved in place, and put in its place as editors of pictures do.
        let second = picture(41, 30);
        put(&folder, "assets/maya/face.png", &second);
        let changed = json!({"coat": hash(&coat), "face": hash(&second)});
        until_known(&mut client, &film, &changed).await;
        let third = picture(42, 30);
        put(&folder, "assets/maya/face.tmp", &third);
        let from = folder.join("assets/maya/face.tmp");
        fs::rename(from, folder.join("assets/maya/face.png")).expect("renamed");
        let changed = json!({"coat": hash(&coat), "face": hash(&third)});
        until_known(&mut client, &film, &changed).await;
        // What is gone or no picture is told, and what was known of it counts.
        fs::remove_file(folder.join("assets/coat.png")).expect("removed");
        put(&folder, "assets/maya/face.png", b"a note");
        client.open(&folder, false).await;
        let told = diagnostics(&mut client, &film).await;
        let no_picture = "5: the picture `face`: `assets/maya/face.png` is text";
        assert_eq!(told, [no_picture, missing[1]]);
        assert_eq!(known(&mut client, &film).await, changed);
        for bytes in [&face, &second, &third, &coat] {
            let name = hash(bytes);
            let name = name.as_str().expect("a name");
            let kept = folder.join(".storycore/blobs").join(&name[..2]);
            let kept = fs::read(kept.join(&name[2..])).expect("it is kept");
            assert_eq!(&kept, bytes);
        }
    });
}

#[test]
fn a_moment_comes_back_with_its_pictures() {
    let sandbox = Sandbox::new();
    let folder = sandbox.film("film", SCRIPT);
    let (face, coat, other) = (picture(40, 30), picture(20, 30), picture(41, 31));
    write(&folder, "bible/maya.toml", MAYA);
    put(&folder, "assets/maya/face.png", &face);
    put(&folder, "assets/coat.png", &coat);
    let daemon = sandbox.start();
    block_on(async {
        let mut client = Client::socket(&daemon.socket).await;
        let film = client.open(&folder, false).await;
        let checkpoint = json!({"project": film, "name": "first face"});
        let checkpoint = client.ask("checkpoint/create", checkpoint).await;
        put(&folder, "assets/maya/face.png", &other);
        client.open(&folder, false).await;
        let now = json!({"coat": hash(&coat), "face": hash(&other)});
        assert_eq!(known(&mut client, &film).await, now);
        let back = json!({"project": film, "id": checkpoint["value"]["id"]});
        client.ask("checkpoint/restore", back).await;
        let on_disk = || fs::read(folder.join("assets/maya/face.png")).expect("a picture");
        assert_eq!(on_disk(), face);
        client.open(&folder, false).await;
        let then = json!({"coat": hash(&coat), "face": hash(&face)});
        assert_eq!(known(&mut client, &film).await, then);
        client.ask("history/undo", json!({"project": film})).await;
        assert_eq!(on_disk(), other);
        client.open(&folder, false).await;
        assert_eq!(known(&mut client, &film).await, now);
    });
}

/// A graph without a model: it keeps MAYA's face, and another picture in the same size.
const GRAPH: &str = r#"{
  "prompt": {
    "1": {"class_type": "LoadImage", "inputs": {"image": "nobody.png"},
          "_meta": {"title": "image:Maya Face"}},
    "2": {"class_type": "LoadImage", "inputs": {"image": "nothing.png"},
          "_meta": {"title": "image:other"}},
    "3": {"class_type": "ImageBatch", "inputs": {"image1": ["1", 0], "image2": ["2", 0]}},
    "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "face"}}
  }
}"#;

const WORKFLOW: &str = r#"
name = "faces"

[[steps]]
id = "panel"
uses = "comfyui"
each = "shot"
graph = "faces.json"
take = true
when = "shot.subjects and shot.subjects[0].name == 'MAYA'"

[steps.with]
"image:other" = "{{ shot.subjects[0].images.coat }}"
"#;

/// A shot in which MAYA is first, and one in which she is not.
async fn two_shots(story: &mut Story) -> (Value, Value) {
    let shots = story.ask("shot/list", json!({})).await;
    let shots = shots.as_array().expect("shots").clone();
    let has_maya = |it: &&Value| it["subjects"][0] == "MAYA";
    let with = shots.iter().find(has_maya).expect("a shot of MAYA");
    let without = shots.iter().find(|it| !has_maya(it));
    let without = without.expect("a shot without MAYA");
    (with.clone(), without.clone())
}

async fn reread(story: &mut Story) {
    let folder = story.folder.clone();
    story.client.open(&folder, false).await;
}

/// Draws a shot; how large its picture is, in pixels.
async fn drawn(story: &mut Story, shot: &Value) -> (Value, Value) {
    let run = story.start(json!({"shots": [shot["id"]]})).await;
    let ended = story.ended(&run).await;
    let steps = story.ask("run/steps", json!({"id": run})).await;
    assert_eq!(ended["status"], "finished", "{ended:#} {steps:#}");
    shown(story, shot).await
}

/// How large the picture is that a shot shows, in pixels. It is what the shot asks for.
async fn shown(story: &mut Story, shot: &Value) -> (Value, Value) {
    let takes = story.ask("take/list", json!({"shot": shot["id"]})).await;
    let takes = takes.as_array().expect("takes");
    let shown = takes.iter().find(|it| it["shown"] == true);
    let shown = shown.unwrap_or_else(|| panic!("none is shown: {takes:#?}"));
    assert_eq!(shown["status"], "fresh", "{shown:#}");
    let asset = story.ask("asset/get", json!({"id": shown["asset"]})).await;
    let asset = &asset["asset"];
    (asset["widthPx"].clone(), asset["heightPx"].clone())
}

#[test]
fn a_graph_is_given_the_pictures_of_whoever_is_in_the_shot() {
    block_on(async {
        let mut story = Story::new(1, 1).await;
        let folder = story.folder.clone();
        let (face, coat) = (picture(72, 40), picture(24, 56));
        write(&folder, "workflows/faces.json", GRAPH);
        write(&folder, "workflows/faces.toml", WORKFLOW);
        let settings = "renderer = \"comfyui\"\nworkflow = \"faces.toml\"\n";
        write(&folder, "storycore.toml", settings);
        write(&folder, "script/film.fountain", SCRIPT);
        write(&folder, "bible/maya.toml", MAYA);
        put(&folder, "assets/coat.png", &coat);
        reread(&mut story).await;
        let (with, without) = two_shots(&mut story).await;
        let both = json!({"shots": [with["id"], without["id"]]});
        let plan = story.ask("workflow/plan", both.clone()).await;
        let [unbound] = plan["unbound"].as_array().map_or(&[][..], Vec::as_slice) else {
            panic!("{plan:#}");
        };
        assert_eq!(unbound["binding"], "image:maya_face");
        assert_eq!(
            (&unbound["step"], &unbound["shots"]),
            (&json!("panel"), &json!(1))
        );
        put(&folder, "assets/maya/face.png", &face);
        reread(&mut story).await;
        let plan = story.ask("workflow/plan", both).await;
        assert_eq!(plan["unbound"], Value::Null, "{plan:#}");

        assert_eq!(drawn(&mut story, &with).await, (json!(72), json!(40)));
        let mut uploads: Vec<Vec<u8>> = story.server.uploads().into_iter().map(|it| it.1).collect();
        uploads.sort_by_key(Vec::len);
        let mut given = vec![face, coat];
        given.sort_by_key(Vec::len);
        assert_eq!(uploads, given);

        // Another face: her shot is stale, and says why; and the new one is used.
        put(&folder, "assets/maya/face.png", &picture(88, 48));
        let deadline = Instant::now() + SEEN_MAX;
        let id = json!({"id": with["id"]});
        loop {
            let shot = story.ask("shot/get", id.clone()).await;
            if shot["status"] == "stale" {
                let reasons = shot["reasons"].as_array().expect("reasons");
                let words: Vec<_> = reasons.iter().map(|it| &it["message"]).collect();
                assert_eq!(words, ["MAYA’s face picture changed"]);
                break;
            }
            assert!(Instant::now() < deadline, "{shot:#}");
            sleep(POLL).await;
        }
        assert_eq!(drawn(&mut story, &with).await, (json!(88), json!(48)));
        // The first again: what was made of it comes back by itself.
        put(&folder, "assets/maya/face.png", &picture(72, 40));
        reread(&mut story).await;
        assert_eq!(shown(&mut story, &with).await, (json!(72), json!(40)));
    });
}

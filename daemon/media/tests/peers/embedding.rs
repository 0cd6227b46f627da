//! Graphs in files that Pillow and ffmpeg wrote as ComfyUI has them write.

use std::path::Path;

use serde_json::{Value, json};
use storycore_media::{Embedded, Limits, describe_file, embedded};

use crate::support::{given, python, run};

const PARAMETERS: &str = "a café at night, rain\nNegative prompt: blurry\n\
    Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x512";

fn prompt() -> Value {
    json!({"3": {"class_type": "KSampler", "inputs": {"seed": 42, "text": "a \"café\"; rain=\n#1"}}})
}

fn workflow() -> Value {
    json!({"last_node_id": 3, "nodes": [{"id": 3, "type": "KSampler", "title": "naïve = yes"}]})
}

fn found(file: &Path) -> Embedded {
    let media = describe_file(file, &Limits::default()).expect("it can be described");
    embedded(&media).expect("its graph can be read")
}

fn graph(text: Option<&String>) -> Value {
    text.map_or(Value::Null, |it| serde_json::from_str(it).unwrap())
}

#[test]
fn the_graph_comes_back_from_every_kind_of_picture() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        folder.path().to_string_lossy().into_owned(),
        prompt().to_string(),
        workflow().to_string(),
        PARAMETERS.to_owned(),
    ];
    let files = python("graphs.py", arguments);
    let files: Vec<&str> = files
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(files.len(), 9, "{files:?}");
    for name in files {
        let found = found(&folder.path().join(name));
        if name.starts_with("parameters") {
            assert_eq!(found.parameters.as_deref(), Some(PARAMETERS), "{name}");
            continue;
        }
        assert_eq!(graph(found.prompt.as_ref()), prompt(), "{name}");
        assert_eq!(graph(found.workflow.as_ref()), workflow(), "{name}");
    }
}

/// Makes a file with tags; `tags` are keys and texts.
fn with_tags(folder: &Path, name: &str, words: &str, tags: &[(&str, String)]) -> Embedded {
    let file = folder.join(name);
    let start = "-nostdin -v error -y -f lavfi -i testsrc2=size=64x64:rate=8:duration=1 \
                 -f lavfi -i sine=duration=1";
    let mut arguments: Vec<String> = start.split_whitespace().map(str::to_owned).collect();
    arguments.extend(words.split_whitespace().map(str::to_owned));
    for (key, text) in tags {
        arguments.extend(["-metadata".to_owned(), format!("{key}={text}")]);
    }
    arguments.push(file.to_string_lossy().into_owned());
    run(&given("STORYCORE_TEST_FFMPEG"), arguments);
    found(&file)
}

#[test]
fn the_graph_comes_back_from_video_and_sound() {
    let folder = tempfile::tempdir().unwrap();
    let tags = [
        ("prompt", prompt().to_string()),
        ("workflow", workflow().to_string()),
    ];
    for (name, words) in [
        (
            "save_video.mp4",
            "-c:v libx264 -an -movflags use_metadata_tags",
        ),
        ("save_webm.webm", "-c:v libvpx -deadline realtime -an"),
        ("save_audio.flac", "-map 1 -c:a flac"),
        ("save_audio.mp3", "-map 1 -c:a libmp3lame"),
        ("old.mp3", "-map 1 -c:a libmp3lame -id3v2_version 3"),
        ("save_audio.opus", "-map 1 -c:a libopus"),
    ] {
        let found = with_tags(folder.path(), name, words, &tags);
        assert_eq!(graph(found.prompt.as_ref()), prompt(), "{name}");
        assert_eq!(graph(found.workflow.as_ref()), workflow(), "{name}");
    }
    // VideoHelperSuite puts both into one comment, the prompt as a text within the text.
    let both = json!({"prompt": prompt().to_string(), "workflow": workflow()}).to_string();
    for (name, words) in [
        ("combined.mp4", "-c:v libx264 -an"),
        ("combined.mov", "-c:v libx264 -an"),
        ("combined.webm", "-c:v libvpx -deadline realtime -an"),
        ("combined.mkv", "-c:v libx264 -an"),
    ] {
        let found = with_tags(folder.path(), name, words, &[("comment", both.clone())]);
        assert_eq!(graph(found.prompt.as_ref()), prompt(), "{name}");
        assert_eq!(graph(found.workflow.as_ref()), workflow(), "{name}");
    }
}

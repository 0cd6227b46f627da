//! What runs put out: files named all over the outputs of nodes, found and told apart.

use serde_json::{Map, Value};
use tempfile::TempPath;

use crate::graph::NodeId;

/// Where a server keeps a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRef {
    /// Its name there. It is never used as a name here.
    pub filename: String,
    /// The folder below.
    pub subfolder: String,
    /// `output`, or `temp` for what is not kept there.
    pub folder: String,
}

/// A file that a run made, named but not fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The node.
    pub node: NodeId,
    /// The word under which the node names it: `images`, `gifs`, `audio`, `3d`…
    pub key: String,
    /// Where it is.
    pub file: FileRef,
    /// What it is.
    pub kind: Kind,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A picture.
    Image,
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// Anything else.
    Other,
}

/// A file that a run made, fetched. It goes when this is dropped: keep it before.
#[derive(Debug)]
pub struct Output {
    /// The node.
    pub node: NodeId,
    /// What people call the node.
    pub title: String,
    /// The word under which the node names it.
    pub key: String,
    /// What it is.
    pub kind: Kind,
    /// Its name on the server, for people.
    pub file_name: String,
    /// Whether the server keeps it, too; what is only previewed goes with its next start.
    pub is_saved: bool,
    /// What the server says it is, such as `image/png`.
    pub media_type: String,
    /// How large, in bytes.
    pub bytes: u64,
    /// Where it is here.
    pub path: TempPath,
}

/// Endings of moving pictures.
const VIDEOS: &[&str] = &["mp4", "webm", "mkv", "mov", "avi", "gif", "m4v"];
/// Endings of sounds.
const SOUNDS: &[&str] = &["flac", "mp3", "wav", "opus", "ogg", "m4a", "aac"];
/// Endings of pictures.
const PICTURES: &[&str] = &[
    "png", "jpg", "jpeg", "webp", "avif", "bmp", "tif", "tiff", "exr",
];

/// The files of a run: every object with a `filename`, under whatever key.
pub fn named(outputs: &[(NodeId, Map<String, Value>)]) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    for (node, of_node) in outputs {
        let is_animated = of_node.get("animated").is_some_and(is_any_true);
        for (key, list) in of_node {
            for item in list.as_array().into_iter().flatten() {
                let Some(file) = file(item) else { continue };
                // Some nodes name one file under two keys.
                if found.iter().any(|it| it.node == *node && it.file == file) {
                    continue;
                }
                found.push(Named {
                    node: node.clone(),
                    key: key.clone(),
                    kind: kind(&file.filename, key, is_animated, item),
                    file,
                });
            }
        }
    }
    found
}

fn file(item: &Value) -> Option<FileRef> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
    let filename = item.get("filename")?.as_str().filter(|it| !it.is_empty())?;
    Some(FileRef {
        filename: filename.to_owned(),
        subfolder: text("subfolder").to_owned(),
        folder: match text("type") {
            "" => "output".to_owned(),
            folder => folder.to_owned(),
        },
    })
}

/// By the ending; where that says a picture, a node may say that it moves.
fn kind(filename: &str, key: &str, is_animated: bool, item: &Value) -> Kind {
    let ending = filename.rsplit_once('.').map(|it| it.1.to_lowercase());
    let ending = ending.as_deref().unwrap_or_default();
    let format = item
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if VIDEOS.contains(&ending) || format.starts_with("video/") {
        Kind::Video
    } else if SOUNDS.contains(&ending) || key == "audio" {
        Kind::Audio
    } else if PICTURES.contains(&ending) {
        match is_animated || key == "gifs" {
            true => Kind::Video,
            false => Kind::Image,
        }
    } else {
        Kind::Other
    }
}

fn is_any_true(value: &Value) -> bool {
    match value {
        Value::Bool(is) => *is,
        Value::Array(all) => all.iter().any(is_any_true),
        _ => false,
    }
}

/// What is wrong with the first bytes of a file of such a name, if it is one we know.
pub(crate) fn is_not(filename: &str, begin: &[u8]) -> Option<String> {
    let ending = filename.rsplit_once('.').map(|it| it.1.to_lowercase())?;
    let is = match ending.as_str() {
        "png" => begin.starts_with(b"\x89PNG\r\n\x1a\n"),
        "jpg" | "jpeg" => begin.starts_with(b"\xff\xd8\xff"),
        "gif" => begin.starts_with(b"GIF8"),
        "webp" => begin.starts_with(b"RIFF") && begin.get(8..12) == Some(b"WEBP"),
        "mp4" | "m4v" | "mov" => begin.get(4..8) == Some(b"ftyp"),
        "webm" | "mkv" => begin.starts_with(b"\x1a\x45\xdf\xa3"),
        "flac" => begin.starts_with(b"fLaC"),
        "wav" => begin.starts_with(b"RIFF") && begin.get(8..12) == Some(b"WAVE"),
        _ => true,
    };
    if is {
        return None;
    }
    Some(match begin {
        [] => "it is empty".to_owned(),
        _ => format!("it does not begin as {} does", ending.to_uppercase()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kinds(outputs: &Value) -> Vec<(String, Kind)> {
        let outputs: Vec<_> = outputs.as_object().unwrap().iter().collect();
        let outputs: Vec<_> = outputs
            .iter()
            .map(|it| (NodeId(it.0.clone()), it.1.as_object().unwrap().clone()))
            .collect();
        let named = named(&outputs);
        named
            .into_iter()
            .map(|it| (it.file.filename, it.kind))
            .collect()
    }

    #[test]
    fn files_are_found_under_every_key() {
        let outputs = json!({
            "1": {"images": [{"filename": "a.png", "subfolder": "x", "type": "output"}]},
            "2": {"images": [{"filename": "b.mp4"}], "animated": [true]},
            "3": {"images": [{"filename": "c.webp"}], "animated": [true]},
            "4": {"images": [{"filename": "d.webp"}], "animated": [false]},
            "5": {"audio": [{"filename": "e.flac"}], "text": ["hello"], "n": 7},
            "6": {"gifs": [{"filename": "f.webm", "format": "video/webm"}]},
            "7": {"3d": [{"filename": "g.glb"}], "odd": [null, 3, {"filename": 7}]},
            "8": {"images": [{"filename": "h.png"}], "a_images": [{"filename": "h.png"}]},
        });
        let expected = [
            ("a.png", Kind::Image),
            ("b.mp4", Kind::Video),
            ("c.webp", Kind::Video),
            ("d.webp", Kind::Image),
            ("e.flac", Kind::Audio),
            ("f.webm", Kind::Video),
            ("g.glb", Kind::Other),
            ("h.png", Kind::Image),
        ];
        assert_eq!(kinds(&outputs), expected.map(|it| (it.0.to_owned(), it.1)));
    }

    #[test]
    fn a_picture_that_is_none_is_told() {
        assert_eq!(is_not("a.png", b"\x89PNG\r\n\x1a\n...."), None);
        assert_eq!(is_not("a.xyz", b"anything"), None);
        let why = is_not("a.PNG", b"<html>").unwrap();
        assert_eq!(why, "it does not begin as PNG does");
        assert_eq!(is_not("a.webp", b"").unwrap(), "it is empty");
    }
}

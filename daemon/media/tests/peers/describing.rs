//! Sizes, times, rates and codecs, as ffprobe and Pillow have them.

use std::path::Path;

use serde_json::Value;
use storycore_media::{Kind, Limits, Media, describe_file};

use crate::support::{ffmpeg, ffprobe, python};

/// How far two durations may lie apart, in milliseconds: half of one, and ffprobe's rounding.
const CLOSE_MS: u64 = 1;

/// A film of two seconds, from ffmpeg's own test sources.
const PICTURE: &str = "-f lavfi -i testsrc2=size=320x180:rate=RATE:duration=2";
const SOUND: &str = "-f lavfi -i sine=frequency=440:sample_rate=44100:duration=2";

fn described(file: &Path) -> Media {
    describe_file(file, &Limits::default()).expect("it can be described")
}

/// Makes a file, and holds what we say of it against what ffprobe says.
fn check(name: &str, words: &str) -> Media {
    check_with(name, words, CLOSE_MS)
}

fn check_with(name: &str, words: &str, close_ms: u64) -> Media {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    ffmpeg(words, &file);
    let (ours, theirs) = (described(&file), ffprobe(&file, true));
    let stream = |kind: &str| {
        let streams = theirs["streams"].as_array().unwrap();
        streams
            .iter()
            .find(|it| it["codec_type"] == kind)
            .cloned()
            .unwrap_or(Value::Null)
    };
    let (video, audio) = (stream("video"), stream("audio"));
    if !video.is_null() {
        assert_eq!(
            ours.width_px.map(u64::from),
            video["width"].as_u64(),
            "{name} {ours:?}"
        );
        assert_eq!(
            ours.height_px.map(u64::from),
            video["height"].as_u64(),
            "{name}"
        );
        assert_eq!(
            ours.codecs[0],
            video["codec_name"].as_str().unwrap(),
            "{name}"
        );
        let rate = ours
            .frame_rate
            .map(|it| format!("{}/{}", it.numerator, it.denominator));
        assert_eq!(rate.as_deref(), video["avg_frame_rate"].as_str(), "{name}");
        assert_eq!(ours.frames, number(&video["nb_read_packets"]), "{name}");
    }
    if !audio.is_null() {
        assert_eq!(
            ours.channels.map(u64::from),
            audio["channels"].as_u64(),
            "{name}"
        );
        assert_eq!(
            ours.sample_rate_hz.map(u64::from),
            number(&audio["sample_rate"]),
            "{name}"
        );
        assert_eq!(
            ours.codecs.last().unwrap(),
            audio["codec_name"].as_str().unwrap(),
            "{name}"
        );
    }
    let seconds: f64 = theirs["format"]["duration"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let theirs_ms = (seconds * 1e3).round() as u64;
    let ours_ms = ours.duration_ms.expect("it says how long it plays");
    assert!(
        ours_ms.abs_diff(theirs_ms) <= close_ms,
        "{name}: {ours_ms} ms, ffprobe {theirs_ms} ms"
    );
    assert_eq!(
        Some(ours.bytes),
        number(&theirs["format"]["size"]),
        "{name}"
    );
    ours
}

fn number(value: &Value) -> Option<u64> {
    value.as_str()?.parse().ok()
}

fn film(rate: &str, codecs: &str) -> String {
    format!("{} {SOUND} {codecs}", PICTURE.replace("RATE", rate))
}

#[test]
fn mp4_is_read_as_ffprobe_reads_it() {
    let ours = check(
        "a.mp4",
        &film("24", "-c:v libx264 -pix_fmt yuv420p -c:a aac"),
    );
    assert_eq!((ours.kind, ours.media_type), (Kind::Video, "video/mp4"));
    assert_eq!((ours.bits, ours.has_alpha), (Some(8), Some(false)));
    let ntsc = film(
        "30000/1001",
        "-c:v libx264 -pix_fmt yuv420p10le -c:a aac -ac 2",
    );
    assert_eq!(check("ntsc.mp4", &ntsc).bits, Some(10));
    let front = film("25", "-c:v mpeg4 -c:a aac -movflags +faststart");
    check("front.mp4", &front);
    let hevc = "-c:v libx265 -x265-params log-level=none -pix_fmt yuv420p10le -tag:v hvc1 -an";
    assert_eq!(check("hevc.mp4", &film("24", hevc)).bits, Some(10));
    let vp9 = film(
        "24",
        "-c:v libvpx-vp9 -cpu-used 8 -deadline realtime -c:a libopus",
    );
    assert_eq!(check("vp9.mp4", &vp9).bits, Some(8));
    let flac = film("24", "-c:v libx264 -c:a flac -strict -2");
    check("flac.mp4", &flac);
}

#[test]
fn what_only_the_sound_says_is_not_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.mp4");
    ffmpeg(&film("24", "-c:v libx264 -c:a libmp3lame"), &file);
    let ours = described(&file);
    // ffmpeg writes 2 channels into the file, and there is one.
    assert_eq!(
        (ours.codecs, ours.channels),
        (vec!["h264".into(), "mp3".into()], None)
    );
}

#[test]
fn mov_is_read_as_ffprobe_reads_it() {
    let ours = check(
        "a.mov",
        &film("24", "-c:v prores_ks -profile:v 3 -c:a pcm_s16le"),
    );
    assert_eq!(
        (ours.kind, ours.media_type),
        (Kind::Video, "video/quicktime")
    );
    let alpha = film(
        "24",
        "-c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le -an",
    );
    assert_eq!(check("alpha.mov", &alpha).has_alpha, Some(true));
}

#[test]
fn fragments_are_counted() {
    let words = "-c:v libx264 -g 12 -c:a aac -movflags frag_keyframe+empty_moov+default_base_moof";
    assert_eq!(check("stream.mp4", &film("24", words)).frames, Some(48));
}

#[test]
fn a_turned_video_is_described_as_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, turned) = (
        folder.path().join("plain.mp4"),
        folder.path().join("turned.mp4"),
    );
    ffmpeg(&film("24", "-c:v libx264 -an"), &plain);
    let words = format!("-i {} -c copy -metadata:s:v:0 rotate=90", plain.display());
    ffmpeg(&words, &turned);
    let theirs = ffprobe(&turned, false);
    let rotation = theirs["streams"][0]["side_data_list"][0]["rotation"].as_i64();
    // To the left, as ffprobe counts.
    assert_eq!(rotation, Some(90), "ffmpeg wrote another turn: {theirs}");
    let ours = described(&turned);
    assert_eq!((ours.width_px, ours.height_px), (Some(180), Some(320)));
    assert_eq!(ours.turn.exif(), 8);
}

#[test]
fn webm_and_matroska_are_read_as_ffprobe_reads_them() {
    let vp9 = film(
        "24",
        "-c:v libvpx-vp9 -cpu-used 8 -deadline realtime -c:a libopus",
    );
    let ours = check("a.webm", &vp9);
    assert_eq!((ours.kind, ours.media_type), (Kind::Video, "video/webm"));
    let vp8 = film(
        "30000/1001",
        "-c:v libvpx -deadline realtime -c:a libvorbis -ac 2",
    );
    check("vp8.webm", &vp8);
    let alpha = film("24", "-c:v libvpx -auto-alt-ref 0 -pix_fmt yuva420p -an");
    assert_eq!(check("alpha.webm", &alpha).has_alpha, Some(true));
    let ours = check(
        "a.mkv",
        &film("25", "-c:v libx264 -pix_fmt yuv420p10le -c:a flac"),
    );
    assert_eq!((ours.media_type, ours.bits), ("video/matroska", Some(10)));
    check("aac.mkv", &film("60", "-c:v libx264 -c:a aac"));
    check(
        "av1.mkv",
        &film(
            "24",
            "-c:v libaom-av1 -cpu-used 8 -usage realtime -an -t 0.5",
        ),
    );
    let sound = check("sound.webm", &format!("{SOUND} -c:a libopus"));
    assert_eq!((sound.kind, sound.media_type), (Kind::Audio, "audio/webm"));
}

#[test]
fn a_live_stream_without_lengths_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("live.webm");
    ffmpeg(
        &film("24", "-c:v libvpx -deadline realtime -an -live 1 -f webm"),
        &file,
    );
    let ours = described(&file);
    assert_eq!(
        ours.frames,
        number(&ffprobe(&file, true)["streams"][0]["nb_read_packets"])
    );
    assert_eq!(ours.frames, Some(48));
    // The last frame begins then; how long it stands, nobody says.
    assert_eq!(ours.duration_ms, Some(1_958));
}

#[test]
fn sound_is_read_as_ffprobe_reads_it() {
    for (name, codec, media_type) in [
        ("a.wav", "-c:a pcm_s16le", "audio/wav"),
        ("b.wav", "-c:a pcm_s24le -ac 6 -ar 48000", "audio/wav"),
        ("c.wav", "-c:a pcm_f32le -ac 2", "audio/wav"),
        ("a.flac", "-c:a flac", "audio/flac"),
        ("b.flac", "-c:a flac -ar 96000 -ac 2", "audio/flac"),
        ("a.ogg", "-c:a libvorbis -ac 2", "audio/ogg"),
        ("a.opus", "-c:a libopus -ac 2", "audio/ogg"),
        ("a.m4a", "-c:a aac -ac 2", "audio/mp4"),
        ("b.m4a", "-c:a alac -ac 2", "audio/mp4"),
    ] {
        // ffprobe counts what Opus plays in before the beginning.
        let close_ms = if name == "a.opus" { 10 } else { CLOSE_MS };
        let ours = check_with(name, &format!("{SOUND} {codec}"), close_ms);
        assert_eq!(
            (ours.kind, ours.media_type),
            (Kind::Audio, media_type),
            "{name}"
        );
    }
    let ours = check("b.wav", &format!("{SOUND} -c:a pcm_s24le"));
    assert_eq!(ours.bits, Some(24));
    // The encoder fills the first and last frame of an MP3, and readers count that differently.
    check_with("a.mp3", &format!("{SOUND} -c:a libmp3lame -b:a 128k"), 55);
    check_with(
        "vbr.mp3",
        &format!("{SOUND} -c:a libmp3lame -q:a 4 -ac 2"),
        55,
    );
}

#[test]
fn pictures_are_read_as_pillow_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = python("pictures.py", [folder.path()]);
    let theirs = theirs.as_object().unwrap();
    assert!(theirs.len() >= 14, "{theirs:?}");
    for (name, said) in theirs {
        let ours = described(&folder.path().join(name));
        let shown = (ours.width_px.map(u64::from), ours.height_px.map(u64::from));
        assert_eq!(
            shown,
            (said["width"].as_u64(), said["height"].as_u64()),
            "{name}"
        );
        assert_eq!(Some(ours.media_type), said["mediaType"].as_str(), "{name}");
        assert_eq!(ours.has_alpha, said["hasAlpha"].as_bool(), "{name}");
        assert_eq!(
            Some(u64::from(ours.turn.exif())),
            said["orientation"].as_u64(),
            "{name}"
        );
        let frames = said["frames"].as_u64().filter(|it| *it > 1);
        assert_eq!(ours.frames, frames, "{name}");
        assert_eq!(
            ours.duration_ms,
            said["durationMs"].as_u64().filter(|it| *it > 0),
            "{name}"
        );
        let kind = if frames.is_some() {
            Kind::Animation
        } else {
            Kind::Image
        };
        assert_eq!(ours.kind, kind, "{name}");
    }
}

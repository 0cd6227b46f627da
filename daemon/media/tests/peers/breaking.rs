//! Files that ffmpeg made, cut off and damaged; and decoders that hang, lie and fail.

use std::{fs, io::Cursor, os::unix::fs::PermissionsExt, path::Path, time::Instant};

use storycore_media::{Error, Ffmpeg, Limits, WHITE, describe, embedded, poster};

use crate::support::ffmpeg;

const SOURCES: &str =
    "-f lavfi -i testsrc2=size=64x64:rate=8:duration=1 -f lavfi -i sine=duration=1";

const FILES: [(&str, &str); 12] = [
    ("a.mp4", "-c:v libx264 -c:a aac -metadata comment=told"),
    (
        "keys.mp4",
        "-c:v libx264 -an -metadata prompt={} -movflags use_metadata_tags",
    ),
    (
        "pieces.mp4",
        "-c:v libx264 -c:a aac -movflags frag_keyframe+empty_moov",
    ),
    ("a.mov", "-c:v mpeg4 -c:a pcm_s16le -metadata comment=told"),
    ("a.mkv", "-c:v libx264 -c:a flac -metadata comment=told"),
    ("a.webm", "-c:v libvpx -deadline realtime -c:a libopus"),
    ("a.wav", "-map 1 -c:a pcm_s16le"),
    ("a.flac", "-map 1 -c:a flac -metadata prompt={}"),
    ("a.mp3", "-map 1 -c:a libmp3lame -metadata prompt={}"),
    ("a.ogg", "-map 1 -c:a libvorbis -metadata prompt={}"),
    ("a.opus", "-map 1 -c:a libopus -metadata prompt={}"),
    ("a.m4a", "-map 1 -c:a aac"),
];

fn made(folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let make = |(name, words): (&'static str, &str)| {
        let file = folder.join(name);
        ffmpeg(&format!("{SOURCES} {words}"), &file);
        (name, fs::read(file).unwrap())
    };
    FILES.into_iter().map(make).collect()
}

/// Whatever comes of it, nothing panics.
fn try_all(bytes: &[u8]) -> bool {
    let limits = Limits::default();
    let described = describe(Cursor::new(bytes), &limits);
    if let Ok(media) = &described {
        let _ = embedded(media);
    }
    let _ = poster(bytes, WHITE, &limits);
    described.is_ok()
}

#[test]
fn what_is_cut_off_is_refused_or_described_but_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in made(folder.path()) {
        assert!(try_all(&bytes), "{name}");
        let step = bytes.len() / 150 + 1;
        for n in (0..bytes.len()).step_by(step) {
            let is_described = try_all(&bytes[..n]);
            // What these hold stands at their end or is longer than they are.
            let must_be_refused = matches!(name, "a.mp4" | "a.mov" | "a.mkv" | "a.webm" | "a.m4a");
            assert!(
                !is_described || !must_be_refused || n < 12,
                "{name}: {n} of {}",
                bytes.len()
            );
        }
    }
}

/// Numbers that are the same every time: xorshift (Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, max: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % max as u64).unwrap()
    }
}

#[test]
fn what_is_damaged_is_refused_or_described_but_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(42);
    for (_, whole) in made(folder.path()) {
        for round in 0..600 {
            let mut bytes = whole.clone();
            // Heads at both ends say most, so they are hit most.
            let reach = if round % 2 == 0 {
                2_000.min(bytes.len())
            } else {
                bytes.len()
            };
            for _ in 0..=numbers.below(4) {
                let at = numbers.below(reach);
                let at = if round % 4 == 0 {
                    bytes.len() - 1 - at
                } else {
                    at
                };
                bytes[at] = [0, 0xFF, 0x7F, 0x80, numbers.below(256) as u8][numbers.below(5)];
            }
            try_all(&bytes);
        }
    }
}

/// A program in place of ffmpeg.
fn program(folder: &Path, script: &str) -> Ffmpeg {
    let path = folder.join("decoder");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    Ffmpeg::at(path)
}

#[test]
fn a_decoder_that_misbehaves_is_stopped_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let video = folder.join("a.mp4");
    ffmpeg(&format!("{SOURCES} -c:v libx264 -an"), &video);
    let limits = Limits {
        decoder_ms_max: 300,
        decoder_bytes_max: 1 << 20,
        ..Limits::default()
    };
    let failed = |decoder: &Ffmpeg| decoder.frame(&video, 0, &limits).unwrap_err().to_string();
    let start = Instant::now();
    assert_eq!(
        failed(&program(folder, "exec sleep 600")),
        "ffmpeg gave no frame: it took longer than the limit decoder_ms_max, 300 ms"
    );
    assert!(start.elapsed().as_secs() < 300, "it was not stopped");
    assert_eq!(
        failed(&program(folder, "exec yes")),
        "ffmpeg gave no frame: the frame has more than the limit decoder_bytes_max, 1048576 bytes"
    );
    assert_eq!(
        failed(&program(folder, "echo moov atom not found >&2; exit 3")),
        "ffmpeg gave no frame: moov atom not found"
    );
    assert_eq!(
        failed(&program(folder, "exit 0")),
        "ffmpeg gave no frame: there is none at 0 ms"
    );
    assert_eq!(failed(&program(folder, "echo frame")), "the file is text");
    let gone = Ffmpeg::at(folder.join("gone"));
    assert!(failed(&gone).starts_with("ffmpeg gave no frame: it cannot be started: "));
    let playlist = folder.join("list.mp4");
    fs::write(&playlist, "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n").unwrap();
    let error = gone.frame(&playlist, 0, &limits).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
}

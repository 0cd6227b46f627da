//! Frames of a video, by the program ffmpeg where there is one.
//!
//! A video is hostile until it is decoded, and ffmpeg reads nearly anything: so it is told which
//! container to expect, that it may open nothing but files, how many pixels a frame may have, and
//! how long it may take; what it prints is bounded.

use std::{
    ffi::OsString,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::{
    Error, Limits,
    describe::describe_file,
    media::{Kind, Media},
    picture::{Picture, WHITE},
    poster::Poster,
};

/// Where to look for a frame that is not black, in percent of the video; then again at its start.
const PLACES_PERCENT: [u64; 5] = [0, 10, 25, 50, 75];
/// What is kept of its complaints, in bytes.
const SAID_BYTES_MAX: u64 = 2_048;

/// The program, as a path.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    program: PathBuf,
}

impl Ffmpeg {
    /// Takes the program for what the caller says it is; nothing is run yet.
    pub fn at(program: impl Into<PathBuf>) -> Ffmpeg {
        Ffmpeg {
            program: program.into(),
        }
    }

    /// The first frame of a video that is not black, among some places of it. Blocks, up to
    /// `decoder_ms_max` for each place.
    ///
    /// # Errors
    ///
    /// As [`Ffmpeg::frame`].
    pub fn poster(&self, file: &Path, limits: &Limits) -> Result<Poster, Error> {
        let media = describe_file(file, limits)?;
        let duration_ms = media.duration_ms.unwrap_or(0);
        let mut first = None;
        for percent in PLACES_PERCENT {
            let at_ms = duration_ms / 100 * percent;
            if percent > 0 && at_ms == 0 {
                break;
            }
            let picture = match self.frame_of(&media, file, at_ms, limits) {
                Ok(picture) => picture,
                Err(_) if first.is_some() => break,
                Err(error) => return Err(error),
            };
            let is_black = crate::exposure::is_black(&picture);
            let poster = Poster {
                picture,
                at_ms,
                is_black,
            };
            if !is_black {
                return Ok(poster);
            }
            first.get_or_insert(poster);
        }
        first.ok_or_else(|| Error::truncated("it has no frame"))
    }

    /// The frame of a video that is shown at a time, turned as it is shown. Blocks, up to
    /// `decoder_ms_max`.
    ///
    /// # Errors
    ///
    /// It is no video that is known, larger than the limits, or [`Error::DecoderFailed`]: there is
    /// no such program, it takes too long, prints too much, or says what is wrong.
    pub fn frame(&self, file: &Path, at_ms: u64, limits: &Limits) -> Result<Picture, Error> {
        self.frame_of(&describe_file(file, limits)?, file, at_ms, limits)
    }

    fn frame_of(
        &self,
        media: &Media,
        file: &Path,
        at_ms: u64,
        limits: &Limits,
    ) -> Result<Picture, Error> {
        if media.kind != Kind::Video {
            return Err(Error::Unsupported {
                what: format!("{}, and no video", media.media_type),
            });
        }
        if let (Some(width_px), Some(height_px)) = (media.width_px, media.height_px) {
            crate::picture::check_size(width_px, height_px, limits)?;
        }
        let container = match media.media_type {
            "video/webm" | "video/matroska" => "matroska",
            _ => "mov",
        };
        let child = self.start(container, file, at_ms, limits)?;
        let png = wait(child, limits)?;
        if png.is_empty() {
            let what = format!("there is none at {at_ms} ms");
            return Err(Error::DecoderFailed { what });
        }
        Picture::open(&png, WHITE, limits)
    }

    fn start(
        &self,
        container: &str,
        file: &Path,
        at_ms: u64,
        limits: &Limits,
    ) -> Result<Child, Error> {
        // With its protocol, no name of a file is taken for an option or an address.
        let mut input = OsString::from("file:");
        input.push(std::path::absolute(file).map_err(Error::Io)?);
        let mut command = Command::new(&self.program);
        command
            .args(["-nostdin", "-hide_banner", "-v", "error", "-threads", "1"])
            .args(["-protocol_whitelist", "file"])
            .args(["-max_pixels", &limits.pixels_max.to_string()])
            .args(["-f", container])
            .args(["-ss", &format!("{}.{:03}", at_ms / 1_000, at_ms % 1_000)])
            .arg("-i")
            .arg(input)
            .args(["-map", "0:v:0", "-frames:v", "1", "-an", "-sn", "-dn"])
            .args([
                "-f",
                "image2pipe",
                "-c:v",
                "png",
                "-compression_level",
                "1",
                "pipe:1",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().map_err(|error| Error::DecoderFailed {
            what: format!("it cannot be started: {error}"),
        })
    }
}

/// What the program prints, and then how it ended.
fn wait(mut child: Child, limits: &Limits) -> Result<Vec<u8>, Error> {
    let failed = |what: String| Error::DecoderFailed { what };
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(failed("its output cannot be read".to_owned()));
    };
    let printed = read_aside(stdout, limits.decoder_bytes_max.saturating_add(1));
    let complained = read_aside(stderr, SAID_BYTES_MAX);
    let result = match printed.recv_timeout(Duration::from_millis(limits.decoder_ms_max)) {
        Ok(bytes) if bytes.len() as u64 <= limits.decoder_bytes_max => Ok(bytes),
        Ok(_) => Err(failed(format!(
            "the frame has more than the limit decoder_bytes_max, {} bytes",
            limits.decoder_bytes_max
        ))),
        Err(_) => Err(failed(format!(
            "it took longer than the limit decoder_ms_max, {} ms",
            limits.decoder_ms_max
        ))),
    };
    if result.is_err() {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = child.kill();
    }
    let status = child.wait().map_err(Error::Io)?;
    let bytes = result?;
    if status.success() {
        return Ok(bytes);
    }
    let said = complained.recv().unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let said = said.lines().next().unwrap_or_default().trim();
    Err(failed(match said {
        "" => format!("it ended with {status}"),
        said => said.to_owned(),
    }))
}

/// Reads on a thread of its own: so many bytes, then nothing more but the end of the stream.
fn read_aside(mut stream: impl Read + Send + 'static, max: u64) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until an error is all there is.
        let _ = stream.by_ref().take(max).read_to_end(&mut bytes);
        let is_full = bytes.len() as u64 >= max;
        let _ = sender.send(bytes);
        if is_full {
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    });
    receiver
}

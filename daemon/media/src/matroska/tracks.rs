//! Tracks of a Matroska file (RFC 9559 §5.1.4).

use super::{Element, Error, Source, each};
use crate::mp4::{av1_bits, avc_bits};

/// What a track says of itself.
#[derive(Debug, Default)]
pub(super) struct Track {
    pub(super) number: u64,
    kind: u64,
    /// As ffmpeg names it.
    pub(super) codec: String,
    private: Vec<u8>,
    pub(super) frame_ns: Option<u64>,
    pub(super) width_px: u32,
    pub(super) height_px: u32,
    pub(super) has_alpha: bool,
    pub(super) channels: u32,
    pub(super) sample_rate_hz: u32,
    pub(super) bits: Option<u8>,
}

impl Track {
    pub(super) fn is_video(&self) -> bool {
        self.kind == 1
    }

    pub(super) fn is_audio(&self) -> bool {
        self.kind == 2
    }
}

/// Tracks that are looked at; others are left out.
const TRACKS_MAX: usize = 64;
/// The head that a codec keeps for itself; what goes on behind is left out.
const PRIVATE_BYTES_MAX: u64 = 16 << 10;

/// Reads all tracks.
pub(super) fn tracks(source: &mut Source<'_>, outer: Element) -> Result<Vec<Track>, Error> {
    let mut tracks = Vec::new();
    each(source, outer, |source, it| {
        if it.id == 0xAE && tracks.len() < TRACKS_MAX {
            tracks.push(track(source, it)?);
        }
        Ok(())
    })?;
    Ok(tracks)
}

fn track(source: &mut Source<'_>, entry: Element) -> Result<Track, Error> {
    // Of the specification: one channel, 8,000 Hz, if nothing else is said.
    let mut track = Track {
        channels: 1,
        sample_rate_hz: 8_000,
        ..Track::default()
    };
    each(source, entry, |source, it| {
        match it.id {
            0xD7 => track.number = it.number(source)?,
            0x83 => track.kind = it.number(source)?,
            0x86 => track.codec = codec(&it.name(source)?),
            0x63A2 => track.private = it.small(source, PRIVATE_BYTES_MAX)?,
            0x23_E383 => track.frame_ns = Some(it.number(source)?),
            0xE0 => each(source, it, |source, it| video(source, it, &mut track))?,
            0xE1 => each(source, it, |source, it| audio(source, it, &mut track))?,
            _ => {}
        }
        Ok(())
    })?;
    let from_codec = match track.codec.as_str() {
        "h264" => avc_bits(&track.private),
        "hevc" => track.private.get(17).map(|it| 8 + (it & 7)),
        "av1" => av1_bits(&track.private),
        "vp8" => Some(8),
        _ => None,
    };
    track.bits = track.bits.or(from_codec);
    Ok(track)
}

fn video(source: &mut Source<'_>, element: Element, track: &mut Track) -> Result<(), Error> {
    match element.id {
        0xB0 => track.width_px = px(element.number(source)?),
        0xBA => track.height_px = px(element.number(source)?),
        0x53C0 => track.has_alpha = element.number(source)? != 0,
        0x55B0 => each(source, element, |source, it| {
            if it.id == 0x55B2 {
                let bits = u8::try_from(it.number(source)?).ok();
                track.bits = bits.filter(|it| *it > 0);
            }
            Ok(())
        })?,
        _ => {}
    }
    Ok(())
}

fn audio(source: &mut Source<'_>, element: Element, track: &mut Track) -> Result<(), Error> {
    match element.id {
        0xB5 => track.sample_rate_hz = element.float(source)?.clamp(0.0, 1e7) as u32,
        0x9F => track.channels = px(element.number(source)?),
        0x6264 => track.bits = u8::try_from(element.number(source)?).ok(),
        _ => {}
    }
    Ok(())
}

fn px(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn codec(id: &str) -> String {
    let name = match id {
        "V_MPEG4/ISO/AVC" => "h264",
        "V_MPEGH/ISO/HEVC" => "hevc",
        "V_AV1" => "av1",
        "V_VP8" => "vp8",
        "V_VP9" => "vp9",
        "V_MPEG4/ISO/ASP" | "V_MPEG4/ISO/SP" | "V_MPEG4/ISO/AP" => "mpeg4",
        "V_PRORES" => "prores",
        "V_MJPEG" => "mjpeg",
        "V_FFV1" => "ffv1",
        "V_THEORA" => "theora",
        "A_OPUS" => "opus",
        "A_VORBIS" => "vorbis",
        "A_FLAC" => "flac",
        "A_MPEG/L3" => "mp3",
        "A_AC3" => "ac3",
        "A_EAC3" => "eac3",
        "A_ALAC" => "alac",
        "A_PCM/INT/LIT" | "A_PCM/INT/BIG" | "A_PCM/FLOAT/IEEE" => "pcm",
        id if id.starts_with("A_AAC") => "aac",
        id => id,
    };
    name.to_owned()
}

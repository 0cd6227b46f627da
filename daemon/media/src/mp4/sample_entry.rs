//! The codec of a track, and what its own head says of size, color and sound.

use super::{Error, Part, Source, track::u32_in};

/// Of the first description in a track.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// As ffmpeg names it.
    pub(super) codec: String,
    pub(super) width_px: u32,
    pub(super) height_px: u32,
    pub(super) channels: u32,
    pub(super) sample_rate_hz: u32,
    pub(super) bits: Option<u8>,
    pub(super) has_alpha: Option<bool>,
}

/// A description with its boxes; what goes on behind is left out.
const ENTRY_BYTES_MAX: u64 = 16 << 10;

/// Reads the first description in an `stsd`.
pub(super) fn first(source: &mut Source<'_>, stsd: Part, is_video: bool) -> Result<Entry, Error> {
    let bytes = stsd.bytes(source, ENTRY_BYTES_MAX)?;
    // A version, a count, then the first description: its length and its four letters.
    let Some(entry) = bytes.get(16..) else {
        return Ok(Entry::default());
    };
    let kind: [u8; 4] = bytes[12..16].try_into().unwrap_or_default();
    Ok(if is_video {
        visual(kind, entry)
    } else {
        sound(kind, entry)
    })
}

fn visual(kind: [u8; 4], entry: &[u8]) -> Entry {
    let px = |at: usize| u16_in(entry, at).unwrap_or(0).into();
    let boxes = entry.get(78..).unwrap_or_default();
    let depth = u16_in(entry, 74);
    Entry {
        codec: video_codec(kind),
        width_px: px(24),
        height_px: px(26),
        bits: color_bits(boxes),
        // Of QuickTime: a depth of 32 is color and how much shows of it.
        has_alpha: match (&kind, depth) {
            (b"ap4h" | b"ap4x", _) | (_, Some(32)) => Some(true),
            (b"avc1" | b"avc3" | b"hvc1" | b"hev1" | b"av01" | b"mp4v", _) => Some(false),
            _ => None,
        },
        ..Entry::default()
    }
}

fn sound(kind: [u8; 4], entry: &[u8]) -> Entry {
    let stored_bits = u16_in(entry, 18).and_then(|it| u8::try_from(it).ok());
    let codec = audio_codec(kind);
    let boxes = match u16_in(entry, 8) {
        Some(1) => 44,
        Some(2) => 64,
        _ => 28,
    };
    let opus = inner(entry.get(28..).unwrap_or_default(), b"dOps");
    let flac = inner(entry.get(28..).unwrap_or_default(), b"dfLa");
    let mut sound = Entry {
        channels: u16_in(entry, 16).unwrap_or(0).into(),
        sample_rate_hz: u32_in(entry, 24).unwrap_or(0) >> 16,
        bits: stored_bits.filter(|_| codec.starts_with("pcm") || codec == "alac"),
        codec,
        ..Entry::default()
    };
    if let Some(it) = opus.and_then(|it| it.get(1)) {
        sound.channels = (*it).into();
    }
    if let Some(it) = flac {
        // The rate does not fit 16 bits before the point above 65 kHz; FLAC says it again.
        let stream = it.get(8 + 10..8 + 14).and_then(|it| u32_in(it, 0));
        sound.sample_rate_hz = stream.map_or(sound.sample_rate_hz, |it| it >> 12);
        let bits = stream.map(|it| (it >> 4 & 0x1F) + 1);
        sound.bits = bits.and_then(|it| u8::try_from(it).ok());
    }
    if u16_in(entry, 8) == Some(2) {
        // Version 2 of QuickTime keeps the rate as a float, and the channels behind it.
        let rate = entry.get(32..40).and_then(|it| it.try_into().ok());
        let rate = rate.map_or(0.0, f64::from_be_bytes);
        if (1.0..1e7).contains(&rate) {
            sound.sample_rate_hz = rate as u32;
        }
        sound.channels = u32_in(entry, 40).unwrap_or(0);
    }
    if let Some(it) = inner(entry.get(boxes..).unwrap_or_default(), b"esds") {
        mpeg_4_audio(it, &mut sound);
    }
    sound
}

fn video_codec(kind: [u8; 4]) -> String {
    let name = match &kind {
        b"avc1" | b"avc3" => "h264",
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => "hevc",
        b"av01" => "av1",
        b"vp08" => "vp8",
        b"vp09" => "vp9",
        b"mp4v" => "mpeg4",
        b"apcn" | b"apch" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "prores",
        b"jpeg" | b"mjpa" | b"mjpb" => "mjpeg",
        b"png " => "png",
        b"AVdn" => "dnxhd",
        b"vvc1" | b"vvi1" => "vvc",
        _ => return four_letters(kind),
    };
    name.to_owned()
}

fn audio_codec(kind: [u8; 4]) -> String {
    let name = match &kind {
        b"mp4a" => "aac",
        b".mp3" => "mp3",
        b"Opus" => "opus",
        b"fLaC" => "flac",
        b"alac" => "alac",
        b"ac-3" => "ac3",
        b"ec-3" => "eac3",
        b"sowt" => "pcm_s16le",
        b"twos" => "pcm_s16be",
        b"lpcm" | b"ipcm" | b"in24" | b"fl32" => "pcm",
        _ => return four_letters(kind),
    };
    name.to_owned()
}

fn four_letters(kind: [u8; 4]) -> String {
    match kind {
        [0, 0, 0, 0] => "unknown".to_owned(),
        kind => kind.escape_ascii().to_string().trim().to_owned(),
    }
}

/// `mp4a` holds more than AAC: the object type says what (ISO/IEC 14496-1 §7.2.6.6). Of AAC, the
/// codec's own head says channels and rate: writers put 2 channels before it whatever there are.
fn mpeg_4_audio(esds: &[u8], sound: &mut Entry) -> Option<()> {
    let stream = descriptor(esds.get(4..)?, 0x03)?;
    let decoder = descriptor(stream.get(3..)?, 0x04)?;
    match decoder.first()? {
        0x69 | 0x6B => {
            sound.codec = "mp3".to_owned();
            // Only the sound itself says.
            sound.channels = 0;
        }
        0x40 | 0x66..=0x68 => {
            let config = aac_config(descriptor(decoder.get(13..)?, 0x05)?)?;
            sound.channels = config.0.unwrap_or(sound.channels);
            sound.sample_rate_hz = config.1.unwrap_or(sound.sample_rate_hz);
        }
        _ => {}
    }
    Some(())
}

/// Channels and samples a second in an `AudioSpecificConfig` (ISO/IEC 14496-3 §1.6.2.1).
fn aac_config(bytes: &[u8]) -> Option<(Option<u32>, Option<u32>)> {
    const RATES_HZ: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000, 7_350,
    ];
    const CHANNELS: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 8];
    let rate = |idx: u16| RATES_HZ.get(usize::from(idx)).copied();
    let bits = u16_in(bytes, 0)?;
    let (object, rate_idx, channels) = (bits >> 11, bits >> 7 & 0xF, bits >> 3 & 0xF);
    let channels = CHANNELS
        .get(usize::from(channels))
        .copied()
        .filter(|it| *it > 0);
    // With spectral bands replicated (HE-AAC), the rate that is heard comes behind.
    let heard_idx = match (object, bytes.get(2)) {
        (5 | 29, Some(third)) => (bits & 0x7) << 1 | u16::from(third >> 7),
        _ => rate_idx,
    };
    Some((channels, rate(heard_idx)))
}

/// What stands behind a tag and a length of one to four bytes, seven bits each.
fn descriptor(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(&[tag])?;
    let n_more = rest
        .iter()
        .take(3)
        .take_while(|it| **it & 0x80 != 0)
        .count();
    rest.get(n_more + 1..)
}

/// Bits of a color channel, from the codec's own head.
fn color_bits(boxes: &[u8]) -> Option<u8> {
    if let Some(it) = inner(boxes, b"avcC") {
        return avc_bits(it);
    }
    if let Some(it) = inner(boxes, b"hvcC") {
        return it.get(17).map(|it| 8 + (it & 7));
    }
    if let Some(it) = inner(boxes, b"av1C") {
        return av1_bits(it);
    }
    if let Some(it) = inner(boxes, b"vpcC") {
        return it.get(6).map(|it| it >> 4);
    }
    None
}

/// From an `AV1CodecConfigurationRecord`.
pub(crate) fn av1_bits(record: &[u8]) -> Option<u8> {
    record
        .get(2)
        .map(|it| match (it & 0x40 != 0, it & 0x20 != 0) {
            (true, true) => 12,
            (true, false) => 10,
            (false, _) => 8,
        })
}

/// From an `AVCDecoderConfigurationRecord`: profiles up to High have 8, others say it at the end
/// (ISO/IEC 14496-15 §5.3.3).
pub(crate) fn avc_bits(record: &[u8]) -> Option<u8> {
    let profile = *record.get(1)?;
    if !matches!(profile, 100 | 110 | 122 | 244 | 44) {
        return Some(8);
    }
    let mut at = 5;
    for mask in [0x1F, 0xFF] {
        let n_sets = record.get(at)? & mask;
        at += 1;
        for _ in 0..n_sets {
            at += 2 + usize::from(u16_in(record, at)?);
        }
    }
    // Writers of the profile High may leave the end out; it has 8 bits.
    Some(record.get(at + 1).map_or(8, |it| 8 + (it & 7)))
}

/// A box among the boxes of a description.
fn inner<'a>(mut boxes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    while let Some(n_bytes) = u32_in(boxes, 0) {
        let n_bytes = usize::try_from(n_bytes).ok().filter(|it| *it >= 8)?;
        if boxes.get(4..8)? == kind {
            return Some(&boxes[8..n_bytes.min(boxes.len())]);
        }
        boxes = boxes.get(n_bytes..)?;
    }
    None
}

fn u16_in(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    bytes.try_into().ok().map(u16::from_be_bytes)
}

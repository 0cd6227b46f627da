//! What a file is, by its first bytes.

/// A format that this crate reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Png,
    Jpeg,
    Gif,
    WebP,
    Bmp,
    Tiff,
    /// ISO base media: MP4, MOV, M4A.
    Mp4,
    /// Matroska and WebM.
    Matroska,
    Wav,
    Flac,
    Mp3,
    Ogg,
}

/// So many bytes are enough to know any format.
pub(crate) const HEAD_BYTES: u64 = 64;

impl Format {
    /// What the start of a file says, if it is something we read.
    pub(crate) fn of(head: &[u8]) -> Option<Format> {
        let brand = head.get(4..12).unwrap_or_default();
        let format = match head {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Format::Png,
            [0xFF, 0xD8, 0xFF, ..] => Format::Jpeg,
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Format::Gif,
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Format::WebP,
            [b'R', b'I', b'F', b'F' | b'X', ..] if brand.ends_with(b"WAVE") => Format::Wav,
            [b'R', b'F', b'6', b'4', ..] if brand.ends_with(b"WAVE") => Format::Wav,
            [b'B', b'M', ..] if head.len() >= 26 => Format::Bmp,
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Format::Tiff,
            [0x1A, 0x45, 0xDF, 0xA3, ..] => Format::Matroska,
            [b'f', b'L', b'a', b'C', ..] => Format::Flac,
            [b'O', b'g', b'g', b'S', ..] => Format::Ogg,
            [b'I', b'D', b'3', ..] => Format::Mp3,
            _ if is_iso_media(brand) && foreign_brand(brand).is_none() => Format::Mp4,
            [0xFF, second, third, ..] if is_mpeg_audio(*second, *third) => Format::Mp3,
            _ => return None,
        };
        Some(format)
    }
}

/// What else a file is, in words, and its media type.
pub(crate) fn stranger(head: &[u8]) -> (&'static str, &'static str) {
    let brand = head.get(4..12).unwrap_or_default();
    let start = head.trim_ascii_start();
    match head {
        _ if foreign_brand(brand).is_some() => {
            foreign_brand(brand).unwrap_or(("a picture", "application/octet-stream"))
        }
        [b'%', b'P', b'D', b'F', ..] => ("a PDF", "application/pdf"),
        [b'8', b'B', b'P', b'S', ..] => ("a Photoshop file", "image/vnd.adobe.photoshop"),
        [b'P', b'K', 3, 4, ..] => ("a zip archive, or a document in one", "application/zip"),
        [0x76, 0x2F, 0x31, 0x01, ..] => ("an OpenEXR picture", "image/x-exr"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'A',
            b'V',
            b'I',
            b' ',
            ..,
        ] => ("an AVI video", "video/x-msvideo"),
        _ if start.starts_with(b"<svg") => ("an SVG drawing", "image/svg+xml"),
        _ if std::str::from_utf8(head).is_ok_and(|it| !it.contains('\0')) => ("text", "text/plain"),
        _ => ("nothing that StoryCore knows", "application/octet-stream"),
    }
}

fn is_iso_media(brand: &[u8]) -> bool {
    // Old QuickTime files begin without a brand.
    [&b"ftyp"[..], b"moov", b"mdat", b"wide", b"free", b"skip"]
        .iter()
        .any(|it| brand.starts_with(it))
}

/// Still pictures in the clothes of a video.
fn foreign_brand(brand: &[u8]) -> Option<(&'static str, &'static str)> {
    match brand {
        b"ftypheic" | b"ftypheix" | b"ftypmif1" | b"ftypheif" => {
            Some(("a HEIC photo", "image/heic"))
        }
        b"ftypavif" | b"ftypavis" => Some(("an AVIF picture", "image/avif")),
        _ => None,
    }
}

/// A frame header of MPEG audio: sync, a version, layer III, a bit rate and a sample rate.
fn is_mpeg_audio(second: u8, third: u8) -> bool {
    let has_sync = second & 0xE0 == 0xE0;
    let version = second >> 3 & 3;
    let layer = second >> 1 & 3;
    let (bit_rate, sample_rate) = (third >> 4, third >> 2 & 3);
    has_sync && version != 1 && layer == 1 && bit_rate != 15 && bit_rate != 0 && sample_rate != 3
}

//! Files that are no picture we can show: what they are, and what to do.

use storycore_schema::Error;

/// Why a file cannot be brought in.
pub(super) fn stranger(bytes: &[u8], name: &str) -> Error {
    let brand = bytes.get(4..12).unwrap_or_default();
    let start = bytes.trim_ascii_start();
    let is_xml = start.starts_with(b"<");
    let what = match brand {
        b"ftypheic" | b"ftypheix" | b"ftypmif1" | b"ftypheif" => "a HEIC photo",
        b"ftypavif" | b"ftypavis" => "an AVIF picture",
        _ if brand.starts_with(b"ftyp") => "a video",
        _ if bytes.starts_with(b"%PDF") => "a PDF",
        _ if bytes.starts_with(b"8BPS") => "a Photoshop file",
        _ if is_xml && memchr::memmem::find(bytes, b"<svg").is_some() => "an SVG drawing",
        _ if bytes.starts_with(b"PK\x03\x04") => "a zip archive, or a document in one",
        _ if is_text(bytes) => "text",
        _ => "no picture that StoryCore knows",
    };
    Error::invalid_params(format!("`{name}` is {what}")).hint(
        "bring in a PNG, JPEG, WebP, GIF, BMP or TIFF; drawing programs export PNG, phones JPEG",
    )
}

fn is_text(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(4_096)];
    match std::str::from_utf8(start) {
        Ok(_) => !start.contains(&0),
        // The start may end within a letter.
        Err(error) => error.error_len().is_none() && !start.contains(&0),
    }
}

//! Exif: which way a picture stands, and texts that programs keep there.

use exif::{Exif, In, Tag, Value};

use crate::{Limits, media::Turn, text};

/// What Exif says.
pub(crate) struct Found {
    /// How the picture stands.
    pub(crate) turn: Turn,
    /// Texts by key, or why one was left out.
    pub(crate) texts: Vec<(String, Result<String, String>)>,
}

/// Fields that are looked at, in fields; a table can have 65,535 that all point to one long text.
const FIELDS_MAX: usize = 64;

/// Reads the tables of Exif, without the head that JPEG puts before them.
pub(crate) fn read(bytes: Vec<u8>, limits: &Limits) -> Result<Found, String> {
    let mut reader = exif::Reader::new();
    reader.continue_on_error(true);
    let exif = reader
        .read_raw(bytes)
        .or_else(|error| error.distill_partial_result(|_| ()))
        .map_err(|error| error.to_string())?;
    let orientation = exif
        .get_field(Tag::Orientation, In::PRIMARY)
        .and_then(|it| it.value.get_uint(0));
    Ok(Found {
        turn: Turn::from_exif(orientation.unwrap_or(1)),
        texts: texts(&exif, limits),
    })
}

fn texts(exif: &Exif, limits: &Limits) -> Vec<(String, Result<String, String>)> {
    let mut texts = Vec::new();
    let mut left_bytes = limits.text_bytes_max;
    for field in exif.fields().take(FIELDS_MAX) {
        let bytes = match &field.value {
            Value::Ascii(lines) => lines.join(&b'\n'),
            // Pillow writes it as bytes, though Exif asks for bytes of no kind.
            Value::Undefined(bytes, _) | Value::Byte(bytes) if field.tag == Tag::UserComment => {
                bytes.clone()
            }
            _ => continue,
        };
        let n_bytes = bytes.len() as u64;
        let Some(left) = left_bytes.checked_sub(n_bytes) else {
            // Any further one could be as long again, and may be the same bytes.
            texts.push((field.tag.to_string(), Err(text::too_long(n_bytes, limits))));
            break;
        };
        left_bytes = left;
        let text = match field.tag {
            Tag::UserComment => user_comment(&bytes),
            _ => text::latin_1(&bytes),
        };
        if !text.is_empty() {
            texts.push((field.tag.to_string(), Ok(text)));
        }
    }
    texts
}

/// A comment begins with eight letters that say how it is written (Exif 2.32 §4.6.5).
fn user_comment(bytes: &[u8]) -> String {
    let (code, rest) = bytes.split_at(bytes.len().min(8));
    match code {
        b"UNICODE\0" => utf_16(rest),
        b"ASCII\0\0\0" | b"\0\0\0\0\0\0\0\0" => text::latin_1(rest),
        _ => text::latin_1(bytes),
    }
    .trim_matches(['\0', ' '])
    .to_owned()
}

/// UTF-16 in either order: writers do not agree, and Latin letters tell which it is.
fn utf_16(bytes: &[u8]) -> String {
    let pairs = || bytes.chunks_exact(2);
    let zeros_first = pairs().filter(|it| it[0] == 0).count();
    let zeros_second = pairs().filter(|it| it[1] == 0).count();
    let read = if zeros_second > zeros_first {
        |it: &[u8]| u16::from_le_bytes([it[0], it[1]])
    } else {
        |it: &[u8]| u16::from_be_bytes([it[0], it[1]])
    };
    let letters: Vec<u16> = pairs().map(read).filter(|it| *it != 0xFEFF).collect();
    String::from_utf16_lossy(&letters)
}

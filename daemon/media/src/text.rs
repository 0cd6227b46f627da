//! Texts of a file as they are found: unpacked within the limits, or left out with the reason.

use std::io::Read;

use flate2::read::ZlibDecoder;

use crate::{
    Error, Limits,
    media::{Media, Text},
};

/// Keys are shown to people and compared; longer ones are cut.
const KEY_CHARS_MAX: usize = 256;

impl Media {
    /// Keeps a text, if there is room.
    pub(crate) fn add_text(
        &mut self,
        key: &str,
        place: &'static str,
        text: Result<String, String>,
        limits: &Limits,
    ) {
        if self.texts.len() >= limits.texts_max {
            let note = format!(
                "it holds more texts than the limit texts_max, {}; the rest is left out",
                limits.texts_max
            );
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
            return;
        }
        let room = self.text_room(limits);
        let text = text.and_then(|it| match it.len() as u64 {
            n_bytes if n_bytes <= room => Ok(it),
            n_bytes => Err(too_long(n_bytes, limits)),
        });
        let (text, left_out) = match text {
            Ok(text) => (text, None),
            Err(why) => (String::new(), Some(why)),
        };
        self.text_bytes += text.len() as u64;
        self.texts.push(Text {
            key: key.chars().take(KEY_CHARS_MAX).collect(),
            place,
            text,
            left_out,
        });
    }

    /// How long a further text may be, in bytes.
    pub(crate) fn text_room(&self, limits: &Limits) -> u64 {
        match self.texts.len() < limits.texts_max {
            true => limits.text_bytes_max.saturating_sub(self.text_bytes),
            false => 0,
        }
    }

    /// Unpacks a zlib stream, and stops where the room ends: a small file can hold many very long
    /// texts. What did not fit counts as well, as it took time.
    pub(crate) fn inflate(&mut self, packed: &[u8], limits: &Limits) -> Result<Vec<u8>, String> {
        let room = self.text_room(limits);
        let mut bytes = Vec::new();
        let mut unpacked = ZlibDecoder::new(packed).take(room.saturating_add(1));
        if let Err(error) = unpacked.read_to_end(&mut bytes) {
            self.text_bytes += bytes.len() as u64;
            return Err(format!("cannot be unpacked: {error}"));
        }
        if bytes.len() as u64 > room {
            self.text_bytes += room;
            let max = limits.text_bytes_max;
            return Err(format!(
                "unpacks to more than all texts may have, text_bytes_max, {max} bytes"
            ));
        }
        Ok(bytes)
    }
}

/// Why a text that says its length is not read.
pub(crate) fn too_long(n_bytes: u64, limits: &Limits) -> String {
    let max = limits.text_bytes_max;
    format!("has {n_bytes} bytes, and all texts may have text_bytes_max, {max} bytes")
}

/// Text of one byte a letter, ISO 8859-1. Many programs write UTF-8 all the same, so that is
/// tried first.
pub(crate) fn latin_1(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|it| char::from(*it)).collect(),
    }
}

/// Text that must be UTF-8.
pub(crate) fn utf_8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| format!("is no UTF-8: {error}"))
}

/// Whether a failure to read one text leaves the rest of the file readable.
pub(crate) fn keep_reading(result: Result<(), Error>, media: &mut Media) -> Result<(), Error> {
    match result {
        Err(error @ (Error::Damaged { .. } | Error::Truncated { .. })) => {
            media
                .notes
                .push(format!("its texts cannot be read: {error}"));
            Ok(())
        }
        other => other,
    }
}

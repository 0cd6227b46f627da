//! Places in a text as editors tell them: a line, and a column in the units that were agreed on.

use storycore_core::fountain::Script;
use tower_lsp_server::ls_types::{Position, PositionEncodingKind, Range};

/// What a column counts (LSP 3.17, `PositionEncodingKind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// Code units of UTF-16: what is meant when nothing was agreed on.
    Utf16,
    /// Characters (Unicode scalar values).
    Utf32,
}

impl Encoding {
    /// The first that both sides know; bytes are what we count.
    pub(super) fn agreed(offered: Option<&[PositionEncodingKind]>) -> Encoding {
        let offered = offered.unwrap_or_default();
        if offered.contains(&PositionEncodingKind::UTF8) {
            Encoding::Utf8
        } else if offered.contains(&PositionEncodingKind::UTF16) || offered.is_empty() {
            Encoding::Utf16
        } else if offered.contains(&PositionEncodingKind::UTF32) {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        }
    }

    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn len(self, letter: char) -> usize {
        match self {
            Encoding::Utf8 => letter.len_utf8(),
            Encoding::Utf16 => letter.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }

    /// The byte of a line at a column. One beyond the line is its end; one inside a character is
    /// where that starts.
    fn byte(self, line: &str, column: usize) -> usize {
        let mut counted = 0;
        for (at, letter) in line.char_indices() {
            counted += self.len(letter);
            if counted > column {
                return at;
            }
        }
        line.len()
    }

    /// The column of a byte of a line.
    pub(super) fn column(self, line: &str, byte: usize) -> usize {
        let before = line.char_indices().take_while(|(at, _)| *at < byte);
        before.map(|(_, letter)| self.len(letter)).sum()
    }
}

/// The byte of a text at a position. A line beyond the text is its end.
pub(super) fn byte_at(script: &Script, position: Position, encoding: Encoding) -> usize {
    let wanted = position.line as usize;
    if wanted > script.n_lines() {
        return script.len();
    }
    let Some(start) = script.block_at_line(wanted) else {
        return 0;
    };
    let Some(block) = script.blocks().get(start.block_idx) else {
        return script.len();
    };
    let mut at = 0;
    for _ in start.line..wanted {
        at += line_len(&block.text[at..]);
    }
    let line = without_end(&block.text[at..at + line_len(&block.text[at..])]);
    start.byte + at + encoding.byte(line, position.character as usize)
}

/// The position of a byte of a text.
pub(super) fn position_at(script: &Script, byte: usize, encoding: Encoding) -> Position {
    let Some(start) = script.block_at(byte) else {
        return Position::new(0, 0);
    };
    let Some(block) = script.blocks().get(start.block_idx) else {
        return Position::new(0, 0);
    };
    let byte = (byte - start.byte).min(block.text.len());
    let (mut at, mut line) = (0, start.line);
    loop {
        let len = line_len(&block.text[at..]);
        let is_last = !ends_line(&block.text[at..at + len]);
        if byte < at + len || is_last {
            let text = without_end(&block.text[at..at + len]);
            let column = encoding.column(text, byte - at);
            return Position::new(short(line), short(column));
        }
        (at, line) = (at + len, line + 1);
    }
}

/// The positions of a part of a text.
pub(super) fn range_of(
    script: &Script,
    bytes: std::ops::Range<usize>,
    encoding: Encoding,
) -> Range {
    Range::new(
        position_at(script, bytes.start, encoding),
        position_at(script, bytes.end, encoding),
    )
}

/// A line counted from 0, whole and without its end.
pub(super) fn line_range(script: &Script, line: usize, encoding: Encoding) -> Range {
    let start = Position::new(short(line), 0);
    let end = byte_at(script, Position::new(short(line), u32::MAX), encoding);
    Range::new(start, position_at(script, end, encoding))
}

pub(super) fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The length of the first line, its end included: LF, CR or both (LSP 3.17, `EOL`).
fn line_len(text: &str) -> usize {
    match memchr::memchr2(b'\n', b'\r', text.as_bytes()) {
        Some(at) if text[at..].starts_with("\r\n") => at + 2,
        Some(at) => at + 1,
        None => text.len(),
    }
}

fn ends_line(line: &str) -> bool {
    line.ends_with(['\n', '\r'])
}

fn without_end(line: &str) -> &str {
    line.trim_end_matches(['\n', '\r'])
}

#[cfg(test)]
mod tests;

//! The title page: keys and values at the very top of a script.

use std::ops::Range;

use super::line::{Line, short, without_bom};

/// One key of the title page with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleEntry {
    /// The key as written, without its colon.
    pub key: String,
    /// Where the key is, without its colon.
    pub key_span: Range<u32>,
    /// Its values, one a line.
    pub values: Vec<TitleValue>,
}

/// One line of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleValue {
    /// The line, trimmed.
    pub text: String,
    /// Where it is.
    pub span: Range<u32>,
}

/// Reads the lines of a title page, which are the script's first, up to a blank one. Returns
/// nothing when they are no title page.
pub(super) fn parse(text: &str, lines: &[Line]) -> Vec<TitleEntry> {
    let mut entries: Vec<TitleEntry> = Vec::new();
    if !is_title_page(text, lines) {
        return entries;
    }
    for line in lines {
        let content = content(text, *line);
        let last = entries.last_mut();
        match (key(content), last) {
            (Some(key), _) => {
                let value = &content[key.len() + 1..];
                let mut entry = TitleEntry {
                    key: key.trim_end().to_owned(),
                    key_span: span_in(text, key.trim_end()),
                    values: Vec::new(),
                };
                entry.values.extend(self::value(text, value));
                entries.push(entry);
            }
            (None, Some(entry)) => entry.values.extend(value(text, content)),
            (None, None) => {}
        }
    }
    entries
}

/// Whether the lines are a title page. `FADE IN:` before an empty line is not one: a first key has
/// a value beside or below it.
fn is_title_page(text: &str, lines: &[Line]) -> bool {
    let Some(first) = lines.first().map(|it| content(text, *it)) else {
        return false;
    };
    let Some(key) = key(first) else { return false };
    let second = lines.get(1).map(|it| content(text, *it));
    !first[key.len() + 1..].trim().is_empty()
        || second.is_some_and(|it| it.starts_with(char::is_whitespace) || self::key(it).is_some())
}

/// No key of a title page is longer; a line with a late colon is a sentence.
const KEY_BYTES_MAX: usize = 60;

/// The key that a line starts with, up to its colon.
fn key(line: &str) -> Option<&str> {
    let at = memchr::memchr(
        b':',
        line.as_bytes()
            .get(..KEY_BYTES_MAX)
            .unwrap_or(line.as_bytes()),
    )?;
    let key = &line[..at];
    let is_markup = |it| {
        matches!(
            it,
            '.' | '!' | '@' | '>' | '~' | '#' | '=' | '[' | '/' | '('
        )
    };
    let is_key = key.starts_with(|it: char| !it.is_whitespace() && !is_markup(it));
    (is_key && !key.ends_with("://")).then_some(key)
}

fn value(text: &str, line: &str) -> Option<TitleValue> {
    let line = line.trim();
    (!line.is_empty()).then(|| TitleValue {
        text: line.to_owned(),
        span: span_in(text, line),
    })
}

fn content(text: &str, line: Line) -> &str {
    let content = &text[line.start..line.end];
    if line.start == 0 {
        without_bom(content)
    } else {
        content
    }
}

/// Where `part`, a slice of `text`, is in it.
fn span_in(text: &str, part: &str) -> Range<u32> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    short(&(start..start + part.len()))
}

//! How words get into HTML: escaped, and written as people of the craft read them.

use std::fmt::{self, Display, Write as _};

/// A text as HTML, in an element or in a double-quoted attribute. Characters that HTML forbids
/// become U+FFFD.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for it in self.0.chars() {
            match it {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\r' => f.write_char(' ')?,
                it if is_forbidden(it) => f.write_char(char::REPLACEMENT_CHARACTER)?,
                it => f.write_char(it)?,
            }
        }
        Ok(())
    }
}

/// Control characters and noncharacters (HTML, 13.1.4 "Character references" and 13.2.3.5).
fn is_forbidden(it: char) -> bool {
    let is_noncharacter = matches!(it, '\u{FDD0}'..='\u{FDEF}') || u32::from(it) & 0xFFFE == 0xFFFE;
    is_noncharacter || (it.is_control() && it != '\n' && it != '\t')
}

/// Lines as HTML, with a break between them.
pub(super) struct Lines<'a>(pub(super) &'a str);

impl Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.lines().map(str::trim).filter(|it| !it.is_empty());
        for (index, line) in lines.enumerate() {
            if index > 0 {
                f.write_str("<br>")?;
            }
            Escaped(line).fmt(f)?;
        }
        Ok(())
    }
}

/// A text as a CSS string. What could end the string, or the style element around it, is written
/// as a number.
pub(super) struct CssString<'a>(pub(super) &'a str);

impl Display for CssString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for it in self.0.chars() {
            match it {
                '\0' => f.write_char(char::REPLACEMENT_CHARACTER)?,
                ' ' => f.write_char(' ')?,
                it if it.is_alphanumeric() => f.write_char(it)?,
                it => write!(f, "\\{:x} ", u32::from(it))?,
            }
        }
        f.write_char('"')
    }
}

/// Running time: `12:05`, or `1:02:05` from an hour on.
pub(super) struct RunningTime(pub(super) u64);

impl Display for RunningTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.saturating_add(500) / 1_000;
        let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        match h {
            0 => write!(f, "{m}:{s:02}"),
            _ => write!(f, "{h}:{m:02}:{s:02}"),
        }
    }
}

/// The length of one shot: `3 s`, `2.5 s`.
pub(super) struct ShotLength(pub(super) u32);

impl Display for ShotLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (u64::from(self.0) + 50) / 100;
        match tenths % 10 {
            0 => write!(f, "{}\u{a0}s", tenths / 10),
            tenth => write!(f, "{}.{tenth}\u{a0}s", tenths / 10),
        }
    }
}

/// `1 shot`, `3 shots`.
pub(super) fn counted(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n}\u{a0}{noun}{plural}")
}

/// `MAYA`, `MAYA and JONAS`, `MAYA, JONAS and ZOÉ`.
pub(super) fn list_of(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [name] => name.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A value of the title page without Fountain's marks of emphasis.
pub(super) fn plain(value: &str) -> String {
    value.replace(['*', '_'], "")
}

/// A speech in parts: its words, and what stands in parentheses, with them.
pub(super) fn parts_of_speech(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (at, it) in text.char_indices() {
        match it {
            '(' | '（' => {
                if depth == 0 && start < at {
                    parts.push(Part::Words(&text[start..at]));
                    start = at;
                }
                depth += 1;
            }
            ')' | '）' if depth > 0 => {
                depth -= 1;
                let end = at + it.len_utf8();
                if depth == 0 {
                    parts.push(Part::Aside(&text[start..end]));
                    start = end;
                }
            }
            _ => {}
        }
    }
    // A parenthesis that is never closed is no aside.
    if start < text.len() {
        parts.push(Part::Words(&text[start..]));
    }
    parts
}

/// A part of a speech.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// What is said.
    Words(&'a str),
    /// How it is said.
    Aside(&'a str),
}

//! Where a text falls into blocks. Only three things decide: which lines look like a heading, which
//! lines before them are blank, and what boneyards hide. So a block can be parsed by itself.

use std::ops::Range;

use super::heading;
use super::line::{Boneyards, Class, Hidden, Line, lines, without_bom};

/// A text cut into blocks, with what its neighbours must know of it.
#[derive(Debug)]
pub(super) struct Pieces {
    pub(super) ranges: Vec<Range<usize>>,
    /// Whether the first of them starts with a heading.
    pub(super) starts_with_heading: bool,
    /// Whether a heading may follow: the last line is blank and ended.
    pub(super) ends_blank: bool,
    /// Whether a `/*` is waiting for a `*/`.
    pub(super) has_unclosed: bool,
    /// Whether there is a `*/` that an earlier `/*` could wait for.
    pub(super) has_end: bool,
}

/// Cuts `text`, which follows a blank line or nothing.
pub(super) fn split(text: &str) -> Pieces {
    let boneyards = Boneyards::find(text);
    let (mut starts, mut after_blank) = (Vec::new(), true);
    // A block may start before its first heading only at the top of the script.
    let mut lines = lines(text).peekable();
    while let Some(line) = lines.next() {
        if after_blank && is_heading(text, line, lines.peek(), &boneyards.hidden) {
            starts.push(line.start);
        }
        // Notes do not matter here: no note makes a line blank.
        let class = Class::of(text, line, &boneyards.hidden, &Hidden::default());
        after_blank = class.is_blank() && line.is_terminated();
    }
    let starts_with_heading = starts.first() == Some(&0);
    if !starts_with_heading && !text.is_empty() {
        starts.insert(0, 0);
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    Pieces {
        ranges: starts
            .iter()
            .copied()
            .zip(ends)
            .map(|(start, end)| start..end)
            .collect(),
        starts_with_heading,
        ends_blank: after_blank,
        has_unclosed: boneyards.unclosed.is_some(),
        has_end: boneyards.has_end,
    }
}

/// Whether a line opens a scene, given that it follows a blank one. `next` must be blank too, or
/// start with a note. A byte order mark at the start of the text is no part of its line.
pub(super) fn is_heading(text: &str, line: Line, next: Option<&Line>, boneyards: &Hidden) -> bool {
    let content = &text[line.start..line.end];
    let content = if line.start == 0 {
        without_bom(content)
    } else {
        content
    };
    // Most lines are told by their first letter, which keeps long scripts cheap.
    let first = content.trim_start().bytes().next();
    if !matches!(first, Some(b'.' | b'i' | b'I' | b'e' | b'E' | b'/')) {
        return false;
    }
    let range = line.end - content.len()..line.end;
    let reaches_in = |it: &Range<usize>| it.start < range.start;
    if boneyards.within(&range).first().is_some_and(reaches_in) {
        return false;
    }
    let is_blank = |it: &Line| Class::of(text, *it, boneyards, &Hidden::default()).is_blank();
    let is_noted = |it: &Line| text[it.start..it.end].trim_start().starts_with("[[");
    next.is_none_or(|it| is_blank(it) || is_noted(it))
        && heading::is_heading(&boneyards.strip(text, range))
}

//! Where a text falls into blocks. Only three things decide: which lines look like a heading, which
//! lines before them are blank, and what boneyards hide. So a block can be parsed by itself.

use std::ops::Range;

use super::heading;
use super::line::{Boneyards, Class, Hidden, lines, without_bom};

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

/// Cuts `text`, which follows a blank line, or nothing when it `is_first`.
pub(super) fn split(text: &str, is_first: bool) -> Pieces {
    let boneyards = Boneyards::find(text);
    let (mut starts, mut after_blank) = (Vec::new(), true);
    // A block may start before its first heading only at the top of the script.
    for line in lines(text) {
        let range = line.start..line.end;
        if after_blank && is_heading(text, &range, is_first, &boneyards.hidden) {
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

/// Whether the line at `range` opens a scene, given that it follows a blank line.
fn is_heading(text: &str, range: &Range<usize>, is_first: bool, boneyards: &Hidden) -> bool {
    let line = &text[range.clone()];
    let line = if is_first && range.start == 0 {
        without_bom(line)
    } else {
        line
    };
    // Most lines are told by their first letter, which keeps long scripts cheap.
    if !matches!(
        line.trim_start().bytes().next(),
        Some(b'.' | b'i' | b'I' | b'e' | b'E' | b'/')
    ) {
        return false;
    }
    let hidden = boneyards.within(range);
    if hidden.first().is_some_and(|it| it.start < range.start) {
        return false;
    }
    let start = range.end - line.len();
    heading::is_heading(&boneyards.strip(text, start..range.end))
}

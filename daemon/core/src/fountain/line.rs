//! Lines and what they hold: where they end, what is commented out, which of them are blank.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2_iter, memmem};

/// One line; `start..end` is its text, `end..next` its line end, which the last line may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) next: usize,
}

impl Line {
    /// Whether a line end closes it.
    pub(super) fn is_terminated(self) -> bool {
        self.next > self.end
    }
}

/// The lines of a text. `\n`, `\r\n` and a lone `\r` end a line, as in the Language Server Protocol.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line> + Clone {
    let bytes = text.as_bytes();
    let mut ends = memchr2_iter(b'\n', b'\r', bytes);
    let mut start = 0;
    std::iter::from_fn(move || {
        if start == bytes.len() {
            return None;
        }
        // The `\n` of a `\r\n` ends no other line.
        let end = ends.find(|it| *it >= start).unwrap_or(bytes.len());
        let next = match bytes.get(end) {
            None => end,
            Some(b'\r') if bytes.get(end + 1) == Some(&b'\n') => end + 2,
            Some(_) => end + 1,
        };
        let line = Line { start, end, next };
        start = next;
        Some(line)
    })
}

/// Sorted ranges that do not overlap: what a reader of the film does not see.
#[derive(Debug, Default)]
pub(super) struct Hidden(Vec<Range<usize>>);

impl Hidden {
    /// The ranges that share text with `range`; one that an empty range lies in counts too.
    pub(super) fn within(&self, range: &Range<usize>) -> &[Range<usize>] {
        let first = self.0.partition_point(|it| it.end <= range.start);
        let n = self.0[first..]
            .iter()
            .take_while(|it| it.start < range.end)
            .count();
        &self.0[first..first + n]
    }

    /// The text of `range` without what is hidden.
    pub(super) fn strip<'t>(&self, text: &'t str, range: Range<usize>) -> Cow<'t, str> {
        let hidden = self.within(&range);
        if hidden.is_empty() {
            return Cow::Borrowed(&text[range]);
        }
        Cow::Owned(gaps(hidden, range).map(|it| &text[it]).collect())
    }

    /// Both lists as one.
    pub(super) fn union(&self, other: &Hidden) -> Hidden {
        let mut all: Vec<_> = self.0.iter().chain(&other.0).cloned().collect();
        all.sort_unstable_by_key(|it| it.start);
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(all.len());
        for range in all {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        Hidden(merged)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn ranges(&self) -> &[Range<usize>] {
        &self.0
    }
}

impl From<Vec<Range<usize>>> for Hidden {
    fn from(sorted: Vec<Range<usize>>) -> Hidden {
        Hidden(sorted)
    }
}

/// What is left of `range` between `hidden` ranges.
pub(super) fn gaps(
    hidden: &[Range<usize>],
    range: Range<usize>,
) -> impl Iterator<Item = Range<usize>> {
    let starts = std::iter::once(range.start).chain(
        hidden
            .iter()
            .map(move |it| it.end.clamp(range.start, range.end)),
    );
    let ends = hidden
        .iter()
        .map(move |it| it.start.clamp(range.start, range.end))
        .chain(std::iter::once(range.end));
    starts
        .zip(ends)
        .map(|(start, end)| start..end)
        .filter(|it| !it.is_empty())
}

/// The boneyards of a text.
#[derive(Debug, Default)]
pub(super) struct Boneyards {
    /// From `/*` to `*/`, both included.
    pub(super) hidden: Hidden,
    /// The first `/*` that nothing closes. It is literal text, and so is every one after it.
    pub(super) unclosed: Option<usize>,
    /// Whether `*/` occurs at all, as the end of a boneyard or astray.
    pub(super) has_end: bool,
}

impl Boneyards {
    /// Finds them. A boneyard ends at the first `*/`: they do not nest.
    pub(super) fn find(text: &str) -> Boneyards {
        let bytes = text.as_bytes();
        // Most blocks hold no star at all.
        if memchr(b'*', bytes).is_none() {
            return Boneyards::default();
        }
        let (start, end) = (memmem::Finder::new("/*"), memmem::Finder::new("*/"));
        let mut found = Boneyards {
            has_end: end.find(bytes).is_some(),
            ..Boneyards::default()
        };
        let (mut spans, mut at) = (Vec::new(), 0);
        while let Some(open) = start.find(&bytes[at..]).map(|it| at + it) {
            let Some(close) = end.find(&bytes[open + 2..]).map(|it| open + 2 + it + 2) else {
                found.unclosed = Some(open);
                break;
            };
            spans.push(open..close);
            at = close;
        }
        found.hidden = Hidden(spans);
        found
    }
}

/// Whether a text starts with a visible ASCII character, as nearly every line does: the quick
/// answer before a careful one.
pub(super) fn starts_plain(text: &str) -> bool {
    text.bytes().next().is_some_and(|it| it.is_ascii_graphic())
}

/// A text without the blanks around it. Nearly always there are none.
pub(super) fn trimmed(text: &str) -> &str {
    let ends_plain = text
        .bytes()
        .next_back()
        .is_some_and(|it| it.is_ascii_graphic());
    if ends_plain && starts_plain(text) {
        text
    } else {
        text.trim()
    }
}

/// A text without its byte order mark.
pub(super) fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// What a line holds once boneyards and notes are taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing, or a single space: it ends whatever came before.
    Empty,
    /// Two spaces or more: blank, but it holds a speech or a note together.
    Spaces,
    /// Nothing but boneyard.
    Boneyard,
    /// Nothing but notes, and perhaps boneyard.
    Noted,
    /// Words.
    Text,
}

impl Class {
    /// Whether it separates what comes before from what comes after.
    pub(super) fn is_blank(self) -> bool {
        matches!(self, Class::Empty | Class::Spaces | Class::Boneyard)
    }

    /// What a line is, given what hides parts of it.
    #[inline]
    pub(super) fn of(text: &str, line: Line, boneyards: &Hidden, notes: &Hidden) -> Class {
        if boneyards.is_empty() && notes.is_empty() && line.start > 0 {
            return Class::of_bare(&text[line.start..line.end]);
        }
        Class::of_hidden(text, line, boneyards, notes)
    }

    fn of_hidden(text: &str, line: Line, boneyards: &Hidden, notes: &Hidden) -> Class {
        let bom_len = if line.start == 0 {
            text.len() - without_bom(text).len()
        } else {
            0
        };
        let range = line.start + bom_len..line.end;
        let noted = notes.within(&range);
        let boned = boneyards.within(&range);
        if noted.is_empty() && boned.is_empty() {
            return Class::of_bare(&text[range]);
        }
        let is_blank = |it: Range<usize>| text[it].trim().is_empty();
        // What lies in neither: the gaps of one list, each cut by the other.
        let blank = gaps(boned, range).all(|gap| gaps(notes.within(&gap), gap).all(is_blank));
        match (blank, noted.is_empty()) {
            (false, _) => Class::Text,
            (true, false) => Class::Noted,
            (true, true) => Class::Boneyard,
        }
    }

    fn of_bare(line: &str) -> Class {
        if starts_plain(line) || !line.trim().is_empty() {
            Class::Text
        } else if line.chars().nth(1).is_some() {
            Class::Spaces
        } else {
            Class::Empty
        }
    }
}

/// A range as blocks keep it. A block beyond 4 GiB has its last spans cut off, never wrapped.
pub(super) fn short(range: &Range<usize>) -> Range<u32> {
    let cut = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    cut(range.start)..cut(range.end)
}

/// The same range for slicing.
pub(super) fn long(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

//! What happens inside a line: emphasis, escapes, and the words that are left without them.

use std::ops::Range;

use memchr::memchr3;

use super::block::ElementKind;
use super::line::{Hidden, Line, gaps, lines, short};

/// A stretch of emphasized words. Emphasis never crosses a line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emphasis {
    /// How it is emphasized.
    pub style: Style,
    /// Where the words are in the block, without the signs around them.
    pub span: Range<u32>,
}

/// How words are emphasized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// `_words_`
    Underline,
    /// `*words*`
    Italic,
    /// `**words**`
    Bold,
    /// `***words***`
    BoldItalic,
}

impl Style {
    const ALL: [Style; 4] = [
        Style::Underline,
        Style::Italic,
        Style::Bold,
        Style::BoldItalic,
    ];

    /// How many signs stand on each side.
    pub fn sign_len(self) -> usize {
        match self {
            Style::Underline | Style::Italic => 1,
            Style::Bold => 2,
            Style::BoldItalic => 3,
        }
    }
}

/// Finds the emphasis in a range of a block's text.
pub(super) fn emphasis(text: &str, range: Range<usize>, hidden: &Hidden) -> Vec<Emphasis> {
    let mut found = scan(text, range, hidden).emphasis;
    found.sort_by_key(|it| (it.span.start, std::cmp::Reverse(it.span.end)));
    found
}

/// The text of a range without markup, notes and comments. Line ends stay.
pub(super) fn words(
    text: &str,
    range: Range<usize>,
    kind: &ElementKind,
    hidden: &Hidden,
) -> String {
    if text.get(range.clone()).is_none() {
        return String::new();
    }
    let mut signs = scan(text, range.clone(), hidden).signs;
    for line in lines_in(text, &range) {
        signs.extend(line_signs(text, line, kind, hidden));
    }
    signs.retain(|it| !it.is_empty());
    signs.sort_unstable_by_key(|it| it.start);
    let dropped = Hidden::from(signs).union(hidden);
    dropped.strip(text, range).into_owned()
}

/// The lines of a range, their places counted from the start of the text.
fn lines_in<'t>(text: &'t str, range: &Range<usize>) -> impl Iterator<Item = Line> + use<'t> {
    let from = range.start;
    let shift = move |it: Line| Line {
        start: it.start + from,
        end: it.end + from,
        next: it.next + from,
    };
    lines(text.get(range.clone()).unwrap_or_default()).map(shift)
}

/// The signs at a line's ends that make it what it is: `!`, `~`, `> <`, `@`, `^`.
fn line_signs(text: &str, line: Line, kind: &ElementKind, hidden: &Hidden) -> [Range<usize>; 2] {
    let none = line.start..line.start;
    let range = line.start..line.end;
    let within = hidden.within(&range);
    if within.first().is_some_and(|it| it.start < range.start) {
        return [none.clone(), none];
    }
    let shown = |it: &Range<usize>| !text[it.clone()].trim().is_empty();
    let first = gaps(within, range.clone()).find(shown);
    let last = gaps(within, range).filter(shown).last();
    let (Some(first), Some(last)) = (first, last) else {
        return [none.clone(), none];
    };
    let (leading, trailing) = signs_of(kind);
    let start = first.end - text[first.clone()].trim_start().len();
    let n = text[start..first.end]
        .bytes()
        .take_while(|it| Some(*it) == leading)
        .count();
    let n = if matches!(kind, ElementKind::Section(_)) {
        n
    } else {
        n.min(1)
    };
    let end = last.start + text[last.clone()].trim_end().len();
    let has_sign = end > start + n && text.as_bytes().get(end - 1).copied() == trailing;
    [
        start..start + n,
        end - usize::from(has_sign && trailing.is_some())..end,
    ]
}

fn signs_of(kind: &ElementKind) -> (Option<u8>, Option<u8>) {
    match kind {
        ElementKind::Action => (Some(b'!'), None),
        ElementKind::Character(_) => (Some(b'@'), Some(b'^')),
        ElementKind::Lyrics => (Some(b'~'), None),
        ElementKind::Transition => (Some(b'>'), None),
        ElementKind::Centered => (Some(b'>'), Some(b'<')),
        ElementKind::Section(_) => (Some(b'#'), None),
        ElementKind::Synopsis | ElementKind::PageBreak => (Some(b'='), None),
        ElementKind::Heading => (Some(b'.'), None),
        ElementKind::TitlePage
        | ElementKind::Parenthetical
        | ElementKind::Dialogue
        | ElementKind::Note
        | ElementKind::Boneyard => (None, None),
    }
}

/// The emphasis of a range and the signs that make it, escapes included.
#[derive(Default)]
struct Scan {
    emphasis: Vec<Emphasis>,
    signs: Vec<Range<usize>>,
    /// Where the last sign of each style stands that may still be closed.
    open: [Option<usize>; 4],
}

fn scan(text: &str, range: Range<usize>, hidden: &Hidden) -> Scan {
    let mut scan = Scan::default();
    for line in lines_in(text, &range) {
        scan.open = [None; 4];
        let range = line.start..line.end;
        for gap in gaps(hidden.within(&range), range) {
            scan.gap(text, line, gap);
        }
    }
    scan
}

impl Scan {
    fn gap(&mut self, text: &str, line: Line, gap: Range<usize>) {
        let bytes = text.as_bytes();
        let mut at = gap.start;
        while let Some(found) = memchr3(b'*', b'_', b'\\', &bytes[at..gap.end]) {
            at += found;
            let sign = bytes[at];
            if sign == b'\\' {
                at += self.escape(at, bytes.get(at + 1).filter(|_| at + 1 < gap.end));
                continue;
            }
            let n = bytes[at..gap.end]
                .iter()
                .take_while(|it| **it == sign)
                .count();
            let before = text[line.start..at].chars().next_back();
            let after = text[at + n..line.end].chars().next();
            let is_word = |it: Option<char>| it.is_some_and(|it| !it.is_whitespace());
            // A line inside a word, as in `take_2_final`, emphasizes nothing.
            let splits = |it: Option<char>| sign == b'_' && it.is_some_and(char::is_alphanumeric);
            let can_close = is_word(before) && !splits(after);
            let can_open = is_word(after) && !splits(before);
            self.run(sign, at..at + n, can_open, can_close);
            at += n;
        }
    }

    /// A backslash before a sign makes the sign plain. Returns how many bytes that took.
    fn escape(&mut self, at: usize, next: Option<&u8>) -> usize {
        if matches!(next, Some(b'*' | b'_' | b'\\')) {
            self.signs.push(at..at + 1);
            return 2;
        }
        1
    }

    /// A run of stars or lines. It closes what it can, then opens with what is left.
    fn run(&mut self, sign: u8, mut run: Range<usize>, can_open: bool, can_close: bool) {
        // More than three stars are a row of stars.
        if run.len() > if sign == b'_' { 1 } else { 3 } {
            return;
        }
        if can_close && sign == b'*' {
            self.split_open(run.len());
        }
        while can_close && let Some(style) = self.closable(sign, run.len()) {
            let n = self.close(style, run.start);
            run.start += n;
        }
        if can_open && !run.is_empty() {
            let style = if sign == b'_' { 0 } else { run.len() };
            self.open[style] = Some(run.start);
        }
    }

    /// Three stars that one or two close were two styles opened at once: `***a** b*`.
    fn split_open(&mut self, n: usize) {
        let is_innermost = |at: usize| self.open[1..3].iter().flatten().all(|it| *it < at);
        let Some(at) = self.open[3].filter(|at| n < 3 && is_innermost(*at)) else {
            return;
        };
        let (italic, bold) = if n == 2 { (at, at + 1) } else { (at + 2, at) };
        (self.open[1], self.open[2], self.open[3]) = (Some(italic), Some(bold), None);
    }

    /// The innermost open style that a run of that many signs can close.
    fn closable(&self, sign: u8, n: usize) -> Option<usize> {
        let styles = if sign == b'_' { 0..=0 } else { 1..=3 };
        let fits = |it: &usize| self.open[*it].is_some() && Style::ALL[*it].sign_len() <= n;
        styles.filter(fits).max_by_key(|it| self.open[*it])
    }

    fn close(&mut self, style_idx: usize, at: usize) -> usize {
        let style = Style::ALL[style_idx];
        let n = style.sign_len();
        if let Some(open) = self.open[style_idx].take() {
            self.emphasis.push(Emphasis {
                style,
                span: short(&(open + n..at)),
            });
            self.signs.extend([open..open + n, at..at + n]);
            // What was opened inside and is still open is plain text.
            for other in &mut self.open {
                *other = other.filter(|it| *it < open);
            }
        }
        n
    }
}

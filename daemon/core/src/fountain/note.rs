//! Notes: `[[ ]]`. They may span lines, but not an empty one, and never reach into another block.

use std::ops::Range;

use memchr::memchr2_iter;

use super::line::{Class, Hidden, Line, lines, short};
use super::problem::Problem;

/// A writer's note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// From `[[` to `]]`, both included.
    pub span: Range<u32>,
    /// What stands between, trimmed.
    pub text: String,
}

/// The notes of a block, and those that are never closed.
pub(super) fn find(text: &str, boneyards: &Hidden) -> (Vec<Range<usize>>, Vec<Problem>) {
    let mut finder = Finder {
        text,
        boneyards,
        open: None,
        notes: Vec::new(),
        problems: Vec::new(),
    };
    // Most blocks hold no note at all.
    if memchr::memmem::find(text.as_bytes(), b"[[").is_some() {
        lines(text).for_each(|line| finder.line(line));
        finder.end_paragraph();
    }
    (finder.notes, finder.problems)
}

struct Finder<'t> {
    text: &'t str,
    boneyards: &'t Hidden,
    open: Option<usize>,
    notes: Vec<Range<usize>>,
    problems: Vec<Problem>,
}

impl Finder<'_> {
    fn line(&mut self, line: Line) {
        if Class::of(self.text, line, self.boneyards, &Hidden::default()) == Class::Empty {
            self.end_paragraph();
        }
        let range = line.start..line.end;
        for gap in super::line::gaps(self.boneyards.within(&range), range) {
            self.gap(gap);
        }
    }

    /// Reads a stretch of one line that no boneyard hides.
    fn gap(&mut self, gap: Range<usize>) {
        let bytes = &self.text.as_bytes()[gap.clone()];
        let mut free = 0;
        for at in memchr2_iter(b'[', b']', bytes) {
            if at < free || bytes.get(at + 1) != Some(&bytes[at]) {
                continue;
            }
            match (bytes[at], self.open) {
                (b'[', None) => self.open = Some(gap.start + at),
                (b']', Some(open)) => {
                    self.notes.push(open..gap.start + at + 2);
                    self.open = None;
                }
                _ => continue,
            }
            free = at + 2;
        }
    }

    fn end_paragraph(&mut self) {
        if let Some(open) = self.open.take() {
            self.problems
                .push(Problem::unclosed_note(short(&(open..open + 2))));
        }
    }
}

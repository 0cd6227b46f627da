//! How much paper a script takes: an estimate in the measure of the trade, eighths of a page.
//!
//! A page of US letter in 12 pt Courier has ten letters and six lines an inch. With the usual margins
//! a page has 55 lines, action is 6.1 inches wide, dialogue 3.5 and a parenthetical 2.5.

use super::{Block, ElementKind};

/// Lines of a page.
const PAGE_LINES: u32 = 55;
/// Width of action, in letters.
const ACTION_LETTERS: usize = 61;
/// Width of dialogue, in letters.
const DIALOGUE_LETTERS: usize = 35;
/// Width of a parenthetical, in letters.
const PARENTHETICAL_LETTERS: usize = 25;

impl Block {
    /// Lines that a scene takes on paper, without what is not printed: notes, comments, sections,
    /// synopses and the title page.
    pub fn printed_lines(&self) -> u32 {
        let lines = |width: usize, text: &str| -> u32 {
            let wrapped = text.lines().map(|it| wrapped(it, width)).sum::<u32>();
            wrapped.max(1)
        };
        let element = |it: &super::Element| {
            let above = u32::from(!it.in_speech);
            let width = match it.kind {
                ElementKind::TitlePage
                | ElementKind::Section(_)
                | ElementKind::Synopsis
                | ElementKind::Note
                | ElementKind::PageBreak
                | ElementKind::Boneyard => return 0,
                ElementKind::Dialogue | ElementKind::Lyrics => DIALOGUE_LETTERS,
                ElementKind::Parenthetical => PARENTHETICAL_LETTERS,
                _ => ACTION_LETTERS,
            };
            above + lines(width, self.source(it))
        };
        self.elements.iter().map(element).sum()
    }

    /// Eighths of a page that a scene takes, to the nearest, at least one.
    pub fn eighths(&self) -> u32 {
        ((self.printed_lines() * 8 + PAGE_LINES / 2) / PAGE_LINES).max(1)
    }
}

/// Lines that a paragraph takes when it is broken between words.
fn wrapped(text: &str, width: usize) -> u32 {
    let (mut n, mut column) = (0, 0);
    for word in text.split_whitespace() {
        let len = word.chars().count();
        if column > 0 && column + 1 + len <= width {
            column += 1 + len;
        } else {
            n += 1;
            column = len;
        }
    }
    n
}

/// Eighths for reading: `2 4/8`, `3/8`.
pub fn eighths_told(eighths: u32) -> String {
    match (eighths / 8, eighths % 8) {
        (0, part) => format!("{part}/8"),
        (whole, 0) => whole.to_string(),
        (whole, part) => format!("{whole} {part}/8"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fountain::Script;

    #[test]
    fn a_scene_takes_as_much_paper_as_when_it_is_printed() {
        let eighths = |text: &str| Script::parse(text).blocks()[0].eighths();
        assert_eq!(eighths("INT. ROOM - DAY\n\nShe waits.\n"), 1);
        // 27 paragraphs of one line and a line above each, and the heading.
        let half = format!("INT. ROOM - DAY\n\n{}", "She waits.\n\n".repeat(26));
        assert_eq!(eighths(&half), 8);
        let speech = format!("INT. ROOM - DAY\n\nMAYA\n{}\n", "word ".repeat(70));
        let action = format!("INT. ROOM - DAY\n\n{}\n", "word ".repeat(70));
        assert_eq!(
            Script::parse(&speech).blocks()[0].printed_lines(),
            2 + 2 + 10
        );
        assert_eq!(
            Script::parse(&action).blocks()[0].printed_lines(),
            2 + 1 + 6
        );
        assert_eq!(
            eighths("INT. ROOM - DAY\n\n[[a note]]\n\n/* cut\n\n\n */\n"),
            1
        );
        assert_eq!(
            ["3/8", "1", "2 4/8"],
            [3, 8, 20].map(eighths_told).each_ref().map(String::as_str)
        );
    }
}

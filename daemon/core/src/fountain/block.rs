//! A block: one scene with its heading, or what stands before the first.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::heading::Heading;
use super::inline::{self, Emphasis};
use super::line::{Hidden, long};
use super::note::Note;
use super::problem::Problem;
use super::title_page::TitleEntry;
use super::{element, heading};

/// A scene, or the prelude: the title page and whatever else stands before the first heading.
///
/// Everything in it follows from its text alone, and all spans in it count from its start, so an
/// edit elsewhere leaves it as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The block's text, byte for byte.
    pub text: Arc<str>,
    /// The scene's heading; nothing for the prelude.
    pub heading: Option<Heading>,
    /// The title page; empty for a scene.
    pub title_page: Vec<TitleEntry>,
    /// What the block consists of, in order. Between them there are only blanks and line ends.
    pub elements: Vec<Element>,
    /// Every note, in order, wherever it stands.
    pub notes: Vec<Note>,
    /// Every boneyard, in order.
    pub boneyards: Vec<Range<u32>>,
    /// What is wrong with it, in order.
    pub problems: Vec<Problem>,
    /// How many line ends it has.
    pub n_lines: u32,
    /// Whether a `/*` in it waits for a `*/`.
    pub(super) has_unclosed_boneyard: bool,
    /// Whether there is a `*/` in it.
    pub(super) has_boneyard_end: bool,
    pub(super) hash: TextHash,
}

/// The hash of a block's text, once somebody has asked for it: it costs a quarter of the parse.
/// It follows from the text, so two of them never make a difference.
#[derive(Debug, Clone, Default)]
pub(super) struct TextHash(OnceLock<[u8; 32]>);

impl PartialEq for TextHash {
    fn eq(&self, _: &TextHash) -> bool {
        true
    }
}

impl Eq for TextHash {}

/// One paragraph, line or speech.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// What it is.
    pub kind: ElementKind,
    /// Where it is in its block, without the last line end.
    pub span: Range<u32>,
    /// The line of its block that it starts on, from 0.
    pub line: u32,
    /// Whether it belongs to the speech of the cue before it.
    pub in_speech: bool,
}

/// What an element is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementKind {
    /// The title page, as a whole.
    TitlePage,
    /// The scene heading.
    Heading,
    /// A paragraph of action.
    Action,
    /// Who speaks.
    Character(Box<Cue>),
    /// How it is said: `(softly)`.
    Parenthetical,
    /// What is said.
    Dialogue,
    /// What is sung.
    Lyrics,
    /// `CUT TO:`
    Transition,
    /// `> THE END <`
    Centered,
    /// `# Act one`, with how many `#` it has.
    Section(u32),
    /// `= What happens here.`
    Synopsis,
    /// A paragraph of notes and nothing else.
    Note,
    /// A paragraph of boneyard and nothing else.
    Boneyard,
    /// `===`
    PageBreak,
}

/// A character's cue, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// The name as written, without markup and extensions.
    pub name: String,
    /// What stands in brackets after it: `V.O.`, `CONT'D`.
    pub extensions: Vec<String>,
    /// Whether a `^` sets the speech beside the one before.
    pub dual: bool,
    /// Whether an `@` makes it a cue.
    pub forced: bool,
}

impl Block {
    /// Reads a block. It is a scene exactly if its first line has the form of a heading.
    pub(super) fn parse(text: &str) -> Block {
        element::parse(text)
    }

    /// The BLAKE3 hash of the text.
    pub fn hash(&self) -> [u8; 32] {
        let hash = || blake3::hash(self.text.as_bytes()).into();
        *self.hash.0.get_or_init(hash)
    }

    /// An element's words: no markup, no notes, no comments, white space folded.
    pub fn words(&self, element: &Element) -> String {
        self.words_in(&element.kind, &element.span)
    }

    /// The words of a part of an element of that kind, which must start at a line's start.
    pub fn words_in(&self, kind: &ElementKind, span: &Range<u32>) -> String {
        let stripped = inline::words(&self.text, long(span), kind, &self.hidden(span));
        heading::folded(&stripped)
    }

    /// Where an element's words are emphasized, without the stars and lines that do it.
    pub fn emphasis(&self, element: &Element) -> Vec<Emphasis> {
        inline::emphasis(&self.text, long(&element.span), &self.hidden(&element.span))
    }

    /// The notes inside an element.
    pub fn notes_in(&self, element: &Element) -> &[Note] {
        self.notes_within(&element.span)
    }

    /// The notes that start in a part.
    pub fn notes_within(&self, part: &Range<u32>) -> &[Note] {
        let starts_before = |at: u32| self.notes.partition_point(|it| it.span.start < at);
        let (first, last) = (starts_before(part.start), starts_before(part.end));
        &self.notes[first..last.max(first)]
    }

    /// The line of the block, from 0, that holds a byte of it.
    pub fn line_at(&self, offset: u32) -> u32 {
        let ended = super::line::lines(&self.text).take_while(|it| it.next <= offset as usize);
        u32::try_from(ended.filter(|it| it.is_terminated()).count()).unwrap_or(u32::MAX)
    }

    /// The notes and boneyards that reach into a part, as one list.
    fn hidden(&self, part: &Range<u32>) -> Hidden {
        let notes = within(&self.notes, part, |it| &it.span)
            .iter()
            .map(|it| long(&it.span));
        let boneyards = within(&self.boneyards, part, |it| it).iter().map(long);
        Hidden::from(notes.collect::<Vec<_>>()).union(&Hidden::from(boneyards.collect::<Vec<_>>()))
    }
}

/// The items of a sorted list whose spans share text with a part.
fn within<'i, T>(items: &'i [T], part: &Range<u32>, span: impl Fn(&T) -> &Range<u32>) -> &'i [T] {
    let first = items.partition_point(|it| span(it).end <= part.start);
    let last = items.partition_point(|it| span(it).start < part.end);
    &items[first..last.max(first)]
}

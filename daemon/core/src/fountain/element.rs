//! Reads a block's text into elements, line by line, looking one line ahead and one back.

use std::ops::Range;
use std::sync::Arc;

use super::block::{Block, Cue, Element, ElementKind, TextHash};
use super::line::{
    Boneyards, Class, Hidden, Line, lines, long, short, starts_plain, trimmed, without_bom,
};
use super::note::{self, Note};
use super::problem::Problem;
use super::title_page;
use super::{heading, split};

/// Reads a whole block.
pub(super) fn parse(text: &str) -> Block {
    let boneyards = Boneyards::find(text);
    let (note_ranges, mut problems) = note::find(text, &boneyards.hidden);
    problems.extend(
        boneyards
            .unclosed
            .map(|at| Problem::unclosed_boneyard(short(&(at..at + 2)))),
    );
    let notes = Hidden::from(note_ranges);
    let mut block = Block {
        text: Arc::from(text),
        heading: None,
        title_page: Vec::new(),
        elements: Vec::with_capacity(text.len() / ELEMENT_BYTES),
        notes: notes.ranges().iter().map(|it| note_at(text, it)).collect(),
        boneyards: boneyards.hidden.ranges().iter().map(short).collect(),
        problems,
        n_lines: 0,
        has_unclosed_boneyard: boneyards.unclosed.is_some(),
        has_boneyard_end: boneyards.has_end,
        hash: TextHash::default(),
    };
    let hidden = match (notes.is_empty(), boneyards.hidden.is_empty()) {
        (true, true) => Hidden::default(),
        _ => notes.union(&boneyards.hidden),
    };
    Parser::new(text, &boneyards.hidden, &notes, &hidden, &mut block).read();
    block.problems.sort_by_key(|it| it.span.start);
    block
}

/// What an element and the blank line after it usually take, in bytes.
const ELEMENT_BYTES: usize = 64;

fn note_at(text: &str, range: &Range<usize>) -> Note {
    let inner = &text[range.start + 2..range.end - 2];
    Note {
        span: short(range),
        text: inner.trim().to_owned(),
    }
}

/// A paragraph that may still grow.
struct Paragraph {
    kind: ElementKind,
    range: Range<usize>,
    line: u32,
    has_words: bool,
}

/// What the paragraph a line belongs to depends on.
struct Parser<'a> {
    text: &'a str,
    boneyards: &'a Hidden,
    notes: &'a Hidden,
    hidden: &'a Hidden,
    block: &'a mut Block,
    paragraph: Option<Paragraph>,
    /// Lines of boneyard that belong to the paragraph only if it goes on after them.
    held: Option<(Range<usize>, u32)>,
    in_speech: bool,
    after_blank: bool,
    line: u32,
}

impl<'a> Parser<'a> {
    fn new(
        text: &'a str,
        boneyards: &'a Hidden,
        notes: &'a Hidden,
        hidden: &'a Hidden,
        block: &'a mut Block,
    ) -> Parser<'a> {
        Parser {
            text,
            boneyards,
            notes,
            hidden,
            block,
            paragraph: None,
            held: None,
            in_speech: false,
            after_blank: true,
            line: 0,
        }
    }

    fn read(mut self) {
        let (text, boneyards, notes) = (self.text, self.boneyards, self.notes);
        let mut lines = lines(text)
            .map(|line| (line, Class::of(text, line, boneyards, notes)))
            .peekable();
        let mut n_top_lines = self.read_top();
        while let Some((line, class)) = lines.next() {
            if n_top_lines > 0 {
                n_top_lines -= 1;
                self.after_blank = false;
            } else {
                let next = match lines.peek().map(|(_, class)| *class) {
                    // What is ignored separates nothing: the line after it is the next one.
                    Some(Class::Boneyard) if class == Class::Text => {
                        let mut after = lines.clone().map(|(_, class)| class);
                        after.find(|it| *it != Class::Boneyard)
                    }
                    next => next,
                };
                self.read_line(line, class, next);
                self.after_blank = class.is_blank();
            }
            self.line += u32::from(line.is_terminated());
        }
        self.end_paragraph();
        self.block.n_lines = self.line;
    }

    /// Reads the heading or the title page, and says how many lines that took.
    fn read_top(&mut self) -> usize {
        let mut top = lines(self.text);
        let Some(first) = top.next() else { return 0 };
        let bom_len = self.text.len() - without_bom(self.text).len();
        let start = first.start + bom_len;
        if split::is_heading(self.text, first, top.next().as_ref(), self.boneyards) {
            self.read_heading(start..first.end);
            return 1;
        }
        let is_blank = |it: &Line| self.text[it.start..it.end].trim().is_empty();
        let top: Vec<Line> = lines(self.text)
            .take_while(|it| !is_blank(it))
            .take(TOP_LINES_MAX)
            .collect();
        self.block.title_page = title_page::parse(self.text, &top);
        let Some(last) = top.last().filter(|_| !self.block.title_page.is_empty()) else {
            return 0;
        };
        self.push(ElementKind::TitlePage, start..last.end, 0);
        top.len()
    }

    fn read_heading(&mut self, range: Range<usize>) {
        let range = self.trimmed(range);
        let shown = self.hidden.strip(self.text, range.clone());
        let (heading, problem) = heading::parse(&shown, &range);
        self.block.heading = Some(heading);
        self.block.problems.extend(problem);
        self.push(ElementKind::Heading, range, 0);
    }

    fn read_line(&mut self, line: Line, class: Class, next: Option<Class>) {
        match class {
            Class::Text => self.read_text(line, next),
            Class::Noted => {
                let kind = if self.in_speech {
                    ElementKind::Dialogue
                } else {
                    ElementKind::Action
                };
                self.grow(kind, line, false);
            }
            Class::Boneyard => self.hold(line),
            Class::Spaces if self.in_speech => {}
            Class::Spaces | Class::Empty => {
                self.end_paragraph();
                self.in_speech = false;
            }
        }
    }

    fn read_text(&mut self, line: Line, next: Option<Class>) {
        let range = line.start..line.end;
        let hidden = self.hidden;
        // The rest of a line that a note or boneyard reaches into goes on with what was before.
        if hidden
            .within(&range)
            .first()
            .is_some_and(|it| it.start < range.start)
        {
            let kind = if self.in_speech {
                ElementKind::Dialogue
            } else {
                ElementKind::Action
            };
            return self.grow(kind, line, true);
        }
        let shown = hidden.strip(self.text, range);
        let shown = if line.start == 0 {
            without_bom(&shown)
        } else {
            &shown
        };
        let unended = shown.trim_start();
        let shown = trimmed(shown);
        if self.in_speech {
            return self.read_speech(shown, line);
        }
        if let Some(kind) = marked(shown) {
            return match kind {
                ElementKind::Action | ElementKind::Lyrics => self.grow(kind, line, true),
                _ => self.single(kind, line),
            };
        }
        self.check_heading(shown, line);
        let is_last = next.is_none_or(|it| it == Class::Empty);
        if self.after_blank
            && !is_last
            && let Some(cue) = cue(shown)
        {
            self.single(ElementKind::Character(Box::new(cue)), line);
            self.in_speech = true;
        } else if self.after_blank && next.is_none_or(Class::is_blank) && is_transition(unended) {
            self.single(ElementKind::Transition, line);
        } else {
            self.grow(ElementKind::Action, line, true);
        }
    }

    /// A heading that touches other lines is none, which surprises its writer.
    fn check_heading(&mut self, shown: &str, line: Line) {
        if (self.after_blank || is_upper(shown)) && heading::is_heading(shown) {
            let span = short(&self.trimmed(line.start..line.end));
            self.block.problems.push(Problem::crowded_heading(span));
        }
    }

    fn read_speech(&mut self, shown: &str, line: Line) {
        if shown.starts_with('(') && shown.ends_with(')') {
            self.single(ElementKind::Parenthetical, line);
        } else if shown.starts_with('~') {
            self.grow(ElementKind::Lyrics, line, true);
        } else {
            self.grow(ElementKind::Dialogue, line, true);
        }
    }

    /// Adds a line to the paragraph, or starts one with it.
    fn grow(&mut self, kind: ElementKind, line: Line, has_words: bool) {
        let goes_on = self.paragraph.as_ref().is_some_and(|it| it.kind == kind);
        if !goes_on {
            self.end_paragraph();
        }
        self.held = None;
        let line_idx = self.line;
        let range = line.start..line.end;
        if self.paragraph.is_none() && self.is_bare(line) {
            return;
        }
        let fresh = Paragraph {
            kind,
            range,
            line: line_idx,
            has_words,
        };
        let paragraph = self.paragraph.get_or_insert(fresh);
        paragraph.range.end = line.end;
        paragraph.has_words |= has_words;
    }

    /// An element of one line.
    fn single(&mut self, kind: ElementKind, line: Line) {
        self.end_paragraph();
        let range = line.start..line.end;
        self.push(kind, range, self.line);
    }

    fn hold(&mut self, line: Line) {
        if self.held.is_none() && self.is_bare(line) {
            return;
        }
        let held = self.held.get_or_insert((line.start..line.end, self.line));
        held.0.end = line.end;
    }

    /// Whether a line has nothing at all on it. Inside a note or boneyard it is not an empty line,
    /// but no element starts there.
    fn is_bare(&self, line: Line) -> bool {
        let content = &self.text[line.start..line.end];
        !starts_plain(content) && content.trim().is_empty()
    }

    fn end_paragraph(&mut self) {
        if let Some(it) = self.paragraph.take() {
            let kind = if it.has_words {
                it.kind
            } else {
                ElementKind::Note
            };
            self.push(kind, it.range, it.line);
        }
        if let Some((range, line)) = self.held.take() {
            self.push(ElementKind::Boneyard, range, line);
        }
    }

    fn push(&mut self, kind: ElementKind, range: Range<usize>, line: u32) {
        let range = self.trimmed(range);
        let in_speech = self.in_speech;
        self.block.elements.push(Element {
            kind,
            span: short(&range),
            line,
            in_speech,
        });
    }

    /// A range without the byte order mark before it and the blanks around it.
    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let content = &self.text[range.clone()];
        let content = if range.start == 0 {
            without_bom(content)
        } else {
            content
        };
        let content = content.trim_start();
        let start = range.end - content.len();
        start..start + trimmed(content).len()
    }
}

/// A title page has a few lines. One of a million would otherwise be kept in memory twice.
const TOP_LINES_MAX: usize = 10_000;

/// What a sign at a line's start makes of it.
fn marked(shown: &str) -> Option<ElementKind> {
    let rest = |n: usize| &shown[n..];
    match shown.as_bytes().first()? {
        b'!' => Some(ElementKind::Action),
        b'~' => Some(ElementKind::Lyrics),
        b'#' => {
            let n = shown.bytes().take_while(|it| *it == b'#').count();
            Some(ElementKind::Section(u32::try_from(n).unwrap_or(u32::MAX)))
        }
        b'=' if shown.len() >= 3 && shown.bytes().all(|it| it == b'=') => {
            Some(ElementKind::PageBreak)
        }
        b'=' => Some(ElementKind::Synopsis),
        b'>' if rest(1).ends_with('<') => Some(ElementKind::Centered),
        b'>' => Some(ElementKind::Transition),
        _ => None,
    }
}

/// `CUT TO:`, in capitals. A blank after the colon makes it an action: the line no longer ends with
/// a colon, says the specification.
fn is_transition(shown: &str) -> bool {
    shown.ends_with("TO:") && is_upper(shown)
}

/// A cue, if the line has the form of one.
fn cue(shown: &str) -> Option<Cue> {
    let forced = shown.starts_with('@');
    let body = shown.strip_prefix('@').unwrap_or(shown);
    let dual = body.ends_with('^');
    let body = body.strip_suffix('^').unwrap_or(body).trim();
    let name_end = body.find('(').unwrap_or(body.len());
    let name = trimmed(&body[..name_end]);
    let is_cue = if forced {
        !name.is_empty()
    } else {
        is_upper(name)
    };
    is_cue.then(|| Cue {
        name: heading::folded(name).trim_matches(MARKUP).to_owned(),
        extensions: extensions(&body[name_end..]),
        dual,
        forced,
    })
}

/// What emphasizes a name.
const MARKUP: [char; 2] = ['*', '_'];

/// Whether a text has capitals and no small letters. Scripts without case have neither.
fn is_upper(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)
}

/// What stands in brackets: `(V.O.) (CONT'D)`.
fn extensions(text: &str) -> Vec<String> {
    let parts = text.split(['(', ')']).map(heading::folded);
    parts
        .filter(|it| it.contains(char::is_alphanumeric))
        .collect()
}

impl Block {
    /// Where an element's text is, for slicing the block's text.
    pub fn source(&self, element: &Element) -> &str {
        self.text.get(long(&element.span)).unwrap_or_default()
    }
}

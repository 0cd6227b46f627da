//! A scene as beats: paragraphs of action, or pieces of them, and speeches.

use std::collections::BTreeMap;
use std::ops::Range;

use storycore_schema::craft::Framing;
use storycore_schema::recipe::IntentLine;

use super::direction::{self, Direction};
use super::duration::{action_ms, speech_ms};
use super::names::{Names, introductions, normalized};
use super::words::{head, words};
use crate::fountain::{Block, Cue, Element, ElementKind, Note};

/// No shot has more people in it by name; a crowd is a crowd.
pub(super) const SUBJECTS_MAX: usize = 8;

/// The smallest thing a shot can be made of.
#[derive(Debug)]
pub(super) struct Beat<'b> {
    pub(super) what: What,
    pub(super) lines: Vec<IntentLine>,
    pub(super) span: Range<u32>,
    pub(super) line: u32,
    pub(super) duration_ms: u32,
    /// The `[[shot: ]]` notes that apply to it.
    pub(super) notes: Vec<&'b Note>,
    /// Whether something stands between it and the beat before: a transition, a section.
    pub(super) after_break: bool,
}

#[derive(Debug)]
pub(super) enum What {
    Action(Action),
    Speech(Speech),
}

#[derive(Debug)]
pub(super) struct Action {
    pub(super) subjects: Vec<String>,
    pub(super) direction: Option<Direction>,
    /// One entry of a list, as montages have.
    pub(super) is_item: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Speech {
    pub(super) speaker: String,
    pub(super) in_frame: bool,
    pub(super) n_words: u32,
    /// Whoever speaks at the same time.
    pub(super) dual: Option<(String, bool)>,
}

/// What a block consists of, and the notes in its heading, which are about the establishing shot.
pub(super) fn beats<'b>(block: &'b Block, names: &Names) -> (Vec<&'b Note>, Vec<Beat<'b>>) {
    let mut reader = Reader::new(block, names);
    let mut rest = block.elements.as_slice();
    while !rest.is_empty() {
        rest = reader.next(rest);
    }
    reader.finish()
}

/// Whether a block has no beats. Reads it up to the first one.
pub(super) fn is_silent(block: &Block) -> bool {
    let names = Names::default();
    let mut reader = Reader::new(block, &names);
    let mut rest = block.elements.as_slice();
    while !rest.is_empty() && reader.beats.is_empty() {
        rest = reader.next(rest);
    }
    reader.beats.is_empty()
}

/// The names that cues in a block give, as shots keep them.
pub(super) fn cue_names(block: &Block) -> impl Iterator<Item = String> + '_ {
    block.elements.iter().filter_map(|it| match &it.kind {
        ElementKind::Character(cue) if !is_direction(cue) => Some(normalized(&cue.name)),
        _ => None,
    })
}

/// The names that cues in some blocks give, and how often. A film has thousands of cues and a few
/// dozen names.
pub(super) fn speeches<'a>(blocks: impl Iterator<Item = &'a Block>) -> BTreeMap<String, usize> {
    let elements = blocks.flat_map(|it| &it.elements);
    let mut cues: BTreeMap<(&str, bool), (&Cue, usize)> = BTreeMap::new();
    for element in elements {
        if let ElementKind::Character(cue) = &element.kind {
            cues.entry((&cue.name, cue.forced)).or_insert((cue, 0)).1 += 1;
        }
    }
    let mut speeches: BTreeMap<String, usize> = BTreeMap::new();
    for (cue, n) in cues.into_values().filter(|it| !is_direction(it.0)) {
        *speeches.entry(normalized(&cue.name)).or_default() += n;
    }
    speeches
}

/// Whether a cue is no name: `CLOSE ON:`, `INSERT - PHOTO`, `SMASH CUT TO:`.
fn is_direction(cue: &Cue) -> bool {
    !cue.forced
        && (cue.name.ends_with(':') || direction::opening(&words(head(&cue.name))).is_some())
}

struct Reader<'b, 'n> {
    block: &'b Block,
    names: &'n Names,
    beats: Vec<Beat<'b>>,
    heading_notes: Vec<&'b Note>,
    /// Notes that stand alone and wait for the beat they are about.
    waiting: Vec<&'b Note>,
    after_break: bool,
}

impl<'b, 'n> Reader<'b, 'n> {
    fn new(block: &'b Block, names: &'n Names) -> Reader<'b, 'n> {
        Reader {
            block,
            names,
            beats: Vec::new(),
            heading_notes: Vec::new(),
            waiting: Vec::new(),
            after_break: false,
        }
    }

    /// Reads one element, with what is spoken after it, and returns the rest.
    fn next(&mut self, elements: &'b [Element]) -> &'b [Element] {
        let Some((first, after)) = elements.split_first() else {
            return elements;
        };
        let n = after.iter().take_while(|it| it.in_speech).count();
        let (spoken, rest) = after.split_at(n);
        match &first.kind {
            ElementKind::Character(cue) if is_direction(cue) => self.misread_cue(first, spoken),
            ElementKind::Character(cue) => self.speech(cue, first, spoken),
            _ => self.element(first),
        }
        rest
    }

    fn element(&mut self, element: &'b Element) {
        match &element.kind {
            ElementKind::Heading => self.heading_notes = shot_notes(self.block, element).collect(),
            ElementKind::Note => self.waiting.extend(shot_notes(self.block, element)),
            ElementKind::Action | ElementKind::Centered | ElementKind::Lyrics => {
                self.paragraph(&element.kind, &element.span, element.line);
            }
            ElementKind::Transition | ElementKind::Section(_) | ElementKind::PageBreak => {
                self.waiting.extend(shot_notes(self.block, element));
                self.after_break = true;
            }
            ElementKind::Synopsis | ElementKind::Boneyard | ElementKind::TitlePage => {}
            // Only after a cue, and that takes them along.
            ElementKind::Character(_) | ElementKind::Parenthetical | ElementKind::Dialogue => {}
        }
    }

    /// A paragraph, cut where a line directs the camera or starts an entry of a list.
    fn paragraph(&mut self, kind: &ElementKind, span: &Range<u32>, mut line: u32) {
        let mut at = span.start;
        for piece in pieces(self.block, span) {
            line += n_line_ends(self.block, at..piece.start);
            at = piece.start;
            self.action(kind, piece, line);
        }
    }

    fn action(&mut self, kind: &ElementKind, span: Range<u32>, line: u32) {
        let text = self.block.words_in(kind, &span);
        let found = words(&text);
        if direction::is_transition(&found) {
            self.after_break = true;
            return;
        }
        let direction = direction::opening(&found);
        let action = Action {
            subjects: subjects(&text, self.names, direction.and_then(|it| it.framing)),
            direction,
            is_item: is_item(&text),
        };
        let notes = self
            .block
            .notes_within(&span)
            .iter()
            .filter(|it| is_shot_note(it))
            .collect();
        let duration_ms = action_ms(&text);
        let lines = vec![IntentLine {
            speaker: None,
            text,
        }];
        let what = What::Action(action);
        self.push(Beat {
            what,
            lines,
            span,
            line,
            duration_ms,
            notes,
            after_break: false,
        });
    }

    fn misread_cue(&mut self, cue: &Element, spoken: &[Element]) {
        let end = spoken.last().map_or(cue.span.end, |it| it.span.end);
        self.paragraph(&ElementKind::Action, &(cue.span.start..end), cue.line);
    }

    fn speech(&mut self, cue: &Cue, element: &'b Element, spoken: &'b [Element]) {
        let block = self.block;
        let speaker = self.names.canonical(&cue.name);
        let text: Vec<String> = spoken.iter().map(|it| block.words(it)).collect();
        let of = |is: fn(&ElementKind) -> bool| {
            let texts = spoken.iter().zip(&text).filter(|(it, _)| is(&it.kind));
            joined(texts.map(|(_, text)| text))
        };
        let words = of(|it| !matches!(it, ElementKind::Parenthetical));
        let asides = of(|it| matches!(it, ElementKind::Parenthetical));
        let speech = Speech {
            speaker: speaker.clone(),
            in_frame: is_in_frame(cue),
            n_words: super::duration::n_words(&words),
            dual: None,
        };
        let line = IntentLine {
            speaker: Some(speaker),
            text: joined(&text),
        };
        let end = spoken.last().map_or(element.span.end, |it| it.span.end);
        let notes = std::iter::once(element)
            .chain(spoken)
            .flat_map(|it| shot_notes(block, it));
        let notes: Vec<&Note> = notes.collect();
        let duration_ms = speech_ms(&words, &asides);
        if cue.dual && self.join_dual(&speech, &line, end, duration_ms, &notes) {
            return;
        }
        self.push(Beat {
            what: What::Speech(speech),
            lines: vec![line],
            span: element.span.start..end,
            line: element.line,
            duration_ms,
            notes,
            after_break: false,
        });
    }

    /// Sets a speech beside the one before it, if that is alone.
    fn join_dual(
        &mut self,
        speech: &Speech,
        line: &IntentLine,
        end: u32,
        duration_ms: u32,
        notes: &[&'b Note],
    ) -> bool {
        let Some(Beat {
            what: What::Speech(first),
            lines,
            span,
            duration_ms: longest,
            notes: all,
            ..
        }) = self.beats.last_mut().filter(|_| !self.after_break)
        else {
            return false;
        };
        if first.dual.is_some() {
            return false;
        }
        first.dual = Some((speech.speaker.clone(), speech.in_frame));
        first.n_words = first.n_words.max(speech.n_words);
        lines.push(line.clone());
        span.end = end;
        *longest = duration_ms.max(*longest);
        all.append(&mut self.waiting);
        all.extend(notes);
        true
    }

    /// Adds a beat, with the notes that waited for it.
    fn push(&mut self, mut beat: Beat<'b>) {
        let own = std::mem::replace(&mut beat.notes, std::mem::take(&mut self.waiting));
        beat.notes.extend(own);
        beat.after_break = std::mem::take(&mut self.after_break);
        self.beats.push(beat);
    }

    /// A note after which nothing comes is about what came before.
    fn finish(mut self) -> (Vec<&'b Note>, Vec<Beat<'b>>) {
        match self.beats.last_mut() {
            Some(last) => last.notes.append(&mut self.waiting),
            None => self.heading_notes.append(&mut self.waiting),
        }
        (self.heading_notes, self.beats)
    }
}

/// Texts with a blank between them; what was only a note leaves none.
fn joined<'t>(texts: impl IntoIterator<Item = &'t String>) -> String {
    let texts = texts
        .into_iter()
        .map(String::as_str)
        .filter(|it| !it.is_empty());
    texts.collect::<Vec<_>>().join(" ")
}

/// The `[[shot: ]]` notes inside an element.
fn shot_notes<'b>(block: &'b Block, element: &Element) -> impl Iterator<Item = &'b Note> + use<'b> {
    block.notes_in(element).iter().filter(|it| is_shot_note(it))
}

/// Whether a note directs a shot.
pub(super) fn is_shot_note(note: &Note) -> bool {
    super::shot_note::body(note).is_some()
}

/// Who is in frame in a paragraph: those it names, and those it introduces, in order.
fn subjects(text: &str, names: &Names, framing: Option<Framing>) -> Vec<String> {
    let mut found = names.find(text);
    for it in introductions(text) {
        if !found
            .iter()
            .any(|known| known.at < it.end && it.at < known.end)
        {
            found.push(it);
        }
    }
    let from = |word: &str| text.find(word).unwrap_or(0);
    match framing {
        // Through Maya's eyes we do not see Maya.
        Some(Framing::PointOfView) => found.retain(|it| it.at >= from("POV")),
        // Over Jonas's shoulder we see Maya, and of Jonas a shoulder.
        Some(Framing::OverTheShoulder) => found.sort_by_key(|it| (it.at < from("SHOULDER"), it.at)),
        _ => found.sort_by_key(|it| it.at),
    }
    let mut subjects: Vec<String> = Vec::new();
    for it in found {
        if subjects.len() < SUBJECTS_MAX && !subjects.contains(&it.name) {
            subjects.push(it.name);
        }
    }
    subjects
}

/// Where a paragraph falls into shots.
fn pieces(block: &Block, span: &Range<u32>) -> Vec<Range<u32>> {
    let source = block
        .text
        .get(span.start as usize..span.end as usize)
        .unwrap_or_default();
    let base = span.start;
    let (mut starts, mut at) = (vec![span.start], 0);
    for line in source.split_inclusive(['\n', '\r']) {
        let start = base + u32::try_from(at).unwrap_or(u32::MAX - base);
        if at > 0 && starts_shot(line) && !is_hidden(block, start) {
            starts.push(start);
        }
        at += line.len();
    }
    let ends: Vec<u32> = starts.iter().skip(1).copied().chain([span.end]).collect();
    let trimmed = |(start, end): (u32, u32)| {
        let text = block
            .text
            .get(start as usize..end as usize)
            .unwrap_or_default();
        let n_blank = text.len() - text.trim_end().len();
        start..end - u32::try_from(n_blank).unwrap_or(0)
    };
    starts.into_iter().zip(ends).map(trimmed).collect()
}

/// Whether a place is inside a note or a boneyard.
fn is_hidden(block: &Block, at: u32) -> bool {
    let notes = block.notes.iter().map(|it| &it.span);
    let mut hidden = notes.chain(&block.boneyards);
    hidden.any(|it| it.start < at && at < it.end)
}

/// How many line ends a part of a block has.
fn n_line_ends(block: &Block, span: Range<u32>) -> u32 {
    let text = block
        .text
        .get(span.start as usize..span.end as usize)
        .unwrap_or_default();
    let n_pairs = text.matches("\r\n").count();
    u32::try_from(text.matches(['\n', '\r']).count() - n_pairs).unwrap_or(u32::MAX)
}

/// Whether a line of a paragraph starts a shot of its own.
fn starts_shot(line: &str) -> bool {
    is_item(line) || direction::opening(&words(head(line))).is_some()
}

/// Whether a text is an entry of a list: `- Maya runs.`, `A) Maya runs.`
fn is_item(text: &str) -> bool {
    let text = text.trim_start();
    let mut letters = text.chars();
    match letters.next() {
        Some('-' | '–' | '—' | '•') => {
            letters.next().is_some_and(|it| it == ' ' || it == '-')
        }
        Some(it) if it.is_ascii_alphanumeric() => letters.as_str().starts_with(") "),
        _ => false,
    }
}

/// What a cue's brackets say when the speaker is heard and not seen.
const UNSEEN: &[&str] = &[
    "VO",
    "OS",
    "OC",
    "OFF",
    "VOICE OVER",
    "OFF SCREEN",
    "OFFSCREEN",
    "ON PHONE",
    "ON THE PHONE",
    "ON RADIO",
    "ON THE RADIO",
    "FILTERED",
    "VOIX OFF",
    "HORS CHAMP",
    "HC",
    "AU TELEPHONE",
    "EN OFF",
    "FUERA DE CAMPO",
    "FUORI CAMPO",
    "FC",
    "AUS DEM OFF",
];

/// Whether whoever has the cue is seen: `(V.O.)` and `(O.S.)` are not.
fn is_in_frame(cue: &Cue) -> bool {
    let is_unseen = |it: &String| {
        let plain = it.replace('.', "");
        let folded: Vec<String> = words(&plain).into_iter().map(|it| it.folded).collect();
        UNSEEN.contains(&folded.join(" ").as_str())
    };
    !cue.extensions.iter().any(is_unseen)
}

//! `[[shot: CU MAYA, 85mm, dolly in, 3s]]`: what the writer asks of a shot.

use std::ops::Range;

use storycore_schema::craft::{Angle, Framing, Movement};

use super::names::{Names, normalized};
use super::words::{head, match_phrase, words};
use crate::fountain::{Note, Problem, ProblemKind};

/// What a note sets; what it leaves out stays as the rules have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ShotNote {
    pub(super) framing: Option<Framing>,
    pub(super) angle: Option<Angle>,
    pub(super) movement: Option<Movement>,
    pub(super) lens_mm: Option<u32>,
    pub(super) duration_ms: Option<u32>,
    pub(super) subjects: Vec<String>,
    /// The shot before goes on.
    pub(super) hold: bool,
    /// The scene begins with it, without a shot of the place before.
    pub(super) opens: bool,
}

/// Has the shot before go on, instead of beginning another one.
const HOLD: &str = "HOLD";
/// Has the scene begin with the shot, instead of one of the place.
const OPENS: &str = "OPENS";

/// The longest focal length that a note may ask for.
const LENS_MM_MAX: u32 = 2_000;
/// The longest shot that a note may ask for: ten minutes.
const DURATION_MS_MAX: u32 = 600_000;

/// No more of a note is read.
const NOTE_BYTES_MAX: usize = 2_000;

/// What a note says after `shot:`, if it directs a shot.
pub(super) fn body(note: &Note) -> Option<&str> {
    let (key, body) = note.text.split_once(':')?;
    key.trim().eq_ignore_ascii_case("shot").then_some(body)
}

/// Reads a note. What it does not understand is a problem; the rest still applies.
pub(super) fn read(note: &Note, source: &str, names: &Names) -> (ShotNote, Vec<Problem>) {
    let mut reader = Reader {
        note: ShotNote::default(),
        names,
        problems: Vec::new(),
    };
    // The words are read where they stand in the script, so that a problem can point at them.
    let start = note.span.start as usize;
    let inner = source
        .get(start..note.span.end as usize)
        .and_then(|it| it.strip_suffix("]]"));
    let Some((key, inner)) = inner.and_then(|it| it.split_once(':')) else {
        return (reader.note, reader.problems);
    };
    let inner = &inner[..inner.floor_char_boundary(NOTE_BYTES_MAX)];
    let mut at = start + key.len() + 1;
    for part in inner.split(',') {
        reader.part(part, at);
        at += part.len() + 1;
    }
    (reader.note, reader.problems)
}

/// A subject as a note may name it, if a note that names it says nothing else.
pub(super) fn subject(name: &str, names: &Names) -> Option<String> {
    let plain = |it: char| it.is_alphanumeric() || matches!(it, ' ' | '.' | '-' | '\'' | '’');
    let name = name.trim().to_uppercase();
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    let source = format!("[[shot: {name}]]");
    let note = Note {
        span: 0..u32::try_from(source.len()).ok()?,
        text: format!("shot: {name}"),
    };
    let (read, problems) = read(&note, &source, names);
    let is_alone = ShotNote {
        subjects: read.subjects.clone(),
        ..ShotNote::default()
    } == read;
    (problems.is_empty() && is_alone && read.subjects.len() == 1).then_some(name)
}

struct Reader<'n> {
    note: ShotNote,
    names: &'n Names,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Reads one part between commas from left to right. `at` is where it starts in the block.
    fn part(&mut self, part: &str, at: usize) {
        let mut rest = part;
        loop {
            rest = rest.trim_start_matches(|it: char| !it.is_alphanumeric());
            if rest.is_empty() {
                return;
            }
            let n = match self.word(rest) {
                Some(n) => n.max(1),
                None => {
                    let n = rest.find(char::is_whitespace).unwrap_or(rest.len());
                    let start = at + part.len() - rest.len();
                    self.problems.push(unknown(&rest[..n], start..start + n));
                    n
                }
            };
            rest = &rest[n..];
        }
    }

    /// Reads what stands at the start of a text, and says how many bytes that took.
    fn word(&mut self, text: &str) -> Option<usize> {
        if let Some((n, quantity)) = quantity(text) {
            return self.quantity(quantity).then_some(n);
        }
        let first = words(head(text)).into_iter().next();
        if let Some(first) = first.filter(|it| it.folded == HOLD || it.folded == OPENS) {
            self.note.hold |= first.folded == HOLD;
            self.note.opens |= first.folded == OPENS;
            return Some(first.end());
        }
        self.craft_word(text)
            .or_else(|| self.name(text))
            .or_else(|| filler(text))
    }

    fn quantity(&mut self, quantity: Quantity) -> bool {
        match quantity {
            Quantity::LensMm(it) if (1..=LENS_MM_MAX).contains(&it) => {
                self.note.lens_mm = Some(it);
            }
            Quantity::DurationMs(it) if (1..=DURATION_MS_MAX).contains(&it) => {
                self.note.duration_ms = Some(it);
            }
            Quantity::LensMm(_) | Quantity::DurationMs(_) => return false,
        }
        true
    }

    /// A framing, an angle or a movement, by the longest word that fits.
    fn craft_word(&mut self, text: &str) -> Option<usize> {
        let framing = longest(
            text,
            Framing::ALL,
            |it| [it.short(), it.spoken()],
            FRAMING_ALIASES,
        );
        let angle = longest(
            text,
            Angle::ALL,
            |it| [it.short(), it.spoken()],
            ANGLE_ALIASES,
        );
        let movement = longest(
            text,
            Movement::ALL,
            |it| [it.short(), it.spoken()],
            MOVEMENT_ALIASES,
        );
        let len = |it: Option<usize>| it.unwrap_or(0);
        let (f, a, m) = (
            framing.map(|it| it.0),
            angle.map(|it| it.0),
            movement.map(|it| it.0),
        );
        let n = len(f).max(len(a)).max(len(m));
        if n == 0 {
            return None;
        }
        if f == Some(n) {
            self.note.framing = framing.map(|it| it.1);
        } else if a == Some(n) {
            self.note.angle = angle.map(|it| it.1);
        } else {
            self.note.movement = movement.map(|it| it.1);
        }
        Some(n)
    }

    /// Somebody: a known name in any case, or an unknown one in capitals.
    fn name(&mut self, text: &str) -> Option<usize> {
        let found = words(head(text));
        let (n, name) = match self.names.at_start(&found) {
            Some((n, name)) => (found[n - 1].end(), name.to_owned()),
            None => {
                let is_caps = |it: char| !it.is_lowercase() && it != '(';
                let n = text.find(|it| !is_caps(it)).unwrap_or(text.len());
                // Capitals up to a small letter: the last word may be only half of one.
                let n = if n == text.len() {
                    n
                } else {
                    text[..n].rfind(char::is_whitespace)?
                };
                let name = self.names.canonical(text[..n].trim());
                if !name.chars().any(char::is_alphabetic) {
                    return None;
                }
                (n, normalized(&name))
            }
        };
        if !self.note.subjects.contains(&name) {
            self.note.subjects.push(name);
        }
        Some(n)
    }
}

#[derive(Clone, Copy)]
enum Quantity {
    LensMm(u32),
    DurationMs(u32),
}

/// `85mm`, `3s`, `2.5 s`, `800ms`. The units are small letters: `2S` is a two-shot.
fn quantity(text: &str) -> Option<(usize, Quantity)> {
    let n = text
        .find(|it: char| !it.is_ascii_digit() && it != '.')
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(n);
    let number: f64 = number.parse().ok()?;
    let unit_at = rest.trim_start();
    let unit_len = unit_at
        .find(|it: char| !it.is_alphabetic())
        .unwrap_or(unit_at.len());
    let len = n + rest.len() - unit_at.len() + unit_len;
    // `as` on a float stops at the type's ends, so nothing wraps.
    let quantity = match &unit_at[..unit_len] {
        "mm" | "MM" => Quantity::LensMm(number.round() as u32),
        "s" | "sec" => Quantity::DurationMs((number * 1_000.0).round() as u32),
        "ms" => Quantity::DurationMs(number.round() as u32),
        _ => return None,
    };
    Some((len, quantity))
}

const FRAMING_ALIASES: &[(Framing, &str)] = &[
    (Framing::CloseUp, "CLOSEUP"),
    (Framing::CloseUp, "GROS PLAN"),
    (Framing::Medium, "MEDIUM"),
    (Framing::MediumWide, "MEDIUM WIDE"),
    (Framing::Wide, "WIDE"),
    (Framing::ExtremeWide, "EXTREME WIDE"),
    (Framing::TwoShot, "TWOSHOT"),
];

const ANGLE_ALIASES: &[(Angle, &str)] = &[
    (Angle::EyeLevel, "EYE"),
    (Angle::Dutch, "DUTCH"),
    (Angle::Low, "LOW"),
    (Angle::High, "HIGH"),
];

const MOVEMENT_ALIASES: &[(Movement, &str)] = &[
    (Movement::Static, "LOCKED OFF"),
    (Movement::DollyIn, "PUSH IN"),
    (Movement::DollyOut, "PULL BACK"),
    (Movement::DollyOut, "PULL OUT"),
    (Movement::Handheld, "HAND HELD"),
];

/// The longest word of a list that a text starts with, and how many bytes it takes.
fn longest<T: Copy>(
    text: &str,
    all: &[T],
    spellings: impl Fn(T) -> [&'static str; 2],
    aliases: &[(T, &'static str)],
) -> Option<(usize, T)> {
    let found = words(head(text));
    let own = all
        .iter()
        .flat_map(|it| spellings(*it).map(|word| (*it, word)));
    let fitting = own
        .chain(aliases.iter().copied())
        .filter_map(|(meaning, word)| {
            let phrase: Vec<String> = words(word).into_iter().map(|it| it.folded).collect();
            let n = match_phrase(&found, &phrase.join(" "))?;
            Some((found[n - 1].end(), meaning))
        });
    fitting.max_by_key(|(n, _)| *n)
}

/// Words between the others that say nothing: `on`, `and`.
fn filler(text: &str) -> Option<usize> {
    const FILLERS: &[&str] = &[
        "ON", "OF", "AND", "WITH", "THE", "A", "TO", "SHOT", "SUR", "DE", "ET", "S", "LENS",
    ];
    let first = words(head(text)).into_iter().next()?;
    FILLERS
        .contains(&first.folded.as_str())
        .then(|| first.end())
}

fn unknown(word: &str, range: Range<usize>) -> Problem {
    let cut = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
    let list = |words: Vec<&str>| words.join(", ");
    Problem {
        kind: ProblemKind::UnknownShotWord,
        span: cut(range.start)..cut(range.end),
        message: format!("`{word}` means nothing in a shot note"),
        hint: format!(
            "framings: {}; angles: {}; movements: {}; a lens up to 2000mm; a duration up to 600s; a character's name; hold, to stay in the shot before; opens, to begin the scene without a shot of the place",
            list(Framing::ALL.iter().map(|it| it.short()).collect()),
            list(Angle::ALL.iter().map(|it| it.spoken()).collect()),
            list(Movement::ALL.iter().map(|it| it.spoken()).collect()),
        ),
    }
}

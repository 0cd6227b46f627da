//! Scene headings: `INT. KITCHEN - DAY #12A#`, in English and its neighbours.

use std::ops::Range;

use storycore_schema::craft::{Setting, TimeOfDay};

use super::line::{short, trimmed};
use super::problem::{Problem, ProblemKind};
use super::time_words;

/// A scene heading, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The line without comments, trimmed, with its `.` if it is forced.
    pub raw: String,
    /// `INT.`, `EXT`, `INT./EXT.` as written; empty when a forced heading has none.
    pub prefix: String,
    /// Inside or outside, where the prefix says so. An establishing shot (`EST.`) is outside.
    pub setting: Option<Setting>,
    /// The place: `KITCHEN`, or `MAYA'S FLAT - KITCHEN`.
    pub location: String,
    /// The light, when the heading names one. `LATER`, `CONTINUOUS` and `SAME` do not.
    pub time_of_day: Option<TimeOfDay>,
    /// What the heading says of time: `NIGHT`, `MOMENTS LATER`; empty when nothing.
    pub time: String,
    /// The scene number, without its `#`.
    pub number: Option<String>,
    /// Whether a leading `.` makes it a heading.
    pub forced: bool,
    /// Where the line is in its block, its trailing blanks left out.
    pub span: Range<u32>,
}

impl Heading {
    /// Whether this is an establishing shot by its prefix: `EST.`
    pub fn is_establishing(&self) -> bool {
        self.prefix
            .get(..3)
            .is_some_and(|it| it.eq_ignore_ascii_case("EST"))
    }
}

/// Whether a line, its comments taken away, has the form of a heading. It is one only between
/// blank lines.
pub(super) fn is_heading(line: &str) -> bool {
    let line = trimmed(line);
    // Nearly every line is told by its first letter.
    let first = line.bytes().next();
    matches!(first, Some(b'.' | b'i' | b'I' | b'e' | b'E'))
        && (is_forced(line) || prefix(line).is_some())
}

/// A single period followed by a letter or digit. `...and then` is an action.
fn is_forced(line: &str) -> bool {
    line.strip_prefix('.')
        .and_then(|it| it.chars().next())
        .is_some_and(char::is_alphanumeric)
}

/// Takes a heading line apart and says what is wrong with it. `span` is where it is in its block.
pub(super) fn parse(line: &str, span: &Range<usize>) -> (Heading, Option<Problem>) {
    let raw = line.trim();
    let forced = is_forced(raw);
    let body = if forced { &raw[1..] } else { raw };
    let (prefix_len, setting) = prefix(body).unwrap_or((0, None));
    let (rest, number) = split_number(&body[prefix_len..]);
    let (location, time, time_of_day) = split_time(rest);
    let heading = Heading {
        raw: raw.to_owned(),
        prefix: body[..prefix_len].trim().to_owned(),
        setting,
        location: folded(location),
        time_of_day,
        time: folded(time),
        number: number.map(str::to_owned),
        forced,
        span: short(span),
    };
    let problem = number
        .is_none()
        .then(|| number_problem(rest, span))
        .flatten();
    (heading, problem)
}

/// The places a heading's prefix can name.
const PLACES: &[(&str, Setting)] = &[
    ("INT", Setting::Interior),
    ("EXT", Setting::Exterior),
    ("EST", Setting::Exterior),
    ("I", Setting::Interior),
    ("E", Setting::Exterior),
];

/// The length of a heading's prefix with the dot or blank that ends it, and what it says.
fn prefix(line: &str) -> Option<(usize, Option<Setting>)> {
    let (mut len, first) = place(line)?;
    let mut setting = first;
    let mut n_places = 1;
    while let Some((more, other)) = line[len..]
        .trim_start()
        .strip_prefix('/')
        .and_then(place_after)
    {
        len = line.len() - more.len();
        n_places += 1;
        if other != setting {
            setting = Setting::InteriorExterior;
        }
    }
    // `I` and `E` stand for a place only as a pair: `I/E`.
    let is_initial = line[..len].trim_end_matches('.').len() == 1;
    if is_initial && n_places == 1 {
        return None;
    }
    let rest = &line[len..];
    let is_ended = line[..len].ends_with('.') || rest.starts_with(char::is_whitespace);
    let blank = rest.len() - rest.trim_start().len();
    is_ended.then_some((len + blank, Some(setting)))
}

/// A place and its dot at the start of a line.
fn place(line: &str) -> Option<(usize, Setting)> {
    let starts = |word: &str| {
        line.get(..word.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(word))
    };
    let (word, setting) = PLACES.iter().find(|(word, _)| starts(word))?;
    let dot = usize::from(line[word.len()..].starts_with('.'));
    Some((word.len() + dot, *setting))
}

/// A place after a slash, with the text that follows it.
fn place_after(line: &str) -> Option<(&str, Setting)> {
    let line = line.trim_start();
    place(line).map(|(len, setting)| (&line[len..], setting))
}

/// A heading without its number, and the number.
fn split_number(line: &str) -> (&str, Option<&str>) {
    let inner = line.trim_end().strip_suffix('#');
    let Some((rest, number)) = inner.and_then(|it| it.rsplit_once('#')) else {
        return (line, None);
    };
    let is_number = |it: char| it.is_alphanumeric() || matches!(it, '-' | '.');
    match !number.is_empty() && number.chars().all(is_number) {
        true => (rest, Some(number)),
        false => (line, None),
    }
}

/// Something that is meant as a scene number and is not one.
fn number_problem(line: &str, span: &Range<usize>) -> Option<Problem> {
    let line = line.trim_end();
    let (_, tail) = line
        .trim_end_matches('#')
        .rsplit_once('#')
        .or_else(|| line.rsplit_once('#'))?;
    let tail = tail.trim_end_matches('#').trim();
    let is_unclosed = !line.ends_with('#');
    let is_number_like = tail.starts_with(|it: char| it.is_ascii_digit())
        && tail
            .chars()
            .all(|it| it.is_alphanumeric() || matches!(it, '-' | '.'));
    if is_unclosed && !is_number_like {
        return None;
    }
    Some(Problem {
        kind: ProblemKind::MalformedSceneNumber,
        span: short(span),
        message: "this is no scene number".to_owned(),
        hint: "letters, digits, dashes and dots between two signs: #12A#".to_owned(),
    })
}

/// A heading's place and what it says of time at its end.
fn split_time(line: &str) -> (&str, &str, Option<TimeOfDay>) {
    let is_edge = |it: char| it.is_whitespace() || is_dash(it) || matches!(it, ',' | '.' | '(');
    let (line, mut place) = (line.trim(), line.trim());
    let mut time = None;
    while let Some(at) = last_separator(place) {
        let part = &place[at..];
        let Some(part_time) = time_words::read(part.trim_matches(is_dash)) else {
            break;
        };
        time = part_time.or(time);
        place = &place[..at];
    }
    // `.LATER` and `INT. NIGHT` are all time and no place.
    if place.len() == line.len()
        && let Some(only) = time_words::read(line)
    {
        return ("", line, only);
    }
    let place = place.trim_end_matches(is_edge);
    let said = line[place.len()..].trim_start_matches(is_edge);
    // A bracket that only the cut opened is closed outside of the words.
    let said = if said.contains('(') {
        said
    } else {
        said.trim_end_matches(')')
    };
    (place, said, time)
}

/// Where the last part of a heading starts, at its separator.
fn last_separator(line: &str) -> Option<usize> {
    let mut after_blank = true;
    for (at, it) in line.char_indices().rev() {
        let before_blank = line[..at].ends_with(char::is_whitespace);
        let is_separator = match it {
            '–' | '—' | ',' | '(' => true,
            // A hyphen inside a word, as in `APRÈS-MIDI`, separates nothing.
            '-' => after_blank || before_blank,
            '.' => after_blank,
            _ => false,
        };
        if is_separator {
            return Some(at);
        }
        after_blank = it.is_whitespace();
    }
    None
}

fn is_dash(it: char) -> bool {
    matches!(it, '-' | '–' | '—' | ',' | '.') || it.is_whitespace()
}

/// Text with every run of white space as one blank.
pub(super) fn folded(text: &str) -> String {
    let mut before = b' ';
    let is_folded = text.bytes().all(|it| {
        let single = it != b' ' || before != b' ';
        before = it;
        single && (it == b' ' || it.is_ascii_graphic())
    });
    if is_folded && before != b' ' {
        return text.to_owned();
    }
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

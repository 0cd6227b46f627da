//! How long a shot lasts.
//!
//! Speech runs at about 150 words a minute (2.5 a second), the pace of unhurried conversation that
//! readers time scripts with, and pauses at its sentence ends. Action follows the trade's rule that
//! a page is a minute: a page has 55 lines of about 60 characters, so an eighth of it is 7.5
//! seconds. Both are first guesses that a `[[shot: 3s]]` note or an editor corrects.

/// One word of speech: 2.5 words a second.
const WORD_MS: u32 = 400;
/// The breath after a sentence.
const SENTENCE_MS: u32 = 300;
/// What `(beat)` or `(pause)` asks for.
const BEAT_MS: u32 = 1_000;
/// No speech is cut shorter: the eye needs that long to find a face.
const SPEECH_MS_MIN: u32 = 1_500;

const PAGE_MS: u32 = 60_000;
const PAGE_LINES: u32 = 55;
const LINE_CHARS: u32 = 60;
/// No action is cut shorter.
const ACTION_MS_MIN: u32 = 2_000;
/// A longer paragraph is described, not watched.
const ACTION_MS_MAX: u32 = 15_000;

/// An establishing shot without action of its own.
pub(super) const ESTABLISHING_MS: u32 = 3_000;

/// How long a speech takes: its words at 2.5 a second, a breath for each sentence, a second for
/// each beat.
pub(super) fn speech_ms(spoken: &str, parentheticals: &str) -> u32 {
    let n_sentences = count(spoken.split_inclusive(['.', '!', '?', '…', '。', '！', '？']));
    let beats = ["beat", "pause", "temps", "silence", "un temps"];
    let n_beats = count(
        parentheticals
            .split(['(', ')', ','])
            .filter(|it| beats.contains(&it.trim().to_lowercase().as_str())),
    );
    let ms = n_words(spoken)
        .saturating_mul(WORD_MS)
        .saturating_add(n_sentences.saturating_mul(SENTENCE_MS))
        .saturating_add(n_beats.saturating_mul(BEAT_MS));
    ms.max(SPEECH_MS_MIN)
}

/// How long an action takes: its lines on the page, with the blank one after it, at a minute a page.
pub(super) fn action_ms(text: &str) -> u32 {
    let n_lines = count(text.chars()).div_ceil(LINE_CHARS).saturating_add(1);
    (n_lines.saturating_mul(PAGE_MS) / PAGE_LINES).clamp(ACTION_MS_MIN, ACTION_MS_MAX)
}

/// How many words a text has. Chinese and Japanese write without blanks; there two characters
/// take about as long as one word.
pub(super) fn n_words(text: &str) -> u32 {
    let is_unspaced = |it: char| matches!(it, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}');
    let n_unspaced = count(text.chars().filter(|it| is_unspaced(*it)));
    let spaced = text.split(|it: char| it.is_whitespace() || is_unspaced(it));
    let n_spaced = count(spaced.filter(|it| it.chars().any(char::is_alphanumeric)));
    n_spaced.saturating_add(n_unspaced.div_ceil(2))
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

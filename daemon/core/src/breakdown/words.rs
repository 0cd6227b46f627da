//! Words of a text, folded so that tables can be looked up in them.

use crate::fountain::fold;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'t> {
    /// As written.
    pub(super) text: &'t str,
    /// In capitals without accents; the text itself when it is too long to be in any table.
    pub(super) folded: String,
    /// Where it starts in the text.
    pub(super) at: usize,
}

impl Word<'_> {
    /// Whether it is written in capitals. A number is if its neighbours are.
    pub(super) fn is_upper(&self) -> bool {
        !self.text.chars().any(char::is_lowercase)
    }

    /// Whether it starts with a capital, or is in a script that has none.
    pub(super) fn is_capitalized(&self) -> bool {
        self.text
            .chars()
            .next()
            .is_some_and(|it| !it.is_lowercase())
    }

    pub(super) fn end(&self) -> usize {
        self.at + self.text.len()
    }
}

/// The words of a text: runs of letters and digits. `O'BRIEN` and `JEAN-LUC` are two words.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    text.split(|it: char| !it.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .map(|it| Word {
            text: it,
            folded: fold(it).unwrap_or_else(|| it.to_owned()),
            at: it.as_ptr() as usize - text.as_ptr() as usize,
        })
        .collect()
}

/// How many words a phrase of folded words takes at the start of `words`, if it stands there.
pub(super) fn match_phrase(words: &[Word<'_>], phrase: &str) -> Option<usize> {
    // Nearly every phrase differs in its first letter, and tables are long.
    if words.first()?.folded.as_bytes().first() != phrase.as_bytes().first() {
        return None;
    }
    let mut n = 0;
    for part in phrase.split(' ') {
        if words.get(n)?.folded != part {
            return None;
        }
        n += 1;
    }
    Some(n)
}

/// Whether a phrase of folded words stands anywhere in `words`.
pub(super) fn has_phrase(words: &[Word<'_>], phrase: &str) -> bool {
    (0..words.len()).any(|it| match_phrase(&words[it..], phrase).is_some())
}

/// Whether any of the phrases stands in `words`.
pub(super) fn has_any(words: &[Word<'_>], phrases: &[&str]) -> bool {
    phrases.iter().any(|it| has_phrase(words, it))
}

/// No direction, name or word of the craft is longer.
const HEAD_BYTES_MAX: usize = 240;

/// The start of a text, as much as a table's longest entry can take. It keeps the reading of a
/// million words in one paragraph linear.
pub(super) fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(HEAD_BYTES_MAX)]
}

//! New words for a film that is rewritten: those of another film of the same language.

use super::draft::{Draft, Paragraph, ParagraphKind, SceneText, Tags};

/// SplitMix64: the same numbers for the same seed, for ever.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number below `n`, which is at least 1.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Another film, to take words from.
pub(crate) struct Voice {
    /// Scenes to paste, each once.
    pub(crate) scenes: Vec<SceneText>,
    headings: Vec<String>,
    actions: Vec<String>,
    speeches: Vec<String>,
    words: Vec<String>,
}

impl Voice {
    pub(crate) fn of(donor: &Draft) -> Voice {
        let scenes: Vec<SceneText> = donor.scenes().cloned().collect();
        let (mut actions, mut speeches) = (Vec::new(), Vec::new());
        for paragraph in scenes.iter().flat_map(|it| &it.paragraphs) {
            let sentences = free_lines(paragraph).into_iter().flat_map(sentences);
            let sentences = sentences.filter(|it| it.len() > 3 && is_plain(it));
            let sentences = sentences.map(str::to_owned);
            match paragraph.kind {
                ParagraphKind::Action => actions.extend(sentences),
                ParagraphKind::Speech => speeches.extend(sentences),
                ParagraphKind::Other => {}
            }
        }
        let words = actions.iter().flat_map(|it| it.split(' '));
        let is_word = |it: &&str| it.len() > 2 && it.chars().all(|it| it.is_ascii_lowercase());
        let words = words.filter(is_word).map(str::to_owned).collect();
        let headings = scenes.iter().map(|it| it.heading.clone()).collect();
        Voice {
            scenes,
            headings,
            actions,
            speeches,
            words,
        }
    }

    /// A paragraph that was never there: action, or somebody of the film speaks.
    pub(crate) fn paragraph(
        &self,
        random: &mut Random,
        speakers: &[String],
        tags: &mut Tags,
    ) -> Paragraph {
        let speaks = !speakers.is_empty() && random.chance(60);
        let n_sentences = 1 + random.below(3);
        let pool = if speaks {
            &self.speeches
        } else {
            &self.actions
        };
        let said: Vec<&str> = (0..n_sentences)
            .map(|_| random.pick(pool).as_str())
            .collect();
        let (kind, text) = if speaks {
            let speaker = random.pick(speakers);
            (
                ParagraphKind::Speech,
                format!("{speaker}\n{}", said.join(" ")),
            )
        } else {
            (ParagraphKind::Action, said.join(" "))
        };
        Paragraph {
            tag: tags.fresh(),
            kind,
            text,
            is_joined: false,
        }
    }

    /// A heading that may well be in the film, too.
    pub(crate) fn heading(&self, random: &mut Random) -> String {
        random.pick(&self.headings).clone()
    }

    /// Replaces each sentence with this chance.
    pub(crate) fn new_sentences(
        &self,
        random: &mut Random,
        paragraph: &mut Paragraph,
        percent: usize,
    ) {
        let kind = paragraph.kind;
        change_free_lines(paragraph, |line| {
            let mark = item_mark(line);
            let said = sentences(&line[mark.len()..]).into_iter().map(|sentence| {
                match random.chance(percent) {
                    true if kind == ParagraphKind::Speech => random.pick(&self.speeches).as_str(),
                    true => random.pick(&self.actions).as_str(),
                    false => sentence,
                }
            });
            format!("{mark}{}", said.collect::<Vec<_>>().join(" "))
        });
    }

    /// Replaces each word with this chance, but the first of a line.
    pub(crate) fn new_words(&self, random: &mut Random, paragraph: &mut Paragraph, percent: usize) {
        change_free_lines(paragraph, |line| {
            let words = line.split(' ').enumerate().map(|(idx, word)| {
                let is_plain = word
                    .chars()
                    .all(|it| it.is_alphabetic() && it.is_lowercase());
                match idx > 0 && is_plain && random.chance(percent) {
                    true => random.pick(&self.words).as_str(),
                    false => word,
                }
            });
            words.collect::<Vec<_>>().join(" ")
        });
    }
}

/// The dash of an entry of a list.
fn item_mark(line: &str) -> &str {
    if line.starts_with("- ") { "- " } else { "" }
}

/// Whether a sentence can stand anywhere without becoming something else.
fn is_plain(sentence: &str) -> bool {
    !sentence.contains(['[', ']', '*', '_', '/', '\n', ':'])
        && sentence.starts_with(char::is_alphanumeric)
        && sentence.contains(|it: char| it.is_lowercase())
}

/// The lines that may be rewritten freely: not the cue, nothing in brackets.
fn free_lines(paragraph: &Paragraph) -> Vec<&str> {
    let skip = usize::from(paragraph.kind == ParagraphKind::Speech);
    let lines = paragraph.text.lines().skip(skip);
    lines
        .filter(|it| !it.starts_with(['(', '[', '~']))
        .collect()
}

fn change_free_lines(paragraph: &mut Paragraph, mut change: impl FnMut(&str) -> String) {
    let skip = usize::from(paragraph.kind == ParagraphKind::Speech);
    if paragraph.kind == ParagraphKind::Other || paragraph.text.contains(['[', '/']) {
        return;
    }
    let lines = paragraph.text.lines().enumerate().map(|(idx, line)| {
        let is_free = idx >= skip && !line.starts_with(['(', '~']);
        if is_free {
            change(line)
        } else {
            line.to_owned()
        }
    });
    paragraph.text = lines.collect::<Vec<_>>().join("\n");
}

fn sentences(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let ends = [". ", "? ", "! "].iter().filter_map(|it| rest.find(it));
        let end = ends.min().map_or(rest.len(), |it| it + 1);
        found.push(rest[..end].trim());
        rest = rest[end..].trim_start();
    }
    found
}

//! What of a scene tells it from others: its text, its number, its heading and its words in order.

use storycore_schema::{id::BlobId, recipe::IntentLine, scene::SceneRecord, shot::ShotRecord};

/// Ends a line in a list of words.
pub(super) const LINE_END: u32 = 0;

/// What of a scene tells it from others.
#[derive(Debug, Clone)]
pub struct Portrait {
    pub(super) text: BlobId,
    pub(super) number: Option<String>,
    /// The words of heading, cues and lines, hashed, with the ends of lines between them.
    pub(super) words: Vec<u32>,
}

impl Portrait {
    /// Hash of its text.
    pub fn text(&self) -> BlobId {
        self.text
    }

    /// Of a scene in the state.
    pub fn of_record<'a>(
        scene: &SceneRecord,
        shots: impl Iterator<Item = &'a ShotRecord>,
    ) -> Portrait {
        let lines = shots.flat_map(|shot| &shot.lines);
        let number = scene.written_number.clone();
        Portrait::new(scene.text, number, &scene.heading, lines)
    }

    /// Of a scene in a new text.
    pub fn new<'a>(
        text: BlobId,
        number: Option<String>,
        heading: &str,
        lines: impl Iterator<Item = &'a IntentLine>,
    ) -> Portrait {
        let mut words = Vec::new();
        add_words(&mut words, heading);
        for line in lines {
            words.push(LINE_END);
            add_words(&mut words, line.speaker.as_deref().unwrap_or_default());
            add_words(&mut words, &line.text);
        }
        Portrait {
            text,
            number,
            words,
        }
    }
}

/// The words of a text, hashed, in order.
pub(super) fn add_words(words: &mut Vec<u32>, text: &str) {
    let found = text
        .split(|it: char| !it.is_alphanumeric())
        .filter(|it| !it.is_empty());
    words.extend(found.map(hash_word));
}

/// FNV-1a over the word in lower case (Fowler, Noll, Vo; 32 bits).
fn hash_word(word: &str) -> u32 {
    let fold = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let mut buffer = [0; 4];
    let hash = word
        .chars()
        .flat_map(char::to_lowercase)
        .fold(0x811c_9dc5, |hash, letter| {
            letter.encode_utf8(&mut buffer).bytes().fold(hash, fold)
        });
    hash.max(LINE_END + 1)
}

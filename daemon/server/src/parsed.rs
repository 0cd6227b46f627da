//! Texts of a film, parsed: what searches and renames look through again and again.

use std::{ops::Range, sync::Arc};

use moka::sync::Cache;
use storycore_core::fountain::Script;
use storycore_schema::id::BlobId;

use crate::blobs::Blobs;

/// How much text is kept parsed for one film, in bytes of text.
const BYTES_MAX: u64 = 4 << 20;
/// How many names of its bible are kept for one film, in names.
const NAMES_MAX: u64 = 20_000;

/// Names as a file of the bible has them, and where they are in it.
pub type BibleNames = Arc<Vec<(String, Range<usize>)>>;

/// Parsed texts by what they say.
pub struct ParsedTexts {
    scripts: Cache<BlobId, Script>,
    names: Cache<BlobId, BibleNames>,
}

impl ParsedTexts {
    /// None yet.
    pub fn new() -> ParsedTexts {
        let weigh = |_: &BlobId, script: &Script| u32::try_from(script.len()).unwrap_or(u32::MAX);
        let scripts = Cache::builder().weigher(weigh).max_capacity(BYTES_MAX);
        let count = |_: &BlobId, names: &BibleNames| u32::try_from(names.len()).unwrap_or(u32::MAX);
        let names = Cache::builder().weigher(count).max_capacity(NAMES_MAX);
        ParsedTexts {
            scripts: scripts.build(),
            names: names.build(),
        }
    }

    /// A kept text; `None` when it cannot be read or is none. Blocks the first time.
    pub fn of(&self, blobs: &Blobs, id: BlobId) -> Option<Script> {
        if let Some(known) = self.scripts.get(&id) {
            return Some(known);
        }
        let text = String::from_utf8(blobs.read(id).ok()?).ok()?;
        let script = Script::parse(&text);
        self.scripts.insert(id, script.clone());
        Some(script)
    }

    /// The names in a text of the bible, read the first time it is met.
    pub fn names_in(
        &self,
        text: BlobId,
        read: impl FnOnce() -> Option<BibleNames>,
    ) -> Option<BibleNames> {
        if let Some(known) = self.names.get(&text) {
            return Some(known);
        }
        let names = read()?;
        self.names.insert(text, names.clone());
        Some(names)
    }
}

impl Default for ParsedTexts {
    fn default() -> ParsedTexts {
        ParsedTexts::new()
    }
}

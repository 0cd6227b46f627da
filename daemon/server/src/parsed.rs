//! Texts of a film that nobody has open, parsed: what searches and renames look through again and
//! again.

use moka::sync::Cache;
use storycore_core::fountain::Script;
use storycore_schema::id::BlobId;

use crate::blobs::Blobs;

/// How much text is kept parsed for one film, in bytes of text.
const BYTES_MAX: u64 = 4 << 20;

/// Parsed texts by what they say.
pub struct ParsedTexts(Cache<BlobId, Script>);

impl ParsedTexts {
    /// None yet.
    pub fn new() -> ParsedTexts {
        let weigh = |_: &BlobId, script: &Script| u32::try_from(script.len()).unwrap_or(u32::MAX);
        let cache = Cache::builder().weigher(weigh).max_capacity(BYTES_MAX);
        ParsedTexts(cache.build())
    }

    /// A kept text; `None` when it cannot be read or is none. Blocks the first time.
    pub fn of(&self, blobs: &Blobs, id: BlobId) -> Option<Script> {
        if let Some(known) = self.0.get(&id) {
            return Some(known);
        }
        let text = String::from_utf8(blobs.read(id).ok()?).ok()?;
        let script = Script::parse(&text);
        self.0.insert(id, script.clone());
        Some(script)
    }
}

impl Default for ParsedTexts {
    fn default() -> ParsedTexts {
        ParsedTexts::new()
    }
}

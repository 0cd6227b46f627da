//! The chain of digests: each event's digest is made of its columns and of the digest before it,
//! so that a flipped bit, an event that is missing and two that changed places are noticed.

use super::sqlite::Row;

/// Length of a digest, in bytes: half of what BLAKE3 gives. It is to notice damage; whoever can
/// write the file can write a chain.
pub(super) const DIGEST_BYTES: usize = 16;

/// An event's digest.
pub type Digest = [u8; DIGEST_BYTES];

/// The digest before the first event.
pub(super) const START: Digest = [0; DIGEST_BYTES];

/// Makes digests, in a buffer that is used again.
#[derive(Default)]
pub(super) struct Chain(Vec<u8>);

impl Chain {
    /// The digest of a row that comes after another.
    pub(super) fn next(&mut self, before: &Digest, row: &Row<'_>) -> Digest {
        let texts = [row.topic, row.actor, row.correlation_id, row.payload].map(str::as_bytes);
        let numbers = (row.seq.0, row.version, row.at_ms);
        fill(&mut self.0, before, numbers, texts);
        of(&self.0)
    }
}

/// The bytes that a digest is made of.
pub(super) fn fill(
    bytes: &mut Vec<u8>,
    before: &Digest,
    (seq, version, at_ms): (u64, u32, u64),
    texts: [&[u8]; 4],
) {
    bytes.clear();
    bytes.extend_from_slice(before);
    bytes.extend_from_slice(&seq.to_le_bytes());
    bytes.extend_from_slice(&version.to_le_bytes());
    bytes.extend_from_slice(&at_ms.to_le_bytes());
    // The lengths keep a byte from moving over to the next column unnoticed.
    for text in texts {
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text);
    }
}

/// The digest of such bytes.
pub(super) fn of(bytes: &[u8]) -> Digest {
    let mut digest = START;
    digest.copy_from_slice(&blake3::hash(bytes).as_bytes()[..DIGEST_BYTES]);
    digest
}

/// A digest for people: 32 hexadecimal digits.
pub fn hex(digest: &Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

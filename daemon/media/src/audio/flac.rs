//! Texts of a FLAC file: Vorbis comments in a metadata block (RFC 9639 §8.6).

use super::{Error, Media, Source};
use crate::text;

const COMMENTS: u8 = 4;

/// Adds the comments.
pub(super) fn comments(source: &mut Source<'_>, media: &mut Media) -> Result<(), Error> {
    let mut at = 4;
    loop {
        source.count_part()?;
        source.go_to(at)?;
        let [kind, a, b, c]: [u8; 4] = source.array()?;
        let n_bytes = u64::from(u32::from_be_bytes([0, a, b, c]));
        if kind & 0x7F == COMMENTS {
            let block = source.bytes_at(at + 4, n_bytes)?;
            return match each(&block, media, source) {
                Some(()) => Ok(()),
                None => Err(Error::truncated("its Vorbis comments are not complete")),
            };
        }
        if kind & 0x80 != 0 {
            return Ok(());
        }
        at += 4 + n_bytes;
    }
}

/// A length, a vendor; a count, then each a length and `KEY=text`.
fn each(block: &[u8], media: &mut Media, source: &Source<'_>) -> Option<()> {
    let (_vendor, mut rest) = sized(block)?;
    let (n, behind) = rest.split_first_chunk()?;
    rest = behind;
    for _ in 0..u32::from_le_bytes(*n) {
        let (comment, behind) = sized(rest)?;
        rest = behind;
        let at = comment.iter().position(|it| *it == b'=');
        if let Some((key, value)) = at.map(|it| (&comment[..it], &comment[it + 1..])) {
            let found = text::utf_8(value.to_vec());
            media.add_text(
                &text::latin_1(key),
                "Vorbis comment",
                found,
                source.limits(),
            );
        }
    }
    Some(())
}

fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (n_bytes, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*n_bytes)).ok()?)
}

//! Texts of an MP3: tags of ID3v2.3 and 2.4 (id3.org; §4.2, §4.10 of the specifications).

use super::{Error, Media, Source};
use crate::text;

const HEAD_BYTES: u64 = 10;

/// Adds the texts.
pub(super) fn texts(source: &mut Source<'_>, media: &mut Media) -> Result<(), Error> {
    source.go_to(0)?;
    let [b'I', b'D', b'3', version, _, flags, a, b, c, d]: [u8; 10] = source.array()? else {
        return Ok(());
    };
    let is_known = matches!(version, 3 | 4);
    // The whole tag is rewritten, or has an extended head: no program of today does that.
    if !is_known || flags & 0xC0 != 0 {
        let note = format!("its texts stand in a variety of ID3v2.{version} that is not read");
        media.notes.push(note);
        return Ok(());
    }
    let end = (HEAD_BYTES + u64::from(synchsafe([a, b, c, d]))).min(source.len());
    let mut at = HEAD_BYTES;
    while at + HEAD_BYTES <= end {
        source.count_part()?;
        source.go_to(at)?;
        let [id @ .., a, b, c, d, _, form]: [u8; 10] = source.array()?;
        let n_bytes = match version {
            4 => synchsafe([a, b, c, d]),
            _ => u32::from_be_bytes([a, b, c, d]),
        };
        let (start, n_bytes) = (at + HEAD_BYTES, u64::from(n_bytes));
        if id[0] == 0 || start + n_bytes > end {
            break;
        }
        at = start + n_bytes;
        if matches!(&id, b"TXXX" | b"COMM") || id[0] == b'T' {
            let is_plain = match version {
                4 => form & 0x0F == 0,
                _ => form & 0xE0 == 0,
            };
            frame(source, media, id, (start, n_bytes), is_plain)?;
        }
    }
    Ok(())
}

fn frame(
    source: &mut Source<'_>,
    media: &mut Media,
    id: [u8; 4],
    (start, n_bytes): (u64, u64),
    is_plain: bool,
) -> Result<(), Error> {
    let limits = source.limits();
    let name = text::latin_1(&id);
    if !is_plain {
        let why = "is packed, encrypted or rewritten".to_owned();
        media.add_text(&name, "ID3 tag", Err(why), limits);
        return Ok(());
    }
    if n_bytes > media.text_room(limits) {
        media.add_text(
            &name,
            "ID3 tag",
            Err(text::too_long(n_bytes, limits)),
            limits,
        );
        return Ok(());
    }
    let bytes = source.bytes_at(start, n_bytes)?;
    let Some((encoding, rest)) = bytes.split_first() else {
        return Ok(());
    };
    let (key, value) = match &id {
        b"TXXX" => keyed(*encoding, rest),
        // A language of three letters comes before the key.
        b"COMM" => keyed(*encoding, rest.get(3..).unwrap_or_default()),
        _ => (name, decode(*encoding, rest)),
    };
    let key = if key.is_empty() {
        "comment".to_owned()
    } else {
        key
    };
    media.add_text(&key, "ID3 tag", Ok(value), limits);
    Ok(())
}

fn keyed(encoding: u8, bytes: &[u8]) -> (String, String) {
    let (at, behind) = match encoding {
        1 | 2 => {
            let pair = bytes.chunks_exact(2).position(|it| it == [0, 0]);
            let at = pair.map_or(bytes.len(), |it| 2 * it);
            (at, at + 2)
        }
        _ => {
            let at = bytes.iter().position(|it| *it == 0).unwrap_or(bytes.len());
            (at, at + 1)
        }
    };
    let rest = bytes.get(behind..).unwrap_or_default();
    (decode(encoding, &bytes[..at]), decode(encoding, rest))
}

fn decode(encoding: u8, bytes: &[u8]) -> String {
    let text = match encoding {
        1 | 2 => {
            let is_little = bytes.starts_with(&[0xFF, 0xFE]);
            let letters = bytes.chunks_exact(2).map(|it| match is_little {
                true => u16::from_le_bytes([it[0], it[1]]),
                false => u16::from_be_bytes([it[0], it[1]]),
            });
            let letters: Vec<u16> = letters.filter(|it| *it != 0xFEFF).collect();
            String::from_utf16_lossy(&letters)
        }
        3 => String::from_utf8_lossy(bytes).into_owned(),
        _ => text::latin_1(bytes),
    };
    text.trim_end_matches('\0').to_owned()
}

/// Seven bits a byte.
fn synchsafe(bytes: [u8; 4]) -> u32 {
    bytes
        .iter()
        .fold(0, |sum, it| sum << 7 | u32::from(it & 0x7F))
}

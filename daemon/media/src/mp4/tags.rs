//! Texts of a movie: iTunes' tags, QuickTime's keys and QuickTime's oldest texts.
//!
//! ComfyUI writes `prompt` and `workflow` as QuickTime keys; ffmpeg's `comment` is an iTunes tag.

use super::{Error, Media, Part, Source, each, text};
use crate::text::latin_1;

/// Keys of a table; a movie that has more is not one that people made.
const KEYS_MAX: usize = 1_024;

/// Reads a `udta` or a `meta`.
pub(super) fn tags(source: &mut Source<'_>, part: Part, media: &mut Media) -> Result<(), Error> {
    if &part.kind == b"meta" {
        return meta(source, part, media);
    }
    each(source, part, |source, part| match part.kind {
        [b'm', b'e', b't', b'a'] => meta(source, part, media),
        [0xA9, ..] => quicktime_text(source, part, media),
        _ => Ok(()),
    })
}

/// QuickTime: a length, a language, the text.
fn quicktime_text(source: &mut Source<'_>, part: Part, media: &mut Media) -> Result<(), Error> {
    if part.n_bytes() > u64::from(u16::MAX) + 4 {
        return Ok(());
    }
    let bytes = part.bytes(source, u64::MAX)?;
    if let Some(text) = bytes.get(4..) {
        let key = tag_name(part.kind);
        media.add_text(&key, "QuickTime text", Ok(latin_1(text)), source.limits());
    }
    Ok(())
}

fn meta(source: &mut Source<'_>, meta: Part, media: &mut Media) -> Result<(), Error> {
    // In MP4 a version comes first, in QuickTime the boxes begin at once.
    let head = source.bytes_at(meta.start, meta.n_bytes().min(8))?;
    let inner = match head.get(4..8) {
        Some(b"hdlr") => meta,
        _ => Part {
            start: (meta.start + 4).min(meta.end),
            ..meta
        },
    };
    let mut keys = Vec::new();
    each(source, inner, |source, part| match &part.kind {
        b"keys" => {
            keys = read_keys(source, part)?;
            Ok(())
        }
        b"ilst" => each(source, part, |source, item| {
            let key = key(item.kind, &keys);
            list_item(source, item, key, media)
        }),
        _ => Ok(()),
    })
}

/// An item is named by four letters, or by its place among the keys.
fn key(kind: [u8; 4], keys: &[String]) -> Option<String> {
    if &kind == b"----" {
        return None;
    }
    let place = usize::try_from(u32::from_be_bytes(kind)).ok()?;
    let named = place.checked_sub(1).and_then(|it| keys.get(it));
    Some(named.cloned().unwrap_or_else(|| tag_name(kind)))
}

fn read_keys(source: &mut Source<'_>, part: Part) -> Result<Vec<String>, Error> {
    let mut keys = Vec::new();
    let inner = Part {
        start: (part.start + 8).min(part.end),
        ..part
    };
    each(source, inner, |source, key| {
        if keys.len() < KEYS_MAX {
            keys.push(latin_1(&key.bytes(source, 256)?));
        }
        Ok(())
    })?;
    Ok(keys)
}

/// One tag: a `data` with the text; a free one has its name in a `name`.
fn list_item(
    source: &mut Source<'_>,
    item: Part,
    mut key: Option<String>,
    media: &mut Media,
) -> Result<(), Error> {
    const TEXT: u32 = 1;
    each(source, item, |source, part| {
        match &part.kind {
            b"name" if key.is_none() => {
                let name = part.bytes(source, 256)?;
                key = name.get(4..).map(latin_1);
            }
            b"data" if part.n_bytes() >= 8 => {
                source.go_to(part.start)?;
                let kind = u32::from_be_bytes(source.array()?);
                let n_bytes = part.n_bytes() - 8;
                if kind != TEXT {
                    return Ok(());
                }
                let limits = source.limits();
                let found = match n_bytes > media.text_room(limits) {
                    true => Err(text::too_long(n_bytes, limits)),
                    false => text::utf_8(source.bytes_at(part.start + 8, n_bytes)?),
                };
                let key = key.as_deref().unwrap_or("unnamed");
                media.add_text(key, "MP4 tag", found, limits);
            }
            _ => {}
        }
        Ok(())
    })
}

/// Names that people know for the letters.
fn tag_name(kind: [u8; 4]) -> String {
    match kind {
        [0xA9, b'c', b'm', b't'] => "comment".to_owned(),
        [0xA9, b'n', b'a', b'm'] => "title".to_owned(),
        [0xA9, b't', b'o', b'o'] | [0xA9, b's', b'w', b'r'] => "encoder".to_owned(),
        [b'd', b'e', b's', b'c'] | [0xA9, b'd', b'e', b's'] => "description".to_owned(),
        kind => kind.iter().map(|it| char::from(*it)).collect(),
    }
}

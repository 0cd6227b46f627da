//! JPEG, by its markers (ITU-T T.81 §B.1).

use super::*;

/// Describes a JPEG. Whether its pixels are whole, decoding says.
pub(crate) fn jpeg(source: &mut Source<'_>) -> Result<Media, Error> {
    let mut media = Media::new(Kind::Image, "image/jpeg", source.len());
    media.add_codec("mjpeg");
    media.has_alpha = Some(false);
    let mut turn = Turn::default();
    let mut at = 2;
    loop {
        source.count_part()?;
        source.go_to(at)?;
        let [start, marker]: [u8; 2] = source.array().map_err(no_picture)?;
        match (start, marker) {
            // Fill bytes may come before a marker.
            (0xFF, 0xFF) => at += 1,
            (0xFF, 0x01 | 0xD0..=0xD8) => at += 2,
            (0xFF, 0xC0..=0xCF) if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let [_, _, bits, a, b, c, d, _]: [u8; 8] = source.array().map_err(no_picture)?;
                let (height_px, width_px) =
                    (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                if height_px == 0 || width_px == 0 {
                    let what = format!("it says that it is {width_px} × {height_px} px");
                    return Err(Error::damaged(what));
                }
                media.bits = Some(bits);
                media.set_size(width_px.into(), height_px.into(), turn);
                return Ok(media);
            }
            (0xFF, 0xDA | 0xD9) => return Err(Error::damaged("its JPEG says no size")),
            (0xFF, _) => {
                let n_bytes = u64::from(u16::from_be_bytes(source.array().map_err(no_picture)?));
                let content = n_bytes.saturating_sub(2);
                if let Some(it) = segment(source, &mut media, marker, content)? {
                    turn = it;
                }
                at += 2 + n_bytes.max(2);
            }
            _ => {
                return Err(Error::damaged(format!(
                    "there is no JPEG marker at byte {at}"
                )));
            }
        }
    }
}

fn no_picture(error: Error) -> Error {
    match error {
        Error::Truncated { .. } => Error::truncated("it ends before its picture begins"),
        other => other,
    }
}

fn segment(
    source: &mut Source<'_>,
    media: &mut Media,
    marker: u8,
    n_bytes: u64,
) -> Result<Option<Turn>, Error> {
    const EXIF: &[u8] = b"Exif\0\0";
    if !matches!(marker, 0xE1 | 0xFE) {
        return Ok(None);
    }
    let at = source.stream_position()?;
    let bytes = source.bytes_at(at, n_bytes)?;
    if marker == 0xFE {
        media.add_text(
            "comment",
            "JPEG comment",
            Ok(latin_1(&bytes)),
            source.limits(),
        );
        return Ok(None);
    }
    let exif = bytes.strip_prefix(EXIF);
    Ok(exif.map(|it| add_exif(media, it.to_vec(), "JPEG Exif", source)))
}

/// Whether a JPEG in memory goes on to its last marker.
pub(crate) fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xFF, marker]) = bytes.get(at..at + 2) {
        match marker {
            0xFF => at += 1,
            0x01 | 0xD0..=0xD8 => at += 2,
            0xD9 => return true,
            _ => {
                let Some(&[high, low]) = bytes.get(at + 2..at + 4) else {
                    return false;
                };
                at += 2 + usize::from(u16::from_be_bytes([high, low]));
                if marker == 0xDA {
                    at += scan_len(bytes.get(at..).unwrap_or_default());
                }
            }
        }
    }
    false
}

/// How far the data of a scan goes: up to a marker that is neither a stuffed byte nor a restart.
fn scan_len(data: &[u8]) -> usize {
    let is_end = |at: &usize| {
        let next = data.get(at + 1);
        next.is_some_and(|it| !matches!(it, 0x00 | 0xFF | 0xD0..=0xD7))
    };
    memchr::memchr_iter(0xFF, data)
        .find(is_end)
        .unwrap_or(data.len())
}

//! PNG and APNG, by their chunks (PNG specification, third edition, §5 and §11).

use super::*;

/// A chunk: its type, and where its content lies.
struct Chunk {
    kind: [u8; 4],
    start: u64,
    n_bytes: u64,
}

/// Content, then four bytes of checksum.
const CHECKSUM_BYTES: u64 = 4;
/// Of the specification: a length is at most 2^31 − 1.
const CHUNK_BYTES_MAX: u64 = (1 << 31) - 1;

/// Describes a PNG. Checksums are not verified here; decoding does that.
pub(crate) fn png(source: &mut Source<'_>) -> Result<Media, Error> {
    let mut media = Media::new(Kind::Image, "image/png", source.len());
    media.add_codec("png");
    let mut animation = Animation::default();
    let mut turn = Turn::default();
    let mut size = None;
    let mut at = 8;
    loop {
        let chunk = next(source, at)?;
        at = chunk.start + chunk.n_bytes + CHECKSUM_BYTES;
        match &chunk.kind {
            b"IHDR" => size = Some(header(source, &chunk, &mut media)?),
            _ if size.is_none() => return Err(Error::damaged("its first PNG chunk is no IHDR")),
            b"tRNS" => media.has_alpha = Some(true),
            b"acTL" => animation.n_frames = u32_at(source, &chunk)?,
            b"fcTL" => animation.add_frame(source, &chunk)?,
            b"eXIf" if chunk.n_bytes <= source.limits().text_bytes_max => {
                let bytes = source.bytes_at(chunk.start, chunk.n_bytes)?;
                turn = add_exif(&mut media, bytes, "PNG Exif", source);
            }
            b"tEXt" | b"zTXt" | b"iTXt" | b"comf" => add_text(source, &chunk, &mut media)?,
            b"IEND" => break,
            _ => {}
        }
        if at > source.len() {
            return Err(Error::truncated(format!(
                "its PNG chunk {} should go on to byte {at}, and the file has {}",
                name(&chunk.kind),
                source.len()
            )));
        }
    }
    if let Some((width_px, height_px)) = size {
        media.set_size(width_px, height_px, turn);
    }
    animation.tell(&mut media);
    Ok(media)
}

fn next(source: &mut Source<'_>, at: u64) -> Result<Chunk, Error> {
    source.count_part()?;
    source.go_to(at)?;
    let head: [u8; 8] = source.array().map_err(|error| match error {
        Error::Truncated { .. } => Error::truncated("its last PNG chunk, IEND, is missing"),
        other => other,
    })?;
    let [a, b, c, d, kind @ ..] = head;
    let n_bytes = u64::from(u32::from_be_bytes([a, b, c, d]));
    if n_bytes > CHUNK_BYTES_MAX || !kind.iter().all(u8::is_ascii_alphabetic) {
        return Err(Error::damaged(format!(
            "there is no PNG chunk at byte {at}"
        )));
    }
    Ok(Chunk {
        kind,
        start: at + 8,
        n_bytes,
    })
}

fn name(kind: &[u8; 4]) -> String {
    String::from_utf8_lossy(kind).into_owned()
}

fn header(source: &mut Source<'_>, chunk: &Chunk, media: &mut Media) -> Result<(u32, u32), Error> {
    source.go_to(chunk.start)?;
    let [a, b, c, d, e, f, g, h, bits, color, ..]: [u8; 13] = source.array()?;
    let width_px = u32::from_be_bytes([a, b, c, d]);
    let height_px = u32::from_be_bytes([e, f, g, h]);
    let is_legal = |px: u32| px > 0 && u64::from(px) <= CHUNK_BYTES_MAX;
    if !is_legal(width_px) || !is_legal(height_px) {
        return Err(Error::damaged(format!(
            "it says that it is {width_px} × {height_px} px"
        )));
    }
    media.bits = Some(bits);
    media.has_alpha = Some(matches!(color, 4 | 6));
    Ok((width_px, height_px))
}

fn u32_at(source: &mut Source<'_>, chunk: &Chunk) -> Result<u32, Error> {
    source.go_to(chunk.start)?;
    Ok(u32::from_be_bytes(source.array()?))
}

/// What the chunks of an animation say.
#[derive(Default)]
struct Animation {
    n_frames: u32,
    microseconds: u64,
}

impl Animation {
    fn add_frame(&mut self, source: &mut Source<'_>, chunk: &Chunk) -> Result<(), Error> {
        source.go_to(chunk.start + 20)?;
        let [a, b, c, d]: [u8; 4] = source.array()?;
        let above = u64::from(u16::from_be_bytes([a, b]));
        // Of the specification: nothing below the line means hundredths.
        let below = match u16::from_be_bytes([c, d]) {
            0 => 100,
            it => u64::from(it),
        };
        self.microseconds += above * 1_000_000 / below;
        Ok(())
    }

    fn tell(&self, media: &mut Media) {
        if self.n_frames > 1 {
            media.kind = Kind::Animation;
            media.media_type = "image/apng";
            media.frames = Some(self.n_frames.into());
            media.duration_ms = Some((self.microseconds + 500) / 1_000);
            media.frame_rate = Rational::rate(self.n_frames.into(), self.microseconds, 1_000_000);
        }
    }
}

fn add_text(source: &mut Source<'_>, chunk: &Chunk, media: &mut Media) -> Result<(), Error> {
    let limits = source.limits();
    let place = match &chunk.kind {
        b"tEXt" => "PNG tEXt",
        b"zTXt" => "PNG zTXt",
        b"iTXt" => "PNG iTXt",
        // ComfyUI keeps the graph of an animated PNG in a chunk of its own.
        _ => "PNG comf",
    };
    if chunk.n_bytes > media.text_room(limits).saturating_add(KEY_BYTES_MAX) {
        source.go_to(chunk.start)?;
        let head: [u8; KEY_BYTES_MAX as usize] = source.array()?;
        let (key, _) = split(&head).unwrap_or_default();
        let why = text::too_long(chunk.n_bytes, limits);
        media.add_text(&latin_1(key), place, Err(why), limits);
        return Ok(());
    }
    let bytes = source.bytes_at(chunk.start, chunk.n_bytes)?;
    let Some((key, rest)) = split(&bytes) else {
        let note = format!("a text in its {place} has no key, and is left out");
        media.notes.push(note);
        return Ok(());
    };
    let text = match place {
        "PNG zTXt" => match rest {
            [0, packed @ ..] => media.inflate(packed, limits).map(|it| latin_1(&it)),
            _ => Err("is packed in an unknown way".to_owned()),
        },
        "PNG iTXt" => international(rest, media, limits),
        _ => Ok(latin_1(rest)),
    };
    media.add_text(&latin_1(key), place, text, limits);
    Ok(())
}

/// Of the specification: 1 to 79 letters, then a zero.
const KEY_BYTES_MAX: u64 = 80;

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|it| *it == 0)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

fn international(rest: &[u8], media: &mut Media, limits: &Limits) -> Result<String, String> {
    let cut = || "is cut off".to_owned();
    let [is_packed, _method, rest @ ..] = rest else {
        return Err(cut());
    };
    let (_language, rest) = split(rest).ok_or_else(cut)?;
    let (_translated_key, rest) = split(rest).ok_or_else(cut)?;
    match is_packed {
        0 => text::utf_8(rest.to_vec()),
        _ => text::utf_8(media.inflate(rest, limits)?),
    }
}

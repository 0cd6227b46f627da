//! WebP, by its chunks (RFC 9649 §2).

use super::*;

/// Describes a WebP.
pub(crate) fn webp(source: &mut Source<'_>) -> Result<Media, Error> {
    let mut media = Media::new(Kind::Image, "image/webp", source.len());
    media.add_codec("webp");
    media.bits = Some(8);
    source.go_to(4)?;
    let said = 8 + u64::from(u32::from_le_bytes(source.array()?));
    if said > source.len() {
        let what = format!("it says that it has {said} bytes, and has {}", source.len());
        return Err(Error::truncated(what));
    }
    let mut found = Found::default();
    let mut at = 12;
    while at + 8 <= said {
        source.count_part()?;
        source.go_to(at)?;
        let [kind @ .., a, b, c, d]: [u8; 8] = source.array()?;
        let n_bytes = u64::from(u32::from_le_bytes([a, b, c, d]));
        let start = at + 8;
        at = start + n_bytes + n_bytes % 2;
        if start + n_bytes > source.len() {
            let kind = String::from_utf8_lossy(&kind);
            return Err(Error::truncated(format!(
                "its WebP chunk {kind:?} is not complete"
            )));
        }
        if &kind == b"EXIF" && n_bytes <= source.limits().text_bytes_max {
            let bytes = source.bytes_at(start, n_bytes)?;
            // Some programs write the head that JPEG has there.
            let exif = bytes.strip_prefix(b"Exif\0\0").unwrap_or(&bytes).to_vec();
            found.turn = add_exif(&mut media, exif, "WebP Exif", source);
        } else {
            found.chunk(source, &kind, start)?;
        }
    }
    found.tell(&mut media)
}

#[derive(Default)]
struct Found {
    size: Option<(u32, u32)>,
    has_alpha: bool,
    is_animated: bool,
    turn: Turn,
    n_frames: u64,
    duration_ms: u64,
}

impl Found {
    fn chunk(&mut self, source: &mut Source<'_>, kind: &[u8; 4], start: u64) -> Result<(), Error> {
        source.go_to(start)?;
        match kind {
            b"VP8X" => {
                let [flags, _, _, _, w0, w1, w2, h0, h1, h2]: [u8; 10] = source.array()?;
                self.has_alpha = flags & 0x10 != 0;
                self.is_animated = flags & 0x02 != 0;
                let px = |bytes: [u8; 3]| 1 + u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
                self.size = Some((px([w0, w1, w2]), px([h0, h1, h2])));
            }
            b"VP8 " if self.size.is_none() => {
                let [_, _, _, 0x9D, 0x01, 0x2A, a, b, c, d]: [u8; 10] = source.array()? else {
                    return Err(Error::damaged(
                        "its WebP picture does not begin as VP8 does",
                    ));
                };
                let px = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3FFF);
                self.size = Some((px([a, b]), px([c, d])));
            }
            b"VP8L" if self.size.is_none() => {
                let [0x2F, a, b, c, d]: [u8; 5] = source.array()? else {
                    return Err(Error::damaged(
                        "its WebP picture does not begin as VP8L does",
                    ));
                };
                let head = u32::from_le_bytes([a, b, c, d]);
                self.size = Some((1 + (head & 0x3FFF), 1 + (head >> 14 & 0x3FFF)));
                self.has_alpha = head >> 28 & 1 == 1;
            }
            b"ANMF" => {
                source.go_to(start + 12)?;
                let [a, b, c]: [u8; 3] = source.array()?;
                self.n_frames += 1;
                self.duration_ms += u64::from(u32::from_le_bytes([a, b, c, 0]));
            }
            _ => {}
        }
        Ok(())
    }

    fn tell(self, media: &mut Media) -> Result<Media, Error> {
        let Some((width_px, height_px)) = self.size.filter(|it| it.0 > 0 && it.1 > 0) else {
            return Err(Error::damaged("its WebP holds no picture"));
        };
        media.set_size(width_px, height_px, self.turn);
        media.has_alpha = Some(self.has_alpha);
        if self.is_animated && self.n_frames > 1 {
            media.kind = Kind::Animation;
            media.frames = Some(self.n_frames);
            media.duration_ms = Some(self.duration_ms);
            media.frame_rate = Rational::rate(self.n_frames, self.duration_ms, 1_000);
        }
        Ok(media.clone())
    }
}

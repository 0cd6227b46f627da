//! Matroska and WebM, by their elements (RFC 8794, RFC 9559).
//!
//! Why not a crate: `matroska-demuxer` reads all sound and frames to count them, and adds up
//! places that a file claims without looking whether they overflow.

use crate::{
    Error,
    media::{Kind, Media, Rational},
    source::Source,
    text,
};

mod blocks;
mod tracks;

use blocks::Blocks;
use tracks::Track;

/// An element: its id, and where its content lies.
#[derive(Debug, Clone, Copy)]
struct Element {
    id: u32,
    start: u64,
    /// Nothing if the writer did not know, as live streams do.
    end: Option<u64>,
}

impl Element {
    fn n_bytes(&self) -> Option<u64> {
        self.end.map(|it| it - self.start)
    }

    /// A number of at most eight bytes.
    fn number(&self, source: &mut Source<'_>) -> Result<u64, Error> {
        let bytes = self.small(source, 8)?;
        Ok(bytes.iter().fold(0, |sum, it| sum << 8 | u64::from(*it)))
    }

    fn float(&self, source: &mut Source<'_>) -> Result<f64, Error> {
        let bytes = self.small(source, 8)?;
        Ok(match *bytes.as_slice() {
            [a, b, c, d] => f32::from_be_bytes([a, b, c, d]).into(),
            [a, b, c, d, e, f, g, h] => f64::from_be_bytes([a, b, c, d, e, f, g, h]),
            _ => 0.0,
        })
    }

    /// A short text, up to the zeros that may fill it.
    fn name(&self, source: &mut Source<'_>) -> Result<String, Error> {
        let bytes = self.small(source, 256)?;
        let end = bytes.iter().position(|it| *it == 0).unwrap_or(bytes.len());
        Ok(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }

    fn small(&self, source: &mut Source<'_>, max: u64) -> Result<Vec<u8>, Error> {
        source.bytes_at(self.start, self.n_bytes().unwrap_or(0).min(max))
    }
}

/// A file that is read.
struct Movie {
    doc_type: String,
    /// One unit of the file's time, in nanoseconds.
    unit_ns: u64,
    duration_units: Option<f64>,
    tracks: Vec<Track>,
    blocks: Blocks,
}

/// Describes a file of elements.
pub(crate) fn matroska(source: &mut Source<'_>) -> Result<Media, Error> {
    let mut media = Media::new(Kind::Other, "video/matroska", source.len());
    let mut movie = Movie {
        doc_type: String::new(),
        unit_ns: 1_000_000,
        duration_units: None,
        tracks: Vec::new(),
        blocks: Blocks::default(),
    };
    let len = source.len();
    let mut at = 0;
    let mut has_segment = false;
    while let Some(element) = next(source, &mut at, len)? {
        match element.id {
            0x1A45_DFA3 => each(source, element, |source, it| {
                if it.id == 0x4282 {
                    movie.doc_type = it.name(source)?;
                }
                Ok(())
            })?,
            0x1853_8067 if !has_segment => {
                has_segment = true;
                let end = element.end.unwrap_or(len);
                segment(source, element.start, end, &mut movie, &mut media)?;
                at = end;
            }
            _ => {}
        }
    }
    if !has_segment {
        return Err(Error::truncated("its Matroska segment is missing"));
    }
    tell(&movie, &mut media);
    Ok(media)
}

/// The element at a place, which is moved behind it, or into it if its end is not known.
fn next(source: &mut Source<'_>, at: &mut u64, end: u64) -> Result<Option<Element>, Error> {
    if *at >= end {
        return Ok(None);
    }
    source.count_part()?;
    source.go_to(*at)?;
    let place = *at;
    let id = vint(source, place, true)?;
    let n_bytes = vint(source, place, false)?;
    let start = place + id.n_bytes + n_bytes.n_bytes;
    let is_unknown = n_bytes.value == (1 << (7 * n_bytes.n_bytes)) - 1;
    let element_end = match is_unknown {
        true => None,
        false => Some(start.saturating_add(n_bytes.value)),
    };
    if let Some(it) = element_end.filter(|it| *it > end) {
        return Err(Error::truncated(format!(
            "its element {:X} at byte {place} should go on to byte {it}, and there are {end}",
            id.value
        )));
    }
    *at = element_end.unwrap_or(start);
    Ok(Some(Element {
        id: u32::try_from(id.value).unwrap_or(0),
        start,
        end: element_end,
    }))
}

/// A number of a length that its first bits say (RFC 8794 §4).
struct Vint {
    value: u64,
    n_bytes: u64,
}

fn vint(source: &mut Source<'_>, place: u64, keep_marker: bool) -> Result<Vint, Error> {
    let [first] = source.array()?;
    let n_bytes = u64::from(first.leading_zeros()) + 1;
    let longest = if keep_marker { 4 } else { 8 };
    if n_bytes > longest {
        return Err(Error::damaged(format!(
            "there is no Matroska element at byte {place}"
        )));
    }
    let marker = if keep_marker {
        0
    } else {
        0x80_u8 >> (n_bytes - 1)
    };
    let mut value = u64::from(first & !marker);
    for _ in 1..n_bytes {
        let [byte] = source.array()?;
        value = value << 8 | u64::from(byte);
    }
    Ok(Vint { value, n_bytes })
}

/// Calls for each element in an element of known length.
fn each(
    source: &mut Source<'_>,
    outer: Element,
    mut visit: impl FnMut(&mut Source<'_>, Element) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut at = outer.start;
    while let Some(element) = next(source, &mut at, outer.end.unwrap_or(outer.start))? {
        visit(source, element)?;
    }
    Ok(())
}

fn segment(
    source: &mut Source<'_>,
    start: u64,
    end: u64,
    movie: &mut Movie,
    media: &mut Media,
) -> Result<(), Error> {
    let mut at = start;
    while let Some(element) = next(source, &mut at, end)? {
        match element.id {
            0x1549_A966 => each(source, element, |source, it| info(source, it, movie, media))?,
            0x1654_AE6B => movie.tracks = tracks::tracks(source, element)?,
            0x1254_C367 => {
                let read = tags(source, element, media);
                text::keep_reading(read, media)?;
            }
            // A cluster of unknown length: what is in it comes next, among what follows it.
            0x1F43_B675 if element.end.is_some() => {
                each(source, element, |source, it| {
                    movie.blocks.element(source, it)
                })?;
            }
            _ => movie.blocks.element(source, element)?,
        }
    }
    Ok(())
}

fn info(
    source: &mut Source<'_>,
    element: Element,
    movie: &mut Movie,
    media: &mut Media,
) -> Result<(), Error> {
    match element.id {
        0x2A_D7B1 => movie.unit_ns = element.number(source)?.max(1),
        0x4489 => movie.duration_units = Some(element.float(source)?),
        0x7BA9 => {
            let title = element.name(source)?;
            media.add_text("title", "Matroska tag", Ok(title), source.limits());
        }
        _ => {}
    }
    Ok(())
}

fn tags(source: &mut Source<'_>, tags: Element, media: &mut Media) -> Result<(), Error> {
    each(source, tags, |source, tag| match tag.id {
        0x7373 => each(source, tag, |source, simple| match simple.id {
            0x67C8 => simple_tag(source, simple, media),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })
}

fn simple_tag(source: &mut Source<'_>, tag: Element, media: &mut Media) -> Result<(), Error> {
    let (mut key, mut found) = (String::new(), None);
    each(source, tag, |source, it| {
        match it.id {
            0x45A3 => key = it.name(source)?,
            0x4487 => {
                let limits = source.limits();
                let n_bytes = it.n_bytes().unwrap_or(0);
                found = Some(match n_bytes > media.text_room(limits) {
                    true => Err(text::too_long(n_bytes, limits)),
                    false => text::utf_8(source.bytes_at(it.start, n_bytes)?),
                });
            }
            _ => {}
        }
        Ok(())
    })?;
    if let Some(found) = found {
        let found = found.map(|it| it.trim_end_matches('\0').to_owned());
        media.add_text(&key, "Matroska tag", found, source.limits());
    }
    Ok(())
}

fn tell(movie: &Movie, media: &mut Media) {
    let video = movie.tracks.iter().find(|it| it.is_video());
    let audio = movie.tracks.iter().find(|it| it.is_audio());
    let is_webm = movie.doc_type == "webm";
    for track in video
        .iter()
        .chain(audio.iter())
        .copied()
        .chain(&movie.tracks)
    {
        if track.is_video() || track.is_audio() {
            media.add_codec(&track.codec);
        }
    }
    (media.kind, media.media_type) = match (video, audio) {
        (Some(_), _) if is_webm => (Kind::Video, "video/webm"),
        (Some(_), _) => (Kind::Video, "video/matroska"),
        (None, Some(_)) if is_webm => (Kind::Audio, "audio/webm"),
        (None, Some(_)) => (Kind::Audio, "audio/matroska"),
        (None, None) => (Kind::Other, "video/matroska"),
    };
    if let Some(it) = audio {
        media.channels = Some(it.channels);
        media.sample_rate_hz = Some(it.sample_rate_hz).filter(|it| *it > 0);
        media.bits = it.bits;
    }
    if let Some(it) = video {
        media.bits = it.bits;
        media.has_alpha = Some(it.has_alpha);
        if it.width_px > 0 && it.height_px > 0 {
            media.set_size(it.width_px, it.height_px, crate::media::Turn::default());
        }
        let counted = movie.blocks.of(it.number);
        media.frames = counted.map(|it| it.n).filter(|it| *it > 0);
        let measured = counted.and_then(|it| it.rate(movie.unit_ns));
        media.frame_rate = frame_rate(it.frame_ns).or(measured);
    }
    let said = movie
        .duration_units
        .filter(|it| it.is_finite() && *it > 0.0);
    let said = said.map(|it| (it * movie.unit_ns as f64 / 1e6).round() as u64);
    let last = movie.blocks.end_units().saturating_mul(movie.unit_ns) / 1_000_000;
    media.duration_ms = said.or(Some(last).filter(|it| *it > 0));
    if media.duration_ms.is_none() {
        media
            .notes
            .push("it does not say how long it plays".to_owned());
    }
}

const SECOND_NS: u64 = 1_000_000_000;

/// A rate from the time of one frame, which is rounded to nanoseconds: the rate that films and
/// television use stands behind it, if one is within the rounding.
fn frame_rate(frame_ns: Option<u64>) -> Option<Rational> {
    let frame_ns = frame_ns.filter(|it| *it > 0)?;
    let of_television = (1..=240).map(|it| (it * 1_000, 1_001));
    let whole = (1..=240).map(|it| (it, 1));
    let known = whole.chain(of_television).find(|(above, below)| {
        let exact_ns = (SECOND_NS * below + above / 2) / above;
        exact_ns.abs_diff(frame_ns) <= 1
    });
    match known {
        Some((above, below)) => Rational::new(above, below),
        None => Rational::new(SECOND_NS, frame_ns),
    }
}

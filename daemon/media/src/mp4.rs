//! MP4, MOV and M4A, by their boxes (ISO/IEC 14496-12; QuickTime File Format).
//!
//! Why not a crate: `re_mp4` indexes tables by what the file claims and panics on broken ones,
//! `mp4parse` reads neither the keys that ComfyUI writes nor fragments.

use std::io::Read;

use crate::{
    Error,
    media::{Kind, Media, Rational, Turn, to_ms},
    source::Source,
    text,
};

mod fragments;
mod sample_entry;
mod tags;
mod track;

pub(crate) use sample_entry::{av1_bits, avc_bits};
use track::Track;

/// A box: its type, and where its content lies.
#[derive(Debug, Clone, Copy)]
struct Part {
    kind: [u8; 4],
    start: u64,
    end: u64,
}

impl Part {
    fn n_bytes(&self) -> u64 {
        self.end - self.start
    }

    fn name(&self) -> String {
        self.kind.escape_ascii().to_string()
    }

    /// The whole of a small box.
    fn bytes(&self, source: &mut Source<'_>, max: u64) -> Result<Vec<u8>, Error> {
        source.bytes_at(self.start, self.n_bytes().min(max))
    }
}

/// A file that is read.
#[derive(Default)]
struct Movie {
    brand: Option<[u8; 4]>,
    has_head: bool,
    units_per_second: u64,
    duration: u64,
    tracks: Vec<Track>,
}

/// Tracks that are looked at; others are left out.
const TRACKS_MAX: usize = 64;

/// Describes a file of boxes.
pub(crate) fn mp4(source: &mut Source<'_>) -> Result<Media, Error> {
    let mut movie = Movie::default();
    let mut media = Media::new(Kind::Other, "video/mp4", source.len());
    let mut at = 0;
    while let Some(part) = next(source, &mut at, source.len())? {
        match &part.kind {
            b"ftyp" => movie.brand = part.bytes(source, 4)?.try_into().ok(),
            b"moov" => moov(source, part, &mut movie, &mut media)?,
            b"moof" => fragments::moof(source, part, &mut movie.tracks)?,
            _ => {}
        }
    }
    if !movie.has_head {
        return Err(Error::truncated(
            "its box moov, which says what it holds, is missing",
        ));
    }
    tell(&movie, &mut media);
    Ok(media)
}

/// The box at a place, which is moved behind it.
fn next(source: &mut Source<'_>, at: &mut u64, end: u64) -> Result<Option<Part>, Error> {
    if at.saturating_add(8) > end {
        return Ok(None);
    }
    source.count_part()?;
    source.go_to(*at)?;
    let [a, b, c, d, kind @ ..]: [u8; 8] = source.array()?;
    let (start, part_end) = match u32::from_be_bytes([a, b, c, d]) {
        // To the end of the file, or of what it is in.
        0 => (*at + 8, Some(end)),
        1 => {
            let n_bytes = u64::from_be_bytes(source.array()?);
            (*at + 16, at.checked_add(n_bytes))
        }
        n_bytes => (*at + 8, Some(*at + u64::from(n_bytes))),
    };
    let part = Part {
        kind,
        start,
        end: part_end.unwrap_or(u64::MAX),
    };
    if part.end < start {
        let what = format!(
            "its box {} at byte {at} is smaller than its own head",
            part.name()
        );
        return Err(Error::damaged(what));
    }
    if part.end > end {
        let what = format!(
            "its box {} at byte {at} should go on to byte {}, and there are {end}",
            part.name(),
            part.end
        );
        return Err(Error::truncated(what));
    }
    *at = part.end;
    Ok(Some(part))
}

/// Calls for each box in a box.
fn each(
    source: &mut Source<'_>,
    outer: Part,
    mut visit: impl FnMut(&mut Source<'_>, Part) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut at = outer.start;
    while let Some(part) = next(source, &mut at, outer.end)? {
        visit(source, part)?;
    }
    Ok(())
}

fn moov(
    source: &mut Source<'_>,
    moov: Part,
    movie: &mut Movie,
    media: &mut Media,
) -> Result<(), Error> {
    movie.has_head = true;
    each(source, moov, |source, part| {
        match &part.kind {
            b"mvhd" => {
                let (units_per_second, duration) = track::times(source, part)?;
                (movie.units_per_second, movie.duration) = (units_per_second, duration);
            }
            b"trak" if movie.tracks.len() < TRACKS_MAX => {
                movie.tracks.push(track::trak(source, part)?);
            }
            b"mvex" => fragments::mvex(source, part, &mut movie.tracks)?,
            b"udta" | b"meta" => {
                let read = tags::tags(source, part, media);
                text::keep_reading(read, media)?;
            }
            _ => {}
        }
        Ok(())
    })
}

fn tell(movie: &Movie, media: &mut Media) {
    let video = movie.tracks.iter().find(|it| it.is_video());
    let audio = movie.tracks.iter().find(|it| it.is_audio());
    for track in [video, audio].into_iter().flatten() {
        media.add_codec(&track.entry.codec);
    }
    for track in &movie.tracks {
        if track.is_video() || track.is_audio() {
            media.add_codec(&track.entry.codec);
        }
    }
    let is_quicktime = movie.brand.is_none_or(|it| &it == b"qt  ");
    (media.kind, media.media_type) = match (video, audio) {
        (Some(_), _) if is_quicktime => (Kind::Video, "video/quicktime"),
        (Some(_), _) => (Kind::Video, "video/mp4"),
        (None, Some(_)) => (Kind::Audio, "audio/mp4"),
        (None, None) => (Kind::Other, "video/mp4"),
    };
    if let Some(it) = audio {
        media.channels = Some(it.entry.channels).filter(|it| *it > 0);
        media.sample_rate_hz = Some(it.entry.sample_rate_hz).filter(|it| *it > 0);
        media.bits = it.entry.bits;
    }
    if let Some(it) = video {
        media.bits = it.entry.bits;
        media.has_alpha = it.entry.has_alpha;
        if it.entry.width_px > 0 && it.entry.height_px > 0 {
            media.set_size(it.entry.width_px, it.entry.height_px, it.turn);
        }
        media.frames = Some(it.samples).filter(|it| *it > 0);
        media.frame_rate = Rational::rate(it.samples, it.sample_time, it.units_per_second);
    }
    let longest = movie.tracks.iter().filter_map(Track::duration_ms).max();
    let said = to_ms(movie.duration, movie.units_per_second).filter(|it| *it > 0);
    media.duration_ms = said.or(longest);
    if media.duration_ms.is_none() {
        media
            .notes
            .push("it does not say how long it plays".to_owned());
    }
}

/// Which way a track is turned: quarters, as cameras write them (ISO/IEC 14496-12 §8.3.2).
fn turn(matrix: &[u8]) -> Turn {
    let at = |idx: usize| {
        let bytes = matrix
            .get(4 * idx..4 * idx + 4)
            .and_then(|it| it.try_into().ok());
        i32::from_be_bytes(bytes.unwrap_or_default()).signum()
    };
    match (at(0), at(1), at(3), at(4)) {
        (0, 1, -1, 0) => Turn::quarters(1),
        (-1, 0, 0, -1) => Turn::quarters(2),
        (0, -1, 1, 0) => Turn::quarters(3),
        _ => Turn::default(),
    }
}

/// A table of pairs in a box: how often, and what; read piece by piece.
fn pairs(
    source: &mut Source<'_>,
    part: Part,
    mut visit: impl FnMut(u32, u32),
) -> Result<(), Error> {
    source.go_to(part.start + 4)?;
    let n_pairs = u64::from(u32::from_be_bytes(source.array()?));
    let room = part.n_bytes().saturating_sub(8) / 8;
    if n_pairs > room {
        let what = format!(
            "its box {} claims {n_pairs} entries, and has {room}",
            part.name()
        );
        return Err(Error::damaged(what));
    }
    let mut buffer = [0; 8 * 512];
    let mut left = n_pairs;
    while left > 0 {
        let n = left.min(512);
        let bytes = &mut buffer[..8 * usize::try_from(n).unwrap_or(512)];
        source.read_exact(bytes)?;
        for pair in bytes.as_chunks::<8>().0 {
            let [a, b, c, d, e, f, g, h] = *pair;
            visit(
                u32::from_be_bytes([a, b, c, d]),
                u32::from_be_bytes([e, f, g, h]),
            );
        }
        left -= n;
    }
    Ok(())
}

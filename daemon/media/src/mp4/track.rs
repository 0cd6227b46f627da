//! One track: how long, how many samples, turned how.

use super::{Error, Part, Source, Turn, each, pairs, sample_entry, to_ms, turn};

/// What a track says of itself.
#[derive(Debug, Default)]
pub(super) struct Track {
    pub(super) id: u32,
    pub(super) turn: Turn,
    pub(super) handler: [u8; 4],
    pub(super) units_per_second: u64,
    duration: u64,
    pub(super) entry: sample_entry::Entry,
    /// Frames of a video.
    pub(super) samples: u64,
    /// How long they take together, in units of the track.
    pub(super) sample_time: u64,
    /// How long a sample of a fragment takes, if nothing else is said.
    pub(super) default_time: u32,
}

impl Track {
    pub(super) fn is_video(&self) -> bool {
        &self.handler == b"vide"
    }

    pub(super) fn is_audio(&self) -> bool {
        &self.handler == b"soun"
    }

    pub(super) fn duration_ms(&self) -> Option<u64> {
        let time = self.duration.max(self.sample_time);
        to_ms(time, self.units_per_second).filter(|it| *it > 0)
    }
}

/// Heads of tracks and movies are small; what goes on behind is left out.
const HEAD_BYTES_MAX: u64 = 128;

/// Reads a `trak`.
pub(super) fn trak(source: &mut Source<'_>, trak: Part) -> Result<Track, Error> {
    let mut track = Track::default();
    each(source, trak, |source, part| match &part.kind {
        b"tkhd" => head(source, part, &mut track),
        b"mdia" => each(source, part, |source, part| mdia(source, part, &mut track)),
        _ => Ok(()),
    })?;
    Ok(track)
}

fn head(source: &mut Source<'_>, part: Part, track: &mut Track) -> Result<(), Error> {
    let bytes = part.bytes(source, HEAD_BYTES_MAX)?;
    let is_long = bytes.first() == Some(&1);
    let id = if is_long { 20 } else { 12 };
    let matrix = if is_long { 52 } else { 40 };
    track.id = u32_in(&bytes, id).unwrap_or(0);
    track.turn = turn(bytes.get(matrix..).unwrap_or_default());
    Ok(())
}

fn mdia(source: &mut Source<'_>, part: Part, track: &mut Track) -> Result<(), Error> {
    match &part.kind {
        b"mdhd" => {
            (track.units_per_second, track.duration) = times(source, part)?;
            Ok(())
        }
        b"hdlr" => {
            let bytes = part.bytes(source, 12)?;
            track.handler = bytes
                .get(8..12)
                .and_then(|it| it.try_into().ok())
                .unwrap_or_default();
            Ok(())
        }
        b"minf" => each(source, part, |source, part| match &part.kind {
            b"stbl" => each(source, part, |source, part| stbl(source, part, track)),
            _ => Ok(()),
        }),
        _ => Ok(()),
    }
}

fn stbl(source: &mut Source<'_>, part: Part, track: &mut Track) -> Result<(), Error> {
    match &part.kind {
        b"stsd" => track.entry = sample_entry::first(source, part, track.is_video())?,
        b"stts" => {
            let (mut samples, mut time) = (0_u64, 0_u64);
            pairs(source, part, |n, each| {
                samples = samples.saturating_add(n.into());
                time = time.saturating_add(u64::from(n) * u64::from(each));
            })?;
            (track.samples, track.sample_time) = (samples, time);
        }
        _ => {}
    }
    Ok(())
}

/// Units a second and duration, of a movie or a track; all ones stand for unknown.
pub(super) fn times(source: &mut Source<'_>, part: Part) -> Result<(u64, u64), Error> {
    let bytes = part.bytes(source, HEAD_BYTES_MAX)?;
    let times = if bytes.first() == Some(&1) {
        let long = bytes.get(24..32).and_then(|it| it.try_into().ok());
        let duration = long.map(u64::from_be_bytes).filter(|it| *it != u64::MAX);
        u32_in(&bytes, 20).map(|it| (it.into(), duration.unwrap_or(0)))
    } else {
        let duration = u32_in(&bytes, 16).filter(|it| *it != u32::MAX);
        u32_in(&bytes, 12).map(|it| (it.into(), duration.unwrap_or(0).into()))
    };
    times.ok_or_else(|| Error::damaged(format!("its box {} is too small", part.name())))
}

/// A number in a box, if the box goes so far.
pub(super) fn u32_in(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    bytes.try_into().ok().map(u32::from_be_bytes)
}

//! Fragments: tracks whose samples stand beside the sound and frames, as streams are written
//! (ISO/IEC 14496-12 §8.8).

use super::{
    Error, Part, Source, each,
    track::{Track, u32_in},
};

const HEAD_BYTES_MAX: u64 = 64;
/// What a `trun` tells of one sample, in bytes, at most.
const SAMPLE_BYTES_MAX: u64 = 16;

/// Defaults for the fragments of each track.
pub(super) fn mvex(source: &mut Source<'_>, mvex: Part, tracks: &mut [Track]) -> Result<(), Error> {
    each(source, mvex, |source, part| {
        if &part.kind == b"trex" {
            let bytes = part.bytes(source, HEAD_BYTES_MAX)?;
            let id = u32_in(&bytes, 4);
            if let Some(track) = tracks.iter_mut().find(|it| Some(it.id) == id) {
                track.default_time = u32_in(&bytes, 12).unwrap_or(0);
            }
        }
        Ok(())
    })
}

/// Adds the samples of a fragment to their tracks.
pub(super) fn moof(source: &mut Source<'_>, moof: Part, tracks: &mut [Track]) -> Result<(), Error> {
    each(source, moof, |source, part| {
        if &part.kind != b"traf" {
            return Ok(());
        }
        let (mut id, mut default_time) = (0, None);
        let (mut samples, mut time) = (0_u64, 0_u64);
        each(source, part, |source, part| {
            match &part.kind {
                b"tfhd" => (id, default_time) = tfhd(&part.bytes(source, HEAD_BYTES_MAX)?),
                b"trun" => {
                    let track = tracks.iter().find(|it| it.id == id);
                    let each = default_time.or(track.map(|it| it.default_time));
                    let (n, took) = trun(source, part, each.unwrap_or(0))?;
                    samples = n.saturating_add(samples);
                    time = took.saturating_add(time);
                }
                _ => {}
            }
            Ok(())
        })?;
        if let Some(track) = tracks.iter_mut().find(|it| it.id == id) {
            track.samples = track.samples.saturating_add(samples);
            track.sample_time = track.sample_time.saturating_add(time);
        }
        Ok(())
    })
}

/// The track, and how long its samples take if the fragment says so.
fn tfhd(bytes: &[u8]) -> (u32, Option<u32>) {
    let flags = u32_in(bytes, 0).unwrap_or(0);
    let mut at = 8;
    // A place in the file, then a description.
    for (flag, n_bytes) in [(0x1, 8), (0x2, 4)] {
        at += if flags & flag == 0 { 0 } else { n_bytes };
    }
    let time = u32_in(bytes, at).filter(|_| flags & 0x8 != 0);
    (u32_in(bytes, 4).unwrap_or(0), time)
}

/// Samples of a run, and how long they take together.
fn trun(source: &mut Source<'_>, part: Part, default_time: u32) -> Result<(u64, u64), Error> {
    let bytes = part.bytes(source, 8)?;
    let flags = u32_in(&bytes, 0).unwrap_or(0);
    let n = u64::from(u32_in(&bytes, 4).unwrap_or(0));
    let has = |flag: u32| u64::from(flags & flag != 0);
    let sample_bytes = 4 * (has(0x100) + has(0x200) + has(0x400) + has(0x800));
    if has(0x100) == 0 {
        // Nothing in the box bounds a run of equal samples, so no memory is taken for it.
        return Ok((n, n.saturating_mul(default_time.into())));
    }
    let start = part.start + 8 + 4 * (has(0x1) + has(0x4));
    let room = part.end.saturating_sub(start) / sample_bytes.min(SAMPLE_BYTES_MAX);
    if n > room {
        let what = format!("its box trun claims {n} samples, and has {room}");
        return Err(Error::damaged(what));
    }
    let table = source.bytes_at(start, n * sample_bytes)?;
    let step = usize::try_from(sample_bytes).unwrap_or(1);
    let times = table.chunks_exact(step).filter_map(|it| u32_in(it, 0));
    Ok((n, times.map(u64::from).sum()))
}

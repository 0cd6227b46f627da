//! How bright a picture is, and how much of it is lost at the ends.

use storycore_quality::Exposure;

use crate::{luma::Luma, picture::Picture};

/// Lossy coding moves black and white about a little: so near to the end counts as lost.
const CLIPPED_LEVELS: usize = 2;
/// As ffmpeg's filter `blackframe` has it: black is darker than this.
const BLACK_LEVEL: usize = 32;

/// Whether there is nothing to see.
pub(crate) fn is_black(picture: &Picture) -> bool {
    exposure(&Luma::of(picture)).is_black()
}

pub(crate) fn exposure(luma: &Luma) -> Exposure {
    let counts = counts(&luma.bytes);
    let n = luma.bytes.len() as u64;
    let share = |levels: &[u64]| levels.iter().sum::<u64>() as f64 / n as f64;
    let (mut sum, mut squares) = (0_u64, 0_u64);
    for (level, count) in (0_u64..).zip(counts) {
        sum += level * count;
        squares += level * level * count;
    }
    let mean = sum as f64 / n as f64;
    // n² times the variance, in whole numbers: differences of large squares stay exact.
    let spread = u128::from(n) * u128::from(squares) - u128::from(sum).pow(2);
    Exposure {
        mean,
        p1: percentile(&counts, n, 1),
        p99: percentile(&counts, n, 99),
        clipped_black: share(&counts[..=CLIPPED_LEVELS]),
        clipped_white: share(&counts[255 - CLIPPED_LEVELS..]),
        contrast: (spread as f64).sqrt() / n as f64,
        dark: share(&counts[..BLACK_LEVEL]),
    }
}

/// How often each level is there. Four tables side by side: one would wait for itself where
/// neighbors are equal.
fn counts(bytes: &[u8]) -> [u64; 256] {
    let mut tables = [[0_u32; 256]; 4];
    // So many fit a table's numbers, whatever they are.
    let mut counts = [0_u64; 256];
    for part in bytes.chunks(1 << 30) {
        let (fours, rest) = part.as_chunks::<4>();
        for [a, b, c, d] in fours {
            tables[0][usize::from(*a)] += 1;
            tables[1][usize::from(*b)] += 1;
            tables[2][usize::from(*c)] += 1;
            tables[3][usize::from(*d)] += 1;
        }
        for it in rest {
            tables[0][usize::from(*it)] += 1;
        }
        for table in &mut tables {
            for (sum, count) in counts.iter_mut().zip(table) {
                *sum += u64::from(std::mem::take(count));
            }
        }
    }
    counts
}

/// The lowest level that so many of a hundred do not exceed (nearest rank).
fn percentile(counts: &[u64; 256], n: u64, percent: u64) -> u8 {
    let rank = (n * percent).div_ceil(100).max(1);
    let mut below = 0;
    for (level, count) in (0..=u8::MAX).zip(counts) {
        below += count;
        if below >= rank {
            return level;
        }
    }
    u8::MAX
}

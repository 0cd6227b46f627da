//! Bits that are alike where pictures look alike.

use std::f64::consts::PI;

use fast_image_resize::FilterType;
use storycore_quality::{Fingerprint, Measured, NotMeasured};

use crate::{luma::Luma, measure::large_enough, picture::Picture, thumbnail::resize};

const SIDE: usize = 8;
const LARGE_SIDE: usize = 32;

pub(crate) fn fingerprint(picture: &Picture) -> Measured<Fingerprint> {
    large_enough(picture, SIDE)?;
    Ok(Fingerprint {
        gradient: gradient(picture)?,
        frequency: frequency(picture)?,
    })
}

/// The luma of a small picture. `ImageHash` takes the luma first; all of it are sums, so that only
/// rounding differs.
fn small(picture: &Picture, to_px: (u32, u32)) -> Measured<Vec<u8>> {
    let small = resize(picture, to_px, FilterType::Lanczos3)
        .map_err(|error| NotMeasured::because(error.to_string()))?;
    let small = small.ok_or_else(|| NotMeasured::because("it cannot be made small"))?;
    Ok(Luma::of(&small).bytes)
}

fn gradient(picture: &Picture) -> Measured<u64> {
    let pixels = small(picture, (SIDE as u32 + 1, SIDE as u32))?;
    let rows = pixels.chunks_exact(SIDE + 1);
    let bits = rows.flat_map(|row| row.windows(2).map(|it| it[1] > it[0]));
    Ok(packed(bits))
}

fn frequency(picture: &Picture) -> Measured<u64> {
    let pixels = small(picture, (LARGE_SIDE as u32, LARGE_SIDE as u32))?;
    let lowest = lowest_frequencies(&pixels);
    let mut sorted = lowest;
    sorted.sort_by(f64::total_cmp);
    let median = f64::midpoint(sorted[31], sorted[32]);
    Ok(packed(lowest.iter().map(|it| *it > median)))
}

fn packed(bits: impl Iterator<Item = bool>) -> u64 {
    bits.fold(0, |sum, it| sum << 1 | u64::from(it))
}

/// The discrete cosine transform (type II) of 32 × 32 pixels, of which only 8 × 8 are wanted.
fn lowest_frequencies(pixels: &[u8]) -> [f64; SIDE * SIDE] {
    let wave =
        |k: usize, x: usize| (PI * k as f64 * (2 * x + 1) as f64 / (2 * LARGE_SIDE) as f64).cos();
    let waves: [[f64; LARGE_SIDE]; SIDE] =
        std::array::from_fn(|k| std::array::from_fn(|x| wave(k, x)));
    // Along each row first.
    let mut along = [[0.0; LARGE_SIDE]; SIDE];
    for (y, row) in pixels.chunks_exact(LARGE_SIDE).enumerate() {
        for (k, wave) in waves.iter().enumerate() {
            along[k][y] = wave
                .iter()
                .zip(row)
                .map(|(wave, it)| wave * f64::from(*it))
                .sum();
        }
    }
    std::array::from_fn(|at| {
        let (down, across) = (at / SIDE, at % SIDE);
        let column = &along[across];
        waves[down]
            .iter()
            .zip(column)
            .map(|(wave, it)| wave * it)
            .sum()
    })
}

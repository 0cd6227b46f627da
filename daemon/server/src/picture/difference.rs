//! How far two pictures differ, measured.

use image::{DynamicImage, Rgba};
use storycore_schema::{Limits, take::PictureDifference};

/// From black to white, in the steps of an 8-bit channel.
const STEPS: u64 = 255;
const MILLION: u64 = 1_000_000;

/// Compares two pictures pixel by pixel. Blocks.
pub fn difference(a: &[u8], b: &[u8], limits: &Limits) -> PictureDifference {
    let opened = |which: &str, bytes: &[u8]| {
        super::open(bytes, which, limits)
            .map(|it| it.picture)
            .map_err(|error| error.message)
    };
    let (a, b) = match (opened("a", a), opened("b", b)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(why), _) | (_, Err(why)) => return PictureDifference::NotMeasured { why },
    };
    if (a.width(), a.height()) != (b.width(), b.height()) {
        let why = format!(
            "they have different sizes: a is {} × {} px, b is {} × {} px",
            a.width(),
            a.height(),
            b.width(),
            b.height()
        );
        return PictureDifference::NotMeasured { why };
    }
    measure(&a, &b)
}

fn measure(a: &DynamicImage, b: &DynamicImage) -> PictureDifference {
    let (a, b) = (a.to_rgba8(), b.to_rgba8());
    let pixels = u64::from(a.width()) * u64::from(a.height());
    let (mut differing_pixels, mut steps) = (0, 0);
    for (a, b) in a.pixels().zip(b.pixels()) {
        let apart: u64 = (0..3).map(|at| seen(a, at).abs_diff(seen(b, at))).sum();
        differing_pixels += u64::from(apart > 0);
        steps += apart;
    }
    PictureDifference::Measured {
        pixels,
        differing_pixels,
        differing_ppm: ppm(differing_pixels, pixels),
        mean_difference_ppm: ppm(steps, pixels * 3 * STEPS),
    }
}

/// A channel as it is seen over white.
fn seen(Rgba(channels): &Rgba<u8>, at: usize) -> u64 {
    let (color, alpha) = (u64::from(channels[at]), u64::from(channels[3]));
    (color * alpha + STEPS * (STEPS - alpha) + STEPS / 2) / STEPS
}

fn ppm(part: u64, whole: u64) -> u32 {
    let rounded = (part * MILLION + whole / 2) / whole.max(1);
    u32::try_from(rounded).unwrap_or(u32::MAX)
}

//! Two pictures beside each other: how far they differ.

use storycore_quality::{Measured, NotMeasured};

use crate::{luma::Luma, measure::large_enough, picture::Picture};

/// Peak signal-to-noise ratio over all channels, in decibels: 10 log₁₀(255² / MSE), as
/// scikit-image's `peak_signal_noise_ratio` has it. Infinite if the pictures are the same.
pub fn psnr(a: &Picture, b: &Picture) -> Measured<f64> {
    same_size(a, b)?;
    let squares = |(a, b): (&[u8], &[u8])| -> u64 {
        let each = a
            .iter()
            .zip(b)
            .map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2));
        each.sum::<u32>().into()
    };
    // 255² fits 32 bits so many times.
    let squares: u64 = a
        .rgb()
        .chunks(65_536)
        .zip(b.rgb().chunks(65_536))
        .map(squares)
        .sum();
    let mean = squares as f64 / a.rgb().len() as f64;
    Ok(10.0 * (255.0_f64.powi(2) / mean).log10())
}

/// The side of the window that is slid over both pictures.
const WINDOW: usize = 7;

/// Structural similarity of luma, 1 if the pictures are the same (Wang et al. 2004): uniform
/// windows of 7 × 7 pixels, sample covariance, K₁ = 0.01, K₂ = 0.03, L = 255, as scikit-image's
/// `structural_similarity` has it by default.
pub fn ssim(a: &Picture, b: &Picture) -> Measured<f64> {
    same_size(a, b)?;
    large_enough(a, WINDOW)?;
    let (a, b) = (Luma::of(a), Luma::of(b));
    let width = a.width;
    let mut columns = vec![Sums::default(); width];
    for y in 0..WINDOW - 1 {
        move_columns(&mut columns, (a.row(y), b.row(y)), Sums::add);
    }
    let mut sum = 0.0;
    for y in WINDOW - 1..a.height {
        move_columns(&mut columns, (a.row(y), b.row(y)), Sums::add);
        sum += row(&columns);
        let gone = y + 1 - WINDOW;
        move_columns(&mut columns, (a.row(gone), b.row(gone)), Sums::take);
    }
    let n = (width + 1 - WINDOW) * (a.height + 1 - WINDOW);
    Ok(sum / n as f64)
}

/// Over a window: of a, b, a², b² and ab. 49 · 255² fits 32 bits.
#[derive(Clone, Copy, Default)]
struct Sums([u32; 5]);

impl Sums {
    fn of(a: u8, b: u8) -> [u32; 5] {
        let (a, b) = (u32::from(a), u32::from(b));
        [a, b, a * a, b * b, a * b]
    }

    fn add(&mut self, a: u8, b: u8) {
        for (sum, it) in self.0.iter_mut().zip(Sums::of(a, b)) {
            *sum += it;
        }
    }

    fn take(&mut self, a: u8, b: u8) {
        for (sum, it) in self.0.iter_mut().zip(Sums::of(a, b)) {
            *sum -= it;
        }
    }

    fn similarity(&self) -> f64 {
        const N: f64 = (WINDOW * WINDOW) as f64;
        const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
        const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);
        let [a, b, aa, bb, ab] = self.0.map(|it| f64::from(it) / N);
        let sample = N / (N - 1.0);
        let (va, vb, vab) = (
            sample * (aa - a * a),
            sample * (bb - b * b),
            sample * (ab - a * b),
        );
        let above = (2.0 * a * b + C1) * (2.0 * vab + C2);
        above / ((a * a + b * b + C1) * (va + vb + C2))
    }
}

fn move_columns(columns: &mut [Sums], (a, b): (&[u8], &[u8]), change: fn(&mut Sums, u8, u8)) {
    for ((sums, a), b) in columns.iter_mut().zip(a).zip(b) {
        change(sums, *a, *b);
    }
}

/// The similarities of one row of windows, added up.
fn row(columns: &[Sums]) -> f64 {
    let mut window = Sums::default();
    for it in &columns[..WINDOW - 1] {
        for (sum, it) in window.0.iter_mut().zip(it.0) {
            *sum += it;
        }
    }
    let mut sum = 0.0;
    for (gone, come) in columns.iter().zip(&columns[WINDOW - 1..]) {
        for (sum, it) in window.0.iter_mut().zip(come.0) {
            *sum += it;
        }
        sum += window.similarity();
        for (sum, it) in window.0.iter_mut().zip(gone.0) {
            *sum -= it;
        }
    }
    sum
}

/// Each channel is cut into so many parts.
const PARTS: usize = 8;

/// Likeness of colors, wherever they stand: correlation of histograms of 8 × 8 × 8 parts, −1 to
/// 1, as OpenCV's `HISTCMP_CORREL` has it. Sizes may differ.
pub fn histogram_correlation(a: &Picture, b: &Picture) -> Measured<f64> {
    let (a, b) = (shares(a), shares(b));
    let mean = 1.0 / a.len() as f64;
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(&b) {
        both += (a - mean) * (b - mean);
        of_a += (a - mean).powi(2);
        of_b += (b - mean).powi(2);
    }
    let below = (of_a * of_b).sqrt();
    if below <= f64::EPSILON * mean {
        return Err(NotMeasured::because(
            "all colors are equally common in one of the pictures",
        ));
    }
    Ok(both / below)
}

fn shares(picture: &Picture) -> Vec<f64> {
    let mut counts = vec![0_u32; PARTS * PARTS * PARTS];
    let part = |channel: u8| usize::from(channel) * PARTS / 256;
    for [r, g, b] in picture.pixels() {
        counts[(part(*r) * PARTS + part(*g)) * PARTS + part(*b)] += 1;
    }
    let n = picture.pixels().len() as f64;
    counts.iter().map(|it| f64::from(*it) / n).collect()
}

fn same_size(a: &Picture, b: &Picture) -> Measured<()> {
    if a.sides() == b.sides() {
        return Ok(());
    }
    Err(NotMeasured::because(format!(
        "the pictures are {} × {} px and {} × {} px",
        a.width_px(),
        a.height_px(),
        b.width_px(),
        b.height_px()
    )))
}

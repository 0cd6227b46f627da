//! How much there is in a picture that is finer than five pixels.

use super::Moments;
use crate::luma::{Luma, mirrored};

const SIDE: usize = 5;
const AROUND: isize = 2;
/// 25 times a difference lies within ±6,375, so that so many squares fit 32 bits.
const CHUNK: usize = 64;

/// Variance of luma less its mean over 5 × 5 pixels, mirrored at the edge, by 100: as OpenCV's
/// `(gray - blur(gray, (5, 5))).var() / 100` on floating numbers.
pub(super) fn noise(luma: &Luma) -> f64 {
    let width = luma.width;
    let mut moments = Moments::default();
    // Sums of five rows, with two columns more on either side.
    let mut columns = vec![0_u16; width + 2 * AROUND as usize];
    let mut differences = vec![0_i32; width];
    for y in 0..luma.height as isize {
        let rows: [&[u8]; SIDE] =
            std::array::from_fn(|it| luma.mirrored_row(y - AROUND + it as isize));
        let inner = &mut columns[AROUND as usize..][..width];
        for (x, sum) in inner.iter_mut().enumerate() {
            *sum = rows.iter().map(|row| u16::from(row[x])).sum();
        }
        for outside in [-2, -1, width as isize, width as isize + 1] {
            let from = mirrored(outside, width) + AROUND as usize;
            columns[(outside + AROUND) as usize] = columns[from];
        }
        let row = luma.row(y as usize);
        for (x, it) in differences.iter_mut().enumerate() {
            let window = &columns[x..x + SIDE];
            let sum: i32 = window.iter().map(|it| i32::from(*it)).sum();
            *it = 25 * i32::from(row[x]) - sum;
        }
        for part in differences.chunks(CHUNK) {
            moments.sum += i64::from(part.iter().sum::<i32>());
            moments.squares += u64::from(part.iter().map(|it| (it * it) as u32).sum::<u32>());
        }
    }
    moments.n = luma.bytes.len() as u64;
    moments.variance() / (25.0 * 25.0) / 100.0
}

//! How sharp a picture is.

use super::Moments;
use crate::luma::{Luma, mirrored};

/// The Laplacian lies within ±1,020, so that so many squares fit 32 bits.
const CHUNK: usize = 2_048;

/// Variance of the Laplacian [0 1 0; 1 −4 1; 0 1 0], mirrored at the edge, as OpenCV's
/// `Laplacian(gray, CV_64F, ksize=1).var()` has it.
pub(super) fn sharpness(luma: &Luma) -> f64 {
    let mut moments = Moments::default();
    let width = luma.width;
    for y in 0..luma.height {
        let above = luma.mirrored_row(y as isize - 1);
        let below = luma.row(mirrored(y as isize + 1, luma.height));
        let row = luma.row(y);
        let edge = |x: usize, beside: usize| {
            let around = 2 * i64::from(row[beside]) + i64::from(above[x]) + i64::from(below[x]);
            around - 4 * i64::from(row[x])
        };
        for it in [edge(0, 1), edge(width - 1, width - 2)] {
            moments.sum += it;
            moments.squares += it.unsigned_abs().pow(2);
        }
        inner(row, above, below, &mut moments);
    }
    moments.n = luma.bytes.len() as u64;
    moments.variance()
}

fn inner(row: &[u8], above: &[u8], below: &[u8], moments: &mut Moments) {
    let n = row.len() - 2;
    let (left, middle, right) = (&row[..n], &row[1..=n], &row[2..]);
    let (above, below) = (&above[1..=n], &below[1..=n]);
    for start in (0..n).step_by(CHUNK) {
        let part = start..(start + CHUNK).min(n);
        let (left, middle, right) = (
            &left[part.clone()],
            &middle[part.clone()],
            &right[part.clone()],
        );
        let (above, below) = (&above[part.clone()], &below[part]);
        let (mut sum, mut squares) = (0_i32, 0_u32);
        for x in 0..middle.len() {
            let around = i32::from(left[x])
                + i32::from(right[x])
                + i32::from(above[x])
                + i32::from(below[x]);
            let it = around - 4 * i32::from(middle[x]);
            sum += it;
            squares += (it * it) as u32;
        }
        moments.sum += i64::from(sum);
        moments.squares += u64::from(squares);
    }
}

//! Brightness: one byte a pixel.

use crate::picture::Picture;

/// How bright each pixel looks, 0 to 255: Y' of ITU-R BT.601, as OpenCV's `COLOR_RGB2GRAY` and
/// Pillow's `L` have it. Y' = (19595 R + 38470 G + 7471 B + 32768) / 65536, in whole numbers;
/// OpenCV rounds in other places, so that a pixel may differ by 1.
#[derive(Debug, Clone)]
pub(crate) struct Luma {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) bytes: Vec<u8>,
}

impl Luma {
    pub(crate) fn of(picture: &Picture) -> Luma {
        let (width, height) = picture.sides();
        let bytes = picture.pixels().iter().map(|it| luma(*it)).collect();
        Luma {
            width,
            height,
            bytes,
        }
    }

    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.bytes[y * self.width..][..self.width]
    }

    /// A row by a number that may lie outside: the picture is mirrored at its edge, without the
    /// edge itself, as OpenCV's `BORDER_REFLECT_101` does.
    pub(crate) fn mirrored_row(&self, y: isize) -> &[u8] {
        self.row(mirrored(y, self.height))
    }
}

/// An index into `n`, mirrored at both ends.
pub(crate) fn mirrored(at: isize, n: usize) -> usize {
    let at = at.unsigned_abs();
    if at < n { at } else { 2 * (n - 1) - at }
}

pub(crate) fn luma([r, g, b]: [u8; 3]) -> u8 {
    let sum = 19_595 * u32::from(r) + 38_470 * u32::from(g) + 7_471 * u32::from(b);
    ((sum + 32_768) >> 16) as u8
}

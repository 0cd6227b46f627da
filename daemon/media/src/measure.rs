//! Reads figures off one picture. What they mean, `storycore-quality` says.

use storycore_quality::{Measured, Measures, NotMeasured};

use crate::{colors, exposure, fingerprint, luma::Luma, picture::Picture};

mod noise;
mod sharpness;

/// Measures a picture. The same picture always gives the same figures. Blocks.
pub fn measure(picture: &Picture) -> Measures {
    let luma = Luma::of(picture);
    Measures {
        width_px: picture.width_px(),
        height_px: picture.height_px(),
        sharpness: large_enough(picture, 3).map(|()| sharpness::sharpness(&luma)),
        exposure: exposure::exposure(&luma),
        noise: large_enough(picture, 5).map(|()| noise::noise(&luma)),
        colors: colors::dominant(picture),
        fingerprint: fingerprint::fingerprint(picture),
    }
}

/// Whether a window of so many pixels fits.
pub(crate) fn large_enough(picture: &Picture, side_px_min: usize) -> Measured<()> {
    let (width_px, height_px) = picture.sides();
    if width_px.min(height_px) >= side_px_min {
        return Ok(());
    }
    Err(NotMeasured::because(format!(
        "the picture is {width_px} × {height_px} px, and {side_px_min} × {side_px_min} are needed"
    )))
}

/// Sums of whole numbers and of their squares, exact.
#[derive(Default)]
struct Moments {
    n: u64,
    sum: i64,
    squares: u64,
}

impl Moments {
    /// (Σx² − (Σx)²/n) / n, with the difference taken in whole numbers.
    fn variance(&self) -> f64 {
        let spread = i128::from(self.n) * i128::from(self.squares) - i128::from(self.sum).pow(2);
        spread as f64 / (self.n as f64).powi(2)
    }
}

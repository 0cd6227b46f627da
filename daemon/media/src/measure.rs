//! Figures read off one picture. What they mean, [`check`](crate::check) says.

use crate::{
    colors::{self, Swatch},
    exposure::{self, Exposure},
    fingerprint::{self, Fingerprint},
    luma::Luma,
    picture::Picture,
};

mod noise;
mod sharpness;

/// A figure, or why there is none.
pub type Measured<T> = Result<T, NotMeasured>;

/// Why something was not measured, in words: it is told as it is, never made up for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not measured: {why}")]
pub struct NotMeasured {
    /// In words that go on from "not measured:".
    pub why: String,
}

impl NotMeasured {
    pub(crate) fn because(why: impl Into<String>) -> NotMeasured {
        NotMeasured { why: why.into() }
    }
}

/// What was measured of one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    /// How wide, in pixels.
    pub width_px: u32,
    /// How high, in pixels.
    pub height_px: u32,
    /// Variance of the 4-neighbor Laplacian of the luma (Pech-Pacheco et al. 2000): how much there
    /// is of edges. Grows with noise, too.
    pub sharpness: Measured<f64>,
    /// Brightness, clipping and contrast.
    pub exposure: Exposure,
    /// Variance of luma less its mean over 5 × 5 pixels, by 100: how much there is finer than
    /// that. Fine texture counts as well.
    pub noise: Measured<f64>,
    /// The colors that most of the picture is near to, the largest first.
    pub colors: Vec<Swatch>,
    /// To find pictures that look alike.
    pub fingerprint: Measured<Fingerprint>,
}

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

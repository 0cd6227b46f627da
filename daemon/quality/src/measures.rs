//! Figures read off one picture.

use serde::Serialize;

use crate::colors::Swatch;

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
    /// For this reason.
    pub fn because(why: impl Into<String>) -> NotMeasured {
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

/// As ffmpeg's filter `blackframe` has it: a black frame has at least so much that is darker than
/// 32, as a share.
pub(crate) const BLACK_SHARE_MIN: f64 = 0.98;

/// Brightness of all pixels, in levels of 0 to 255, from the luma.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exposure {
    /// The mean.
    pub mean: f64,
    /// One in a hundred pixels is at most so bright.
    pub p1: u8,
    /// One in a hundred is brighter.
    pub p99: u8,
    /// Share of pixels within 2 levels of black, 0 to 1.
    pub clipped_black: f64,
    /// Share of pixels within 2 levels of white, 0 to 1.
    pub clipped_white: f64,
    /// Contrast: the standard deviation (RMS contrast).
    pub contrast: f64,
    /// Share of pixels darker than 32, 0 to 1.
    pub dark: f64,
}

impl Exposure {
    /// Whether at least 98 of 100 pixels are darker than 32.
    pub fn is_black(&self) -> bool {
        self.dark >= BLACK_SHARE_MIN
    }
}

/// Two fingerprints of 64 bits, as the Python package `ImageHash` has them, first bit highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fingerprint {
    /// dHash (Krawetz 2013): whether each of 9 × 8 pixels is darker than its right neighbor.
    pub gradient: u64,
    /// pHash (Zauner 2010): whether each of the 8 × 8 lowest frequencies of 32 × 32 pixels is above
    /// their median. Stands more than gradients do: other compression, size, brightness.
    pub frequency: u64,
}

impl Fingerprint {
    /// How many of the 64 bits of the frequencies differ; 32 by chance.
    pub fn distance(&self, other: &Fingerprint) -> u32 {
        (self.frequency ^ other.frequency).count_ones()
    }

    /// How many of the 64 bits of the gradients differ.
    pub fn gradient_distance(&self, other: &Fingerprint) -> u32 {
        (self.gradient ^ other.gradient).count_ones()
    }
}

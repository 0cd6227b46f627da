//! Where good ends: numbers that a film's style can set, and what they are if it does not.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// What figures are held against. Read from a style file in camelCase; what is left out has its
/// default.
///
/// Sharpness, angle, position and brightness are those that people of StoryCore know; the others
/// are ours, set so that ordinary pictures pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Thresholds {
    /// Below it a picture is soft, and fails: variance of the Laplacian. 50.
    #[serde(deserialize_with = "number")]
    pub sharpness_soft: f64,
    /// Below it sharpness is acceptable, from it on good. 100.
    #[serde(deserialize_with = "number")]
    pub sharpness_good: f64,
    /// From it on sharpness is excellent. 200.
    #[serde(deserialize_with = "number")]
    pub sharpness_excellent: f64,
    /// From it on a picture is oversharpened, which warns. 500.
    #[serde(deserialize_with = "number")]
    pub sharpness_over: f64,
    /// A mean brightness below it warns, in levels of 0 to 255. 20.
    #[serde(deserialize_with = "number")]
    pub brightness_min: f64,
    /// A mean brightness above it warns, in levels. 235.
    #[serde(deserialize_with = "number")]
    pub brightness_max: f64,
    /// More of a picture lost in black warns, as a share. 0.4: nights are dark.
    #[serde(deserialize_with = "number")]
    pub clipped_black_warn: f64,
    /// More of a picture lost in white warns, as a share. 0.05.
    #[serde(deserialize_with = "number")]
    pub clipped_white_warn: f64,
    /// More of a picture lost in white fails, as a share. 0.25.
    #[serde(deserialize_with = "number")]
    pub clipped_white_fail: f64,
    /// Less contrast warns: standard deviation of luma, in levels. 12.
    #[serde(deserialize_with = "number")]
    pub contrast_min: f64,
    /// More noise warns: variance of what is finer than 5 pixels, by 100. 4.
    #[serde(deserialize_with = "number")]
    pub noise_warn: f64,
    /// More noise fails. 12.
    #[serde(deserialize_with = "number")]
    pub noise_fail: f64,
    /// Colors farther from the style warn: CIEDE2000. 12.
    #[serde(deserialize_with = "number")]
    pub palette_warn: f64,
    /// Colors farther from the style fail. 24.
    #[serde(deserialize_with = "number")]
    pub palette_fail: f64,
    /// A side that is off by more fails, in pixels; one that is off at all warns. 16: models make
    /// sides that are multiples of 8, 16 or 32.
    #[serde(deserialize_with = "number")]
    pub size_tolerance_px: f64,
    /// An aspect that is off by more fails, as a share of what was asked. 0.02.
    #[serde(deserialize_with = "number")]
    pub aspect_tolerance: f64,
    /// Pictures with fewer bits of difference, of 64, are nearly the same, which warns. 6.
    #[serde(deserialize_with = "number")]
    pub duplicate_bits: f64,
    /// A larger difference of mean brightness between neighboring shots warns, in levels. 50.
    #[serde(deserialize_with = "number")]
    pub brightness_jump: f64,
    /// A smaller change of the camera's angle on the same subject is a jump cut, in degrees. 30.
    #[serde(deserialize_with = "number")]
    pub jump_cut_degrees: f64,
    /// A subject that jumps farther warns, as a share of the frame. 0.2.
    #[serde(deserialize_with = "number")]
    pub position_jump: f64,
    /// A shot passes from that score on, of 100. 70.
    #[serde(deserialize_with = "number")]
    pub score_pass: f64,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds {
            sharpness_soft: 50.0,
            sharpness_good: 100.0,
            sharpness_excellent: 200.0,
            sharpness_over: 500.0,
            brightness_min: 20.0,
            brightness_max: 235.0,
            clipped_black_warn: 0.4,
            clipped_white_warn: 0.05,
            clipped_white_fail: 0.25,
            contrast_min: 12.0,
            noise_warn: 4.0,
            noise_fail: 12.0,
            palette_warn: 12.0,
            palette_fail: 24.0,
            size_tolerance_px: 16.0,
            aspect_tolerance: 0.02,
            duplicate_bits: 6.0,
            brightness_jump: 50.0,
            jump_cut_degrees: 30.0,
            position_jump: 0.2,
            score_pass: 70.0,
        }
    }
}

/// A threshold that is no number would let everything pass, so it is refused where it is read.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if number.is_finite() && number >= 0.0 {
        return Ok(number);
    }
    Err(D::Error::custom(format!(
        "a threshold is a number from 0 on, not {number}"
    )))
}

//! Quality: what is measured of a take's picture, what a film holds that against, and what it comes
//! to, in words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the pictures of a film are held against: the table `[quality]` in the style's entry of the
/// bible, such as `bible/style.toml`. What is left out has its default. It is in no recipe, so
/// another number makes nothing stale; takes are judged anew at once, by what was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quality {
    /// How often a shot is drawn by a workflow before a picture that fails its checks is left as it
    /// is, 1 to 8: each attempt has another seed and is kept as a take, and the best one is shown.
    /// Default 1: nothing is drawn again by itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempts: Option<u32>,
    /// The colors of the style, such as `["#1b2a3f", "#c8a15a"]`; none, and colors are not checked.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub palette: Vec<String>,
    /// How wide pictures are to be, in pixels. Give `heightPx`, too; without, only their aspect is
    /// checked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub width_px: Option<u32>,
    /// How high pictures are to be, in pixels. Give `widthPx`, too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub height_px: Option<u32>,
    /// Below it a picture is soft, and fails: variance of the Laplacian. Default 50.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sharpness_soft: Option<f64>,
    /// Below it sharpness is acceptable, from it on good. Default 100.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sharpness_good: Option<f64>,
    /// From it on sharpness is excellent. Default 200.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sharpness_excellent: Option<f64>,
    /// From it on a picture is oversharpened, which warns. Default 500.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sharpness_over: Option<f64>,
    /// A mean brightness below it warns, in levels of 0 to 255. Default 20.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub brightness_min: Option<f64>,
    /// A mean brightness above it warns, in levels. Default 235.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub brightness_max: Option<f64>,
    /// More of a picture lost in black warns, as a share. Default 0.4: nights are dark.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clipped_black_warn: Option<f64>,
    /// More of a picture lost in white warns, as a share. Default 0.05; a film of drawings on white
    /// paper sets it to 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clipped_white_warn: Option<f64>,
    /// More of a picture lost in white fails, as a share. Default 0.25.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clipped_white_fail: Option<f64>,
    /// Less contrast warns: standard deviation of luma, in levels. Default 12.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contrast_min: Option<f64>,
    /// More noise warns: variance of what is finer than 5 pixels, by 100. Default 4.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub noise_warn: Option<f64>,
    /// More noise fails. Default 12.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub noise_fail: Option<f64>,
    /// Colors farther from the palette warn: CIEDE2000. Default 12.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub palette_warn: Option<f64>,
    /// Colors farther from the palette fail. Default 24.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub palette_fail: Option<f64>,
    /// A side that is off by more fails, in pixels; one that is off at all warns. Default 16.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub size_tolerance_px: Option<f64>,
    /// An aspect that is off by more fails, as a share of what was asked. Default 0.02.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub aspect_tolerance: Option<f64>,
    /// A shot passes from that score on, of 100. Default 70.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub score_pass: Option<f64>,
}

/// What was found when a take's picture was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Looked {
    /// A picture, which was measured.
    #[schemars(title = "MeasuredPicture")]
    Picture {
        /// What was measured of it.
        measures: Measures,
    },
    /// What should be a picture, and cannot be read.
    #[schemars(title = "BrokenPicture")]
    Broken {
        /// What is wrong with it.
        why: String,
    },
    /// Something that cannot be measured: a video, whose frames nobody here can decode.
    #[schemars(title = "UnmeasuredFile")]
    Unmeasured {
        /// Why not.
        why: String,
    },
}

/// What was measured of one picture. Figures stand as they were measured, not rounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Measures {
    /// Which way of measuring it was; raised when the same picture gives other figures.
    pub version: u32,
    /// How wide, in pixels.
    pub width_px: u32,
    /// How high, in pixels.
    pub height_px: u32,
    /// Variance of the Laplacian of the luma: how much there is of edges. Absent where the picture
    /// is too small for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sharpness: Option<f64>,
    /// Mean brightness, in levels of 0 to 255.
    pub brightness: f64,
    /// One in a hundred pixels is at most so bright, in levels.
    pub p1: u8,
    /// One in a hundred is brighter, in levels.
    pub p99: u8,
    /// Share of pixels within 2 levels of black, 0 to 1.
    pub clipped_black: f64,
    /// Share of pixels within 2 levels of white, 0 to 1.
    pub clipped_white: f64,
    /// Standard deviation of the brightness, in levels.
    pub contrast: f64,
    /// Share of pixels darker than 32, 0 to 1.
    pub dark: f64,
    /// Variance of what is finer than 5 × 5 pixels, by 100. Absent where the picture is too small.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub noise: Option<f64>,
    /// The colors that most of the picture is near to, the largest first.
    pub colors: Vec<ColorShare>,
    /// 128 bits in hexadecimal that are alike where pictures look alike: gradients (dHash), then
    /// frequencies (pHash). Absent where the picture is too small.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fingerprint: Option<String>,
}

/// One color, and how much of a picture is near to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ColorShare {
    /// As `#1b2a3f`, sRGB.
    pub color: String,
    /// Share of the pixels, 0 to 1.
    pub share: f64,
}

/// How a check came out. Of many, the worst one counts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Grade {
    /// Good.
    Pass,
    /// A person should look.
    Warn,
    /// Not good.
    Fail,
    /// Nobody knows; the words say why.
    NotMeasured,
}

/// What is checked of a picture.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum CheckKind {
    /// Whether it can be read at all.
    Readable,
    /// Edges.
    Sharpness,
    /// Whether there is anything to see.
    BlackFrame,
    /// How bright it is.
    Brightness,
    /// What is lost in black.
    Shadows,
    /// What is lost in white.
    Highlights,
    /// How far bright and dark are apart.
    Contrast,
    /// What is finer than five pixels.
    Noise,
    /// Its colors, beside those of the style.
    Palette,
    /// Its size, beside what was asked for.
    Size,
    /// Its aspect, beside what was asked for.
    Aspect,
}

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// What was looked at.
    pub check: CheckKind,
    /// How it came out.
    pub grade: Grade,
    /// The figure as it was measured, not rounded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub measured: Option<f64>,
    /// What decided: the threshold that was crossed, or else the nearest one that was not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub threshold: Option<f64>,
    /// Of both numbers: `px`, `share`, `ΔE`; empty for a bare number.
    pub unit: String,
    /// For people. A figure that has missed its threshold never reads as if it had not.
    pub words: String,
}

/// What the checks of a take come to. It follows from what was measured and from the style of now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checks {
    /// The worst of the verdicts.
    pub grade: Grade,
    /// 0 to 100, of what was measured; absent if nothing was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub score: Option<f64>,
    /// What the score is made of, for people.
    pub words: String,
    /// Each check, in the same order every time.
    pub verdicts: Vec<Verdict>,
}

//! Colors, and how far those of a picture are from those of a style.

use palette::{IntoColor, Lab, Srgb, color_difference::Ciede2000, white_point::D65};
use serde::Serialize;

use crate::measures::{Measured, NotMeasured};

#[cfg(test)]
mod tests;

/// One color, and how much of a picture is near to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Swatch {
    /// Red, green and blue, as sRGB.
    pub rgb: [u8; 3],
    /// Share of the pixels, 0 to 1.
    pub share: f64,
}

type Color = Lab<D65, f64>;

/// How different two colors look: CIEDE2000 (Sharma, Wu and Dalal 2005), with the white of D65.
/// 1 can just be seen; black and white are 100 apart.
pub fn color_difference(a: [u8; 3], b: [u8; 3]) -> f64 {
    lab(a).difference(lab(b))
}

fn lab(rgb: [u8; 3]) -> Color {
    Srgb::from(rgb).into_format::<f64>().into_color()
}

/// How far the colors of a picture are from those of a style: of each color the difference to the
/// nearest color of the style, weighted by its share.
pub fn palette_distance(colors: &[Swatch], style: &[[u8; 3]]) -> Measured<f64> {
    if style.is_empty() {
        return Err(NotMeasured::because("the style names no colors"));
    }
    let style: Vec<Color> = style.iter().map(|it| lab(*it)).collect();
    let (mut sum, mut share) = (0.0, 0.0);
    for it in colors {
        let color = lab(it.rgb);
        let nearest = style.iter().map(|style| color.difference(*style));
        sum += it.share * nearest.fold(f64::INFINITY, f64::min);
        share += it.share;
    }
    if share <= 0.0 {
        return Err(NotMeasured::because("the picture has no colors"));
    }
    Ok(sum / share)
}

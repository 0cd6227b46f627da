//! From tones and ramps to an indexed PNG.

use crate::canvas::Canvas;
use crate::palette::Palette;

/// Encodes the paper. Writing to memory cannot fail, so an error only ever leaves the bytes short.
pub(crate) fn encode(canvas: &Canvas, palette: &Palette) -> Vec<u8> {
    let indexes: Vec<u8> = canvas
        .tone
        .iter()
        .zip(&canvas.ramp)
        .map(|(tone, ramp)| ramp << 4 | tone >> 4)
        .collect();
    let mut bytes = Vec::with_capacity(96 * 1024);
    let mut encoder = png::Encoder::new(&mut bytes, canvas.width as u32, canvas.height as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.colors());
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Up);
    if let Ok(mut writer) = encoder.write_header() {
        let _ = writer.write_image_data(&indexes);
    }
    bytes
}

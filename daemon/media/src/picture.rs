//! A picture as pixels: upright, without transparency, eight bits a channel.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use crate::{
    Error, Limits,
    sniff::{self, Format},
    still,
};

/// Red, green and blue of each pixel, row by row from the top, as sRGB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width_px: u32,
    height_px: u32,
    rgb: Vec<u8>,
}

/// What stands behind a picture that can be seen through: white, as on paper.
pub const WHITE: [u8; 3] = [255; 3];

impl Picture {
    /// From pixels that are there, if there are as many as the size says and at least one.
    pub fn from_rgb(width_px: u32, height_px: u32, rgb: Vec<u8>) -> Option<Picture> {
        let n_bytes = 3 * u64::from(width_px) * u64::from(height_px);
        (n_bytes > 0 && n_bytes == rgb.len() as u64).then_some(Picture {
            width_px,
            height_px,
            rgb,
        })
    }

    /// Decodes a file: PNG, JPEG, WebP, GIF, BMP or TIFF, by its content; of an animation the
    /// first frame. Turns it upright, and puts the ground behind what can be seen through.
    ///
    /// # Errors
    ///
    /// The file is empty, cut off, damaged, larger than the limits, or no picture.
    pub fn open(bytes: &[u8], ground: [u8; 3], limits: &Limits) -> Result<Picture, Error> {
        let format = image_format(bytes)?;
        if format == ImageFormat::Jpeg && !still::is_whole_jpeg(bytes) {
            // Decoders fill what is missing with gray, and say nothing.
            return Err(Error::truncated("its picture does not go on to the end"));
        }
        let failed = |error| still::of_image(error, limits);
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        reader.limits(decode_limits(limits));
        let mut decoder = reader.into_decoder().map_err(failed)?;
        let (width_px, height_px) = decoder.dimensions();
        check_size(width_px, height_px, limits)?;
        let orientation = decoder.orientation().map_err(failed)?;
        let mut pixels = DynamicImage::from_decoder(decoder).map_err(failed)?;
        pixels.apply_orientation(orientation);
        Ok(Picture::over(pixels, ground))
    }

    /// Puts a ground behind pixels.
    pub(crate) fn over(pixels: DynamicImage, ground: [u8; 3]) -> Picture {
        let (width_px, height_px) = (pixels.width(), pixels.height());
        let rgb = match pixels.color().has_alpha() {
            false => pixels.into_rgb8().into_raw(),
            true => flat(&pixels.into_rgba8().into_raw(), ground),
        };
        Picture {
            width_px,
            height_px,
            rgb,
        }
    }

    /// How wide, in pixels.
    pub fn width_px(&self) -> u32 {
        self.width_px
    }

    /// How high, in pixels.
    pub fn height_px(&self) -> u32 {
        self.height_px
    }

    /// All pixels, three bytes each.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// All pixels.
    pub(crate) fn pixels(&self) -> &[[u8; 3]] {
        self.rgb.as_chunks().0
    }

    /// Width and height for indexes.
    pub(crate) fn sides(&self) -> (usize, usize) {
        (self.width_px as usize, self.height_px as usize)
    }
}

fn flat(rgba: &[u8], ground: [u8; 3]) -> Vec<u8> {
    let mix = |color: u8, alpha: u8, ground: u8| {
        let (color, alpha, ground) = (u32::from(color), u32::from(alpha), u32::from(ground));
        let mixed = (color * alpha + ground * (255 - alpha) + 127) / 255;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    };
    let mut rgb = Vec::with_capacity(rgba.len() / 4 * 3);
    for [r, g, b, alpha] in rgba.as_chunks().0 {
        rgb.extend([
            mix(*r, *alpha, ground[0]),
            mix(*g, *alpha, ground[1]),
            mix(*b, *alpha, ground[2]),
        ]);
    }
    rgb
}

/// What a file is, if it is a picture.
pub(crate) fn image_format(bytes: &[u8]) -> Result<ImageFormat, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    let head = &bytes[..bytes.len().min(sniff::HEAD_BYTES as usize)];
    let what = match Format::of(head) {
        Some(Format::Png) => return Ok(ImageFormat::Png),
        Some(Format::Jpeg) => return Ok(ImageFormat::Jpeg),
        Some(Format::Gif) => return Ok(ImageFormat::Gif),
        Some(Format::WebP) => return Ok(ImageFormat::WebP),
        Some(Format::Bmp) => return Ok(ImageFormat::Bmp),
        Some(Format::Tiff) => return Ok(ImageFormat::Tiff),
        Some(Format::Mp4 | Format::Matroska) => {
            return Err(Error::NeedsDecoder {
                codec: crate::describe(Cursor::new(bytes), &Limits::default())
                    .ok()
                    .and_then(|it| it.codecs.first().cloned())
                    .unwrap_or_else(|| "unknown".to_owned()),
            });
        }
        Some(Format::Wav | Format::Flac | Format::Mp3 | Format::Ogg) => "sound, and no picture",
        None => sniff::stranger(head).0,
    };
    Err(Error::Unsupported {
        what: what.to_owned(),
    })
}

/// What a pixel takes up at most while it is decoded, in bytes.
const PIXEL_BYTES_MAX: u64 = 8;

pub(crate) fn decode_limits(limits: &Limits) -> image::Limits {
    let mut decode = image::Limits::default();
    decode.max_alloc = Some(limits.pixels_max.saturating_mul(PIXEL_BYTES_MAX));
    decode
}

pub(crate) fn check_size(width_px: u32, height_px: u32, limits: &Limits) -> Result<(), Error> {
    let what = format!("the picture is {width_px} × {height_px} px");
    if width_px == 0 || height_px == 0 {
        return Err(Error::damaged(what));
    }
    let side_px = width_px.max(height_px);
    if side_px > limits.side_px_max {
        return Err(Error::TooLarge {
            what,
            value: side_px.into(),
            limit: "side_px_max",
            max: limits.side_px_max.into(),
            unit: "px",
        });
    }
    let pixels = u64::from(width_px) * u64::from(height_px);
    if pixels > limits.pixels_max {
        return Err(Error::TooLarge {
            what,
            value: pixels,
            limit: "pixels_max",
            max: limits.pixels_max,
            unit: "pixels",
        });
    }
    Ok(())
}

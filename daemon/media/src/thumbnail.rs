//! Small pictures of large ones.

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::{
    ExtendedColorType, ImageEncoder,
    codecs::{
        png::{CompressionType, FilterType as PngFilter, PngEncoder},
        webp::WebPEncoder,
    },
};

use crate::{Error, Limits, picture::Picture};

/// How a thumbnail is made.
#[derive(Debug, Clone, Copy)]
pub struct ThumbnailOptions {
    /// Its longest side at most, in pixels; a smaller picture keeps its size.
    pub side_px_max: u32,
    /// How it is written.
    pub format: ThumbnailFormat,
    /// What stands behind what can be seen through.
    pub ground: [u8; 3],
}

/// How a small picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThumbnailFormat {
    /// Smallest for photographs; loses a little.
    Jpeg,
    /// Loses nothing; smaller than PNG.
    WebP,
    /// Loses nothing.
    Png,
}

impl ThumbnailFormat {
    /// `image/jpeg`
    pub fn media_type(self) -> &'static str {
        match self {
            ThumbnailFormat::Jpeg => "image/jpeg",
            ThumbnailFormat::WebP => "image/webp",
            ThumbnailFormat::Png => "image/png",
        }
    }
}

/// A small picture.
#[derive(Debug, Clone)]
pub struct Thumbnail {
    /// How wide, in pixels.
    pub width_px: u32,
    /// How high, in pixels.
    pub height_px: u32,
    /// What it is: `image/jpeg`.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Makes a picture small: decodes, turns upright, shrinks, encodes. Blocks.
///
/// # Errors
///
/// As [`Picture::open`].
pub fn thumbnail(
    bytes: &[u8],
    options: &ThumbnailOptions,
    limits: &Limits,
) -> Result<Thumbnail, Error> {
    thumbnail_of(&Picture::open(bytes, options.ground, limits)?, options)
}

/// [`thumbnail`] of a picture that is decoded already, such as a poster.
///
/// # Errors
///
/// It cannot be encoded.
pub fn thumbnail_of(picture: &Picture, options: &ThumbnailOptions) -> Result<Thumbnail, Error> {
    let small = shrink(picture, options.side_px_max)?;
    let shown = small.as_ref().unwrap_or(picture);
    Ok(Thumbnail {
        width_px: shown.width_px(),
        height_px: shown.height_px(),
        media_type: options.format.media_type(),
        bytes: encode(shown, options.format)?,
    })
}

/// The picture within a square, if it is larger.
fn shrink(picture: &Picture, side_px_max: u32) -> Result<Option<Picture>, Error> {
    let (width_px, height_px) = (picture.width_px(), picture.height_px());
    let longest_px = width_px.max(height_px);
    if longest_px <= side_px_max {
        return Ok(None);
    }
    // To the nearest pixel, and never to nothing.
    let scaled = |px: u32| {
        let (px, longest_px) = (u64::from(px), u64::from(longest_px));
        let px = (px * u64::from(side_px_max) + longest_px / 2) / longest_px;
        u32::try_from(px).unwrap_or(1).max(1)
    };
    let (to_width_px, to_height_px) = (scaled(width_px), scaled(height_px));
    let bytes = resize(
        picture.rgb(),
        (width_px, height_px),
        (to_width_px, to_height_px),
        3,
    )?;
    Ok(Picture::from_rgb(to_width_px, to_height_px, bytes))
}

/// Resizes bytes of one or three channels: each pixel is the mean of those under it, weighted by a
/// triangle.
fn resize(
    bytes: &[u8],
    from_px: (u32, u32),
    to_px: (u32, u32),
    channels: usize,
) -> Result<Vec<u8>, Error> {
    resize_with(bytes, from_px, to_px, channels, FilterType::Bilinear)
}

/// Resizes with a filter of one's choice.
pub(crate) fn resize_with(
    bytes: &[u8],
    from_px: (u32, u32),
    to_px: (u32, u32),
    channels: usize,
    filter: FilterType,
) -> Result<Vec<u8>, Error> {
    let failed = |error: String| Error::damaged(format!("it cannot be resized: {error}"));
    let kind = match channels {
        1 => PixelType::U8,
        _ => PixelType::U8x3,
    };
    let from =
        ImageRef::new(from_px.0, from_px.1, bytes, kind).map_err(|it| failed(it.to_string()))?;
    let mut to = Image::new(to_px.0, to_px.1, kind);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    Resizer::new()
        .resize(&from, &mut to, &options)
        .map_err(|it| failed(it.to_string()))?;
    Ok(to.into_vec())
}

/// Of a JPEG, from 1 to 100; drawn lines stay clean.
const JPEG_QUALITY: u8 = 82;

fn encode(picture: &Picture, format: ThumbnailFormat) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let (width_px, height_px) = (picture.width_px(), picture.height_px());
    let rgb = picture.rgb();
    let color = ExtendedColorType::Rgb8;
    let result = match format {
        ThumbnailFormat::Jpeg => {
            let sides = (u16::try_from(width_px), u16::try_from(height_px));
            let (Ok(width_px), Ok(height_px)) = sides else {
                return Err(Error::TooLarge {
                    what: "a JPEG cannot have sides so long".to_owned(),
                    value: width_px.max(height_px).into(),
                    limit: "side_px_max",
                    max: u16::MAX.into(),
                    unit: "px",
                });
            };
            jpeg_encoder::Encoder::new(&mut bytes, JPEG_QUALITY)
                .encode(rgb, width_px, height_px, jpeg_encoder::ColorType::Rgb)
                .map_err(|it| it.to_string())
        }
        ThumbnailFormat::WebP => WebPEncoder::new_lossless(&mut bytes)
            .write_image(rgb, width_px, height_px, color)
            .map_err(|it| it.to_string()),
        ThumbnailFormat::Png => {
            PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, PngFilter::Adaptive)
                .write_image(rgb, width_px, height_px, color)
                .map_err(|it| it.to_string())
        }
    };
    result.map_err(|it| Error::damaged(format!("it cannot be written small: {it}")))?;
    Ok(bytes)
}

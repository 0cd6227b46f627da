//! Small pictures of large ones.

use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8x3,
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
    // Each pixel is the mean of those under it, weighted by a triangle.
    let to_px = (scaled(width_px), scaled(height_px));
    resize(picture, to_px, FilterType::Bilinear)
}

/// The picture in another size. It is the one place that resizes, and it is typed: each kind of
/// pixel takes 20 seconds to compile.
pub(crate) fn resize(
    picture: &Picture,
    to_px: (u32, u32),
    filter: FilterType,
) -> Result<Option<Picture>, Error> {
    let failed = |error: String| Error::damaged(format!("it cannot be resized: {error}"));
    let (width_px, height_px) = (picture.width_px(), picture.height_px());
    let from = TypedImageRef::<U8x3>::from_buffer(width_px, height_px, picture.rgb())
        .map_err(|it| failed(it.to_string()))?;
    let n_bytes = 3 * to_px.0 as usize * to_px.1 as usize;
    let mut resized = vec![0; n_bytes];
    let mut to = TypedImage::<U8x3>::from_buffer(to_px.0, to_px.1, &mut resized)
        .map_err(|it| failed(it.to_string()))?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    Resizer::new()
        .resize_typed(&from, &mut to, &options)
        .map_err(|it| failed(it.to_string()))?;
    drop(to);
    Ok(Picture::from_rgb(to_px.0, to_px.1, resized))
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

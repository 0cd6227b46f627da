//! Pictures that people bring in: what a file holds, whether it is whole, and how to show it.
//!
//! What a file is, its content says, never its name. Nothing is decoded before its size is known
//! and within the limits, so that a small file cannot fill the memory.

use std::io::Cursor;

use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageError, ImageFormat,
    ImageReader,
    codecs::{
        gif::GifDecoder,
        png::{CompressionType, FilterType, PngDecoder, PngEncoder},
        webp::WebPDecoder,
    },
    error::UnsupportedErrorKind,
    metadata::Orientation,
};
use storycore_schema::{Error, ErrorKind, Limits};

mod difference;
mod jpeg;
mod small;
mod stranger;
#[cfg(test)]
mod tests;

pub use difference::difference;
use jpeg::JpegParts;
pub use small::{SHOWN_WIDTH_PX, SmallPictures};
use stranger::stranger;

/// What a pixel takes up at most while a picture is looked at, in bytes.
const PIXEL_BYTES_MAX: u64 = 8;

/// A file that is a picture, and whole.
#[derive(Debug)]
pub struct Looked {
    /// What it is: `image/jpeg`.
    pub media_type: &'static str,
    /// Width as it is shown, in pixels.
    pub width_px: u32,
    /// Height as it is shown, in pixels.
    pub height_px: u32,
    /// A PNG to show in its place, where not every browser shows it as it should be.
    pub shown: Option<Vec<u8>>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// Looks at a file that somebody brings in. Blocks.
pub fn look(bytes: &[u8], name: &str, limits: &Limits) -> Result<Looked, Error> {
    let opened = open(bytes, name, limits)?;
    let mut notes = Vec::new();
    let media_type = opened.format.to_mime_type();
    notes.extend(other_ending(name, opened.format));
    let animated = is_animated(bytes, opened.format, limits).map_err(|it| broken(name, &it))?;
    if animated {
        notes.push("it is animated; its first picture is shown, the file is kept".to_owned());
    }
    if opened.cmyk {
        let note = "its colors are mixed for print (CMYK); they are shown as red, green and blue, \
                    which can look a little different";
        notes.push(note.to_owned());
    }
    // Browsers turn a JPEG upright as its camera says; of other formats not all do.
    let is_jpeg = opened.format == ImageFormat::Jpeg;
    let turned = opened.orientation != Orientation::NoTransforms && !is_jpeg;
    let is_tiff = opened.format == ImageFormat::Tiff;
    let converted = animated || opened.cmyk || turned || is_tiff;
    if turned {
        notes.push(
            "its camera lay on its side; a PNG of it upright is shown, the file is kept".into(),
        );
    }
    if is_tiff {
        notes.push("browsers show no TIFF; a PNG made from it is shown, the file is kept".into());
    }
    let picture = opened.picture;
    let shown = match converted {
        true => Some(png(&picture, opened.icc_profile)?),
        false => None,
    };
    Ok(Looked {
        media_type,
        width_px: picture.width(),
        height_px: picture.height(),
        shown,
        notes,
    })
}

/// A picture, upright.
struct Opened {
    format: ImageFormat,
    orientation: Orientation,
    cmyk: bool,
    icc_profile: Option<Vec<u8>>,
    picture: DynamicImage,
}

fn open(bytes: &[u8], name: &str, limits: &Limits) -> Result<Opened, Error> {
    if bytes.is_empty() {
        return Err(Error::invalid_params(format!("`{name}` is empty: 0 bytes"))
            .hint("save the picture again, and bring that in"));
    }
    let format = image::guess_format(bytes)
        .ok()
        .filter(|it| SHOWN.contains(it));
    let Some(format) = format else {
        return Err(stranger(bytes, name));
    };
    let jpeg = (format == ImageFormat::Jpeg).then(|| JpegParts::of(bytes));
    if jpeg.as_ref().is_some_and(|it| !it.has_end) {
        return Err(truncated(name));
    }
    let failed = |error: ImageError| broken(name, &error);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(decode_limits(limits));
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width_px, height_px) = decoder.dimensions();
    check_size(name, width_px, height_px, limits)?;
    let cmyk = jpeg.is_some_and(|it| it.components == 4)
        || matches!(
            decoder.original_color_type(),
            ExtendedColorType::Cmyk8 | ExtendedColorType::Cmyk16
        );
    let orientation = decoder.orientation().map_err(failed)?;
    let icc_profile = decoder.icc_profile().unwrap_or_default();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(failed)?;
    picture.apply_orientation(orientation);
    Ok(Opened {
        format,
        orientation,
        // A profile for four inks says nothing about three lights.
        icc_profile: icc_profile.filter(|_| !cmyk),
        cmyk,
        picture,
    })
}

/// What can be brought in.
const SHOWN: [ImageFormat; 6] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::Gif,
    ImageFormat::WebP,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
];

fn decode_limits(limits: &Limits) -> image::Limits {
    let mut decode = image::Limits::default();
    decode.max_alloc = Some(limits.import_pixels_max.saturating_mul(PIXEL_BYTES_MAX));
    decode
}

fn check_size(name: &str, width_px: u32, height_px: u32, limits: &Limits) -> Result<(), Error> {
    let size = format!("`{name}` is {width_px} × {height_px} px");
    let hint = "make it smaller, and bring that in; or raise the limit in daemon.toml";
    if width_px == 0 || height_px == 0 {
        return Err(Error::invalid_params(size).hint("save the picture again, and bring that in"));
    }
    let side_px_max = limits.import_side_px_max;
    if u64::from(width_px.max(height_px)) > side_px_max {
        let message = format!("{size}, and the limit import_side_px_max is {side_px_max} px");
        return Err(Error::resource_exhausted(message).hint(hint));
    }
    let (pixels, pixels_max) = (
        u64::from(width_px) * u64::from(height_px),
        limits.import_pixels_max,
    );
    if pixels > pixels_max {
        let message = format!(
            "{size}, which is {pixels} pixels, and the limit import_pixels_max is {pixels_max}"
        );
        return Err(Error::resource_exhausted(message).hint(hint));
    }
    Ok(())
}

fn is_animated(bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<bool, ImageError> {
    use image::AnimationDecoder;
    let input = Cursor::new(bytes);
    match format {
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(input)?;
            decoder.set_limits(decode_limits(limits))?;
            let second = decoder.into_frames().nth(1).transpose()?;
            Ok(second.is_some())
        }
        ImageFormat::WebP => Ok(WebPDecoder::new(input)?.has_animation()),
        ImageFormat::Png => PngDecoder::with_limits(input, decode_limits(limits))?.is_apng(),
        _ => Ok(false),
    }
}

/// A note if a name ends as another kind of picture does.
fn other_ending(name: &str, format: ImageFormat) -> Option<String> {
    let (_, ending) = name.rsplit_once('.')?;
    let ending = ending.to_lowercase();
    if format.extensions_str().contains(&ending.as_str()) {
        return None;
    }
    let kind = format.extensions_str().first()?.to_uppercase();
    Some(format!(
        "its name ends in .{ending}, but it holds a {kind} picture"
    ))
}

fn png(picture: &DynamicImage, icc_profile: Option<Vec<u8>>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    if let Some(profile) = icc_profile {
        // Without its profile a picture is shown as sRGB, which most are.
        let _ = encoder.set_icc_profile(profile);
    }
    picture.write_with_encoder(encoder).map_err(|error| {
        tracing::warn!(%error, "a PNG could not be made");
        Error::invalid_params(format!("no PNG can be made of this picture: {error}"))
            .hint("save it as PNG or JPEG, and bring that in")
    })?;
    Ok(bytes)
}

fn truncated(name: &str) -> Error {
    Error::invalid_params(format!("`{name}` is cut off: its end is missing"))
        .hint("copy or download it again, and bring that in")
}

fn broken(name: &str, error: &ImageError) -> Error {
    match error {
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            truncated(name)
        }
        ImageError::Limits(_) => {
            let message = format!(
                "`{name}` needs more memory than the limit import_pixels_max allows: {error}"
            );
            Error::resource_exhausted(message)
                .hint("make it smaller, and bring that in; or raise the limit in daemon.toml")
        }
        ImageError::Unsupported(it)
            if !matches!(it.kind(), UnsupportedErrorKind::GenericFeature(_)) =>
        {
            Error::new(
                ErrorKind::InvalidParams,
                format!("`{name}` is a kind of picture that cannot be read: {error}"),
            )
            .hint("save it as PNG or JPEG, and bring that in")
        }
        error => Error::invalid_params(format!("`{name}` is damaged: {error}"))
            .hint("copy or save it again, and bring that in"),
    }
}

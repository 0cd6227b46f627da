//! The picture that stands for something that moves: its first frame that is not black.

use std::io::Cursor;

use image::{
    AnimationDecoder, Frames, ImageDecoder, ImageFormat,
    codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder},
};

use crate::{
    Error, Limits, exposure,
    picture::{self, Picture},
    still::of_image,
};

/// A frame, and where it stands.
#[derive(Debug, Clone)]
pub struct Poster {
    /// The frame.
    pub picture: Picture,
    /// When it is shown first, in milliseconds.
    pub at_ms: u64,
    /// Whether all frames that were looked at are black, and this is the first of them.
    pub is_black: bool,
}

/// The frame that stands for a picture or an animation: of a GIF, WebP or APNG the first that is
/// not black, of a still picture itself. Blocks.
///
/// # Errors
///
/// As [`Picture::open`]; for a video [`Error::NeedsDecoder`]: see [`Ffmpeg`](crate::Ffmpeg).
pub fn poster(bytes: &[u8], ground: [u8; 3], limits: &Limits) -> Result<Poster, Error> {
    let input = Cursor::new(bytes);
    let failed = |error| of_image(error, limits);
    match picture::image_format(bytes)? {
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(input).map_err(failed)?;
            check(&mut decoder, limits)?;
            first_seen(decoder.into_frames(), ground, limits)
        }
        ImageFormat::WebP => {
            let mut decoder = WebPDecoder::new(input).map_err(failed)?;
            if !decoder.has_animation() {
                return still(bytes, ground, limits);
            }
            check(&mut decoder, limits)?;
            first_seen(decoder.into_frames(), ground, limits)
        }
        ImageFormat::Png => {
            let decode_limits = picture::decode_limits(limits);
            let mut decoder = PngDecoder::with_limits(input, decode_limits).map_err(failed)?;
            if !decoder.is_apng().map_err(failed)? {
                return still(bytes, ground, limits);
            }
            check(&mut decoder, limits)?;
            let animation = decoder.apng().map_err(failed)?;
            first_seen(animation.into_frames(), ground, limits)
        }
        _ => still(bytes, ground, limits),
    }
}

fn check(decoder: &mut impl ImageDecoder, limits: &Limits) -> Result<(), Error> {
    let (width_px, height_px) = decoder.dimensions();
    picture::check_size(width_px, height_px, limits)?;
    decoder
        .set_limits(picture::decode_limits(limits))
        .map_err(|it| of_image(it, limits))
}

fn still(bytes: &[u8], ground: [u8; 3], limits: &Limits) -> Result<Poster, Error> {
    let picture = Picture::open(bytes, ground, limits)?;
    Ok(Poster {
        is_black: exposure::is_black(&picture),
        picture,
        at_ms: 0,
    })
}

fn first_seen(frames: Frames<'_>, ground: [u8; 3], limits: &Limits) -> Result<Poster, Error> {
    let mut first = None;
    let mut at_ms = 0;
    for frame in frames.take(limits.poster_frames_max.max(1)) {
        let frame = match frame {
            Ok(frame) => frame,
            // What is black before the damage is better than nothing.
            Err(_) if first.is_some() => break,
            Err(error) => return Err(of_image(error, limits)),
        };
        let (above, below) = frame.delay().numer_denom_ms();
        let picture = Picture::over(frame.into_buffer().into(), ground);
        let is_black = exposure::is_black(&picture);
        let poster = Poster {
            picture,
            at_ms,
            is_black,
        };
        if !is_black {
            return Ok(poster);
        }
        at_ms += u64::from(above / below.max(1));
        first.get_or_insert(poster);
    }
    first.ok_or_else(|| Error::truncated("it has no frame"))
}

//! Still pictures and animations, by their chunks and markers: no pixel is decoded.

use std::io::Seek;

use image::{
    ImageDecoder,
    codecs::{bmp::BmpDecoder, tiff::TiffDecoder},
    metadata::Orientation,
};

use crate::{
    Error, Limits, exif,
    media::{Kind, Media, Rational, Turn},
    source::Source,
    text::{self, latin_1},
};

mod jpeg;
mod png;
mod webp;

pub(crate) use jpeg::{is_whole_jpeg, jpeg};
pub(crate) use png::png;
pub(crate) use webp::webp;

/// A GIF: its frames are counted, their pixels skipped.
pub(crate) fn gif(source: &mut Source<'_>) -> Result<Media, Error> {
    let mut media = Media::new(Kind::Image, "image/gif", source.len());
    media.add_codec("gif");
    media.bits = Some(8);
    let mut options = gif::DecodeOptions::new();
    options.skip_frame_decoding(true);
    let max = source.limits().parts_max;
    let mut decoder = options.read_info(source).map_err(of_gif)?;
    let (width_px, height_px) = (decoder.width(), decoder.height());
    media.set_size(width_px.into(), height_px.into(), Turn::default());
    let (mut frames, mut hundredths, mut has_alpha) = (0_u64, 0_u64, false);
    while let Some(frame) = decoder.next_frame_info().map_err(of_gif)? {
        frames += 1;
        hundredths += u64::from(frame.delay);
        // What is clear in a later frame shows the frame before it.
        has_alpha |= frames == 1 && frame.transparent.is_some();
        if frames > max {
            return Err(Error::TooLarge {
                what: "the GIF has very many frames".to_owned(),
                value: frames,
                limit: "parts_max",
                max,
                unit: "parts",
            });
        }
    }
    if frames == 0 {
        return Err(Error::truncated("it has no frame"));
    }
    media.has_alpha = Some(has_alpha);
    if frames > 1 {
        media.kind = Kind::Animation;
        media.frames = Some(frames);
        media.duration_ms = Some(hundredths * 10);
        media.frame_rate = Rational::rate(frames, hundredths, 100);
    }
    Ok(media)
}

fn of_gif(error: gif::DecodingError) -> Error {
    match error {
        gif::DecodingError::Io(error) => error.into(),
        other => Error::damaged(format!("GIF: {other}")),
    }
}

/// A BMP, by the head that its decoder reads.
pub(crate) fn bmp(source: &mut Source<'_>) -> Result<Media, Error> {
    let mut media = Media::new(Kind::Image, "image/bmp", source.len());
    media.add_codec("bmp");
    let limits = source.limits();
    let decoder = BmpDecoder::new(source).map_err(|it| of_image(it, limits))?;
    by_decoder(media, decoder, limits)
}

/// A TIFF, by the tables that its decoder reads.
pub(crate) fn tiff(source: &mut Source<'_>) -> Result<Media, Error> {
    let mut media = Media::new(Kind::Image, "image/tiff", source.len());
    media.add_codec("tiff");
    let limits = source.limits();
    let decoder = TiffDecoder::new(source).map_err(|it| of_image(it, limits))?;
    by_decoder(media, decoder, limits)
}

fn by_decoder(
    mut media: Media,
    mut decoder: impl ImageDecoder,
    limits: &Limits,
) -> Result<Media, Error> {
    let mut head_limits = image::Limits::no_limits();
    head_limits.max_alloc = Some(HEAD_ALLOC_BYTES_MAX);
    decoder
        .set_limits(head_limits)
        .map_err(|it| of_image(it, limits))?;
    let (width_px, height_px) = decoder.dimensions();
    let color = decoder.original_color_type();
    let channels = u16::from(color.channel_count().max(1));
    media.bits = u8::try_from(color.bits_per_pixel() / channels).ok();
    media.has_alpha = Some(decoder.color_type().has_alpha());
    let turn = decoder.orientation().map_or(1, Orientation::to_exif);
    media.set_size(width_px, height_px, Turn::from_exif(turn.into()));
    Ok(media)
}

/// Tables of a TIFF, not its pixels.
const HEAD_ALLOC_BYTES_MAX: u64 = 16 << 20;

/// What a decoder of pictures complains of, as our error.
pub(crate) fn of_image(error: image::ImageError, limits: &Limits) -> Error {
    match error {
        image::ImageError::IoError(error) => error.into(),
        image::ImageError::Limits(_) => Error::TooMuchMemory {
            limit: "pixels_max",
            max: limits.pixels_max,
            unit: "pixels",
        },
        image::ImageError::Unsupported(it) => Error::Unsupported {
            what: format!("of a variety that cannot be read: {it}"),
        },
        other => Error::damaged(other.to_string()),
    }
}

/// Orientation and texts from Exif.
fn add_exif(media: &mut Media, bytes: Vec<u8>, place: &'static str, source: &Source<'_>) -> Turn {
    match exif::read(bytes, source.limits()) {
        Ok(found) => {
            for (key, text) in found.texts {
                media.add_text(&key, place, text, source.limits());
            }
            found.turn
        }
        Err(why) => {
            media.notes.push(format!("its Exif cannot be read: {why}"));
            Turn::default()
        }
    }
}

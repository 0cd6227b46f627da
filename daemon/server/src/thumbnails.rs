//! Small pictures of a film's assets, which the daemon's cache keeps.

use bytes::Bytes;
use storycore_media::{ThumbnailFormat, ThumbnailOptions, WHITE, thumbnail};
use storycore_schema::{Error, Limits, id::BlobId};

use crate::{blobs::Blobs, daemon::unreadable, effects::checks::media_limits};

/// The longest sides that small pictures have, in pixels. Others get the next larger one, so that
/// nobody fills the disk with every size there is.
const SIDES_PX: [u32; 5] = [80, 160, 320, 640, 1_280];

/// The size that is made for who asks for a longest side, in pixels.
pub(crate) fn side_px_for(asked_px: u32) -> u32 {
    let fitting = SIDES_PX.into_iter().find(|it| *it >= asked_px);
    fitting.unwrap_or(SIDES_PX[SIDES_PX.len() - 1])
}

/// A small JPEG of an asset. Blocks.
pub(crate) fn make(
    blobs: &Blobs,
    id: BlobId,
    side_px: u32,
    limits: &Limits,
) -> Result<Bytes, Error> {
    let bytes = blobs.read(id).map_err(|error| unreadable(id, &error))?;
    let options = ThumbnailOptions {
        side_px_max: side_px,
        format: ThumbnailFormat::Jpeg,
        ground: WHITE,
    };
    let made = thumbnail(&bytes, &options, &media_limits(limits)).map_err(|error| {
        let message = format!("no small picture of asset {id}: {error}");
        Error::failed_precondition(message).hint(error.hint())
    })?;
    Ok(made.bytes.into())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, RgbImage};
    use storycore_schema::ErrorKind;

    use super::*;

    fn png(shade: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture = RgbImage::from_fn(400, 200, |x, y| image::Rgb([x as u8, y as u8, shade]));
        DynamicImage::from(picture)
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
            .unwrap();
        bytes
    }

    #[test]
    fn a_picture_is_made_small_and_what_is_none_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        let limits = Limits::default();
        let id = blobs.write(&png(1)).unwrap();
        let made = make(&blobs, id, 160, &limits).unwrap();
        let read = image::load_from_memory_with_format(&made, ImageFormat::Jpeg).unwrap();
        assert_eq!((read.width(), read.height()), (160, 80));
        let id = blobs.write(b"Title: Low Tide").unwrap();
        let error = make(&blobs, id, 80, &limits).unwrap_err();
        assert_eq!(error.kind, ErrorKind::FailedPrecondition);
        let gone = "07".repeat(32).parse().unwrap();
        let error = make(&blobs, gone, 80, &limits).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable);
    }

    #[test]
    fn sizes_are_few() {
        let sides = [0, 80, 81, 300, 1_280, 9_999].map(side_px_for);
        assert_eq!(sides, [80, 80, 160, 320, 1_280, 1_280]);
    }
}

//! Pictures at the size of a stamp, for editors: small enough to stand in the text of a hover.

use std::{io, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::{codecs::jpeg::JpegEncoder, imageops::FilterType};
use moka::sync::Cache;
use storycore_schema::{Limits, id::BlobId};

use super::open;

/// How wide they are shown, in pixels of an editor.
pub const SHOWN_WIDTH_PX: u32 = 288;
/// How wide they are made: sharp on a dense screen, too.
const WIDTH_PX: u32 = 2 * SHOWN_WIDTH_PX;
/// Of a JPEG, from 1 to 100; drawn lines stay clean.
const QUALITY: u8 = 82;
/// Those of some hundred shots, in bytes of memory.
const CACHE_BYTES_MAX: u64 = 8 << 20;

/// Small pictures as `data:` addresses, each made once as long as there is room.
///
/// Making one takes longer than a hover may, so the second look at a shot must find it here.
pub struct SmallPictures(Cache<BlobId, Arc<str>>);

impl SmallPictures {
    /// None is made yet.
    pub fn new() -> SmallPictures {
        let weight = |_: &BlobId, it: &Arc<str>| u32::try_from(it.len()).unwrap_or(u32::MAX);
        let cache = Cache::builder().max_capacity(CACHE_BYTES_MAX);
        SmallPictures(cache.weigher(weight).build())
    }

    /// A picture made small, if it can be read. Blocks.
    pub fn of(
        &self,
        id: BlobId,
        read: impl FnOnce() -> io::Result<Vec<u8>>,
        limits: &Limits,
    ) -> Option<Arc<str>> {
        if let Some(known) = self.0.get(&id) {
            return Some(known);
        }
        let jpeg = small(&read().ok()?, limits)?;
        let data = BASE64_STANDARD.encode(jpeg);
        let address: Arc<str> = format!("data:image/jpeg;base64,{data}").into();
        self.0.insert(id, address.clone());
        Some(address)
    }
}

impl Default for SmallPictures {
    fn default() -> SmallPictures {
        SmallPictures::new()
    }
}

fn small(bytes: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    let picture = open(bytes, "picture", limits).ok()?.picture;
    let picture = if picture.width() > WIDTH_PX {
        picture.resize(WIDTH_PX, u32::MAX, FilterType::Triangle)
    } else {
        picture
    };
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    picture.to_rgb8().write_with_encoder(encoder).ok()?;
    Some(jpeg)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, RgbImage};

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture = RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 90])
        });
        DynamicImage::from(picture)
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
            .unwrap();
        bytes
    }

    fn size(jpeg: &[u8]) -> (u32, u32) {
        let picture = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).unwrap();
        (picture.width(), picture.height())
    }

    #[test]
    fn a_large_picture_is_made_small_and_a_small_one_is_left() {
        let limits = Limits::default();
        let of = |width, height| size(&small(&png(width, height), &limits).unwrap());
        assert_eq!(of(1280, 720), (576, 324));
        assert_eq!(of(96, 54), (96, 54));
        assert_eq!(of(600, 1200), (576, 1152));
        assert!(small(b"no picture", &limits).is_none());
    }

    #[test]
    fn a_picture_is_read_once_and_a_broken_one_is_none() {
        let (pictures, limits) = (SmallPictures::new(), Limits::default());
        let id = BlobId([1; 32]);
        let first = pictures.of(id, || Ok(png(1280, 720)), &limits).unwrap();
        assert!(first.starts_with("data:image/jpeg;base64,/9j/"));
        assert!(first.len() < 60_000, "{} bytes", first.len());
        let again = pictures.of(id, || panic!("it is known"), &limits);
        assert_eq!(again, Some(first));
        let gone = || Err(io::ErrorKind::NotFound.into());
        assert_eq!(pictures.of(BlobId([2; 32]), gone, &limits), None);
    }
}

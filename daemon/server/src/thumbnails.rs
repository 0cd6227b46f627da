//! Small pictures of a film's assets: made once for each content and size, kept on disk up to a
//! bound, where they can be thrown away at any time.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use storycore_media::{ThumbnailFormat, ThumbnailOptions, WHITE, thumbnail};
use storycore_schema::{Error, Limits, id::BlobId};

use crate::{blobs::Blobs, daemon::unreadable, effects::checks::media_limits};

/// The longest sides that small pictures have, in pixels. Others get the next larger one, so that
/// nobody fills the disk with every size there is.
const SIDES_PX: [u32; 5] = [80, 160, 320, 640, 1_280];
/// Where they are, in the folder that is ours.
const FOLDER: &str = "cache/thumbnails";
/// What stands before the picture: its hash, as nothing else tells a file that a crash cut off.
const HASH_BYTES: usize = 32;
/// What is deleted down to when there are too many, as a share of the bound: an eighth is free
/// then.
const KEPT_EIGHTHS: u64 = 7;

/// The size that is made for who asks for a longest side, in pixels.
pub(crate) fn side_px_for(asked_px: u32) -> u32 {
    let fitting = SIDES_PX.into_iter().find(|it| *it >= asked_px);
    fitting.unwrap_or(SIDES_PX[SIDES_PX.len() - 1])
}

/// The small pictures of one film.
pub(crate) struct Thumbnails {
    folder: PathBuf,
    bytes_max: u64,
    /// What they take up, in bytes, once that was counted.
    used: Mutex<Option<u64>>,
    temporary: AtomicU64,
}

impl Thumbnails {
    /// Those of a film, in the folder that is ours.
    pub(crate) fn at(data: &Path, limits: &Limits) -> Thumbnails {
        Thumbnails {
            folder: data.join(FOLDER),
            bytes_max: limits.thumbnails_bytes_max,
            used: Mutex::default(),
            temporary: AtomicU64::new(0),
        }
    }

    /// A small JPEG of an asset. Blocks.
    pub(crate) fn get(
        &self,
        blobs: &Blobs,
        id: BlobId,
        side_px: u32,
        limits: &Limits,
    ) -> Result<Vec<u8>, Error> {
        let path = self.path(id, side_px);
        if let Some(kept) = read_whole(&path) {
            return Ok(kept);
        }
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
        // A disk that is full keeps nobody from seeing it.
        if let Err(error) = self.keep(&path, &made.bytes) {
            tracing::debug!(%error, "a small picture is not kept");
        }
        Ok(made.bytes)
    }

    fn path(&self, id: BlobId, side_px: u32) -> PathBuf {
        self.folder.join(format!("{id}-{side_px}.jpg"))
    }

    /// Not synced: what is lost is made again.
    fn keep(&self, path: &Path, picture: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let beside = self.folder.join(format!("{number}.new"));
        let hash = blake3::hash(picture);
        let written = fs::write(&beside, [hash.as_bytes().as_slice(), picture].concat())
            .and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
            return written;
        }
        self.make_room((HASH_BYTES + picture.len()) as u64)
    }

    /// Counts what has come, and deletes the oldest when there are too many.
    fn make_room(&self, more: u64) -> io::Result<()> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let now = match *used {
            Some(used) => used + more,
            None => list(&self.folder)?.iter().map(|it| it.1).sum(),
        };
        *used = Some(now);
        if now <= self.bytes_max {
            return Ok(());
        }
        let mut files = list(&self.folder)?;
        files.sort();
        let mut left: u64 = files.iter().map(|it| it.1).sum();
        let wanted = self.bytes_max / (KEPT_EIGHTHS + 1) * KEPT_EIGHTHS;
        for (_, bytes, path) in files {
            if left <= wanted {
                break;
            }
            fs::remove_file(path)?;
            left -= bytes;
        }
        *used = Some(left);
        Ok(())
    }
}

/// When each file was written, how large it is, and where.
fn list(folder: &Path) -> io::Result<Vec<(SystemTime, u64, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        files.push((metadata.modified()?, metadata.len(), entry.path()));
    }
    Ok(files)
}

/// A picture that is kept, if it is as it was written.
fn read_whole(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = fs::read(path).ok()?;
    let (hash, picture) = bytes.split_first_chunk::<HASH_BYTES>()?;
    let is_whole = blake3::hash(picture) == blake3::Hash::from_bytes(*hash);
    is_whole.then(|| bytes.split_off(HASH_BYTES))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, RgbImage};

    use super::*;

    fn png(shade: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture = RgbImage::from_fn(400, 200, |x, y| image::Rgb([x as u8, y as u8, shade]));
        DynamicImage::from(picture)
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
            .unwrap();
        bytes
    }

    fn files(thumbnails: &Thumbnails) -> Vec<PathBuf> {
        let mut files = list(&thumbnails.folder).unwrap();
        files.sort();
        files.into_iter().map(|it| it.2).collect()
    }

    #[test]
    fn one_is_made_once_and_again_when_its_file_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        let limits = Limits::default();
        let thumbnails = Thumbnails::at(folder.path(), &limits);
        let id = blobs.write(&png(1)).unwrap();
        let get = || thumbnails.get(&blobs, id, 160, &limits);
        let made = get().unwrap();
        let read = image::load_from_memory_with_format(&made, ImageFormat::Jpeg).unwrap();
        assert_eq!((read.width(), read.height()), (160, 80));
        let path = files(&thumbnails).remove(0);
        let kept = fs::read(&path).unwrap();
        fs::write(&path, &kept[..kept.len() / 2]).unwrap();
        assert_eq!(get().unwrap(), made);
        assert_eq!(fs::read(&path).unwrap(), kept);
        // It is found though the asset is gone, so it was not made anew.
        assert!(Blobs::open(blobs.folder()).unwrap().remove(id).unwrap());
        assert_eq!(get().unwrap(), made);
        fs::remove_file(path).unwrap();
        assert_eq!(
            get().unwrap_err().kind,
            storycore_schema::ErrorKind::Unavailable
        );
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        let mut limits = Limits::default();
        let one = Thumbnails::at(&folder.path().join("one"), &limits);
        let first = blobs.write(&png(0)).unwrap();
        one.get(&blobs, first, 80, &limits).unwrap();
        let bytes = fs::metadata(&files(&one)[0]).unwrap().len();
        limits.thumbnails_bytes_max = 5 * bytes;
        let thumbnails = Thumbnails::at(folder.path(), &limits);
        let mut newest = PathBuf::new();
        for shade in 0..20 {
            let id = blobs.write(&png(shade)).unwrap();
            thumbnails.get(&blobs, id, 80, &limits).unwrap();
            newest = thumbnails.path(id, 80);
            let kept = list(&thumbnails.folder).unwrap();
            assert!(kept.iter().map(|it| it.1).sum::<u64>() <= limits.thumbnails_bytes_max);
        }
        let kept = files(&thumbnails);
        assert!(kept.len() >= 3 && kept.contains(&newest), "{kept:?}");
        assert!(!kept.contains(&thumbnails.path(first, 80)));
    }

    #[test]
    fn sizes_are_few() {
        let sides = [0, 80, 81, 300, 1_280, 9_999].map(side_px_for);
        assert_eq!(sides, [80, 80, 160, 320, 1_280, 1_280]);
    }

    #[test]
    fn what_is_no_picture_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        let limits = Limits::default();
        let thumbnails = Thumbnails::at(folder.path(), &limits);
        let id = blobs.write(b"Title: Low Tide").unwrap();
        let error = thumbnails.get(&blobs, id, 80, &limits).unwrap_err();
        assert_eq!(error.kind, storycore_schema::ErrorKind::FailedPrecondition);
        assert!(!thumbnails.folder.exists());
    }
}

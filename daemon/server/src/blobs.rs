//! Blobs: files named by the hash of their content, on disk before any event names them.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use storycore_schema::id::BlobId;

use crate::platform::{make_lasting_dir, sync_folder, write_synced};

/// The blobs of one film.
#[derive(Debug)]
pub struct Blobs {
    folder: PathBuf,
    temporary: AtomicU64,
    /// Those that were kept since the film was opened: an event may be about to name them.
    given_out: Mutex<HashSet<BlobId>>,
}

impl Blobs {
    /// The blobs in a folder, which is made if it is not there. Half-written files of a crash are
    /// removed. Blocks.
    pub fn open(folder: &Path) -> io::Result<Blobs> {
        let unfinished = folder.join("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        make_lasting_dir(folder)?;
        fs::create_dir(&unfinished)?;
        Ok(Blobs {
            folder: folder.to_owned(),
            temporary: AtomicU64::new(0),
            given_out: Mutex::default(),
        })
    }

    /// The blobs in a folder that is left as it is. Blocks.
    pub(crate) fn reader(folder: &Path) -> Blobs {
        Blobs {
            folder: folder.to_owned(),
            temporary: AtomicU64::new(0),
            given_out: Mutex::default(),
        }
    }

    /// The name of some bytes.
    pub fn id_of(bytes: &[u8]) -> BlobId {
        BlobId(*blake3::hash(bytes).as_bytes())
    }

    /// Keeps bytes; when it returns they are on disk under their name. Blocks.
    pub fn write(&self, bytes: &[u8]) -> io::Result<BlobId> {
        let id = Blobs::id_of(bytes);
        self.give_out(id);
        let path = self.path(id);
        let shard = path.parent().unwrap_or(&self.folder);
        // Damaged bytes are written anew; good ones may be there only since a moment, and their
        // folder's entry not yet on disk.
        if self.read(id).is_ok() {
            sync_folder(shard)?;
            sync_folder(&self.folder)?;
            return Ok(id);
        }
        // Only this one: a film's folder that was moved away must not come up again.
        match fs::create_dir(shard) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let unfinished = self.unfinished();
        let kept =
            write_synced(&unfinished, &[bytes]).and_then(|()| fs::rename(&unfinished, &path));
        if let Err(error) = kept {
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
        // A file is only there after a power cut when its folder's entry is on disk, too.
        sync_folder(shard)?;
        sync_folder(&self.folder)?;
        Ok(id)
    }

    /// The same for bytes that an event may name already. Those it names were on disk before it was,
    /// so they are only looked at: a film has a hundred files, and opening it must not wait for the
    /// disk a hundred times.
    pub fn keep(&self, bytes: &[u8], named: Option<BlobId>) -> io::Result<BlobId> {
        match named {
            Some(id) if id == Blobs::id_of(bytes) && self.read(id).is_ok() => Ok(id),
            _ => self.write(bytes),
        }
    }

    /// Takes over a file of the same disk that nobody else uses, of whatever size; when it returns
    /// it is on disk under its name. Blocks.
    pub fn adopt(&self, file: &Path) -> io::Result<BlobId> {
        let opened = fs::File::open(file)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(&opened)?;
        let id = BlobId(*hasher.finalize().as_bytes());
        self.give_out(id);
        let path = self.path(id);
        let shard = path.parent().unwrap_or(&self.folder);
        if self.read(id).is_err() {
            match fs::create_dir(shard) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            opened.sync_all()?;
            fs::rename(file, &path)?;
        }
        sync_folder(shard)?;
        sync_folder(&self.folder)?;
        Ok(id)
    }

    /// A folder for files that are still coming in, on the disk they are to be kept on. What a
    /// crash leaves there is removed when the film is opened.
    pub(crate) fn incoming(&self) -> io::Result<PathBuf> {
        let folder = self.folder.join("unfinished");
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// A file's path that nobody uses, for bytes that are still coming in. What a crash leaves
    /// there is removed when the film is opened.
    pub fn unfinished(&self) -> PathBuf {
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        self.folder.join("unfinished").join(number.to_string())
    }

    /// Reads bytes. Blocks.
    pub fn read(&self, id: BlobId) -> io::Result<Vec<u8>> {
        let bytes = fs::read(self.path(id))?;
        if Blobs::id_of(&bytes) == id {
            return Ok(bytes);
        }
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("blob {id} is damaged"),
        ))
    }

    /// Before it is looked whether the bytes are there: from then on nobody deletes them.
    fn give_out(&self, id: BlobId) {
        self.given_out().insert(id);
    }

    fn given_out(&self) -> MutexGuard<'_, HashSet<BlobId>> {
        self.given_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether these bytes were kept since the film was opened, though they may have been there.
    pub(crate) fn is_given_out(&self, id: BlobId) -> bool {
        self.given_out().contains(&id)
    }

    /// Deletes bytes, unless they were kept since the film was opened; whether it did. Blocks.
    pub(crate) fn remove(&self, id: BlobId) -> io::Result<bool> {
        // Held until the file is gone: whoever keeps the same bytes comes before or after.
        let given_out = self.given_out();
        if given_out.contains(&id) {
            return Ok(false);
        }
        fs::remove_file(self.path(id))?;
        drop(given_out);
        Ok(true)
    }

    /// Every file that is kept, with what the system knows of it. What is not named as we name
    /// files is not ours. Blocks.
    pub(crate) fn list(&self) -> io::Result<Vec<(BlobId, fs::Metadata)>> {
        let mut files = Vec::new();
        for shard in fs::read_dir(&self.folder)? {
            let shard = shard?;
            if shard.file_name().len() != 2 || !shard.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(shard.path())? {
                let file = file?;
                let name = [shard.file_name(), file.file_name()];
                let name = name.each_ref().map(|it| it.to_string_lossy()).concat();
                if let (Ok(id), true) = (name.parse(), file.file_type()?.is_file()) {
                    files.push((id, file.metadata()?));
                }
            }
        }
        Ok(files)
    }

    /// Whether the bytes are kept.
    pub fn contains(&self, id: BlobId) -> bool {
        self.path(id).exists()
    }

    /// The folder they are in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where bytes are, or would be.
    pub(crate) fn path(&self, id: BlobId) -> PathBuf {
        let name = id.to_string();
        self.folder.join(&name[..2]).join(&name[2..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_was_moved_away_does_not_come_up_again() {
        let folder = tempfile::tempdir().unwrap();
        let (film, elsewhere) = (folder.path().join("film"), folder.path().join("elsewhere"));
        let blobs = Blobs::open(&film.join("blobs")).unwrap();
        fs::rename(&film, &elsewhere).unwrap();
        assert!(blobs.write(b"a panel").is_err());
        assert!(!film.exists());
        fs::rename(&elsewhere, &film).unwrap();
        assert!(blobs.write(b"a panel").is_ok());
    }

    #[test]
    fn what_was_kept_since_it_was_opened_is_not_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let id = blobs.write(b"a panel").unwrap();
        assert!(!blobs.remove(id).unwrap());
        // Nobody has kept it since this one was opened.
        let blobs = Blobs::open(folder.path()).unwrap();
        let listed: Vec<BlobId> = blobs.list().unwrap().into_iter().map(|it| it.0).collect();
        assert_eq!(listed, [id]);
        assert!(blobs.remove(id).unwrap());
        assert!(!blobs.contains(id));
        // Whoever keeps the bytes once more has them, though they were there already.
        blobs.write(b"a panel").unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        assert_eq!(blobs.write(b"a panel").unwrap(), id);
        assert!(!blobs.remove(id).unwrap());
        assert_eq!(blobs.read(id).unwrap(), b"a panel");
    }

    #[test]
    fn bytes_come_back_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let id = blobs.write(b"a panel").unwrap();
        assert_eq!(blobs.write(b"a panel").unwrap(), id);
        assert_eq!(blobs.read(id).unwrap(), b"a panel");
        fs::write(blobs.path(id), b"a pamel").unwrap();
        assert_eq!(
            blobs.read(id).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
        assert!(!blobs.contains(BlobId([0; 32])));
        blobs.write(b"a panel").unwrap();
        assert_eq!(blobs.read(id).unwrap(), b"a panel");
    }
}

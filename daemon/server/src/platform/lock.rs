//! A lock that the system lets go of when its holder dies, however it dies.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rustix::fs::{FlockOperation, OFlags, flock};

/// A held `flock`. The file stays when the lock goes: removing it would let two processes lock
/// two files of the same name.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

impl FileLock {
    /// Takes the lock, or tells that somebody else has it. Never waits.
    pub fn try_acquire(path: &Path) -> io::Result<Option<FileLock>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(FileLock { file })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes in the file who holds the lock.
    pub fn sign(&mut self, pid: u32) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        write!(self.file, "{pid}")
    }

    /// Who signed last. Of use only while somebody holds the lock.
    pub fn signed_by(path: &Path) -> Option<u32> {
        let mut text = String::new();
        File::open(path)
            .ok()?
            .take(16)
            .read_to_string(&mut text)
            .ok()?;
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_at_a_time() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("lock");
        let mut first = FileLock::try_acquire(&path).unwrap().unwrap();
        first.sign(4_194_304).unwrap();
        first.sign(7).unwrap();
        assert!(FileLock::try_acquire(&path).unwrap().is_none());
        assert_eq!(FileLock::signed_by(&path), Some(7));
        drop(first);
        assert!(FileLock::try_acquire(&path).unwrap().is_some());
    }
}

//! A lock that the system lets go of when its holder dies, however it dies.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rustix::fs::{FlockOperation, OFlags, flock};

/// The longest signature that is read, in bytes: a number and a host's name.
const SIGNATURE_BYTES_MAX: u64 = 300;

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
        let host = rustix::system::uname();
        write!(self.file, "{pid}\n{}", host.nodename().to_string_lossy())
    }

    /// Who signed last. Of use only while somebody holds the lock.
    pub fn signed_by(path: &Path) -> Option<u32> {
        FileLock::holder(path).map(|it| it.0)
    }

    /// Who signed last, and on which machine, if it said so.
    pub fn holder(path: &Path) -> Option<(u32, Option<String>)> {
        let mut text = String::new();
        let file = File::open(path).ok()?;
        file.take(SIGNATURE_BYTES_MAX)
            .read_to_string(&mut text)
            .ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.parse().ok()?;
        Some((pid, lines.next().map(ToOwned::to_owned)))
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
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        assert_eq!(FileLock::holder(&path), Some((7, Some(host))));
        std::fs::write(&path, "12").unwrap();
        assert_eq!(
            FileLock::holder(&path),
            Some((12, None)),
            "of the first daemons"
        );
        drop(first);
        assert!(FileLock::try_acquire(&path).unwrap().is_some());
    }
}

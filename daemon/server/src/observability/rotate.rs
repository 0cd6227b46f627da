//! A file that starts over when it has grown enough, and keeps a few of its former selves:
//! `name`, `name.1`, `name.2`, … the highest number being the oldest.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::platform;

/// A log file bounded in size and number.
#[derive(Debug)]
pub struct RotatingFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    bytes_max: u64,
    files_max: u64,
}

impl RotatingFile {
    /// Goes on with the file at `path`, or begins it, in a folder that is created if need be.
    pub fn open(path: &Path, bytes_max: u64, files_max: u64) -> io::Result<RotatingFile> {
        if let Some(dir) = path.parent() {
            platform::make_private_dir(dir).map_err(io::Error::other)?;
        }
        let file = platform::append_private(path)?;
        let bytes = file.metadata()?.len();
        Ok(RotatingFile {
            path: path.to_owned(),
            file,
            bytes,
            bytes_max,
            files_max,
        })
    }

    /// The file's former self of some age; age 0 is the file itself.
    pub fn aged(path: &Path, age: u64) -> PathBuf {
        if age == 0 {
            return path.to_owned();
        }
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{age}"));
        name.into()
    }

    fn rotate(&mut self) -> io::Result<()> {
        let oldest = self.files_max.saturating_sub(1);
        if oldest == 0 {
            fs::remove_file(&self.path)?;
        }
        for age in (0..oldest).rev() {
            let (from, to) = (Self::aged(&self.path, age), Self::aged(&self.path, age + 1));
            match fs::rename(from, to) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.file = platform::append_private(&self.path)?;
        self.bytes = 0;
        Ok(())
    }
}

impl Write for RotatingFile {
    /// Writes one line, whole into one file.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.bytes > 0 && self.bytes + line.len() as u64 > self.bytes_max {
            // A folder that cannot be changed must not end the log: the file just grows on.
            let _ = self.rotate();
        }
        self.file.write_all(line)?;
        self.bytes += line.len() as u64;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

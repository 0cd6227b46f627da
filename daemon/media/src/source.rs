//! The bytes of a file, read in parts and never more than allowed.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use crate::{Error, Limits};

/// What a file is read from.
pub(crate) trait Input: Read + Seek {}

impl<T: Read + Seek> Input for T {}

/// Small, as most reads are the head of a part that is skipped.
const BUFFER_BYTES: usize = 4_096;

/// A file with a length and an allowance.
///
/// It is also a plain reader, so that what other crates read counts as well.
pub(crate) struct Source<'a> {
    input: BufReader<&'a mut dyn Input>,
    position: u64,
    len: u64,
    limits: &'a Limits,
    left_bytes: u64,
    left_parts: u64,
}

impl<'a> Source<'a> {
    /// Stands at the start of the file.
    pub(crate) fn new(input: &'a mut dyn Input, limits: &'a Limits) -> Result<Source<'a>, Error> {
        let len = input.seek(SeekFrom::End(0))?;
        input.seek(SeekFrom::Start(0))?;
        if len == 0 {
            return Err(Error::Empty);
        }
        Ok(Source {
            input: BufReader::with_capacity(BUFFER_BYTES, input),
            position: 0,
            len,
            limits,
            left_bytes: limits.describe_bytes_max,
            left_parts: limits.parts_max,
        })
    }

    /// All of the file, in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// Counts one box, chunk, block or frame.
    pub(crate) fn count_part(&mut self) -> Result<(), Error> {
        self.left_parts = self.left_parts.checked_sub(1).ok_or(Error::TooLarge {
            what: "the file is in very many parts".to_owned(),
            value: self.limits.parts_max.saturating_add(1),
            limit: "parts_max",
            max: self.limits.parts_max,
            unit: "parts",
        })?;
        Ok(())
    }

    /// Goes to a place; past the end is the end.
    pub(crate) fn go_to(&mut self, position: u64) -> Result<(), Error> {
        self.seek(SeekFrom::Start(position.min(self.len)))?;
        Ok(())
    }

    /// Fills a small array.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads so many bytes at a place, which must be in the file before memory is taken for them.
    pub(crate) fn bytes_at(&mut self, position: u64, n_bytes: u64) -> Result<Vec<u8>, Error> {
        let end = position.checked_add(n_bytes).filter(|it| *it <= self.len);
        if end.is_none() {
            let what = format!("{n_bytes} bytes at {position} reach past its end");
            return Err(Error::truncated(what));
        }
        if n_bytes > self.left_bytes {
            return Err(spent(self.limits));
        }
        self.go_to(position)?;
        let mut bytes = Vec::new();
        (&mut *self).take(n_bytes).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

fn spent(limits: &Limits) -> Error {
    Error::TooLarge {
        what: "describing the file takes more than may be read of it".to_owned(),
        value: limits.describe_bytes_max.saturating_add(1),
        limit: "describe_bytes_max",
        max: limits.describe_bytes_max,
        unit: "bytes",
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.position >= self.len {
            return Ok(0);
        }
        if self.left_bytes == 0 {
            return Err(io::Error::other(spent(self.limits)));
        }
        let most = usize::try_from(self.left_bytes).unwrap_or(usize::MAX);
        let n_bytes = buffer.len().min(most);
        let read = self.input.read(&mut buffer[..n_bytes])?;
        self.left_bytes -= read as u64;
        self.position += read as u64;
        Ok(read)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left_bytes == 0 {
            return Err(io::Error::other(spent(self.limits)));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, n_bytes: usize) {
        self.input.consume(n_bytes);
        self.left_bytes = self.left_bytes.saturating_sub(n_bytes as u64);
        self.position += n_bytes as u64;
    }
}

impl Seek for Source<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        // Files are smaller than that; arithmetic on places then never overflows.
        let target = target.filter(|it| *it <= i64::MAX as u64);
        let Some(target) = target else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let by = i64::try_from(i128::from(target) - i128::from(self.position));
        self.input.seek_relative(by.map_err(io::Error::other)?)?;
        self.position = target;
        Ok(target)
    }
}

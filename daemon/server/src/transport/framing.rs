//! `Content-Length` framing, as in the Language Server Protocol.

use bytes::{Bytes, BytesMut};
use storycore_schema::{Error, ErrorKind, Limits};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::session::{Broken, Frame, Frames};

/// Bytes made room for at once. A `Content-Length` is a claim: room grows with what arrives.
const READ_BYTES: usize = 8 << 10;
/// A buffer that has grown beyond this is let go when it is empty.
const KEPT_BYTES_MAX: usize = 64 << 10;

/// Reads frames from a byte stream.
pub(crate) struct ContentLength<R> {
    stream: R,
    buffer: BytesMut,
    header_bytes_max: usize,
    frame_bytes_max: usize,
}

impl<R: AsyncRead + Send + Unpin> ContentLength<R> {
    /// Within `header_bytes_max` and `frame_bytes_max`.
    pub(crate) fn new(stream: R, limits: &Limits) -> ContentLength<R> {
        ContentLength {
            stream,
            buffer: BytesMut::new(),
            header_bytes_max: usize::try_from(limits.header_bytes_max).unwrap_or(usize::MAX),
            frame_bytes_max: usize::try_from(limits.frame_bytes_max).unwrap_or(usize::MAX),
        }
    }

    async fn read_frame(&mut self) -> Result<Option<Bytes>, Broken> {
        let Some(header) = self.read_header().await? else {
            return Ok(None);
        };
        let len = content_length(&header)?;
        if len > self.frame_bytes_max {
            return Err(too_long(Some(len), self.frame_bytes_max));
        }
        while self.buffer.len() < len {
            if !self.fill(len - self.buffer.len()).await {
                return Ok(None);
            }
        }
        let frame = self.buffer.split_to(len).freeze();
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT_BYTES_MAX {
            self.buffer = BytesMut::new();
        }
        Ok(Some(frame))
    }

    /// The header up to its empty line; none at the end of the stream.
    async fn read_header(&mut self) -> Result<Option<BytesMut>, Broken> {
        let mut searched = 0;
        loop {
            let found = find(&self.buffer[searched..], b"\r\n\r\n").map(|at| at + searched);
            match found {
                Some(end) if end <= self.header_bytes_max => {
                    let mut header = self.buffer.split_to(end + 4);
                    header.truncate(end);
                    return Ok(Some(header));
                }
                None if self.buffer.len() <= self.header_bytes_max => {}
                _ => {
                    let message = format!(
                        "the header is longer than the limit header_bytes_max of {}",
                        self.header_bytes_max
                    );
                    return Err(broken(Error::resource_exhausted(message)));
                }
            }
            searched = self.buffer.len().saturating_sub(3);
            if !self.fill(READ_BYTES).await {
                return Ok(None);
            }
        }
    }

    /// Reads some more; false at the end of the stream, which a failing one counts as.
    async fn fill(&mut self, wanted: usize) -> bool {
        // Doubling what is there keeps the number of copies of a long frame small.
        let room = wanted.min(self.buffer.len().max(READ_BYTES));
        self.buffer.reserve(room);
        matches!(self.stream.read_buf(&mut self.buffer).await, Ok(n) if n > 0)
    }
}

impl<R: AsyncRead + Send + Unpin> Frames for ContentLength<R> {
    async fn next(&mut self) -> Frame {
        match self.read_frame().await {
            Ok(Some(text)) => Frame::Text(text),
            Ok(None) => Frame::End,
            Err(broken) => Frame::Broken(broken),
        }
    }
}

/// A message that is longer than it may be. Nothing after it is read: skipping it could take
/// gigabytes.
pub(crate) fn too_long(len: Option<usize>, max: usize) -> Broken {
    let len = len.map_or_else(String::new, |it| format!(" of {it} bytes"));
    let message = format!("a message{len} is longer than the limit frame_bytes_max of {max} bytes");
    Broken {
        error: Error::resource_exhausted(message)
            .hint("send less at once, or raise frame_bytes_max in daemon.toml"),
        close_code: 1009,
    }
}

fn content_length(header: &[u8]) -> Result<usize, Broken> {
    let mut len = None;
    for line in header.split(|it| *it == b'\n') {
        let Some(colon) = line.iter().position(|it| *it == b':') else {
            continue;
        };
        if line[..colon]
            .trim_ascii()
            .eq_ignore_ascii_case(b"content-length")
        {
            let value = std::str::from_utf8(line[colon + 1..].trim_ascii()).unwrap_or("");
            let digits = !value.is_empty() && value.bytes().all(|it| it.is_ascii_digit());
            // Only digits can fail to parse by being too many: that is too long a message.
            len = digits.then(|| value.parse().unwrap_or(usize::MAX));
        }
    }
    len.ok_or_else(|| {
        let message = "the header has no Content-Length with a number of bytes";
        broken(Error::new(ErrorKind::Parse, message))
    })
}

fn broken(error: Error) -> Broken {
    Broken {
        error: error.hint("send `Content-Length: <bytes>`, an empty line, then the JSON text"),
        close_code: 1002,
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

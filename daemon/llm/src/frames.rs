//! From bytes as they come to whole frames: events of a stream (SSE), or lines of JSON.

use crate::error::{Error, ErrorKind};

/// The longest line, in bytes.
const LINE_BYTES_MAX: usize = 1024 * 1024;

/// The most bytes that may come for one answer, with all that is around its text.
const WIRE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How a stream is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events, as the HTML standard has them.
    Events,
    /// One JSON value a line.
    Lines,
}

/// Reads frames from bytes that are cut anywhere.
#[derive(Debug)]
pub(crate) struct Frames {
    framing: Framing,
    /// What has no line end yet.
    rest: Vec<u8>,
    /// The data of an event that has not ended yet.
    data: Option<String>,
    n_bytes: u64,
}

impl Frames {
    pub(crate) fn new(framing: Framing) -> Frames {
        Frames {
            framing,
            rest: Vec::new(),
            data: None,
            n_bytes: 0,
        }
    }

    /// The frames that these bytes complete.
    ///
    /// # Errors
    /// `tooLarge` if a line or the whole does not end, `server` if it is not UTF-8.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<String>, Error> {
        self.n_bytes += bytes.len() as u64;
        if self.n_bytes > WIRE_BYTES_MAX {
            return Err(endless("the answer", WIRE_BYTES_MAX));
        }
        let mut frames = Vec::new();
        for piece in bytes.split_inclusive(|it| *it == b'\n') {
            self.rest.extend_from_slice(piece);
            if self.rest.len() > LINE_BYTES_MAX {
                return Err(endless("a line of the answer", LINE_BYTES_MAX as u64));
            }
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.rest);
                frames.extend(self.line(&line)?);
            }
        }
        Ok(frames)
    }

    /// The frames that only the end completes: some servers leave out the last line end.
    pub(crate) fn end(&mut self) -> Result<Vec<String>, Error> {
        let line = std::mem::take(&mut self.rest);
        let mut frames: Vec<String> = self.line(&line)?.into_iter().collect();
        frames.extend(self.data.take());
        Ok(frames)
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<String>, Error> {
        let text = std::str::from_utf8(line).map_err(|_| {
            Error::new(
                ErrorKind::Server,
                "the answer holds bytes that are no UTF-8",
            )
        })?;
        let text = text
            .trim_end_matches(['\r', '\n'])
            .trim_start_matches('\u{feff}');
        if self.framing == Framing::Lines {
            return Ok((!text.trim().is_empty()).then(|| text.to_owned()));
        }
        if text.is_empty() {
            return Ok(self.data.take());
        }
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        // llama.cpp has told errors in a field of their own; all else (`event`, `id`, `retry`, and
        // comments that keep the connection alive) says nothing that the data does not.
        if matches!(field, "data" | "error") {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            }
            if self
                .data
                .as_ref()
                .is_some_and(|it| it.len() > LINE_BYTES_MAX)
            {
                return Err(endless("an event of the answer", LINE_BYTES_MAX as u64));
            }
        }
        Ok(None)
    }
}

fn endless(what: &str, bytes_max: u64) -> Error {
    Error::new(
        ErrorKind::TooLarge,
        format!("{what} does not end: more than {bytes_max} bytes"),
    )
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn read(framing: Framing, pieces: &[&[u8]]) -> Result<Vec<String>, Error> {
        let mut frames = Frames::new(framing);
        let mut all = Vec::new();
        for piece in pieces {
            all.extend(frames.feed(piece)?);
        }
        all.extend(frames.end()?);
        Ok(all)
    }

    #[test]
    fn events_are_read_as_the_standard_says() {
        let stream = "\u{feff}: hello\r\nevent: x\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\n\
                      retry: 3\n\ndata:[DONE]\n\nerror: {\"error\":1}\n\ndata";
        let frames = read(Framing::Events, &[stream.as_bytes()]).unwrap();
        assert_eq!(frames, ["{\"a\":\n1}", "[DONE]", "{\"error\":1}", ""]);
    }

    #[test]
    fn lines_are_read_without_the_empty_ones() {
        let frames = read(Framing::Lines, &[b"{}\n\n[1]\r\n{\"a\"", b":2}"]).unwrap();
        assert_eq!(frames, ["{}", "[1]", "{\"a\":2}"]);
    }

    #[test]
    fn what_does_not_end_or_is_no_text_is_refused() {
        let long = vec![b'x'; LINE_BYTES_MAX + 1];
        let error = read(Framing::Events, &[&long]).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge);
        let more = format!("data: {}\n", "x".repeat(LINE_BYTES_MAX / 2));
        let error = read(Framing::Events, &[more.as_bytes(); 3]).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge);
        let error = read(Framing::Events, &[b"data: \xff\xfe\n\n"]).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Server);
    }

    proptest! {
        /// Where the network cuts does not matter, also inside a letter.
        #[test]
        fn cuts_do_not_matter(
            texts in vec("[^\r\n\u{feff}]{0,20}", 0..10), cuts in vec(0..400_usize, 0..20),
        ) {
            let stream: String = texts.iter().map(|it| format!("data: {it}\r\n\r\n")).collect();
            let whole = read(Framing::Events, &[stream.as_bytes()]).unwrap();
            prop_assert_eq!(&whole, &texts);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|it| it.min(stream.len())).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> =
                cuts.windows(2).map(|it| &stream.as_bytes()[it[0]..it[1]]).collect();
            prop_assert_eq!(read(Framing::Events, &pieces).unwrap(), texts);
        }
    }
}

//! Why a file cannot be read, in words that name what is wrong and what to do next.
//!
//! The caller puts the name of the file in front: this crate never knows it.

use std::io;

/// What went wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing in it.
    #[error("the file is empty: 0 bytes")]
    Empty,
    /// It ends before it is complete.
    #[error("the file is cut off: {what}")]
    Truncated {
        /// What is missing, and where.
        what: String,
    },
    /// It contradicts its own format.
    #[error("the file is damaged: {what}")]
    Damaged {
        /// What is wrong, and where.
        what: String,
    },
    /// It asks for more than a limit allows.
    #[error("{what}: {value} {unit}, and the limit {limit} is {max} {unit}")]
    TooLarge {
        /// What is too large.
        what: String,
        /// How large it is, or claims to be.
        value: u64,
        /// The name of the limit, as in [`Limits`](crate::Limits).
        limit: &'static str,
        /// The limit.
        max: u64,
        /// Of both numbers.
        unit: &'static str,
    },
    /// Decoding it would take more memory than a limit allows; how much, its decoder does not say.
    #[error("the picture takes more memory than the limit {limit} allows, which is {max} {unit}")]
    TooMuchMemory {
        /// The name of the limit, as in [`Limits`](crate::Limits).
        limit: &'static str,
        /// The limit.
        max: u64,
        /// Of the limit.
        unit: &'static str,
    },
    /// It is of a kind that this crate does not read.
    #[error("the file is {what}")]
    Unsupported {
        /// What it is, as far as that is known: `a HEIC photo`.
        what: String,
    },
    /// A frame of it needs a decoder that is not built in.
    #[error("a frame of {codec} video needs a decoder, and none is built in")]
    NeedsDecoder {
        /// As ffmpeg names it: `h264`; `unknown` if the file does not say.
        codec: String,
    },
    /// The outside decoder gave no frame.
    #[error("ffmpeg gave no frame: {what}")]
    DecoderFailed {
        /// What it said, shortened.
        what: String,
    },
    /// A text in the file is not what its name says.
    #[error("the embedded {key} {what}")]
    BadText {
        /// `prompt`, `workflow`.
        key: String,
        /// What is wrong with it.
        what: String,
    },
    /// Reading failed for a reason that lies outside the file.
    #[error("the file cannot be read: {0}")]
    Io(io::Error),
}

impl Error {
    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Error::Empty | Error::Truncated { .. } => "copy or download it again",
            Error::Damaged { .. } => "save it again with the program that made it",
            Error::TooLarge { .. } | Error::TooMuchMemory { .. } => {
                "make it smaller, or raise the limit"
            }
            Error::Unsupported { .. } => {
                "bring in PNG, JPEG, WebP, GIF, BMP or TIFF; MP4, MOV, WebM or Matroska; \
                 WAV, FLAC, MP3, Ogg or M4A"
            }
            Error::NeedsDecoder { .. } => "install ffmpeg, and say where it is",
            Error::DecoderFailed { .. } => {
                "play the file in a video player to see whether it is whole"
            }
            Error::BadText { .. } => "save the picture again from the program that made it",
            Error::Io(_) => "look whether the disk and the file can be read",
        }
    }

    pub(crate) fn damaged(what: impl Into<String>) -> Error {
        Error::Damaged { what: what.into() }
    }

    pub(crate) fn truncated(what: impl Into<String>) -> Error {
        Error::Truncated { what: what.into() }
    }
}

impl From<io::Error> for Error {
    /// Takes our own errors out of those of [`Read`](io::Read) that carried them.
    fn from(error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Error::truncated("its end is missing"),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
                if error.get_ref().is_some() =>
            {
                Error::damaged(error.to_string())
            }
            _ => match error.downcast::<Error>() {
                Ok(ours) => ours,
                Err(error) => Error::Io(error),
            },
        }
    }
}

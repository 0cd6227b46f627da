//! What reading a file may take: each limit with a name and a unit.

use serde::{Deserialize, Serialize};

/// Limits on files that somebody else wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Limits {
    /// What is read of a file to describe it, in bytes; sound and frames are skipped, not read.
    pub describe_bytes_max: u64,
    /// Boxes, chunks, blocks and frames that are looked at to describe a file, in parts.
    pub parts_max: u64,
    /// All texts of a file together, unpacked, in bytes. A large graph has some megabytes.
    pub text_bytes_max: u64,
    /// Texts that are kept of one file, in texts.
    pub texts_max: usize,
    /// The longest side of a picture that is decoded, in pixels.
    pub side_px_max: u32,
    /// The most pixels a picture may have to be decoded, in pixels; each takes up to 8 bytes.
    pub pixels_max: u64,
    /// Frames of an animation that are looked at for one that is not black, in frames.
    pub poster_frames_max: usize,
    /// How long one run of an outside decoder may take, in milliseconds.
    pub decoder_ms_max: u64,
    /// What is taken from one run of an outside decoder, in bytes.
    pub decoder_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            describe_bytes_max: 64 << 20,
            parts_max: 1_000_000,
            text_bytes_max: 24 << 20,
            texts_max: 64,
            side_px_max: 16_384,
            pixels_max: 64 << 20,
            poster_frames_max: 48,
            decoder_ms_max: 20_000,
            decoder_bytes_max: 64 << 20,
        }
    }
}

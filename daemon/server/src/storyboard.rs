//! Placeholder until the export branch is merged.
use std::io::{self, Write};
use storycore_core::Film;
use storycore_schema::id::BlobId;
/// Counts.
pub struct Counts {
    /// Scenes.
    pub scenes: u32,
    /// Shots.
    pub shots: u32,
    /// Panels.
    pub panels: u32,
}
/// Writes.
pub fn write(
    _film: &Film,
    _blob: &mut dyn FnMut(BlobId) -> io::Result<Vec<u8>>,
    _out: &mut dyn Write,
) -> io::Result<Counts> {
    Err(io::Error::other("not merged yet"))
}

//! The storyboard of a film as one self-contained HTML file: to read on a screen, to print on A4,
//! to hand to somebody who has nothing but a browser.
//!
//! Reading order: [`write`], then `page` for the file as a whole, `panel` for one shot, `fonts` for
//! the letters, `text` for how words get into HTML.
//!
//! The file holds the subsets of Inter, Courier Prime and Cousine that its letters need: Latin,
//! Cyrillic, Greek, Vietnamese and Hebrew. Every other script, such as Chinese, Japanese and
//! Korean, is set in the fonts of the reader's system; `style.css` names the usual ones.
//! The title and page numbers at the foot of printed pages are CSS margin boxes; a browser that
//! has none prints its own footer.
//!
//! Absent on purpose: scripts, addresses of other files, the date of the export. The same film
//! gives the same bytes. Never in memory: more than one picture.

mod fonts;
mod page;
mod panel;
#[cfg(test)]
mod tests;
mod text;

use std::io::{self, ErrorKind, Write};

use storycore_core::Film;
use storycore_schema::id::BlobId;

use fonts::Letters;
use page::Board;

/// Reads the bytes of a picture.
type ReadBlob<'a> = dyn FnMut(BlobId) -> io::Result<Vec<u8>> + 'a;

/// What a storyboard holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Scenes.
    pub scenes: u32,
    /// Shots.
    pub shots: u32,
    /// Shots with a picture in the file.
    pub panels: u32,
}

/// Writes the storyboard of a film as one self-contained HTML file, in many small pieces: `out`
/// should be buffered. Each picture is read once.
///
/// A picture that `blob` does not find or finds damaged leaves an empty frame that says so; any
/// other error of `blob` ends the writing.
pub fn write(
    film: &Film,
    blob: &mut dyn FnMut(BlobId) -> io::Result<Vec<u8>>,
    out: &mut dyn Write,
) -> io::Result<Counts> {
    let board = Board::of(film)?;
    // The fonts stand before the letters that need them, so the same body is written twice: first
    // without pictures, to see its letters.
    let mut letters = Letters::default();
    page::write_body(
        &board,
        &mut |_| Err(ErrorKind::NotFound.into()),
        &mut letters,
    )?;
    page::write_head(&board, &letters, out)?;
    page::write_body(&board, blob, out)
}

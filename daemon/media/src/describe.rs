//! From a file to what is known of it.

use std::{
    fs::File,
    io::{Read, Seek},
    path::Path,
};

use crate::{
    Error, Limits, audio, matroska,
    media::{Kind, Media},
    mp4,
    sniff::{self, Format},
    source::Source,
    still,
};

/// Says what a file holds, by its content. Decodes no pixel and no sound; blocks on the reader.
///
/// A file of a kind that is not read is no error: it is [`Kind::Other`], with a note.
///
/// # Errors
///
/// The file is empty, cut off, damaged, or asks for more than the limits allow.
pub fn describe(mut input: impl Read + Seek, limits: &Limits) -> Result<Media, Error> {
    let mut source = Source::new(&mut input, limits)?;
    let head = source.bytes_at(0, source.len().min(sniff::HEAD_BYTES))?;
    source.go_to(0)?;
    let Some(format) = Format::of(&head) else {
        let (what, media_type) = sniff::stranger(&head);
        let mut media = Media::new(Kind::Other, media_type, source.len());
        media
            .notes
            .push(format!("it is {what}, of which nothing else is read"));
        return Ok(media);
    };
    match format {
        Format::Png => still::png(&mut source),
        Format::Jpeg => still::jpeg(&mut source),
        Format::Gif => still::gif(&mut source),
        Format::WebP => still::webp(&mut source),
        Format::Bmp => still::bmp(&mut source),
        Format::Tiff => still::tiff(&mut source),
        Format::Mp4 => mp4::mp4(&mut source),
        Format::Matroska => matroska::matroska(&mut source),
        Format::Wav | Format::Flac | Format::Mp3 | Format::Ogg => audio::audio(&mut source, format),
    }
}

/// [`describe`] for a file on disk.
///
/// # Errors
///
/// As [`describe`], and if the file cannot be opened.
pub fn describe_file(path: &Path, limits: &Limits) -> Result<Media, Error> {
    describe(File::open(path).map_err(Error::Io)?, limits)
}

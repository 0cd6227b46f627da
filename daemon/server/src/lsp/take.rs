//! From a shot's note to the picture that the shot shows.

use std::{fs, io};

use storycore_schema::shot::Shot;
use tower_lsp_server::ls_types::{Location, Position, Range, Uri};

use super::{
    document::Document,
    place::{Encoding, byte_at},
    symbols::bytes,
};
use crate::{films::OpenFilm, platform::write_whole};

/// The picture of the shot whose `[[shot: …]]` is at a position, as a file that any program opens.
pub(super) fn picture(
    document: &Document,
    position: Position,
    encoding: Encoding,
) -> Option<Location> {
    let byte = byte_at(&document.script, position, encoding);
    let note = note_at(&document.script.text(), byte)?;
    let view = document.view();
    let placed = view.scene_at(byte)?;
    // A note stands in its shot, or right before it.
    let mut shots = view.shots(placed).iter();
    let shot = shots.find(|it| bytes(&it.span).end > note.start)?;
    let file = copied(&document.film, shot).ok()?;
    let start = Position::new(0, 0);
    let uri = Uri::from_file_path(file)?;
    Some(Location::new(uri, Range::new(start, start)))
}

/// The bytes of the shot note that holds a byte.
fn note_at(text: &str, byte: usize) -> Option<std::ops::Range<usize>> {
    let start = text[..byte].rfind("[[").or_else(|| {
        let at_edge = text[byte..].starts_with("[[");
        at_edge.then_some(byte)
    })?;
    let end = start + text[start..].find("]]")? + 2;
    let inside = text[start + 2..end].trim_start().to_lowercase();
    (byte <= end && inside.starts_with("shot")).then_some(start..end)
}

/// A picture's bytes have no name by which other programs know what they are, so they get one.
fn copied(film: &OpenFilm, shot: &Shot) -> io::Result<std::path::PathBuf> {
    let none = || io::Error::from(io::ErrorKind::NotFound);
    let now = film.bus.film();
    let take = shot
        .take
        .and_then(|it| now.state.generation.takes.by_id.get(&it));
    let asset = take.ok_or_else(none)?.asset;
    let known = now.state.assets.get(asset).map_err(|_| none())?;
    let ending = match known.media_type.strip_prefix("image/") {
        Some("jpeg") => "jpg",
        Some(other) => other,
        None => return Err(none()),
    };
    let folder = film.folder.data.join("cache/shots");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{}.{ending}", shot.label));
    write_whole(&file, &[&film.blobs.read(asset)?])?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shot_notes_are_found() {
        let text = "A [[shot: wide]] b [[a note]] c [[Shot: é";
        let found = |byte| note_at(text, byte).map(|it| &text[it]);
        assert_eq!(found(0), None);
        assert_eq!(found(2), Some("[[shot: wide]]"));
        assert_eq!(found(16), Some("[[shot: wide]]"));
        assert_eq!(found(17), None);
        assert_eq!(found(21), None);
        assert_eq!(found(36), None);
    }
}

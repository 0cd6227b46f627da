//! What a kept file says of itself, in the words of the catalog.

use std::{fs::File, io};

use storycore_media::{
    Embedded, Error as MediaError, Kind, Media as Described, describe, embedded,
};
use storycore_schema::{
    Error,
    asset::{EmbeddedGraph, Media, MediaKind, MediaText},
    id::BlobId,
};

use crate::{blobs::Blobs, daemon::unreadable};

/// What is told of one text of a file, in characters.
const TEXT_CHARS_MAX: usize = 1_000;

/// What a file holds, or why that cannot be said. Blocks.
pub(crate) fn media_of(blobs: &Blobs, id: BlobId) -> Result<Media, String> {
    let (described, found) = read(blobs, id).map_err(|error| error.to_string())?;
    Ok(told(described, &found))
}

/// The graph that a file says it was made with, if it says so. Blocks.
pub(crate) fn graph_of(blobs: &Blobs, id: BlobId) -> Result<Option<EmbeddedGraph>, Error> {
    let (described, found) = read(blobs, id).map_err(|error| match error {
        MediaError::Io(error) => unreadable(id, &error),
        error => Error::failed_precondition(format!("asset {id}: {error}")).hint(error.hint()),
    })?;
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            let message = format!("asset {id}, which is {}: {error}", described.media_type);
            return Err(Error::failed_precondition(message).hint(error.hint()));
        }
    };
    let Embedded {
        prompt,
        workflow,
        parameters,
        notes,
    } = found;
    let is_empty = prompt.is_none() && workflow.is_none() && parameters.is_none();
    Ok((!is_empty).then_some(EmbeddedGraph {
        id,
        prompt,
        workflow,
        parameters,
        notes,
    }))
}

type Read = (Described, Result<Embedded, MediaError>);

fn read(blobs: &Blobs, id: BlobId) -> Result<Read, MediaError> {
    let file = File::open(blobs.path(id)).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => MediaError::Io(io::Error::other("it is not there any more")),
        _ => MediaError::Io(error),
    })?;
    let described = describe(file, &storycore_media::Limits::default())?;
    let found = embedded(&described);
    Ok((described, found))
}

fn told(described: Described, found: &Result<Embedded, MediaError>) -> Media {
    let mut notes = described.notes;
    notes.extend(found.as_ref().err().map(ToString::to_string));
    let text = |it: storycore_media::Text| MediaText {
        text: it.text.chars().take(TEXT_CHARS_MAX).collect(),
        bytes: it.text.len() as u64,
        place: it.place.to_owned(),
        key: it.key,
    };
    Media {
        kind: match described.kind {
            Kind::Image => MediaKind::Image,
            Kind::Animation => MediaKind::Animation,
            Kind::Video => MediaKind::Video,
            Kind::Audio => MediaKind::Audio,
            Kind::Other => MediaKind::Other,
        },
        media_type: described.media_type.to_owned(),
        width_px: described.width_px,
        height_px: described.height_px,
        duration_ms: described.duration_ms,
        fps: described.frame_rate.map(storycore_media::Rational::value),
        frames: described.frames,
        codecs: described.codecs,
        channels: described.channels,
        sample_rate_hz: described.sample_rate_hz,
        bits: described.bits.map(u32::from),
        has_alpha: described.has_alpha,
        has_graph: found.as_ref().is_ok_and(|it| !it.is_empty()),
        texts: described.texts.into_iter().map(text).collect(),
        notes,
    }
}

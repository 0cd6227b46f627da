//! `storycore/shotAt`: the shot whose words stand at a place, as the text makes it that is not saved
//! yet. The one request that is ours beside LSP and the catalog: LSP knows no shots, and the catalog
//! no text of an editor.

use serde::Serialize;
use storycore_schema::{
    id::{BlobId, ProjectId},
    shot::Shot,
};
use tower_lsp_server::ls_types::Position;

use super::{
    document::Document,
    hover,
    place::{Encoding, byte_at},
    symbols::bytes,
};

/// Its name on the wire.
pub(super) const SHOT_AT: &str = "storycore/shotAt";

/// A shot, and what shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShotAt {
    /// The film, for calls of the catalog.
    project: ProjectId,
    /// The scene's heading.
    heading: String,
    /// The shot.
    shot: Shot,
    /// Its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    asset: Option<BlobId>,
}

/// The shot at a place. Between two shots it is the one before, at a heading the scene's first: who
/// writes there has that before their eyes.
pub(super) fn at(document: &Document, position: Position, encoding: Encoding) -> Option<ShotAt> {
    let view = document.view();
    let byte = byte_at(&document.script, position, encoding);
    let placed = view.scene_at(byte)?;
    let shots = view.shots(placed);
    let before = shots.iter().rfind(|it| bytes(&it.span).start <= byte);
    let shot = before.or(shots.first())?.clone();
    Some(ShotAt {
        project: document.film.id,
        heading: placed.record.heading.clone(),
        asset: hover::panel(&view.film, &shot),
        shot,
    })
}

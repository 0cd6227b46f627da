//! Scenes: what may be asked about them. Places, numbers and absolute spans are counted here, on
//! reading, so that a change at the top touches nothing below it.

use std::sync::Arc;

use storycore_schema::{
    Error,
    id::SceneId,
    scene::{GetScene, ListScenes, Scene, SceneRecord, Span},
};

use crate::{Film, Query};

/// A scene and where it stands now.
pub struct PlacedScene<'a> {
    /// What is kept of it.
    pub record: &'a Arc<SceneRecord>,
    /// How many scenes come before it in the film.
    pub index: u32,
    /// Where it is in its script.
    pub span: Span,
}

impl PlacedScene<'_> {
    /// The number the writer gave it, or its place counted from 1.
    pub(crate) fn number(&self) -> String {
        number(self.record, self.index)
    }
}

/// The number the writer gave a scene, or its place counted from 1.
pub fn number(record: &SceneRecord, index: u32) -> String {
    let written = record.written_number.clone();
    written.unwrap_or_else(|| (index + 1).to_string())
}

/// How long a scene lasts, in milliseconds.
pub fn duration_ms(film: &Film, record: &SceneRecord) -> u64 {
    let shots = film.state.project.screenplay.shots_of(record);
    shots.map(|shot| u64::from(shot.duration_ms)).sum()
}

/// Every scene in the order of the film, with its place.
pub fn placed_scenes(film: &Film) -> impl Iterator<Item = PlacedScene<'_>> {
    let screenplay = &film.state.project.screenplay;
    let mut index = 0;
    screenplay
        .scripts
        .values()
        .flat_map(|script| {
            let mut start = u64::from(script.prelude_bytes);
            let mut line = u64::from(script.prelude_lines) + 1;
            script
                .order
                .iter()
                .filter_map(|id| screenplay.scenes.get(id))
                .map(move |record| {
                    let span = Span {
                        start,
                        end: start + u64::from(record.bytes),
                        line,
                    };
                    start = span.end;
                    line += u64::from(record.lines);
                    (record, span)
                })
        })
        .map(move |(record, span)| {
            index += 1;
            PlacedScene {
                record,
                index: index - 1,
                span,
            }
        })
}

/// One scene with its place.
pub(crate) fn placed_scene(film: &Film, id: SceneId) -> Result<PlacedScene<'_>, Error> {
    film.state.project.screenplay.scene(id)?;
    let found = placed_scenes(film).find(|it| it.record.id == id);
    found.ok_or_else(|| Error::not_found("scene", id))
}

fn describe(film: &Film, placed: &PlacedScene<'_>) -> Scene {
    let record = placed.record;
    Scene {
        id: record.id,
        index: placed.index,
        number: placed.number(),
        heading: record.heading.clone(),
        setting: record.setting,
        location: record.location.clone(),
        time_of_day: record.time_of_day,
        script: record.script.clone(),
        span: placed.span,
        shots: record.shots.clone(),
        duration_ms: duration_ms(film, record),
    }
}

impl Query for ListScenes {
    fn answer(self, film: &Film) -> Result<Vec<Scene>, Error> {
        Ok(placed_scenes(film)
            .map(|placed| describe(film, &placed))
            .collect())
    }
}

impl Query for GetScene {
    fn answer(self, film: &Film) -> Result<Scene, Error> {
        placed_scene(film, self.id).map(|placed| describe(film, &placed))
    }
}

/// A scene in a few words: `scene 12`.
pub(crate) fn label(film: &Film, id: SceneId) -> String {
    placed_scene(film, id).map_or_else(
        |_| "a scene of the unplaced tray".to_owned(),
        |it| format!("scene {}", it.number()),
    )
}

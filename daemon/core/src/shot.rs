//! Shots: what may be asked about them.

use storycore_schema::{
    Error,
    id::ShotId,
    recipe::IntentLine,
    scene::Span,
    shot::{GetShot, ListShots, Shot, ShotRecord},
};

use crate::{
    Film, Query,
    scene::{PlacedScene, placed_scene, placed_scenes},
};

impl Query for ListShots {
    fn answer(self, film: &Film) -> Result<Vec<Shot>, Error> {
        let mut shots = match self.scene {
            Some(id) => shots_of(film, &placed_scene(film, id)?),
            None => placed_scenes(film)
                .flat_map(|it| shots_of(film, &it))
                .collect(),
        };
        shots.retain(|shot| self.status.is_none_or(|status| status == shot.status));
        Ok(shots)
    }
}

impl Query for GetShot {
    fn answer(self, film: &Film) -> Result<Shot, Error> {
        let record = film.state.project.screenplay.shot(self.id)?;
        let shots = shots_of(film, &placed_scene(film, record.scene)?);
        let found = shots.into_iter().find(|shot| shot.id == self.id);
        found.ok_or_else(|| Error::not_found("shot", self.id))
    }
}

fn shots_of(film: &Film, scene: &PlacedScene<'_>) -> Vec<Shot> {
    let records = film.state.project.screenplay.shots_of(scene.record);
    records
        .enumerate()
        .map(|(index, record)| describe(film, scene, index, record))
        .collect()
}

fn describe(film: &Film, scene: &PlacedScene<'_>, index: usize, record: &ShotRecord) -> Shot {
    let derived = film.derived.shot(record.id);
    let takes = &film.state.generation.takes;
    let shown = derived.take.and_then(|it| takes.by_id.get(&it));
    Shot {
        id: record.id,
        scene_id: record.scene,
        index: u32::try_from(index).unwrap_or(u32::MAX),
        label: format!("{}{}", scene.number(), letters(index)),
        framing: record.framing,
        angle: record.angle,
        lens_mm: record.lens_mm,
        movement: record.movement,
        subjects: record.subjects.clone(),
        text: readable(&record.lines),
        duration_ms: record.duration_ms,
        span: Span {
            start: scene.span.start + u64::from(record.start),
            end: scene.span.start + u64::from(record.end),
            line: scene.span.line + u64::from(record.line),
        },
        status: derived.status,
        reasons: derived.reasons.clone(),
        take: derived.take,
        choice: takes.choice_of(record.id),
        imported: shown.and_then(|it| it.imported()).map(ToOwned::to_owned),
        grade: derived.grade,
    }
}

/// The number of a shot's scene and its letters: `12A`; or where else it is.
pub fn label(film: &Film, id: ShotId) -> String {
    let screenplay = &film.state.project.screenplay;
    let Some(record) = screenplay.shots.get(&id) else {
        return "a shot in the unplaced tray".to_owned();
    };
    let Ok(scene) = placed_scene(film, record.scene) else {
        return "a shot".to_owned();
    };
    let index = scene.record.shots.iter().position(|it| *it == id);
    format!("{}{}", scene.number(), letters(index.unwrap_or(0)))
}

/// The letters of a shot within its scene: A to Z, then AA, AB, as shot lists count.
pub fn letters(index: usize) -> String {
    let (mut rest, mut letters) = (index + 1, Vec::new());
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// The words of a shot for reading: a line each, with the speaker before a speech.
pub fn readable(lines: &[IntentLine]) -> String {
    let mut words = String::new();
    write_readable(lines, &mut words);
    words
}

/// The same, at the end of a text.
pub fn write_readable(lines: &[IntentLine], words: &mut String) {
    for (idx, line) in lines.iter().enumerate() {
        if idx > 0 {
            words.push('\n');
        }
        if let Some(speaker) = &line.speaker {
            words.extend([speaker, ": "]);
        }
        words.push_str(&line.text);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn letters_go_on_after_z() {
        let letters: Vec<String> = [0, 25, 26, 27, 51, 52, 701, 702].map(super::letters).into();
        assert_eq!(letters, ["A", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]);
    }
}

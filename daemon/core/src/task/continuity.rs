//! Looking for what does not agree from shot to shot.

use serde::Deserialize;
use serde_json::{Value, json};
use storycore_schema::{
    Error,
    diagnostic::Severity,
    id::{SceneId, ShotId},
    task::ContinuityFinding,
};

use super::{cut, read, told};
use crate::{
    Film,
    bible::fold_name,
    shot::{label, readable},
};

/// Findings that are asked for at most.
const FINDINGS_MAX: u32 = 20;
/// The longest words of a shot that a model is told, in characters.
const TEXT_CHARS_MAX: usize = 600;

/// What a model is told of a scene.
pub fn context(film: &Film, scene: SceneId) -> Result<Value, Error> {
    let screenplay = &film.state.project.screenplay;
    let record = screenplay.scene(scene)?;
    let bible = &film.state.project.bible;
    let (mut shots, mut entries, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    let place = bible.find_location(&record.location);
    let mut add = |entry: &storycore_schema::bible::BibleEntry| {
        let name = fold_name(&entry.name);
        if !seen.contains(&name) {
            seen.push(name);
            entries.push(told(entry));
        }
    };
    place.into_iter().for_each(|it| add(it));
    for shot in screenplay.shots_of(record) {
        let of = shot.subjects.iter().filter_map(|it| bible.find(it));
        of.for_each(|it| add(it));
        shots.push(json!({
            "label": label(film, shot.id),
            "framing": shot.framing,
            "angle": shot.angle,
            "movement": shot.movement,
            "subjects": shot.subjects,
            "text": cut(&readable(&shot.lines), TEXT_CHARS_MAX),
        }));
    }
    Ok(json!({ "entries": entries, "shots": shots, "findingsMax": FINDINGS_MAX }))
}

#[derive(Deserialize)]
struct Answer {
    findings: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    shots: Vec<String>,
    kind: String,
    severity: Severity,
    message: String,
    #[serde(default)]
    fix: String,
}

/// What a model found. What it says of shots that the scene does not have says nothing.
pub fn understood(
    answer: &Value,
    film: &Film,
    scene: SceneId,
) -> Result<Vec<ContinuityFinding>, Error> {
    let screenplay = &film.state.project.screenplay;
    let shots = screenplay.shots_of(screenplay.scene(scene)?);
    let labels: Vec<(String, ShotId)> = shots.map(|it| (label(film, it.id), it.id)).collect();
    let found = read::<Answer>(answer)?.findings.into_iter();
    let findings = found.map(|it| {
        let named = |label: &String| {
            let known = labels.iter().find(|it| it.0 == label.trim());
            known.map(|it| it.1)
        };
        ContinuityFinding {
            shots: it.shots.iter().filter_map(named).collect(),
            kind: it.kind,
            severity: it.severity,
            message: it.message,
            fix: it.fix,
        }
    });
    let mut findings: Vec<ContinuityFinding> = findings.filter(|it| !it.shots.is_empty()).collect();
    findings.sort_by_key(|it| it.severity);
    Ok(findings)
}

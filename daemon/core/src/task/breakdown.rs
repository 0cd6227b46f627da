//! Planning the shots of a scene: its lines for a model, and notes for the script of what the model
//! plans.

use serde::Deserialize;
use serde_json::{Value, json};
use storycore_schema::{
    Error,
    craft::{Angle, Framing, Movement},
    id::SceneId,
    task::{LineNote, SuggestedShot},
};

use super::{cut, read};
use crate::{
    Film,
    breakdown::{Names, subject_in_note},
    fountain::{Block, ElementKind},
    scene::placed_scene,
};

/// Shots, if nobody says how many at most.
pub const SHOTS_MAX_DEFAULT: u32 = 24;
/// The most shots of one plan.
pub const SHOTS_MAX: u32 = 60;
/// The most lines of a scene that a model is told; one with more is planned by hand, or split.
pub const LINES_MAX: usize = 400;
/// The longest line that a model is told whole, in characters.
const LINE_CHARS_MAX: usize = 1_200;

/// A paragraph or a speech of a scene: the least a shot can begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SceneLine {
    /// The line of its scene that it starts on, from 0.
    pub line: u32,
    /// What it says.
    pub text: String,
    /// Whether a note of a person directs it already.
    pub is_directed: bool,
}

/// The paragraphs and speeches of a scene.
pub fn lines_of(block: &Block) -> Vec<SceneLine> {
    let mut lines: Vec<SceneLine> = Vec::new();
    let mut waits = false;
    for element in &block.elements {
        let notes = block.notes_in(element).iter();
        let is_directed = notes.clone().any(crate::breakdown::directs);
        let words = block.words(element);
        match &element.kind {
            ElementKind::Note => waits |= is_directed,
            ElementKind::Action | ElementKind::Centered | ElementKind::Lyrics
                if !element.in_speech =>
            {
                lines.push(SceneLine {
                    line: element.line,
                    text: words,
                    is_directed: std::mem::take(&mut waits) || is_directed,
                });
            }
            ElementKind::Character(cue) => lines.push(SceneLine {
                line: element.line,
                text: format!("{}:", cue.name),
                is_directed: std::mem::take(&mut waits) || is_directed,
            }),
            _ if element.in_speech => {
                if let Some(speech) = lines.last_mut() {
                    speech.text.push(' ');
                    speech.text.push_str(&words);
                    speech.is_directed |= is_directed;
                }
            }
            _ => {}
        }
    }
    lines.retain(|it| !it.text.trim().is_empty());
    lines
}

/// What a model is told.
pub fn context(
    film: &Film,
    scene: SceneId,
    lines: &[SceneLine],
    (wish, shots_max): (Option<String>, u32),
) -> Result<Value, Error> {
    let record = film.state.project.screenplay.scene(scene)?;
    if lines.is_empty() {
        let message = format!(
            "{} says nothing that could be seen or heard",
            record.heading
        );
        return Err(Error::failed_precondition(message).hint("write the scene first"));
    }
    if lines.len() > LINES_MAX {
        let message = format!(
            "{} has {} paragraphs and speeches, and a plan takes {LINES_MAX} at most",
            record.heading,
            lines.len()
        );
        return Err(Error::resource_exhausted(message).hint("split the scene"));
    }
    let mut characters: Vec<&String> = Vec::new();
    for shot in film.state.project.screenplay.shots_of(record) {
        for name in shot.lines.iter().filter_map(|it| it.speaker.as_ref()) {
            if !characters.contains(&name) {
                characters.push(name);
            }
        }
    }
    let told = lines.iter().enumerate();
    let told = told.map(|(at, it)| json!({ "n": at + 1, "text": cut(&it.text, LINE_CHARS_MAX) }));
    Ok(json!({
        "film": { "title": film.title(), "aspect": film.state.project.card.settings.aspect },
        "scene": { "heading": record.heading },
        "lines": told.collect::<Vec<_>>(),
        "characters": characters,
        "shotsMax": shots_max.clamp(1, SHOTS_MAX),
        "wish": wish,
    }))
}

#[derive(Deserialize)]
struct Answer {
    shots: Vec<Planned>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Planned {
    first_line: usize,
    framing: Framing,
    angle: Angle,
    movement: Movement,
    #[serde(default)]
    lens_mm: Option<u32>,
    subjects: Vec<String>,
    duration_ms: u32,
    #[serde(default)]
    why: String,
}

/// The plan of a model: shots in the order of the scene, each from where it begins to where the
/// next one does. Two that begin on one line are one, as a shot begins with a paragraph or a
/// speech; what comes before the first belongs to it.
pub fn understood(
    answer: &Value,
    lines: &[SceneLine],
    (film, scene): (&Film, SceneId),
    names: &Names,
) -> Result<Vec<SuggestedShot>, Error> {
    let first_line = placed_scene(film, scene)?.span.line;
    let mut planned = read::<Answer>(answer)?.shots;
    planned.retain(|it| (1..=lines.len()).contains(&it.first_line));
    planned.sort_by_key(|it| it.first_line);
    planned.dedup_by_key(|it| it.first_line);
    let Some(first) = planned.first_mut() else {
        let message = "the model planned no shot of this scene";
        return Err(Error::unavailable(message).hint("ask again, or ask another model"));
    };
    first.first_line = 1;
    let ends: Vec<usize> = planned.iter().skip(1).map(|it| it.first_line - 1).collect();
    let ends = ends.into_iter().chain([lines.len()]);
    let shots = planned.into_iter().zip(ends).map(|(shot, end)| {
        let covered = lines.get(shot.first_line - 1..end).unwrap_or_default();
        let text: Vec<&str> = covered.iter().map(|it| it.text.as_str()).collect();
        let line = covered.first().map_or(0, |it| it.line);
        let why = shot.why.trim();
        let mut subjects: Vec<String> = Vec::new();
        for name in shot
            .subjects
            .iter()
            .filter_map(|it| subject_in_note(it, names))
        {
            if !subjects.contains(&name) {
                subjects.push(name);
            }
        }
        SuggestedShot {
            line: first_line + u64::from(line),
            text: text.join("\n"),
            framing: shot.framing,
            angle: shot.angle,
            lens_mm: shot.lens_mm,
            movement: shot.movement,
            subjects,
            duration_ms: shot.duration_ms,
            why: (!why.is_empty()).then(|| why.to_owned()),
        }
    });
    Ok(shots.collect())
}

/// The notes that make the script have these shots: one where each begins, and `hold` where the
/// rules would begin another one. Lines that a person has directed are left to that.
pub fn notes(
    shots: &[SuggestedShot],
    lines: &[SceneLine],
    (film, scene): (&Film, SceneId),
) -> Result<Vec<LineNote>, Error> {
    let first_line = placed_scene(film, scene)?.span.line;
    let free = lines.iter().filter(|it| !it.is_directed);
    let notes = free.map(|it| {
        let line = first_line + u64::from(it.line);
        let begins = shots.iter().position(|shot| shot.line == line);
        let note = match begins {
            Some(at) => note_of(&shots[at], at == 0),
            None => "[[shot: hold]]".to_owned(),
        };
        LineNote { line, note }
    });
    Ok(notes.collect())
}

/// The first shot of a plan opens its scene: the rules would show the place before.
fn note_of(shot: &SuggestedShot, opens: bool) -> String {
    let mut parts = vec![shot.framing.short().to_owned()];
    parts.extend(opens.then(|| "opens".to_owned()));
    parts.extend(shot.subjects.iter().cloned());
    if shot.angle != Angle::EyeLevel {
        parts.push(shot.angle.spoken().to_owned());
    }
    if shot.movement != Movement::Static {
        parts.push(shot.movement.spoken().to_owned());
    }
    parts.extend(shot.lens_mm.map(|it| format!("{it}mm")));
    let seconds = f64::from(shot.duration_ms) / 1_000.0;
    parts.push(format!("{}s", (seconds * 10.0).round() / 10.0));
    format!("[[shot: {}]]", parts.join(", "))
}

/// A script with notes before some of its lines.
pub fn with_notes(script: &str, notes: &[LineNote]) -> String {
    let end = if script.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let mut written = String::with_capacity(script.len() + notes.len() * 48);
    let mut left = notes.iter().peekable();
    for (at, line) in (1_u64..).zip(script.split_inclusive('\n')) {
        while let Some(note) = left.next_if(|it| it.line <= at) {
            written.push_str(&note.note);
            written.push_str(end);
            written.push_str(end);
        }
        written.push_str(line);
    }
    written
}

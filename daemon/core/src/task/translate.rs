//! The dialogue of a scene in another language.

use serde::Deserialize;
use serde_json::{Value, json};
use storycore_schema::{
    Error,
    id::{SceneId, ShotId},
    task::TranslatedLine,
};

use super::read;
use crate::Film;

/// The most speeches that are translated at once.
const LINES_MAX: usize = 200;
/// The longest name of a language, in characters.
const LANGUAGE_CHARS_MAX: usize = 60;
/// What a model is told of a script whose language nobody named.
const LANGUAGE_OF_SCRIPT: &str = "the language of the script";

/// A speech, and its shot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    shot: ShotId,
    character: String,
    text: String,
}

/// The speeches of a scene.
pub fn speeches(film: &Film, scene: SceneId) -> Result<Vec<Speech>, Error> {
    let screenplay = &film.state.project.screenplay;
    let record = screenplay.scene(scene)?;
    let mut speeches = Vec::new();
    for shot in screenplay.shots_of(record) {
        for line in &shot.lines {
            if let Some(character) = &line.speaker {
                speeches.push(Speech {
                    shot: shot.id,
                    character: character.clone(),
                    text: line.text.clone(),
                });
            }
        }
    }
    if speeches.is_empty() {
        let message = format!("nobody speaks in {}", record.heading);
        return Err(Error::failed_precondition(message).hint("name a scene with dialogue"));
    }
    if speeches.len() > LINES_MAX {
        let n = speeches.len();
        let message = format!("the scene has {n} speeches, and {LINES_MAX} are the most");
        return Err(Error::resource_exhausted(message).hint("split the scene"));
    }
    Ok(speeches)
}

/// What a model is told.
pub fn context(film: &Film, speeches: &[Speech], to: &str) -> Result<Value, Error> {
    let to = to.trim();
    let is_word = |it: char| it.is_alphanumeric() || matches!(it, ' ' | '-' | '(' | ')');
    let is_name = (1..=LANGUAGE_CHARS_MAX).contains(&to.chars().count()) && to.chars().all(is_word);
    if !is_name {
        let message = "`to` is no language";
        return Err(Error::invalid_params(message).hint("write French, or fr-CA"));
    }
    let lines = speeches.iter().enumerate().map(
        |(at, it)| json!({ "id": format!("{}", at + 1), "character": it.character, "text": it.text }),
    );
    let languages = &film.state.project.card.settings.languages;
    Ok(json!({
        "from": languages.first().map_or(LANGUAGE_OF_SCRIPT, String::as_str),
        "to": to,
        "lines": lines.collect::<Vec<_>>(),
    }))
}

#[derive(Deserialize)]
struct Answer {
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    text: String,
}

/// What a model translated. A speech that it left out, or gave another's number, is missing, and
/// that is said: a film with half of its dialogue is none.
pub fn understood(answer: &Value, speeches: &[Speech]) -> Result<Vec<TranslatedLine>, Error> {
    let answered = read::<Answer>(answer)?.lines;
    let lines = speeches.iter().enumerate().map(|(at, speech)| {
        let id = format!("{}", at + 1);
        let found = answered.iter().find(|it| it.id.trim() == id);
        let found = found.filter(|it| !it.text.trim().is_empty());
        let text = found.ok_or_else(|| {
            let message = format!("the model left out speech {id}, {}", speech.character);
            Error::unavailable(message).hint("ask again, or ask another model")
        })?;
        Ok(TranslatedLine {
            shot: speech.shot,
            character: speech.character.clone(),
            original: speech.text.clone(),
            text: text.text.trim().to_owned(),
        })
    });
    lines.collect()
}

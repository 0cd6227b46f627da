//! The film in a sentence, and in a paragraph.

use serde::Deserialize;
use serde_json::{Value, json};
use storycore_schema::Error;

use super::{cut, read};
use crate::{Film, shot::readable};

/// How much of the film a model is told, in characters: some 15,000 tokens.
const FILM_CHARS_MAX: usize = 48_000;
/// The least of each scene, in characters.
const SCENE_CHARS_MIN: usize = 80;

/// What a model is told: every scene, a long film's shortened evenly.
pub fn context(film: &Film) -> Result<Value, Error> {
    let screenplay = &film.state.project.screenplay;
    let scenes: Vec<_> = screenplay.scenes_in_order().collect();
    if scenes.is_empty() {
        let message = format!("{} has no scene yet", film.title());
        return Err(Error::failed_precondition(message).hint("write one"));
    }
    let each = (FILM_CHARS_MAX / scenes.len()).max(SCENE_CHARS_MIN);
    let told = scenes.iter().map(|scene| {
        let text: Vec<String> = screenplay
            .shots_of(scene)
            .map(|it| readable(&it.lines))
            .collect();
        json!({ "heading": scene.heading, "text": cut(&text.join("\n"), each) })
    });
    Ok(json!({
        "film": { "title": film.title() },
        "scenes": told.collect::<Vec<_>>(),
    }))
}

/// What a model wrote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Written {
    /// The film in a sentence.
    pub logline: String,
    /// The whole story.
    pub synopsis: String,
}

/// What a model wrote.
pub fn understood(answer: &Value) -> Result<Written, Error> {
    read(answer)
}

//! Tasks for language models: what each is told of the film, and what its answer means. What is
//! asked stands in the prompts, and how the answer must look in their schemas; whoever asks has
//! seen to it that an answer fits.
//!
//! Absent on purpose: models, prompts, files. A task's context is plain JSON.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use storycore_schema::{
    Error,
    bible::{BibleEntry, EntryKind},
    recipe::{Intent, IntentEntry},
};

pub mod breakdown;
pub mod continuity;
pub mod entry;
pub mod logline;
pub mod prompt;
pub mod translate;

/// The tasks, as accounts and workflows call them.
pub const NAMES: [&str; 6] = [
    "breakdown",
    "shot-prompt",
    "bible-entry",
    "continuity",
    "logline",
    "translate",
];
/// How the files of prompts for models end.
pub const PROMPT_ENDING: &str = ".md";
/// The longest wish, in characters.
pub const WISH_CHARS_MAX: usize = 2_000;

/// What an answer says. An answer that fits its schema always reads; one of a film's own schema
/// may not.
fn read<T: DeserializeOwned>(answer: &Value) -> Result<T, Error> {
    T::deserialize(answer).map_err(|error| {
        let message = format!("the answer of the model does not read: {error}");
        Error::unavailable(message)
            .hint("if the film has its own schema for the task, let it ask for what ours asks for")
    })
}

/// A wish, if it says something and is not too long.
pub fn wish(wish: Option<&str>) -> Result<Option<String>, Error> {
    let wish = wish.map(str::trim).filter(|it| !it.is_empty());
    match wish {
        Some(it) if it.chars().count() > WISH_CHARS_MAX => {
            let message = format!("a wish has at most {WISH_CHARS_MAX} characters");
            Err(Error::invalid_params(message).hint("say it in fewer words"))
        }
        other => Ok(other.map(ToOwned::to_owned)),
    }
}

fn kind_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Character => "character",
        EntryKind::Location => "location",
        EntryKind::Prop => "prop",
        EntryKind::Style => "style",
    }
}

fn details(details: &std::collections::BTreeMap<String, String>) -> Vec<Value> {
    let each = details.iter();
    each.map(|(name, value)| json!({ "name": name, "value": value }))
        .collect()
}

/// An entry of the bible, as prompts speak of one.
fn told(entry: &BibleEntry) -> Value {
    json!({
        "kind": kind_name(entry.kind),
        "name": entry.name,
        "description": entry.description,
        "details": details(&entry.details),
    })
}

/// What the bible says of whatever is in a picture: what renderers may draw, and nothing else.
fn told_of(intent: &Intent) -> Vec<Value> {
    let one = |kind: EntryKind, entry: &IntentEntry| {
        json!({
            "kind": kind_name(kind),
            "name": entry.name,
            "description": null,
            "details": details(&entry.details),
        })
    };
    let subjects = intent.subjects.iter();
    let subjects = subjects.map(|it| one(EntryKind::Character, it));
    let places = intent.location.iter();
    let places = places.map(|it| one(EntryKind::Location, it));
    let props = intent.props.iter().map(|it| one(EntryKind::Prop, it));
    let mut all: Vec<Value> = subjects.chain(places).chain(props).collect();
    if !intent.style.is_empty() {
        let style = details(&intent.style);
        all.push(json!({
            "kind": "style", "name": "style", "description": null, "details": style,
        }));
    }
    all.retain(|it| it["details"].as_array().is_some_and(|it| !it.is_empty()));
    all
}

/// A text of at most so many characters, cut at a word.
fn cut(text: &str, chars_max: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(chars_max) else {
        return text.to_owned();
    };
    let words = text[..end].rfind(char::is_whitespace).unwrap_or(end);
    format!("{} …", text[..words].trim_end())
}

#[cfg(test)]
mod tests;

//! Filling an entry of the bible from what the script says.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use storycore_schema::{
    Error,
    bible::{BibleEntry, EntryKind},
    task::{DetailSource, SuggestedDetail},
};

use super::{cut, kind_name, read, told};
use crate::{
    Film,
    bible::{fold_name, names_of},
    recipe::mentions,
    shot::readable,
};

/// Details that are asked for at most.
const DETAILS_MAX: u32 = 12;
/// Passages of the script that a model is told, in passages.
const PASSAGES_MAX: usize = 24;
/// The longest of them, in characters.
const PASSAGE_CHARS_MAX: usize = 700;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 120;

/// The entry as it is; an empty one where there is none.
pub fn known(film: &Film, kind: EntryKind, name: &str) -> Result<BibleEntry, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        let message = format!("a name has 1 to {NAME_CHARS_MAX} characters");
        return Err(Error::invalid_params(message).hint("give it as the script writes it"));
    }
    let bible = &film.state.project.bible;
    let found = match kind {
        EntryKind::Location => bible.find_location(name),
        _ => bible.find(name),
    };
    Ok(match found.filter(|it| it.kind == kind) {
        Some(entry) => (**entry).clone(),
        None => BibleEntry {
            quality: None,
            kind,
            name: name.to_owned(),
            aliases: Vec::new(),
            description: None,
            details: BTreeMap::new(),
        },
    })
}

/// What a model is told: the entry, and where the script speaks of it.
pub fn context(film: &Film, entry: &BibleEntry) -> Result<Value, Error> {
    let passages = passages(film, entry);
    if passages.is_empty() && entry.kind != EntryKind::Style {
        let message = format!("the script says nothing of {}", entry.name);
        return Err(Error::not_found(kind_name(entry.kind), &entry.name)
            .hint(format!("{message}: give the name as it stands there")));
    }
    Ok(json!({
        "entry": told(entry),
        "passages": passages,
        "detailsMax": DETAILS_MAX,
    }))
}

fn passages(film: &Film, entry: &BibleEntry) -> Vec<Value> {
    let screenplay = &film.state.project.screenplay;
    let names: Vec<&String> = names_of(entry).collect();
    let is_of_all = entry.kind == EntryKind::Style;
    let mut passages = Vec::new();
    for scene in screenplay.scenes_in_order() {
        let is_here = entry.kind == EntryKind::Location
            && names.iter().any(|it| mentions(&scene.location, it));
        let shots = screenplay.shots_of(scene).filter(|shot| {
            let speaks = |name: &str| {
                let speakers = shot.lines.iter().filter_map(|it| it.speaker.as_ref());
                speakers.clone().any(|it| fold_name(it) == fold_name(name))
            };
            let is_named = |name: &&String| {
                speaks(name) || shot.lines.iter().any(|it| mentions(&it.text, name))
            };
            is_of_all || is_here || names.iter().any(is_named)
        });
        let text: Vec<String> = shots.map(|it| readable(&it.lines)).collect();
        let text = text.join("\n");
        if !text.trim().is_empty() {
            let text = cut(&text, PASSAGE_CHARS_MAX);
            passages.push(json!({ "heading": scene.heading, "text": text }));
        }
        if passages.len() == PASSAGES_MAX {
            break;
        }
    }
    passages
}

/// What a model says of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Filled {
    /// A sentence for people.
    pub description: String,
    /// Other names of the same.
    pub aliases: Vec<String>,
    /// What renderers may draw.
    pub details: Vec<SuggestedDetail>,
}

/// What a model says, without what the entry says already: that stands, and the model may not
/// contradict it.
pub fn understood(answer: &Value, entry: &BibleEntry) -> Result<Filled, Error> {
    let mut filled: Filled = read(answer)?;
    let known: Vec<String> = names_of(entry).map(|it| fold_name(it)).collect();
    filled.aliases.retain(|it| !known.contains(&fold_name(it)));
    let mut seen: Vec<String> = entry.details.keys().cloned().collect();
    filled.details.retain_mut(|it| {
        it.name = key(&it.name);
        it.value = it.value.trim().to_owned();
        let is_new = !it.name.is_empty() && !it.value.is_empty() && !seen.contains(&it.name);
        seen.push(it.name.clone());
        is_new
    });
    Ok(filled)
}

/// A name of a detail that TOML takes without quotes.
fn key(name: &str) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() { it } else { '_' };
    let name: String = name.trim().to_lowercase().chars().map(plain).collect();
    name.trim_matches('_').to_owned()
}

/// The entry with what a model says besides, as a file of the bible.
pub fn file(entry: &BibleEntry, filled: &Filled) -> Result<String, Error> {
    let mut whole = entry.clone();
    if whole.description.is_none() {
        whole.description = Some(filled.description.clone());
    }
    whole.aliases.extend(filled.aliases.iter().cloned());
    for detail in &filled.details {
        let value = match detail.source {
            DetailSource::Script | DetailSource::Proposed => detail.value.clone(),
        };
        whole.details.insert(detail.name.clone(), value);
    }
    toml::to_string(&whole).map_err(|error| Error::internal(error.to_string()))
}

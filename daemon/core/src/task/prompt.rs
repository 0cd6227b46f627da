//! Writing what an image model is asked for a shot.

use serde::Deserialize;
use serde_json::{Value, json};
use storycore_schema::{
    Error,
    craft::{Setting, TimeOfDay},
    recipe::Intent,
};

use super::{read, told_of};
use crate::shot::readable;

/// What a model is told: what is in the intent and nothing else, as only that makes a picture stale.
pub fn context(intent: &Intent, current: Option<&str>, wish: Option<&str>) -> Value {
    let names: Vec<&String> = intent.subjects.iter().map(|it| &it.name).collect();
    let previous = intent.previous.as_ref().map(|it| {
        let subjects = it.subjects.join(", ");
        format!(
            "{} of {subjects}: {}",
            it.framing.spoken(),
            readable(&it.lines)
        )
    });
    json!({
        "shot": {
            "framing": intent.framing.spoken(),
            "angle": intent.angle.spoken(),
            "movement": intent.movement.spoken(),
            "lensMm": intent.lens_mm,
            "subjects": names,
            "setting": intent.setting.map(Setting::spoken),
            "location": intent.location.as_ref().map(|it| &it.name),
            "timeOfDay": intent.time_of_day.map(TimeOfDay::spoken),
            "text": readable(&intent.lines),
        },
        "entries": told_of(intent),
        "previous": previous,
        "current": current,
        "wish": wish,
    })
}

/// What a model wrote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Written {
    /// What the picture shall be.
    #[serde(rename = "prompt")]
    pub positive: String,
    /// What it shall not be.
    #[serde(default)]
    pub negative: String,
    /// Why it is this way.
    #[serde(default)]
    pub why: Option<String>,
}

/// What a model wrote.
pub fn understood(answer: &Value) -> Result<Written, Error> {
    read(answer)
}

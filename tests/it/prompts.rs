//! What models may answer, in the film's own words.

use serde_json::{Value, json};
use storycore_schema::{
    craft::{Angle, Framing, Movement},
    diagnostic::Severity,
};

use crate::repository::text;

/// The list of words at a place in the schema of a task's answer.
fn words(task: &str, pointer: &str) -> Value {
    let schema = text(&format!("daemon/llm/prompts/{task}.schema.json"));
    let schema: Value = serde_json::from_str(&schema).expect("it is JSON");
    let found = schema.pointer(pointer);
    found
        .unwrap_or_else(|| panic!("{task} has no {pointer}"))
        .clone()
}

#[test]
fn models_plan_shots_in_the_words_of_the_craft() {
    let of_a_shot = |word: &str| {
        let pointer = format!("/properties/shots/items/properties/{word}/enum");
        words("breakdown", &pointer)
    };
    assert_eq!(of_a_shot("framing"), json!(Framing::ALL));
    assert_eq!(of_a_shot("angle"), json!(Angle::ALL));
    assert_eq!(of_a_shot("movement"), json!(Movement::ALL));
}

#[test]
fn models_judge_findings_as_diagnostics_are() {
    let severities = words(
        "continuity",
        "/properties/findings/items/properties/severity/enum",
    );
    let all = [Severity::Error, Severity::Warning, Severity::Information];
    assert_eq!(severities, json!(all));
}

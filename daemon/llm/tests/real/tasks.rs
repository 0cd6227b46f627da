//! The tasks that are built in, done by a real model: what it says is nonsense, but it fits the
//! schema, and it ends.

use std::sync::Arc;

use serde_json::{Value, json};
use storycore_llm::{BuiltIn, Hub, Request, System};

use crate::{
    llama::{Llama, Model},
    stage::{complete, options, task, told},
};

/// What a scene of the sample film gives each task.
fn context(task: BuiltIn) -> Value {
    let entry = json!({
        "kind": "character", "name": "MAYA", "description": "The keeper's daughter.",
        "details": [{ "name": "hair", "value": "long, dark red" }],
    });
    let scene = json!({ "heading": "EXT. LIGHTHOUSE - NIGHT", "text": "Maya climbs the stairs." });
    match task {
        BuiltIn::Breakdown => json!({
            "film": { "title": "High Water", "aspect": "2.39:1" },
            "scene": { "heading": "EXT. LIGHTHOUSE - NIGHT" },
            "characters": ["MAYA", "JONAS"],
            "lines": [
                { "n": 1, "text": "Waves break over the rocks." },
                { "n": 2, "text": "MAYA: It is coming." },
            ],
            "shotsMax": 1,
            "wish": null,
        }),
        BuiltIn::ShotPrompt => json!({
            "shot": {
                "framing": "close-up", "angle": "low angle", "movement": "static", "lensMm": 85,
                "subjects": ["MAYA"], "setting": "exterior", "location": "LIGHTHOUSE",
                "timeOfDay": null, "text": "She looks at the sea.",
            },
            "entries": [entry],
            "previous": null,
            "current": "a woman by the sea",
            "wish": "more wind",
        }),
        BuiltIn::BibleEntry => json!({ "entry": entry, "passages": [scene], "detailsMax": 2 }),
        BuiltIn::Continuity => json!({
            "entries": [entry],
            "findingsMax": 2,
            "shots": [
                { "label": "1A", "framing": "wide", "angle": "eyeLevel", "movement": "static",
                  "subjects": ["MAYA"], "text": "Maya in a yellow coat." },
                { "label": "1B", "framing": "closeUp", "angle": "eyeLevel", "movement": "static",
                  "subjects": ["MAYA"], "text": "Maya in a red coat." },
            ],
        }),
        BuiltIn::Logline => json!({ "film": { "title": "High Water" }, "scenes": [scene] }),
        BuiltIn::Translate => json!({
            "from": "English", "to": "French",
            "lines": [{ "id": "l1", "character": "MAYA", "text": "It is coming." }],
        }),
    }
}

fn request(of: BuiltIn) -> Request {
    let prompt = of.prompt().unwrap();
    let request = prompt.fill_in(&context(of)).unwrap();
    Request {
        seed: Some(1),
        temperature: Some(0.0),
        ..request
    }
}

async fn do_task(hub: &Hub, of: BuiltIn, request: Request) {
    let (answer, events) = complete(hub, &task(request.clone())).await;
    let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", of.name()));
    let faults = request
        .schema
        .unwrap()
        .faults(answer.value.as_ref().unwrap());
    assert_eq!(faults, Vec::<String>::new(), "{}", of.name());
    assert_eq!(told(&events), answer.text);
}

#[tokio::test]
async fn every_task_is_answered_in_its_form_even_by_noise() {
    let llama = Llama::start(Model::Tiny, 16_000, 1).await;
    let hub = Hub::new(options(vec![llama.provider("tiny")], Arc::new(System))).unwrap();
    for of in BuiltIn::ALL {
        // Noise fills every list and text to its limit.
        let request = Request {
            tokens_max: 12_000,
            ..request(*of)
        };
        do_task(&hub, *of, request).await;
    }
}

/// Does tasks with the model that speaks English. Each test has a server of its own, so that they
/// can run side by side.
async fn small_model_does(tasks: &[BuiltIn]) {
    let llama = Llama::start(Model::Small, 4_096, 1).await;
    let hub = Hub::new(options(vec![llama.provider("small")], Arc::new(System))).unwrap();
    for of in tasks {
        do_task(&hub, *of, request(*of)).await;
    }
}

#[tokio::test]
async fn a_small_model_plans_shots_and_translates() {
    small_model_does(&[BuiltIn::Breakdown, BuiltIn::Translate]).await;
}

#[tokio::test]
async fn a_small_model_describes_shots_and_compares_them() {
    small_model_does(&[BuiltIn::ShotPrompt, BuiltIn::Continuity]).await;
}

#[tokio::test]
async fn a_small_model_sums_up_and_fills_the_bible() {
    small_model_does(&[BuiltIn::Logline, BuiltIn::BibleEntry]).await;
}

#[tokio::test]
async fn a_small_model_speaks_english() {
    let llama = Llama::start(Model::Small, 512, 1).await;
    let hub = Hub::new(options(vec![llama.provider("small")], Arc::new(System))).unwrap();
    let question = Request::new("Describe rain in one sentence.", 40);
    let question = Request {
        temperature: Some(0.0),
        ..question
    };
    let (answer, events) = complete(&hub, &task(question)).await;
    let answer = answer.unwrap();
    let n_words = answer
        .text
        .split(' ')
        .filter(|it| ["a", "is", "of", "the"].contains(it))
        .count();
    assert!(n_words >= 2, "{answer:?}");
    assert_eq!(told(&events), answer.text);
}

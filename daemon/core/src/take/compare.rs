//! Comparing two takes: what was asked for otherwise, and how they were made otherwise.

use storycore_schema::{
    Error,
    id::TakeId,
    recipe::Intent,
    take::{PictureDifference, Take, TakeComparison, TakeSource},
};

use crate::{Film, recipe, shot};

use super::details;

/// What two takes differ in, with how far their pictures do.
pub fn compared(
    film: &Film,
    (a, b): (TakeId, TakeId),
    pictures: PictureDifference,
) -> Result<TakeComparison, Error> {
    let takes = &film.state.generation.takes;
    let (a, b) = (takes.get(a)?, takes.get(b)?);
    let (a_intent, b_intent) = (intent_of(a)?, intent_of(b)?);
    Ok(TakeComparison {
        asked: recipe::reasons(&a_intent, &b_intent),
        asked_back: recipe::reasons(&b_intent, &a_intent),
        made: made_otherwise(film, (a, &a_intent), (b, &b_intent)),
        pictures,
        a: details(film, a),
        b: details(film, b),
    })
}

fn intent_of(take: &Take) -> Result<Intent, Error> {
    take.intent.read().map_err(|error| {
        let message = format!("what take {} was asked for does not read: {error}", take.id);
        Error::internal(message).hint("`storycore doctor` looks through the film's log")
    })
}

fn made_otherwise(
    film: &Film,
    (a, a_intent): (&Take, &Intent),
    (b, b_intent): (&Take, &Intent),
) -> Vec<String> {
    let mut made = Vec::new();
    let mut differ = |what: &str, a: String, b: String| {
        if a != b {
            made.push(format!("{what}: {a} → {b}"));
        }
    };
    let label = |take: &Take| shot::label(film, take.shot);
    if a.shot != b.shot {
        differ("shot", label(a), label(b));
    }
    differ("made by", maker(a, a_intent), maker(b, b_intent));
    if let (
        TakeSource::Rendered {
            seed: a_seed,
            renderer_version: a_version,
            ..
        },
        TakeSource::Rendered {
            seed: b_seed,
            renderer_version: b_version,
            ..
        },
    ) = (&a.source, &b.source)
    {
        differ("seed", a_seed.to_string(), b_seed.to_string());
        differ("renderer version", a_version.clone(), b_version.clone());
    }
    made
}

fn maker(take: &Take, intent: &Intent) -> String {
    match &take.source {
        TakeSource::Rendered { .. } => format!("the renderer `{}`", intent.renderer),
        TakeSource::Imported { name, .. } => format!("hand, brought in as `{name}`"),
    }
}

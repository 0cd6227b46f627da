//! What the texts of a step can speak of: the film, its shot or scene, and the results of other
//! steps.
//!
//! Of a shot they see what is in its intent, its seed and its status, and nothing else: what could
//! be in a picture and is not in the intent could change without making the picture stale.
//!
//! The one exception has a name of its own, so that a step that is given it is known by that:
//! `shown.picture`, the picture of the take that the shot shows. A take that is made of another one
//! is kept with the intent of that ([`super::is_of_shown`]), so it is as fresh or as stale.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use storycore_schema::{
    Error,
    id::{RunId, SceneId, ShotId},
    recipe::{Intent, IntentEntry},
    run::RunWorkflow,
    workflow::StepKind,
};

use super::Scope;
use crate::{Film, recipe, shot::readable};

/// Names that every text can speak of.
pub(super) const OF_FILM: [&str; 2] = ["film", "params"];
/// The shot of a step that is done for each shot.
pub(super) const OF_SHOT: &str = "shot";
/// The take that the shot of such a step shows.
pub(super) const OF_SHOWN: &str = "shown";
/// The scene of a step that is done for each shot or scene.
pub(super) const OF_SCENE: &str = "scene";

/// Pixels of a picture, where the workflow's `pixels` says nothing else.
const PIXELS_DEFAULT: f64 = 1_048_576.0;
/// What width and height are multiples of, where the workflow's `multiple` says nothing else.
const MULTIPLE_DEFAULT: f64 = 64.0;

/// What a scope is of.
pub struct ScopeOptions<'a> {
    /// The run's workflow.
    pub workflow: &'a RunWorkflow,
    /// The run; none for a plan.
    pub run: Option<RunId>,
    /// What the step does. The words of a prompt are of what is asked for, never of what is shown.
    pub uses: StepKind,
    /// The step's shot.
    pub shot: Option<ShotId>,
    /// The step's scene.
    pub scene: Option<SceneId>,
    /// Results of other steps, by their names.
    pub results: BTreeMap<String, Value>,
}

/// What the texts of a step can speak of.
pub fn scope_of(film: &Film, options: ScopeOptions<'_>) -> Result<Scope, Error> {
    let mut names = Map::new();
    let params = params(options.workflow);
    names.insert("film".to_owned(), of_film(film, &params));
    names.insert("params".to_owned(), Value::Object(params));
    let screenplay = &film.state.project.screenplay;
    let mut scene = options.scene;
    if let Some(id) = options.shot {
        let record = screenplay.shot(id)?;
        scene = Some(record.scene);
        let seed = seed_of(id, options.run.filter(|_| options.workflow.force));
        let intent = recipe::prepare(record, &film.state.project);
        let status = serde_json::to_value(film.derived.status(id)).unwrap_or_default();
        names.insert(OF_SHOT.to_owned(), of_shot(&intent, seed, &status));
        if options.uses != StepKind::Prompt {
            let shown = film.shown(id).map(|it| it.asset);
            names.insert(OF_SHOWN.to_owned(), json!({ "picture": shown }));
        }
    }
    if let Some(id) = scene {
        let record = screenplay.scene(id)?;
        let of_scene = json!({
            "heading": record.heading,
            "location": record.location,
        });
        names.insert(OF_SCENE.to_owned(), of_scene);
    }
    names.extend(options.results);
    Ok(Scope::new(&Value::Object(names)))
}

/// The seed of a shot; another one for each run that draws anew what is there.
pub fn seed_of(shot: ShotId, anew: Option<RunId>) -> u64 {
    let Some(run) = anew else {
        return recipe::seed(shot);
    };
    let mut hasher = blake3::Hasher::new();
    hasher.update(&shot.0.to_bytes()).update(&run.0.to_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first) & recipe::SAFE_INTEGER_MAX
}

fn params(workflow: &RunWorkflow) -> Map<String, Value> {
    let declared = workflow.workflow.params.clone();
    declared
        .into_iter()
        .chain(workflow.params.clone())
        .collect()
}

fn of_film(film: &Film, params: &Map<String, Value>) -> Value {
    let settings = &film.state.project.card.settings;
    let aspect = recipe::aspect_milli_of(settings);
    let number = |name: &str, otherwise: f64| {
        let known = params.get(name).and_then(Value::as_f64);
        known.filter(|it| *it >= 1.0).unwrap_or(otherwise)
    };
    let pixels = number("pixels", PIXELS_DEFAULT);
    let multiple = number("multiple", MULTIPLE_DEFAULT);
    let (width, height) = size(f64::from(aspect) / 1_000.0, pixels, multiple);
    json!({
        "title": film.title(),
        "fps": settings.fps,
        "aspect": f64::from(aspect) / 1_000.0,
        "width": width,
        "height": height,
        "languages": settings.languages,
    })
}

/// Width and height of about so many pixels, both multiples of a number, in pixels.
fn size(aspect: f64, pixels: f64, multiple: f64) -> (u64, u64) {
    let height = (pixels / aspect).sqrt();
    let round = |it: f64| ((it / multiple).round().max(1.0) * multiple) as u64;
    (round(height * aspect), round(height))
}

fn of_shot(intent: &Intent, seed: u64, status: &Value) -> Value {
    let word = |it: Option<&str>| it.map_or(Value::Null, |it| json!(it));
    let previous = intent.previous.as_ref().map(|it| {
        json!({
            "framing": it.framing.spoken(),
            "subjects": it.subjects,
            "text": readable(&it.lines),
        })
    });
    let speaks = intent.lines.iter().filter_map(|it| it.speaker.as_deref());
    json!({
        "framing": intent.framing.spoken(),
        "angle": intent.angle.spoken(),
        "movement": intent.movement.spoken(),
        "lens_mm": intent.lens_mm,
        "setting": word(intent.setting.map(storycore_schema::craft::Setting::spoken)),
        "time_of_day": word(intent.time_of_day.map(storycore_schema::craft::TimeOfDay::spoken)),
        "location": intent.location.as_ref().map(entry),
        "subjects": intent.subjects.iter().map(entry).collect::<Vec<_>>(),
        "props": intent.props.iter().map(entry).collect::<Vec<_>>(),
        "style": intent.style,
        "text": readable(&intent.lines),
        "action": of_action(intent),
        "speakers": speaks.collect::<Vec<_>>(),
        "previous": previous,
        "seed": seed,
        "status": status,
    })
}

/// What happens, without what is said: nobody can draw words.
fn of_action(intent: &Intent) -> String {
    let action = intent.lines.iter().filter(|it| it.speaker.is_none());
    let action: Vec<&str> = action.map(|it| it.text.as_str()).collect();
    action.join(" ")
}

fn entry(entry: &IntentEntry) -> Value {
    json!({ "name": entry.name, "details": entry.details })
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_keep_the_aspect_and_fit_the_model() {
        assert_eq!(size(1.0, 1_048_576.0, 64.0), (1_024, 1_024));
        assert_eq!(size(16.0 / 9.0, 1_048_576.0, 64.0), (1_344, 768));
        assert_eq!(size(2.39, 262_144.0, 8.0), (792, 328));
        assert_eq!(size(4.0, 1.0, 64.0), (64, 64));
    }
}

//! Drawing a shot with a built-in renderer: by itself, or as a step of a workflow.

use std::time::Instant;

use serde_json::json;
use storycore_core::{
    recipe,
    run::{Failure, Made, Outcome, Picture},
    workflow::seed_of,
};
use storycore_schema::{
    asset::Asset,
    id::{BlobId, RenderKey, ShotId, StepKey},
    recipe::Intent,
    run::FailureKind,
    workflow::{StepKind, WorkflowStep},
};

use super::{Job, gate::Turn, inputs};
use crate::offload::blocking;

/// Draws the shot of a step.
pub(super) async fn draw(job: Job, turn: Turn) -> Result<Outcome, Failure> {
    let Some(shot) = job.at.shot else {
        return Ok(Outcome::Skipped);
    };
    if job.film.state.project.screenplay.shot(shot).is_err() {
        return Ok(Outcome::Skipped);
    }
    let _pass = tokio::select! {
        pass = turn.come() => pass,
        () = job.canceled.cancelled() => return Ok(Outcome::Skipped),
        () = job.held.cancelled() => return Ok(Outcome::Skipped),
    };
    let drawn = blocking(move || match job.record.task.definition(job.at.step) {
        Some(step) => of_step(&job, step, shot),
        None => of_film(&job, shot).map(made),
    });
    drawn.await.map_err(|_| {
        Failure::new(
            FailureKind::Internal,
            "the renderer met a bug; the daemon's log shows where",
        )
    })?
}

fn made(made: Made) -> Outcome {
    Outcome::Made(Box::new(made))
}

/// The take of a film that the built-in renderer draws.
fn of_film(job: &Job, shot: ShotId) -> Result<Made, Failure> {
    let intent = asked(job, shot)?;
    let drawn = drawn(job, &intent, recipe::seed(shot))?;
    Ok(Made {
        picture: Some(drawn.picture(intent)),
        reused: drawn.reused,
        took_ms: drawn.took_ms,
        ..Made::default()
    })
}

/// What a step of a workflow gives others, and its take if it makes one: the built-in renderer's
/// picture, whichever renderer the film has.
fn of_step(job: &Job, step: &WorkflowStep, shot: ShotId) -> Result<Outcome, Failure> {
    if inputs::scope(job, step)?.is_none() {
        return Ok(Outcome::Skipped);
    }
    let workflow = job.record.task.workflow.as_ref();
    let anew = workflow.is_some_and(|it| it.force);
    // What is painted over stays the panel that people know; only a take is drawn otherwise.
    let seed = seed_of(shot, (anew && step.take).then_some(job.record.run.id));
    let asked = asked(job, shot)?;
    let drawn = drawn(job, &recipe::of_built_in(&asked), seed)?;
    Ok(made(of_workflow(drawn, step, asked)))
}

/// A take stays what the film asks for; otherwise it would never be fresh.
fn of_workflow(drawn: Drawn, step: &WorkflowStep, asked: Intent) -> Made {
    Made {
        picture: step.take.then(|| drawn.picture(asked)),
        output: Some(json!({ "picture": drawn.asset.id })),
        key: Some(drawn.step_key()),
        reused: drawn.reused,
        took_ms: drawn.took_ms,
        assets: vec![drawn.asset],
    }
}

/// A picture that is on disk.
struct Drawn {
    asset: Asset,
    key: RenderKey,
    renderer_version: String,
    seed: u64,
    /// Whether it was there before.
    reused: bool,
    took_ms: Option<u64>,
}

impl Drawn {
    fn picture(&self, intent: Intent) -> Picture {
        Picture {
            asset: self.asset.clone(),
            intent,
            renderer_version: self.renderer_version.clone(),
            seed: self.seed,
        }
    }

    fn step_key(&self) -> StepKey {
        step_key(self.key)
    }
}

/// What a step of a workflow that draws this is remembered by.
fn step_key(key: RenderKey) -> StepKey {
    let json = json!({ "uses": StepKind::Sketch.name(), "picture": key });
    StepKey(*blake3::hash(json.to_string().as_bytes()).as_bytes())
}

fn invalid(message: String) -> Failure {
    Failure::new(FailureKind::Invalid, message)
}

fn asked(job: &Job, shot: ShotId) -> Result<Intent, Failure> {
    let project = &job.film.state.project;
    let record = project.screenplay.shot(shot);
    let record = record.map_err(|error| invalid(error.message))?;
    Ok(recipe::prepare(record, project))
}

/// The picture, drawn unless it is there already. Blocks.
fn drawn(job: &Job, intent: &Intent, seed: u64) -> Result<Drawn, Failure> {
    let renderer = job.renderers.get(&intent.renderer).map_err(invalid)?;
    let renderer_version = renderer.version();
    let key = recipe::render_key(recipe::intent_hash(intent), seed, &renderer_version);
    if let Some(asset) = known(job, key) {
        return Ok(Drawn {
            asset,
            key,
            renderer_version,
            seed,
            reused: true,
            took_ms: None,
        });
    }
    let began = Instant::now();
    let rendered = renderer.render(intent, seed).map_err(invalid)?;
    let id = job.blobs.write(&rendered.bytes).map_err(|error| {
        Failure::new(
            FailureKind::Storage,
            format!("the picture could not be kept: {error}; free some space and make the film's folder writable, then render again"),
        )
    })?;
    let asset = Asset {
        id,
        media_type: rendered.media_type.to_owned(),
        bytes: rendered.bytes.len() as u64,
        width_px: Some(rendered.width_px),
        height_px: Some(rendered.height_px),
    };
    Ok(Drawn {
        asset,
        key,
        renderer_version,
        seed,
        reused: false,
        took_ms: u64::try_from(began.elapsed().as_millis()).ok(),
    })
}

/// What was drawn from this key before, as a take or for a workflow. A picture that is damaged on
/// disk is drawn again.
fn known(job: &Job, key: RenderKey) -> Option<Asset> {
    let state = &job.film.state;
    let of_workflow = || {
        let output = job.known_result(step_key(key))?;
        output["picture"].as_str()?.parse::<BlobId>().ok()
    };
    let id = state.generation.takes.picture(key).or_else(of_workflow);
    let id = id.filter(|id| job.blobs.read(*id).is_ok())?;
    state.assets.get(id).ok().map(|it| (**it).clone())
}

#[cfg(test)]
mod tests {
    use storycore_schema::craft::{Angle, Framing, Movement};

    use super::*;

    fn intent(renderer: &str) -> Intent {
        serde_json::from_value(json!({
            "renderer": renderer, "aspectMilli": 1_778, "framing": Framing::Wide,
            "angle": Angle::EyeLevel, "movement": Movement::Static, "subjects": [], "lines": [],
        }))
        .unwrap()
    }

    fn drawn() -> Drawn {
        let asset = Asset {
            id: BlobId([7; 32]),
            media_type: "image/png".to_owned(),
            bytes: 9,
            width_px: Some(640),
            height_px: Some(360),
        };
        let hash = recipe::intent_hash(&recipe::of_built_in(&intent("comfyui")));
        Drawn {
            asset,
            key: recipe::render_key(hash, 3, "sketch-1"),
            renderer_version: "sketch-1".to_owned(),
            seed: 3,
            reused: false,
            took_ms: Some(5),
        }
    }

    #[test]
    fn a_step_gives_its_picture_and_makes_a_take_only_where_it_says_so() {
        let step = |take: bool| -> WorkflowStep {
            let step = json!({"id": "draw", "uses": "sketch", "each": "shot", "take": take});
            serde_json::from_value(step).unwrap()
        };
        let plain = of_workflow(drawn(), &step(false), intent("comfyui"));
        assert!(plain.picture.is_none());
        assert_eq!(plain.assets.len(), 1);
        let id = BlobId([7; 32]);
        assert_eq!(plain.output, Some(json!({"picture": id})));
        let take = of_workflow(drawn(), &step(true), intent("comfyui"));
        let picture = take.picture.unwrap();
        assert_eq!((picture.asset.id, picture.seed), (id, 3));
        assert_eq!(picture.intent, intent("comfyui"));
        assert_eq!((take.output, take.key), (plain.output, plain.key));
    }

    #[test]
    fn a_sketch_is_remembered_apart_from_all_other_steps() {
        let other = recipe::render_key(recipe::intent_hash(&intent("sketch")), 4, "sketch-1");
        assert_eq!(drawn().step_key(), step_key(drawn().key));
        assert_ne!(drawn().step_key(), step_key(other));
    }
}

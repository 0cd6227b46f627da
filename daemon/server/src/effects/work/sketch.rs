//! Drawing a shot with a built-in renderer.

use std::time::Instant;

use storycore_core::{
    recipe,
    run::{Failure, Made, Outcome, Picture},
};
use storycore_schema::{asset::Asset, id::ShotId, run::FailureKind, workflow::StepKind};

use super::Job;
use crate::offload::blocking;

/// Draws the shot of a step.
pub(super) async fn draw(job: Job) -> Result<Outcome, Failure> {
    let Some(shot) = job.at.shot else {
        return Ok(Outcome::Skipped);
    };
    if job.film.state.project.screenplay.shot(shot).is_err() {
        return Ok(Outcome::Skipped);
    }
    let priority = job.record.run.priority;
    let pass = job.gates.pass(StepKind::Sketch, job.project, priority);
    let _pass = tokio::select! {
        pass = pass => pass,
        () = job.canceled.cancelled() => return Ok(Outcome::Skipped),
        () = job.held.cancelled() => return Ok(Outcome::Skipped),
    };
    let drawn = blocking(move || drawn(&job, shot)).await;
    let drawn = drawn.map_err(|_| {
        Failure::new(
            FailureKind::Internal,
            "the renderer met a bug; the daemon's log shows where",
        )
    })?;
    drawn.map(|made| Outcome::Made(Box::new(made)))
}

fn drawn(job: &Job, shot: ShotId) -> Result<Made, Failure> {
    let invalid = |message: String| Failure::new(FailureKind::Invalid, message);
    let state = &job.film.state;
    let record = state.project.screenplay.shot(shot);
    let record = record.map_err(|error| invalid(error.message))?;
    let intent = recipe::prepare(record, &state.project);
    let renderer = job.renderers.get(&intent.renderer).map_err(invalid)?;
    let (seed, renderer_version) = (recipe::seed(shot), renderer.version());
    let key = recipe::render_key(recipe::intent_hash(&intent), seed, &renderer_version);
    let takes = &state.generation.takes;
    // A picture that is damaged on disk is drawn again.
    let known = takes.picture(key).filter(|id| job.blobs.read(*id).is_ok());
    let known = known.and_then(|id| state.assets.get(id).ok());
    let picture = |asset| Picture {
        asset,
        intent: intent.clone(),
        renderer_version: renderer_version.clone(),
        seed,
    };
    if let Some(asset) = known {
        return Ok(Made {
            picture: Some(picture((**asset).clone())),
            reused: true,
            ..Made::default()
        });
    }
    let began = Instant::now();
    let rendered = renderer.render(&intent, seed).map_err(invalid)?;
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
    Ok(Made {
        picture: Some(picture(asset)),
        took_ms: u64::try_from(began.elapsed().as_millis()).ok(),
        ..Made::default()
    })
}

//! Writing a file for people, as a step of a workflow. It is written anew by every run: somebody may
//! have taken the last one away, and what it shows is known only when it is written.

use std::{
    path::{Component, Path, PathBuf},
    time::Instant,
};

use serde_json::{Value, json};
use storycore_core::{
    run::{Failure, Made, Outcome},
    workflow::STORYBOARD,
};
use storycore_schema::run::FailureKind;

use super::{Job, gate::Turn, inputs};
use crate::{effects::export, folder::EXPORTS_FOLDER, offload::blocking};

/// Writes the file of a step.
pub(super) async fn write(job: Job, turn: Turn) -> Result<Outcome, Failure> {
    let _pass = tokio::select! {
        pass = turn.come() => pass,
        () = job.canceled.cancelled() => return Ok(Outcome::Skipped),
        () = job.held.cancelled() => return Ok(Outcome::Skipped),
    };
    let written = blocking(move || of_step(&job)).await;
    written.map_err(|_| {
        Failure::new(
            FailureKind::Internal,
            "the export met a bug; the daemon's log shows where",
        )
    })?
}

/// Blocks.
fn of_step(job: &Job) -> Result<Outcome, Failure> {
    let Some(step) = job.record.task.definition(job.at.step) else {
        return Ok(Outcome::Skipped);
    };
    let Some(scope) = inputs::scope(job, step)? else {
        return Ok(Outcome::Skipped);
    };
    let with = Value::Object(step.with.clone().into_iter().collect());
    let with = scope.fill(&with).map_err(invalid)?;
    let format = with["format"].as_str().unwrap_or_default();
    if format != STORYBOARD {
        return Err(invalid(format!("`{format}` cannot be exported")));
    }
    let folder = folder_of(&job.folder, &with["folder"])?;
    stays_inside(&job.folder, &folder)?;
    let began = Instant::now();
    let exported = export::storyboard(&job.film, &job.blobs, &folder);
    let exported = exported.map_err(|error| {
        let next = error.hint.map(|it| format!("; {it}")).unwrap_or_default();
        Failure::new(FailureKind::Storage, format!("{}{next}", error.message))
    })?;
    let output = json!({
        "path": exported.path,
        "bytes": exported.bytes,
        "scenes": exported.scenes,
        "shots": exported.shots,
        "panels": exported.panels,
    });
    Ok(Outcome::Made(Box::new(Made {
        output: Some(output),
        took_ms: u64::try_from(began.elapsed().as_millis()).ok(),
        ..Made::default()
    })))
}

/// Where it goes: a folder of the film, as a workflow may come from anybody.
fn folder_of(film: &Path, asked: &Value) -> Result<PathBuf, Failure> {
    let asked = match asked {
        Value::Null => EXPORTS_FOLDER,
        Value::String(asked) => asked,
        other => return Err(invalid(format!("`folder` is {other}, and no text"))),
    };
    let inside = Path::new(asked);
    let is_inside = inside
        .components()
        .all(|it| matches!(it, Component::Normal(_)));
    if asked.is_empty() || !is_inside || inside.starts_with(".storycore") {
        return Err(invalid(format!(
            "`folder` is {asked:?}, which is no folder for exports in the film's own, such as \
             \"{EXPORTS_FOLDER}/draft\""
        )));
    }
    Ok(film.join(inside))
}

/// Refuses a folder that a link leads out of the film: who brings a workflow may bring the link, too.
fn stays_inside(film: &Path, folder: &Path) -> Result<(), Failure> {
    let there = folder.ancestors().find_map(|it| it.canonicalize().ok());
    let film = film.canonicalize().ok();
    match (there, film) {
        (Some(there), Some(film)) if there.starts_with(&film) => Ok(()),
        _ => Err(invalid(format!(
            "`folder` leads out of the film by a link: {}; name a folder of its own",
            folder.display()
        ))),
    }
}

fn invalid(message: String) -> Failure {
    Failure::new(FailureKind::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_writes_into_the_film_only() {
        let film = Path::new("film");
        let folder = |asked: Value| folder_of(film, &asked).ok();
        assert_eq!(folder(Value::Null), Some(film.join("exports")));
        assert_eq!(
            folder(json!("exports/draft")),
            Some(film.join("exports/draft"))
        );
        for outside in ["", "..", "exports/../..", "/etc", "./x", ".storycore/blobs"] {
            let failure = folder_of(film, &json!(outside)).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Invalid);
            assert!(failure.error.contains(outside), "{}", failure.error);
        }
        assert_eq!(folder(json!(7)), None);
    }

    #[test]
    fn a_link_leads_nowhere_else() {
        let (film, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(other.path(), film.path().join("out")).unwrap();
        let inside = |folder: &str| stays_inside(film.path(), &film.path().join(folder)).is_ok();
        assert!(inside("exports/draft"), "it need not be there yet");
        assert!(!inside("out"));
        assert!(!inside("out/new/draft"));
        std::fs::create_dir(film.path().join("exports")).unwrap();
        assert!(inside("exports"));
    }
}

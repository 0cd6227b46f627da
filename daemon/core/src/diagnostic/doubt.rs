//! Matches that may be wrong, as diagnostics with what can be done about them.

use serde_json::json;
use storycore_schema::{
    diagnostic::{Diagnostic, DiagnosticAction, Severity},
    id::SceneId,
    script::{MatchKind, SceneDoubt},
};

use crate::{
    Film,
    scene::{PlacedScene, placed_scenes},
};

/// Every doubt about the scenes of one script, from top to bottom.
pub(super) fn diagnostics(film: &Film, path: &str) -> Vec<Diagnostic> {
    let doubts = &film.state.project.screenplay.doubts;
    if doubts.is_empty() {
        return Vec::new();
    }
    let scenes = placed_scenes(film).filter(|it| it.record.script == path);
    scenes
        .filter_map(|scene| {
            let doubt = doubts.get(&scene.record.id)?;
            Some(diagnostic(film, path, &scene, doubt))
        })
        .collect()
}

fn diagnostic(film: &Film, path: &str, scene: &PlacedScene<'_>, doubt: &SceneDoubt) -> Diagnostic {
    let found = &doubt.found;
    let rival = found.rival.and_then(|id| Some((id, name(film, id)?)));
    let before = doubt.before.as_ref().map(|it| quoted(&it.heading));
    let is_new = found.kind == MatchKind::New;
    let message = match (&before, &rival) {
        (Some(before), Some((_, rival))) => {
            format!("this scene was taken for {before}, but it may be {rival}")
        }
        (Some(before), None) => format!("this scene was taken for {before}, which is not certain"),
        (None, Some((_, rival))) => {
            format!("this scene was taken for a new one, but it may be {rival}")
        }
        (None, None) => "this scene was taken for a new one, which is not certain".to_owned(),
    };
    let project = film.state.project.card.id;
    let id = scene.record.id;
    let confirm = action(
        if is_new { "New scene" } else { "Same scene" },
        "scene/confirm",
        json!({"project": project, "id": id}),
    );
    let detach = (!is_new).then(|| {
        let params = json!({"project": project, "id": id});
        action("New scene", "scene/detach", params)
    });
    let attach = rival.map(|(rival, words)| {
        let title = if is_new {
            format!("Same scene as {words}")
        } else {
            format!("It is {words}")
        };
        let params = json!({"project": project, "id": rival, "to": id});
        action(&title, "scene/attach", params)
    });
    Diagnostic {
        path: path.to_owned(),
        line: Some(u32::try_from(scene.span.line).unwrap_or(u32::MAX)),
        column: Some(1),
        severity: Severity::Information,
        code: "doubtfulScene".to_owned(),
        message,
        hint: Some("say which it is; its takes follow".to_owned()),
        actions: [Some(confirm), detach, attach]
            .into_iter()
            .flatten()
            .collect(),
    }
}

fn action(title: &str, method: &str, params: serde_json::Value) -> DiagnosticAction {
    DiagnosticAction {
        title: title.to_owned(),
        method: method.to_owned(),
        params,
    }
}

fn name(film: &Film, id: SceneId) -> Option<String> {
    let screenplay = &film.state.project.screenplay;
    let placed = screenplay.scenes.get(&id);
    let record = placed.or_else(|| screenplay.unplaced_scenes.get(&id))?;
    let tray = if placed.is_some() { "" } else { " of the tray" };
    Some(format!("{}{tray}", quoted(&record.heading)))
}

fn quoted(heading: &str) -> String {
    if heading.is_empty() {
        "the one without a heading".to_owned()
    } else {
        format!("“{heading}”")
    }
}

//! The outline of a script: scenes, and in them shots, with how long they last.

use storycore_core::{Film, Query};
use storycore_schema::{
    scene::{ListScenes, Scene},
    shot::{ListShots, Shot},
};
use tower_lsp_server::ls_types::{DocumentSymbol, SymbolKind};

use super::{
    document::Document,
    place::{Encoding, line_range, range_of},
};

/// How many letters of a shot's words its name shows.
const NAME_CHARS_MAX: usize = 60;

/// The scenes of a film that stand in a document, in order.
pub(super) fn scenes(film: &Film, document: &Document) -> Vec<Scene> {
    let project = document.film.id;
    let mut scenes = ListScenes { project }.answer(film).unwrap_or_default();
    scenes.retain(|it| it.script == document.path);
    scenes
}

/// The shots of a scene, in order.
pub(super) fn shots(film: &Film, document: &Document, scene: &Scene) -> Vec<Shot> {
    let asked = ListShots {
        project: document.film.id,
        scene: Some(scene.id),
        status: None,
    };
    asked.answer(film).unwrap_or_default()
}

/// The outline of a document.
pub(super) fn outline(document: &Document, encoding: Encoding) -> Vec<DocumentSymbol> {
    let film = document.preview();
    let scenes = scenes(&film, document).into_iter();
    let symbol = |scene: Scene| {
        let shots = shots(&film, document, &scene).into_iter();
        let shots = shots
            .map(|it| shot_symbol(&it, document, encoding))
            .collect();
        scene_symbol(&scene, shots, document, encoding)
    };
    scenes.map(symbol).collect()
}

fn scene_symbol(
    scene: &Scene,
    shots: Vec<DocumentSymbol>,
    document: &Document,
    encoding: Encoding,
) -> DocumentSymbol {
    let script = &document.script;
    let range = range_of(script, bytes(&scene.span), encoding);
    let heading = line_range(script, range.start.line as usize, encoding);
    let name = match scene.heading.is_empty() {
        true => "before the first heading".to_owned(),
        false => format!("{} {}", scene.number, scene.heading),
    };
    let n_shots = scene.shots.len();
    let plural = if n_shots == 1 { "" } else { "s" };
    #[expect(deprecated, reason = "the field has to be given")]
    DocumentSymbol {
        name,
        detail: Some(format!(
            "{n_shots} shot{plural}, {}",
            seconds(scene.duration_ms)
        )),
        kind: SymbolKind::NAMESPACE,
        tags: None,
        deprecated: None,
        range,
        selection_range: heading,
        children: Some(shots),
    }
}

fn shot_symbol(shot: &Shot, document: &Document, encoding: Encoding) -> DocumentSymbol {
    let range = range_of(&document.script, bytes(&shot.span), encoding);
    let text: String = shot
        .text
        .replace('\n', " ")
        .chars()
        .take(NAME_CHARS_MAX)
        .collect();
    #[expect(deprecated, reason = "the field has to be given")]
    DocumentSymbol {
        name: format!("{} {} {text}", shot.label, shot.framing.short())
            .trim_end()
            .to_owned(),
        detail: Some(seconds(u64::from(shot.duration_ms))),
        kind: SymbolKind::OBJECT,
        tags: None,
        deprecated: None,
        range,
        selection_range: range,
        children: None,
    }
}

/// A duration for reading: `4.5 s`, `1:05`.
pub(super) fn seconds(ms: u64) -> String {
    match ms {
        0..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{}:{:02}", ms / 60_000, ms % 60_000 / 1_000),
    }
}

pub(super) fn bytes(span: &storycore_schema::scene::Span) -> std::ops::Range<usize> {
    let place = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    place(span.start)..place(span.end)
}

//! What is told of a place in a script: the shot it belongs to, with its panel, or the scene.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use storycore_core::Film;
use storycore_schema::{
    id::BlobId,
    scene::Scene,
    shot::{Shot, Status},
};
use tower_lsp_server::ls_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use super::{
    document::Document,
    place::{Encoding, byte_at, range_of},
    symbols::{bytes, scenes, seconds, shots},
};

/// How wide an editor shows a panel, in pixels.
const PANEL_WIDTH_PX: u32 = 480;

/// What is told, and the picture that goes with it.
pub(super) struct Told {
    pub(super) hover: Hover,
    pub(super) picture: Option<BlobId>,
}

/// What there is to tell of a place.
pub(super) fn at(document: &Document, position: Position, encoding: Encoding) -> Option<Told> {
    let film = document.preview();
    let byte = byte_at(&document.script, position, encoding);
    let scenes = scenes(&film, document);
    let scene = scenes.iter().rfind(|it| bytes(&it.span).start <= byte)?;
    let shots = shots(&film, document, scene);
    let on_heading = position.line as u64 + 1 == scene.span.line && !scene.heading.is_empty();
    let shot = shots.iter().rfind(|it| bytes(&it.span).start <= byte);
    let shot = shot.filter(|it| byte <= bytes(&it.span).end);
    let (text, span, shown) = match shot {
        _ if on_heading => (scene_card(scene, &shots), scene.span, shots.first()),
        Some(shot) => (shot_card(shot), shot.span, Some(shot)),
        None => return None,
    };
    let markup = MarkupContent {
        kind: MarkupKind::Markdown,
        value: text,
    };
    Some(Told {
        hover: Hover {
            contents: HoverContents::Markup(markup),
            range: Some(range_of(&document.script, bytes(&span), encoding)),
        },
        picture: shown.and_then(|it| panel(&film, it)),
    })
}

/// Puts a panel above what is told, as an editor that shows pictures reads it.
pub(super) fn with_picture(mut hover: Hover, media_type: &str, picture: &[u8]) -> Hover {
    if let HoverContents::Markup(markup) = &mut hover.contents {
        let data = BASE64_STANDARD.encode(picture);
        let image = format!("![panel](data:{media_type};base64,{data}|width={PANEL_WIDTH_PX})");
        markup.value = format!("{image}\n\n{}", markup.value);
    }
    hover
}

fn panel(film: &Film, shot: &Shot) -> Option<BlobId> {
    let take = film.state.generation.takes.by_id.get(&shot.take?)?;
    Some(take.asset)
}

fn scene_card(scene: &Scene, shots: &[Shot]) -> String {
    let n_out_of_date = shots.iter().filter(|it| it.status != Status::Fresh).count();
    let mut card = format!(
        "**{} {}**\n\n{} shots, {}",
        scene.number,
        scene.heading,
        shots.len(),
        seconds(scene.duration_ms)
    );
    if n_out_of_date > 0 {
        card += &format!("; {n_out_of_date} to draw");
    }
    card
}

fn shot_card(shot: &Shot) -> String {
    let lens = shot
        .lens_mm
        .map_or_else(String::new, |it| format!(", {it} mm"));
    let mut card = format!(
        "**{}** {}{lens}, {}, {}",
        shot.label,
        shot.framing.spoken(),
        shot.movement.spoken(),
        seconds(u64::from(shot.duration_ms))
    );
    if !shot.subjects.is_empty() {
        card += &format!("\n\n{}", shot.subjects.join(", "));
    }
    let status = match shot.status {
        Status::Fresh => "the panel is up to date".to_owned(),
        Status::Missing => "not drawn yet".to_owned(),
        Status::Stale => {
            let reasons = shot.reasons.iter().map(|it| it.message.as_str());
            format!("out of date: {}", reasons.collect::<Vec<_>>().join("; "))
        }
    };
    card + "\n\n" + &status
}

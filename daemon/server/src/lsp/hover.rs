//! What is told of a place in a script: the shot it belongs to, with its panel, or the scene.

use storycore_core::{Film, bible::fold_name};
use storycore_schema::{
    bible::EntryKind,
    id::BlobId,
    shot::{Shot, Status},
};
use tower_lsp_server::ls_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use super::{
    document::Document,
    named::{Named, is_place, name_at},
    place::{Encoding, byte_at, range_of},
    symbols::{bytes, seconds},
    view::{PlacedScene, View},
};
use crate::picture::SHOWN_WIDTH_PX;

/// What is told, and the picture that goes with it.
pub(super) struct Told {
    pub(super) hover: Hover,
    pub(super) picture: Option<BlobId>,
}

impl Told {
    pub(super) fn without_picture(hover: Hover) -> Told {
        Told {
            hover,
            picture: None,
        }
    }
}

/// What there is to tell of a place: of a name, who or where that is; of a heading, its scene;
/// else of the shot.
pub(super) fn at(document: &Document, position: Position, encoding: Encoding) -> Option<Told> {
    let view = document.view();
    let byte = byte_at(&document.script, position, encoding);
    let placed = view.scene_at(byte);
    let on_heading = placed.is_some_and(|it| {
        position.line as u64 + 1 == it.span.line && !it.record.heading.is_empty()
    });
    let shot = placed.and_then(|it| {
        let shot = view
            .shots(it)
            .iter()
            .rfind(|it| bytes(&it.span).start <= byte);
        shot.filter(|it| byte <= bytes(&it.span).end)
    });
    let name = name_at(document, &view, byte);
    let entry = name.as_ref().map(|it| entry_card(&view, it));
    let (text, span, shown) = match (placed, shot) {
        (Some(placed), _) if on_heading => {
            let card = scene_card(&view, placed);
            (card, bytes(&placed.span), view.shots(placed).first())
        }
        (_, Some(shot)) => (shot_card(shot), bytes(&shot.span), Some(shot)),
        _ => (String::new(), name.as_ref()?.bytes.clone(), None),
    };
    let value = entry
        .into_iter()
        .chain([text])
        .collect::<Vec<_>>()
        .join("\n\n---\n\n");
    let markup = MarkupContent {
        kind: MarkupKind::Markdown,
        value: value.trim_end_matches("\n\n---\n\n").to_owned(),
    };
    let span = name.map_or(span, |it| it.bytes);
    Some(Told {
        hover: Hover {
            contents: HoverContents::Markup(markup),
            range: Some(range_of(&document.script, span, encoding)),
        },
        picture: shown.and_then(|it| panel(&view.film, it)),
    })
}

/// What the bible says of a name, and how often it is in the film.
fn entry_card(view: &View, name: &Named) -> String {
    let bible = &view.film.state.project.bible;
    let entry = match name.kind {
        EntryKind::Location => bible.find_location(&name.written),
        _ => bible.find(&name.written),
    };
    let mut card = format!("**{}**", entry.map_or(&name.written, |it| &it.name));
    if let Some(entry) = entry {
        if !entry.aliases.is_empty() {
            card += &format!(" ({})", entry.aliases.join(", "));
        }
        if let Some(description) = &entry.description {
            card += &format!("\n\n{description}");
        }
        for (key, value) in &entry.details {
            card += &format!("\n- {key}: {value}");
        }
    }
    let counted = match name.kind {
        EntryKind::Location => {
            let scenes = view.film.state.project.screenplay.scenes_in_order();
            let same = scenes.filter(|it| is_place(&it.location, &name.written));
            plural(same.count(), "scene")
        }
        _ => {
            let speakers = &view.film.derived.speakers;
            let n = speakers.get(&fold_name(&name.canonical)).copied();
            format!("speaks in {}", plural(n.unwrap_or(0) as usize, "shot"))
        }
    };
    let told = if entry.is_some() {
        ""
    } else {
        "; not in the bible"
    };
    card + &format!("\n\n{counted}{told}")
}

fn plural(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}

/// Puts a panel above what is told, as an editor that shows pictures reads it: small, so that the
/// words below it are seen, too.
pub(super) fn with_picture(mut hover: Hover, address: &str) -> Hover {
    if let HoverContents::Markup(markup) = &mut hover.contents {
        let image = format!("![panel]({address}|width={SHOWN_WIDTH_PX})");
        markup.value = format!("{image}\n\n{}", markup.value);
    }
    hover
}

/// What is told, for an editor that shows letters as they are.
pub(super) fn plain(mut hover: Hover) -> Hover {
    if let HoverContents::Markup(markup) = &mut hover.contents {
        markup.kind = MarkupKind::PlainText;
        markup.value = markup.value.replace("**", "").replace('`', "");
    }
    hover
}

/// The picture that is shown for a shot.
pub(super) fn panel(film: &Film, shot: &Shot) -> Option<BlobId> {
    let take = film.state.generation.takes.by_id.get(&shot.take?)?;
    Some(take.asset)
}

fn scene_card(view: &View, placed: &PlacedScene) -> String {
    let shots = view.shots(placed);
    let n_out_of_date = shots.iter().filter(|it| it.status != Status::Fresh).count();
    let mut card = format!(
        "**{} {}**\n\n{} shots, {}",
        placed.number(),
        placed.record.heading,
        shots.len(),
        seconds(view.duration_ms(placed))
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

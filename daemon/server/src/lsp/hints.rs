//! What stands beside a heading without being written there: how long its scene is, what is to draw.

use serde_json::json;
use storycore_core::fountain::eighths_told;
use storycore_schema::shot::Status;
use tower_lsp_server::ls_types::{
    CodeLens, Command, InlayHint, InlayHintLabel, InlayHintTooltip, Range,
};

use super::{
    actions::CALL,
    document::Document,
    place::{Encoding, line_range},
    symbols::seconds,
    view::PlacedScene,
};

/// Opens the page.
pub(super) const OPEN_BOARD: &str = "storycore.openBoard";

/// Behind each heading: eighths of a page, time, shots.
pub(super) fn inlay(document: &Document, range: Range, encoding: Encoding) -> Vec<InlayHint> {
    let view = document.view();
    let shown = |it: &&PlacedScene| {
        let line = line_of(it);
        range.start.line <= line && line <= range.end.line && !it.record.heading.is_empty()
    };
    let hint = |it: &PlacedScene| {
        let block = document.script.block_at_line(line_of(it) as usize)?;
        let block = document.script.blocks().get(block.block_idx)?;
        let eighths = eighths_told(block.eighths());
        let n_shots = it.record.shots.len();
        let plural = if n_shots == 1 { "" } else { "s" };
        let time = seconds(view.duration_ms(it));
        Some(InlayHint {
            position: line_range(&document.script, line_of(it) as usize, encoding).end,
            label: InlayHintLabel::String(format!("{eighths} · {time} · {n_shots} shot{plural}")),
            kind: None,
            text_edits: None,
            tooltip: Some(InlayHintTooltip::String(
                "eighths of a page, running time, shots".to_owned(),
            )),
            padding_left: Some(true),
            padding_right: None,
            data: None,
        })
    };
    view.scenes()
        .iter()
        .filter(shown)
        .filter_map(hint)
        .collect()
}

/// Above each heading: what can be drawn, and the board.
pub(super) fn lenses(document: &Document, encoding: Encoding) -> Vec<CodeLens> {
    let view = document.view();
    let with_heading = |it: &&PlacedScene| !it.record.heading.is_empty();
    let saved = document.film.bus.film();
    let known = &saved.state.project.screenplay.shots;
    let mut lenses = Vec::new();
    for placed in view.with_all_shots().scenes().iter().filter(with_heading) {
        let range = line_range(&document.script, line_of(placed) as usize, encoding);
        let mut lens = |title: String, command: &str, argument| {
            lenses.push(CodeLens {
                range,
                command: Some(Command::new(
                    title,
                    command.to_owned(),
                    Some(vec![argument]),
                )),
                data: None,
            });
        };
        // What was typed and not saved has no shots that could be drawn.
        let to_draw = view
            .shots(placed)
            .iter()
            .filter(|it| it.status != Status::Fresh);
        let to_draw: Vec<_> = to_draw
            .map(|it| it.id)
            .filter(|it| known.contains_key(it))
            .collect();
        if !to_draw.is_empty() {
            let plural = if to_draw.len() == 1 { "" } else { "s" };
            let title = format!("draw {} shot{plural}", to_draw.len());
            let params = json!({"project": document.film.id, "shots": to_draw});
            lens(
                title,
                CALL,
                json!({"method": "shot/render", "params": params}),
            );
        }
        let project = json!({"project": document.film.id});
        lens(
            seconds(view.duration_ms(placed)),
            OPEN_BOARD,
            project.clone(),
        );
        lens("open board".to_owned(), OPEN_BOARD, project);
    }
    lenses
}

fn line_of(placed: &PlacedScene) -> u32 {
    u32::try_from(placed.span.line)
        .unwrap_or(u32::MAX)
        .saturating_sub(1)
}

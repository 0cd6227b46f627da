//! Tests of the parser. `check` prints a script the way it was understood; the rest is data.

mod incremental;
mod spec;

use std::fmt::Write as _;

use expect_test::Expect;

use super::{Block, Element, ElementKind, Script};

/// Reads a text and compares what was understood. Also holds every script to the promises that
/// all scripts are held to.
fn check(text: &str, expect: &Expect) {
    let script = Script::parse(text);
    hold_to_promises(&script, text);
    expect.assert_eq(&printed(&script));
}

/// What is true of every script.
fn hold_to_promises(script: &Script, text: &str) {
    assert_eq!(script.text(), text);
    assert_eq!(script.len(), text.len());
    for (idx, block) in script.blocks().iter().enumerate() {
        assert!(
            block.heading.is_some() || idx == 0,
            "only the first block is a prelude"
        );
        assert_eq!(
            block.hash(),
            *blake3::hash(block.text.as_bytes()).as_bytes()
        );
        let mut end = 0;
        for element in &block.elements {
            let gap = &block.text[end..element.span.start as usize];
            assert_eq!(
                gap.trim_start_matches('\u{feff}').trim(),
                "",
                "text between elements"
            );
            assert_eq!(block.line_at(element.span.start), element.line);
            assert!(!block.source(element).is_empty());
            block.words(element);
            for it in block.emphasis(element) {
                assert!(element.span.start <= it.span.start && it.span.end <= element.span.end);
            }
            end = element.span.end as usize;
        }
        assert_eq!(
            block.text[end..].trim_start_matches('\u{feff}').trim(),
            "",
            "text at the end"
        );
        let start = script.start_of(idx);
        assert_eq!(script.block_at(start.byte), Some(start));
    }
}

fn printed(script: &Script) -> String {
    let mut out = String::new();
    for block in script.blocks() {
        print_block(&mut out, block);
    }
    out
}

fn print_block(out: &mut String, block: &Block) {
    match &block.heading {
        None => writeln!(out, "prelude").unwrap(),
        Some(it) => {
            let setting = it.setting.map_or("-", |it| it.short());
            let time = it.time_of_day.map_or("-", |it| it.short());
            write!(
                out,
                "scene {setting} | {} | {time} ({})",
                it.location, it.time
            )
            .unwrap();
            let number = it
                .number
                .as_ref()
                .map(|it| format!(" #{it}"))
                .unwrap_or_default();
            writeln!(out, "{number}{}", if it.forced { " forced" } else { "" }).unwrap();
        }
    }
    for entry in &block.title_page {
        let values: Vec<_> = entry.values.iter().map(|it| it.text.as_str()).collect();
        writeln!(out, "  {} = {values:?}", entry.key).unwrap();
    }
    for element in &block.elements {
        print_element(out, block, element);
    }
    for it in &block.problems {
        writeln!(
            out,
            "  ! {:?} {:?}",
            it.kind,
            &block.text[super::line::long(&it.span)]
        )
        .unwrap();
    }
}

fn print_element(out: &mut String, block: &Block, element: &Element) {
    let kind = match &element.kind {
        ElementKind::TitlePage | ElementKind::Heading => return,
        ElementKind::Character(cue) => {
            let dual = if cue.dual { " dual" } else { "" };
            let forced = if cue.forced { " forced" } else { "" };
            format!(
                "Character {:?} {:?}{dual}{forced}",
                cue.name, cue.extensions
            )
        }
        kind => format!("{kind:?}"),
    };
    writeln!(out, "  {} {kind}: {}", element.line, block.words(element)).unwrap();
    for it in block.emphasis(element) {
        let text = &block.text[super::line::long(&it.span)];
        writeln!(out, "      {:?} {text:?}", it.style).unwrap();
    }
    for it in block.notes_in(element) {
        writeln!(out, "      note {:?}", it.text).unwrap();
    }
}

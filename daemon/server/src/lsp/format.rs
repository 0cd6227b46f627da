//! Tidying that never changes what a script means.

use storycore_core::fountain::{ElementKind, Script};
use tower_lsp_server::ls_types::{Position, Range, TextEdit};

use super::{
    document::Document,
    located::Located,
    place::{Encoding, byte_at, range_of},
};

/// Blanks at the ends of lines go, headings are in capitals, and the last line is ended. Nothing if
/// the script would mean something else then.
pub(super) fn whole(document: &Document, encoding: Encoding) -> Vec<TextEdit> {
    let script = &document.script;
    let mut changes: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    let text = script.text();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let shown = line.trim_end_matches(['\n', '\r']);
        let kept = shown.trim_end();
        // A line of blanks only keeps a speech together.
        if !kept.is_empty() && kept.len() < shown.len() {
            changes.push((at + kept.len()..at + shown.len(), String::new()));
        }
        at += line.len();
    }
    for located in Located::all(script) {
        if located.element.kind == ElementKind::Heading {
            let written = located.text().trim_end();
            let start = located.bytes().start;
            let number = written.find('#').unwrap_or(written.len());
            let upper = written[..number].to_uppercase();
            if upper != written[..number] && !written.contains("[[") && !written.contains("/*") {
                changes.push((start..start + number, upper));
            }
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        changes.push((text.len()..text.len(), "\n".to_owned()));
    }
    changes.sort_by_key(|it| (it.0.start, it.0.end));
    if !is_same(script, &text, &changes) {
        return Vec::new();
    }
    let edit = |(bytes, new): (std::ops::Range<usize>, String)| {
        TextEdit::new(range_of(script, bytes, encoding), new)
    };
    changes.into_iter().map(edit).collect()
}

/// Whether a changed text has the same elements with the same words, capitals aside.
fn is_same(script: &Script, text: &str, changes: &[(std::ops::Range<usize>, String)]) -> bool {
    let mut changed = String::with_capacity(text.len() + 1);
    let mut at = 0;
    for (bytes, new) in changes {
        if bytes.start < at {
            return false;
        }
        changed += &text[at..bytes.start];
        changed += new;
        at = bytes.end;
    }
    changed += &text[at..];
    let told = |script: &Script| -> Vec<(std::mem::Discriminant<ElementKind>, bool, String)> {
        let all = Located::all(script);
        all.map(|it| {
            let kind = std::mem::discriminant(&it.element.kind);
            (
                kind,
                it.element.in_speech,
                it.block.words(it.element).to_uppercase(),
            )
        })
        .collect()
    };
    told(script) == told(&Script::parse(&changed))
}

/// After a line's end was typed: the line above becomes a heading or a cue if it has the words of
/// one, so that what comes next is dialogue.
pub(super) fn typed_line_end(
    document: &Document,
    position: Position,
    encoding: Encoding,
) -> Vec<TextEdit> {
    let Some(above) = position.line.checked_sub(1) else {
        return Vec::new();
    };
    let script = &document.script;
    let start = byte_at(script, Position::new(above, 0), encoding);
    let end = byte_at(script, Position::new(above, u32::MAX), encoding);
    let Some(block) = script.block_at(start).and_then(|it| {
        let block = script.blocks().get(it.block_idx)?;
        block.text.get(start - it.byte..end - it.byte)
    }) else {
        return Vec::new();
    };
    let line = block.trim_end();
    let before = above.checked_sub(1).map(|it| {
        let start = byte_at(script, Position::new(it, 0), encoding);
        start == byte_at(script, Position::new(it, u32::MAX), encoding)
    });
    let upper = line.to_uppercase();
    if line.is_empty() || upper == line || !before.unwrap_or(true) {
        return Vec::new();
    }
    let is_heading =
        Located::at(script, start).is_some_and(|it| it.element.kind == ElementKind::Heading);
    let view = document.view();
    let name = upper.split('(').next().unwrap_or_default().trim();
    let speaks = view
        .film
        .derived
        .speakers
        .contains_key(&storycore_core::bible::fold_name(name))
        || view
            .film
            .state
            .project
            .bible
            .find(name)
            .is_some_and(|it| it.kind == storycore_schema::bible::EntryKind::Character);
    if !is_heading && !speaks {
        return Vec::new();
    }
    let range = Range::new(
        Position::new(above, 0),
        super::place::position_at(script, start + line.len(), encoding),
    );
    vec![TextEdit::new(range, upper)]
}

//! What is selected when a selection grows: the word, the line, the paragraph, the speech, the scene,
//! the script.

use std::ops::Range as Bytes;

use tower_lsp_server::ls_types::{Position, SelectionRange};

use super::{
    document::Document,
    located::Located,
    place::{Encoding, byte_at, range_of},
};

/// The ranges around a place, the smallest first, each inside the next.
pub(super) fn around(
    document: &Document,
    position: Position,
    encoding: Encoding,
) -> SelectionRange {
    let byte = byte_at(&document.script, position, encoding);
    let mut ranges: Vec<Bytes<usize>> = Vec::new();
    if let Some(located) = Located::at(&document.script, byte) {
        ranges.extend(in_element(&located, byte));
        ranges.push(located.bytes());
        ranges.extend(speech(&located));
        ranges.push(located.start..located.start + located.block.text.trim_end().len());
    }
    ranges.push(0..document.script.len());
    ranges.dedup();
    let mut selection: Option<SelectionRange> = None;
    let mut outer: Option<Bytes<usize>> = None;
    for bytes in ranges.into_iter().rev() {
        let is_inside = outer
            .as_ref()
            .is_none_or(|it| it.start <= bytes.start && bytes.end <= it.end);
        if !is_inside || outer.as_ref() == Some(&bytes) {
            continue;
        }
        selection = Some(SelectionRange {
            range: range_of(&document.script, bytes.clone(), encoding),
            parent: selection.map(Box::new),
        });
        outer = Some(bytes);
    }
    selection.unwrap_or(SelectionRange {
        range: range_of(&document.script, byte..byte, encoding),
        parent: None,
    })
}

/// The word and the line at a byte.
fn in_element(located: &Located<'_>, byte: usize) -> [Bytes<usize>; 2] {
    let (text, at) = (located.text(), located.bytes().start);
    let inside = byte.saturating_sub(at).min(text.len());
    let (before, after) = text.split_at(inside);
    let is_word = |it: char| it.is_alphanumeric() || it == '\'' || it == '’';
    let word_start = before.trim_end_matches(is_word).len();
    let word_end = text.len() - after.trim_start_matches(is_word).len();
    let line_start = before.rfind(['\n', '\r']).map_or(0, |it| it + 1);
    let line_end = after
        .find(['\n', '\r'])
        .map_or(text.len(), |it| inside + it);
    [
        at + word_start..at + word_end,
        at + line_start..at + line_end,
    ]
}

/// A cue and all that is spoken below it.
fn speech(located: &Located<'_>) -> Option<Bytes<usize>> {
    let elements = &located.block.elements;
    let own = elements
        .iter()
        .position(|it| it.span == located.element.span)?;
    let first = (0..=own).rev().find(|it| !elements[*it].in_speech)?;
    let after = elements[first + 1..].iter().take_while(|it| it.in_speech);
    let last = after.last()?;
    Some(located.in_script(&(elements[first].span.start..last.span.end)))
}

//! What can be folded: scenes.

use tower_lsp_server::ls_types::{FoldingRange, FoldingRangeKind};

use super::{document::Document, place::short};

/// Each scene, from its heading to its last line that is not blank.
pub(super) fn ranges(document: &Document) -> Vec<FoldingRange> {
    let script = &document.script;
    let blocks = script.blocks().iter().enumerate();
    let scenes = blocks.filter(|(_, it)| it.heading.is_some());
    let range = scenes.filter_map(|(idx, block)| {
        let first = script.start_of(idx).line;
        let shown = block.text.trim_end();
        let last = first + block.line_at(short(shown.len().saturating_sub(1))) as usize;
        (last > first).then(|| FoldingRange {
            start_line: short(first),
            end_line: short(last),
            kind: Some(FoldingRangeKind::Region),
            ..FoldingRange::default()
        })
    });
    range.collect()
}
